"""The product's calendar held against the walk, a zone at a time and without I/O: its instants, and its planner's days.

The planner is asked when its turn comes, or hours or days late, and now and then twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.benchmarks import ground  # noqa: F401 - the settings must stand before anything of the product is imported
from tests.faults import walls
from tracker.models import Assessment, Clinic, Episode, Kind, Patient, ReminderPlan
from tracker.selectors.localtime import dates_until, due_instant, first_after
from tracker.selectors.wanted import Look
from tracker.services.kinds import CALENDAR
from tracker.services.reminders import planner

DAY = timedelta(days=1)
AHEAD = CALENDAR[Kind.CHECK_IN].ahead
REMEMBERED = 14
"""Of so many days the planner is told what it has planned: more than it asks for."""
LATE_ONCE_IN, TWICE_ONCE_IN = 20, 10
AT_MOST_LATE = timedelta(days=6)
"""Planned again are the days of a week, however long nothing ran."""

Day = tuple[date, datetime]


@dataclass(slots=True)
class Compared:
    """`missing`: a date without its reminder; `extra`: one too many; `moved`: at another instant than the walk's."""

    cases: int = 0
    skipped: int = 0
    repeated: int = 0
    left_out: int = 0
    missing: int = 0
    extra: int = 0
    moved: int = 0
    wrong: list[str] = field(default_factory=list)

    def __add__(self, other: Compared) -> Compared:
        return Compared(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))

    def hold(self, what: str, wanted: Iterable[Day], got: Iterable[Day]) -> None:
        """Both as days and instants, each day once in `wanted`."""
        right, said = dict(wanted), list(got)
        times = Counter(day for day, _ in said)
        missing = [day for day in right if not times[day]]
        extra = [day for day, number in times.items() if number > 1 or day not in right]
        moved = [day for day, at in said if day in right and right[day] != at]
        self.missing += len(missing)
        self.extra += len(extra)
        self.moved += len(moved)
        self.wrong += [f"{what}: {day}" for day in {*missing, *extra, *moved}]


def compare(span: tuple[str, date, int]) -> Compared:
    """One zone, from a date on, for so many days, at each of the hours."""
    zone, first, days = span
    found = Compared()
    walked = walls.first_minutes(zone, walls.HOURS, first, days)
    found.left_out = days - len(walked[walls.HOURS[0]])
    for at, right in walked.items():
        found.cases += len(right)
        count_changes(found, zone, at, right.values())
        found.hold(f"due_instant {zone} {at}", right.items(), one_by_one(zone, at, first, days))
        found.hold(f"dates_until {zone} {at}", right.items(), dates_until(first, max(right.values()), at, zone))
        since, until = walls.midnight(first) + DAY, max(right.values())
        due = [(day, instant) for day, instant in right.items() if instant > since]
        got = [(day, instant) for day, instant in planned(zone, at, since, until) if instant <= until]
        found.hold(f"planner {zone} {at}", due, got)
    return found


def count_changes(found: Compared, zone: str, at: time, instants: Iterable[datetime]) -> None:
    """How many of them fall on an hour that is skipped or repeated: that the comparison meets any."""
    wall = ZoneInfo(zone)
    for instant in instants:
        shown = instant.astimezone(wall)
        found.skipped += shown.time() != at
        found.repeated += shown.replace(fold=1).utcoffset() != shown.replace(fold=0).utcoffset()


def one_by_one(zone: str, at: time, first: date, days: int) -> Iterator[Day]:
    for day in (first + number * DAY for number in range(days)):
        if (instant := due_instant(day, at, zone)) is not None:
            yield day, instant


def planned(zone: str, at: time, since: datetime, until: datetime) -> Iterator[Day]:
    """What the planner makes of a reminder that was wished for at `since`, asked until it is past `until`."""
    lot = Random(f"{zone} {at}")
    plan, episode = wished(zone, at, since)
    standing: list[tuple[date, str]] = []
    now = since
    while now + AHEAD <= until:
        assert plan.next_due_at is not None
        now = plan.next_due_at + lateness(lot)
        for _ in range(2 if lot.randrange(TWICE_ONCE_IN) == 0 else 1):
            look = Look([episode], None, frozenset(standing), hour=at, reminder=plan)
            made = planner._planned(plan, look, now)
            yield from ((want.local_date, want.due_at) for want in made.wants)
            standing = [*standing, *((want.local_date, want.slot) for want in made.wants)][-REMEMBERED:]
        plan.next_due_at = made.next_due_at


def wished(zone: str, at: time, since: datetime) -> tuple[ReminderPlan, Episode]:
    """A patient's reminder, in memory alone."""
    patient = Patient(time_zone=zone, clinic=Clinic(time_zone=zone))
    episode = Episode(patient=patient, clinic=patient.clinic, created_at=since)
    episode.assessment = Assessment(surgery_date=since.date() - 21 * DAY)
    turn = first_after(since, at, zone) - AHEAD
    return ReminderPlan(patient=patient, kind=Kind.CHECK_IN, at=at, enabled=True, next_due_at=turn), episode


def lateness(lot: Random) -> timedelta:
    """Usually seconds, as the planner comes by every half minute."""
    if lot.randrange(LATE_ONCE_IN):
        return timedelta(seconds=lot.randrange(30))
    return AT_MOST_LATE * lot.random()
