"""The clinic in which things go wrong: patients whose reminder has just fallen due, and an alert nobody was told of.

It is noon there, so that no hour of rest and no end of the day comes into it. `build` makes it in a database; what
must come of it is for `model` to say, from nothing but the plain facts given here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from tests import scenes
from tests.benchmarks import people, seed
from tests.faults.model import Facts
from tests.scenes import Staff
from tracker import clock
from tracker.clinical.terms import ReviewKind
from tracker.models import Episode, Kind, Patient, ReminderPlan, Review
from tracker.services import outbox, reminders, ticks, wakeups

PATIENTS = 22
"""More than the planner takes at once."""
VISITS = 4
DUE = timedelta(minutes=10)
"""So long ago the reminders fell due."""
NOT_NOW = (Kind.NEXT_STEP, Kind.REVIEW_TOMORROW, Kind.MILESTONES)
"""They have the hour of the check-in, and depend on more than the clock."""
FLAG = {"pain_load": 3, "symptoms": ["calf_sore"]}


@dataclass(frozen=True, slots=True)
class Person:
    """A patient, and what a program needs to speak for them."""

    email: str
    episode: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class World:
    """Facts, none of them from the reminder engine. `since` is when the patients were enrolled."""

    zone: str
    since: datetime
    wishes: dict[str, time]
    """Each patient's hour, by address."""
    patients: list[Person]
    clinicians: list[str]
    surgeon: dict[str, str]
    flagged: list[str] = field(default_factory=list)
    """Patients with an urgent alert, an address each time."""
    visits: list[str] = field(default_factory=list)
    """Patients who have an appointment tomorrow: one letter carries that and the reminder."""

    def facts(self) -> Facts:
        """For the model; those with an alert have checked in."""
        return Facts(
            zone=self.zone,
            since=self.since,
            wishes=self.wishes,
            clinicians=self.clinicians,
            checked_in=self.flagged,
            alerts=self.flagged,
            visits=self.visits,
        )


def build(number: int = PATIENTS, *, flags: int = 1, due: Sequence[timedelta] = (-DUE,)) -> World:
    """Fills the database at hand; to be run by a process that ends afterwards. `flags` patients have raised an alert.

    `due` says how long from now the reminders fall due, to the minute; the patients take turns.
    """
    wakeups.bell.ring = lambda: None  # type: ignore[method-assign]
    now = clock.now().replace(second=0, microsecond=0)
    zone, enrolled = noon_zone(now), now - timedelta(hours=1)
    hours = [(now + each).astimezone(ZoneInfo(zone)).time() for each in due]
    with clock.freeze(enrolled):
        staff = scenes.clinic(zone=zone)
        seed.crowd(staff, number=number)
        wishes = wish_in_turn(hours, enrolled)
        ticks.daily(now=enrolled)
        outbox.expire(before=clock.now() + timedelta(seconds=1), now=clock.now())
    episodes = list(Episode.objects.select_related("patient__user", "clinic").order_by("patient__email"))
    for episode in episodes[:flags]:
        scenes.check_in(episode, **FLAG)
    return World(
        zone=zone,
        since=enrolled,
        wishes=wishes,
        patients=_persons(episodes),
        clinicians=[staff.physiotherapist.user.email, staff.surgeon.user.email],
        surgeon=_program(staff),
        flagged=[episode.patient.email for episode in episodes[:flags]],
        visits=[visit(episode, now) for episode in episodes[-VISITS:]],
    )


def wish_in_turn(hours: Sequence[time], now: datetime) -> dict[str, time]:
    """Each patient wishes the next of the hours; by address."""
    patients = list(Patient.objects.order_by("email").values_list("pk", "email"))
    for number, at in enumerate(hours):
        wish(at, now, [pk for pk, _ in patients[number :: len(hours)]])
    return {email: hours[number % len(hours)] for number, (_, email) in enumerate(patients)}


def wish(at: time, now: datetime, of: Sequence[UUID] | None = None) -> None:
    """All want their check-in reminder at that hour, from today on, and nothing else that would come with it; `of`
    names patients where it is not all."""
    plans = ReminderPlan.objects.all() if of is None else ReminderPlan.objects.filter(patient__in=of)
    plans.filter(kind__in=NOT_NOW).update(enabled=False, next_due_at=None)
    wanted = plans.filter(kind=Kind.CHECK_IN)
    one = wanted.select_related("patient").first()
    assert one is not None
    moved = reminders.change(patient=one.patient, kind=Kind.CHECK_IN, at=at, now=now)
    wanted.update(at=at, next_due_at=moved.next_due_at)


def visit(episode: Episode, now: datetime) -> str:
    """An appointment tomorrow, of which the patient hears with the reminder."""
    reminder = ReminderPlan.objects.get(patient=episode.patient, kind=Kind.CHECK_IN)
    day = clock.today(episode.clinic.time_zone)
    Review.objects.create(
        episode=episode,
        kind=ReviewKind.CLINIC,
        key="faults",
        window_from=day,
        window_to=day + timedelta(days=7),
        booked_at=now + timedelta(days=1),
    )
    plan = ReminderPlan.objects.filter(patient=episode.patient, kind=Kind.REVIEW_TOMORROW)
    plan.update(at=reminder.at, enabled=True, next_due_at=now - DUE)
    return episode.patient.email


def noon_zone(now: datetime) -> str:
    """A zone whose clocks show twelve and some minutes."""
    ahead = 12 - now.astimezone(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


def _persons(episodes: list[Episode]) -> list[Person]:
    headers = people.programs(people.patients(episodes))
    return [
        Person(episode.patient.email, str(episode.pk), dict(each))
        for episode, each in zip(episodes, headers, strict=True)
    ]


def _program(staff: Staff) -> dict[str, str]:
    (headers,) = people.programs([staff.surgeon.user])
    return dict(headers)
