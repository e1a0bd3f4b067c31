"""One question a local date, wherever the patient goes: held against a patient who reads the wall minute by minute."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.db.models import Min
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests import scenes
from tracker.clock import StoppedClock
from tracker.models import Assessment, Episode, Kind, Occurrence, OutboxMessage, ReminderPlan
from tracker.services import outbox, reminders

State = OutboxMessage.State
ENDED = (State.EXPIRED, State.CANCELLED)
pytestmark = pytest.mark.django_db

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
LENGTH = timedelta(days=8)
EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "20"))
EVENING = time(22)

ZONES = (
    "Africa/Cairo", "America/Havana", "America/New_York", "America/Nuuk", "America/Santiago", "Asia/Beirut", "Asia/Kathmandu",
    "Atlantic/Azores", "Australia/Lord_Howe", "Europe/London", "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham",
    "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC",
)  # fmt: skip
NIGHTS = (
    date(2011, 12, 30), date(2026, 3, 8), date(2026, 3, 29), date(2026, 4, 5), date(2026, 6, 15), date(2026, 9, 27), date(2026, 10, 25),
    date(2026, 11, 1), date(2027, 3, 28), date(2027, 4, 30), date(2027, 9, 5),
)  # fmt: skip
"""Around these a clock changes somewhere, or a date is left out; one is a plain Monday."""


@dataclass(frozen=True)
class Travel:
    """A patient taken on at `start` in the first of the zones, who moves to each of the others at its instant."""

    start: datetime
    hour: time
    zones: Sequence[tuple[datetime, str]]

    def zone_at(self, moment: datetime) -> str:
        return [zone for since, zone in self.zones if since <= moment][-1]


def by_way_of_kiritimati(hour: time, *moments: datetime) -> Travel:
    """From Nuuk across the date line, and soon on to Cairo."""
    return Travel(
        moments[0], hour, list(zip(moments, ("America/Nuuk", "Pacific/Kiritimati", "Africa/Cairo"), strict=True))
    )


@st.composite
def travels(draw: st.DrawFn) -> Travel:
    night = datetime.combine(draw(st.sampled_from(NIGHTS)), time(0), UTC)
    start = night - timedelta(minutes=draw(st.integers(0, 3 * 24 * 60)))
    stays = draw(st.lists(st.integers(1, 12 * 60) | st.integers(1, 2 * 24 * 60), max_size=4))
    moments = [start + timedelta(minutes=each) for each in accumulate(stays, initial=0)]
    hour = draw(st.sampled_from([time(0), time(2, 30), time(9), time(9), time(21, 59), time(23, 30)]) | st.times())
    zones = [(moment, draw(st.sampled_from(ZONES))) for moment in moments]
    return Travel(start, hour.replace(second=0, microsecond=0), zones)


# --- The patient who reads the wall: knows nothing of the product ---------------------------------------------------


def dates_to_be_asked(travel: Travel) -> set[date]:
    """The dates, after the first anywhere, on which the wall once showed the hour or later while it was not too late.

    A date that ends before the hour comes, since the clock was put on, is asked in its last minute.
    """
    found: set[date] = set()
    moment = travel.start
    first = max(wall(travel, moment, zone).date() for _, zone in travel.zones)
    while moment < travel.start + LENGTH:
        shown = wall(travel, moment)
        ends = wall(travel, moment + MINUTE, travel.zone_at(moment)).date() > shown.date()
        skipped = ends and shown.time() < travel.hour
        in_time = shown.time() >= travel.hour and (shown.time() < EVENING or travel.hour >= EVENING)
        if (skipped or in_time) and shown.date() > first:
            found.add(shown.date())
        moment += MINUTE
    return found


def wall(travel: Travel, moment: datetime, zone: str = "") -> datetime:
    return moment.astimezone(ZoneInfo(zone or travel.zone_at(moment)))


# --- The engine, at the moments at which something happens ----------------------------------------------------------


@pytest.fixture
def knee(db: None, clock: StoppedClock) -> Episode:
    return scenes.knee(scenes.clinic(), signed=False)


def begin(knee: Episode, travel: Travel) -> None:
    """As if taken on then and there, with the check-in's reminder alone."""
    Occurrence.objects.all().delete()
    ReminderPlan.objects.exclude(kind=Kind.CHECK_IN).delete()
    ReminderPlan.objects.update(next_due_at=None, at=travel.hour)
    Episode.objects.update(created_at=travel.start)
    Assessment.objects.update(surgery_date=travel.start.date() - timedelta(days=30))
    knee.patient.time_zone = travel.zones[0][1]
    knee.patient.save()
    reminders.start(patient=knee.patient, now=travel.start)


def arrive(knee: Episode, zone: str, now: datetime) -> None:
    knee.patient.time_zone = zone
    knee.patient.save()
    reminders.rezone(patient=knee.patient, now=now)


def run(now: datetime, planners: int = 1) -> None:
    """Plans, hands over what is due, lets expire what is too late."""
    for _ in range(planners):
        reminders.plan(now=now)
    outbox.sweep(now=now)
    due = OutboxMessage.objects.filter(kind=Kind.CHECK_IN, state=State.DUE, due_at__lte=now)
    due.update(state=State.SENT, finished_at=now)


def next_event(now: datetime) -> datetime:
    """When a plan or a message falls due: before that, an engine that runs finds nothing to do."""
    plans = ReminderPlan.objects.aggregate(at=Min("next_due_at"))["at"]
    waiting = OutboxMessage.objects.filter(kind=Kind.CHECK_IN, state=State.DUE).aggregate(at=Min("due_at"))["at"]
    return max(now + MINUTE, min(at for at in (plans, waiting, now + LENGTH) if at is not None))


def always(travel: Travel) -> Iterator[datetime]:
    """The moments of an engine that never rests, and those at which the patient moves."""
    now = travel.start
    while now < travel.start + LENGTH:
        yield now
        now = min([next_event(now), *(since for since, _ in travel.zones if since > now)])
    yield travel.start + LENGTH


def journey(knee: Episode, travel: Travel, moments: Iterable[datetime], planners: int = 1) -> None:
    """The patient moves when they do, whether the engine is running or not."""
    begin(knee, travel)
    moves = deque(travel.zones[1:])
    for now in moments:
        while moves and moves[0][0] <= now:
            since, zone = moves.popleft()
            arrive(knee, zone, since)
        run(now, planners)


@contextmanager
def undone() -> Iterator[None]:
    """Takes back all that was written: each example finds the database as the first did."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def messages(**of: object) -> Counter[date]:
    rows = OutboxMessage.objects.filter(kind=Kind.CHECK_IN, **of)
    return Counter(rows.values_list("occurrence__local_date", flat=True))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """In June 2026, by UTC."""
    return datetime(2026, 6, day, hour, minute, tzinfo=UTC)


SUNDAY = at(14, 6)


# --- Promises -------------------------------------------------------------------------------------------------------

FEW = settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@FEW
@given(travel=travels())
@example(by_way_of_kiritimati(time(12), SUNDAY, at(15, 12, 40), at(15, 14)))
@example(by_way_of_kiritimati(time(9), SUNDAY, at(15, 9, 18), at(15, 10, 32)))
def test_a_patient_on_the_move_is_asked_exactly_once_on_every_date_of_their_own(knee: Episode, travel: Travel) -> None:
    with undone():
        journey(knee, travel, always(travel))
        asked = messages(state=State.SENT)
        assert set(asked.values()) <= {1}
        assert sorted(dates_to_be_asked(travel) - set(asked)) == []


@FEW
@given(
    travel=travels(), rests=st.lists(st.integers(1, 40 * 60), min_size=5, max_size=20), planners=st.sampled_from([1, 2])
)
def test_an_engine_that_rests_and_comes_late_skips_no_date_without_a_reason_and_asks_none_twice(
    knee: Episode, travel: Travel, rests: list[int], planners: int
) -> None:
    with undone():
        moments = [travel.start + timedelta(minutes=each) for each in accumulate(rests)]
        end = travel.start + LENGTH
        journey(knee, travel, [*(moment for moment in moments if moment < end), end], planners)
        assert set(messages(state=State.SENT).values()) <= {1}
        ended = messages(state__in=ENDED)
        assert ended == messages(state__in=ENDED, reason__gt="")
        assert sorted(dates_to_be_asked(travel) - set(messages())) == []


@FEW
@given(travel=travels(), hours=st.lists(st.tuples(st.integers(1, 7 * 24 * 60), st.times()), max_size=4))
def test_whoever_changes_the_hour_is_asked_on_every_date_and_again_only_where_it_moves_to_later_that_day(
    knee: Episode, travel: Travel, hours: list[tuple[int, time]]
) -> None:
    """What is moved into the past late in the evening may be left out for that date, with the reason."""
    still = replace(travel, zones=travel.zones[:1])
    changes = deque(sorted((still.start + timedelta(minutes=minutes), at) for minutes, at in hours))
    to_later = Counter(wall(still, moment).date() for moment, at in changes if at > wall(still, moment).time())
    with undone():
        begin(knee, still)
        now = still.start
        while now < still.start + LENGTH:
            while changes and changes[0][0] <= now:
                reminders.change(patient=knee.patient, kind=Kind.CHECK_IN, now=now, at=changes.popleft()[1])
            run(now)
            now = min([next_event(now), *(moment for moment, _ in changes)])
        asked, known = messages(state=State.SENT), messages()
        assert {day: times for day, times in asked.items() if times > 1 + to_later[day]} == {}
        first, last = wall(still, still.start).date(), wall(still, still.start + LENGTH - DAY).date()
        dates = [first + timedelta(days=ahead) for ahead in range(1, (last - first).days)]
        assert [day for day in dates if day not in known and exists(day, still)] == []
        reasons = OutboxMessage.objects.filter(occurrence__local_date__in=set(dates) - set(asked), state__in=ENDED)
        assert all(row.reason for row in reasons)


def exists(day: date, travel: Travel) -> bool:
    """Whether the zone did not leave the date out."""
    noon = datetime.combine(day, time(12), ZoneInfo(travel.zones[0][1])).astimezone(UTC)
    return wall(travel, noon).date() == day
