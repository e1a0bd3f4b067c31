"""The engine lives through nights on which clocks change, on one set-up; each night is a line of JSON. By `zones`.

A clinic and five patients in one zone, reminded at five hours; the product's clock is moved through four days around
the change, a round of the engine at each stop. The first process dies with messages in its hands at the change or soon
after; another goes on from the same round. What the mail server took is then held against a walk along UTC.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as hour
from functools import partial
from pathlib import Path

from tests.faults import ground, installation, points, walls
from tests.faults.installation import Installation
from tests.faults.journal import Mail
from tests.scenes import Staff, clinic, knee
from tracker import clock
from tracker.models import Kind, OutboxMessage
from tracker.services import protocols, reminders, rounds, wakeups

ZONES = (
    "America/New_York",
    "Africa/Cairo",  # no midnight on one date
    "Australia/Lord_Howe",  # half an hour
    "Antarctica/Troll",  # two hours
    "America/Havana",
    "America/Santiago",
    "America/St_Johns",
    "Africa/Casablanca",  # back before forward
    "Asia/Beirut",
    "Atlantic/Azores",
    "Europe/London",
    "Pacific/Chatham",
)
LEFT_OUT = ("Pacific/Apia", "Pacific/Kwajalein")
BEFORE, AFTER = timedelta(hours=60), timedelta(hours=36)
"""The night is planned for before the clocks change, as reminders are planned two days ahead."""
CLOSE_BEFORE, CLOSE_AFTER = timedelta(hours=6), timedelta(hours=14)
OFTEN, SELDOM, SLACK = timedelta(minutes=15), timedelta(hours=1), timedelta(hours=2)
LATEST = timedelta(hours=1)
"""Less than what a repeated hour is long, so that its second pass cannot be taken for its first."""


@dataclass(frozen=True, slots=True)
class Night:
    zone: str
    change: datetime

    @property
    def since(self) -> datetime:
        return (self.change - BEFORE).replace(minute=7)

    @property
    def until(self) -> datetime:
        return self.change + AFTER

    def stops(self) -> Iterator[datetime]:
        at = self.since
        while at <= self.until + SLACK:
            yield at
            at += OFTEN if -CLOSE_BEFORE <= at - self.change <= CLOSE_AFTER else SELDOM


@dataclass(slots=True)
class Verdict:
    """`latest` is the minutes from the right moment to the mail, at the most."""

    zone: str
    change: str
    wanted: int = 0
    lost: int = 0
    doubled: int = 0
    latest: int = 0
    restarted: str = ""
    seconds: float = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not (self.lost or self.doubled or self.wrong)


@dataclass(frozen=True, slots=True)
class Told:
    """A check-in reminder in the database: whom and what day it is about, and what it left under."""

    to: str
    day: date
    state: str
    message_id: str
    finished_at: datetime | None


def nights(zones: Sequence[str], around: datetime, changes: int, left_out: Sequence[str]) -> Iterator[Night]:
    """The next changes of each zone after `around`, and the dates that were left out."""
    for zone in zones:
        for change in walls.changes(zone, around, around + timedelta(days=400))[:changes]:
            yield Night(zone, change)
    for zone in left_out:
        middle = walls.midnight(walls.LEFT_OUT[zone])
        (change,) = walls.changes(zone, middle - timedelta(days=3), middle + timedelta(days=3))
        yield Night(zone, change)


# --- In processes of their own ----------------------------------------------------------------------------------------


def build(night: Night) -> dict[str, hour]:
    """By address the hour at which each patient wants to be reminded."""
    wakeups.bell.ring = lambda: None  # type: ignore[method-assign]
    with clock.freeze(night.since):
        staff = clinic(zone=night.zone)
        return dict(patient(staff, number, at) for number, at in enumerate(walls.HOURS))


def patient(staff: Staff, number: int, at: hour) -> tuple[str, hour]:
    email = f"reader{number}@example.org"
    who = knee(staff, email=email).patient
    reminders.change(patient=who, kind=Kind.CHECK_IN, at=at, now=clock.now())
    return email, at


def live(stops: Sequence[datetime], progress: Path, die_after: datetime | None = None) -> None:
    """Round after round; from `die_after` on it dies with the first messages that it takes."""
    wakeups.bell.ring = lambda: None  # type: ignore[method-assign]
    with clock.freeze(stops[0]) as stopped:
        for at in stops:
            progress.write_text(at.isoformat())
            if die_after is not None and at >= die_after:
                points.arm("claimed", points.kill)
                die_after = None
            stopped.set(at)
            rounds.once(now=at)


def books() -> list[Told]:
    rows = OutboxMessage.objects.filter(kind=Kind.CHECK_IN, channel="email").select_related("occurrence", "patient")
    return [
        Told(row.patient.email, row.occurrence.local_date, row.state, row.message_id, row.finished_at)
        for row in rows
        if row.patient and row.occurrence
    ]


# --- One night --------------------------------------------------------------------------------------------------------


def play(night: Night, at: Installation) -> Verdict:
    begun, found = time.monotonic(), Verdict(night.zone, night.change.isoformat())
    hours = at.ask(partial(build, night))
    stops, progress, mark = list(night.stops()), at.log.with_suffix(".at"), ground.MAIL.mark()
    first = at.start(partial(live, stops, progress, night.change))
    if first.wait(300) != -points.signal.SIGKILL:
        found.wrong.append("the first process did not die")
    found.restarted = progress.read_text()
    left = [stop for stop in stops if stop.isoformat() >= found.restarted]
    if at.start(partial(live, left, progress)).wait(300) != 0:
        found.wrong.append(f"the second process came to no good end: {at.said()}")
    judge(found, night, hours, at.ask(books), ground.MAIL.taken(mark))
    found.seconds = time.monotonic() - begun
    return found


def judge(found: Verdict, night: Night, hours: dict[str, hour], rows: Sequence[Told], mails: Sequence[Mail]) -> None:
    came = Counter((row.to, row.day) for mail in mails for row in rows if row.message_id == mail.message_id)
    known = {(row.to, row.day): row for row in rows if row.state == "sent"}
    due = expected(night, hours)
    for key, instant in due.items():
        in_time = instant <= night.until
        found.wanted += in_time
        found.lost += in_time and not came[key]
        if came[key]:
            check(found, key, instant, known.get(key))
    found.doubled = sum(number - 1 for number in came.values() if number > 1)
    found.wrong += [f"nobody expected {key}" for key in came if key not in due]


def check(found: Verdict, key: tuple[str, date], instant: datetime, row: Told | None) -> None:
    """What came is known to have been sent, at the right time."""
    if row is None or row.finished_at is None:
        found.wrong.append(f"came and is not known to be sent: {key}")
        return
    late = row.finished_at - instant
    found.latest = max(found.latest, round(late / walls.MINUTE))
    if not timedelta(0) <= late < LATEST:
        found.wrong.append(f"{late} after the right minute: {key}")


def expected(night: Night, hours: dict[str, hour]) -> dict[tuple[str, date], datetime]:
    """By patient and date the right minute, from the enrolment on."""
    first = night.since.astimezone(UTC).date() - walls.DAY
    days = walls.first_minutes(night.zone, walls.HOURS, first, 9)
    return {
        (to, day): instant for to, at in hours.items() for day, instant in days[at].items() if instant > night.since
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--zones", default=",".join(ZONES))
    parser.add_argument("--changes", type=int, default=2, help="nights a zone")
    parser.add_argument("--left-out", default=",".join(LEFT_OUT))
    parser.add_argument("--around", type=datetime.fromisoformat, default=walls.midnight(datetime.now(UTC).date()))
    asked = parser.parse_args()
    template, _ = ground.make(protocols.ship)
    for night in nights(asked.zones.split(","), asked.around, asked.changes, asked.left_out.split(",")):
        with installation.of(template, quick=False) as at:
            found = play(night, at)
        print(json.dumps(asdict(found) | {"holds": found.holds, "setup": ground.SETUP}), flush=True)


if __name__ == "__main__":
    main()
