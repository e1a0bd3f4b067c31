"""What should come of it, worked out anew: nothing here is imported from the product.

A date's reminder falls due at the first minute of that date at which the wall clock shows the wished hour or a later
one; so an hour that is skipped moves to the first minute after it, and of one that is repeated the first counts. It
is found by walking along the minutes of UTC and looking at the wall.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE, HORIZON = timedelta(minutes=1), timedelta(hours=48)
NOTICES = {"urgent_alert", "alert_unanswered"}
"""May come twice, if the second says so."""

Key = tuple[str, str]
"""Whom, and what about."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Which hour each patient wishes, since when; who has checked in for today, who raised an alert, whose plan was changed, and who
    has an appointment tomorrow, of which they hear with the reminder."""

    zone: str
    since: datetime
    wishes: Mapping[str, time]
    clinicians: Sequence[str]
    checked_in: Sequence[str] = ()
    alerts: Sequence[str] = field(default=())
    orders: Sequence[str] = ()
    visits: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """`must` arrive; `may` arrive too, where it left before it became needless; `planned` are days to be planned."""

    must: Counter[Key]
    may: Counter[Key]
    planned: list[tuple[str, date]]


def expected(facts: Facts, now: datetime) -> Expected:
    """What must have arrived by `now`, and what must be planned by then."""
    hours = set(facts.wishes.values())
    days = {at: dict(reminders(facts.zone, at, facts.since, now + HORIZON)) for at in hours}
    due = Counter(
        (person, "check_in") for person, at in facts.wishes.items() for when in days[at].values() if when <= now
    )
    may = Counter({key: number for key, number in due.items() if key[0] in facts.checked_in})
    must = due - may
    must.update((reader, "urgent_alert") for _ in facts.alerts for reader in facts.clinicians)
    must.update((person, "restriction_changed") for person in facts.orders)
    must.update((person, "review_tomorrow") for person in facts.visits)
    return Expected(must, may, sorted((person, day) for person, at in facts.wishes.items() for day in days[at]))


def reminders(zone: str, at: time, since: datetime, until: datetime) -> Iterator[tuple[date, datetime]]:
    """Each local date whose reminder falls due after `since` and not after `until`, with the minute, in UTC."""
    wall = ZoneInfo(zone)
    minute = since.astimezone(UTC).replace(second=0, microsecond=0)
    done = {minute.astimezone(wall).date()} if minute.astimezone(wall).time() >= at else set[date]()
    while (minute := minute + MINUTE) <= until:
        shown = minute.astimezone(wall)
        if shown.time() >= at and shown.date() not in done:
            done.add(shown.date())
            yield shown.date(), minute
