"""Messages for tests of the reminder engine, and where they went."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import count
from pathlib import Path

from tracker import clock
from tracker.models import Episode, Kind, Occurrence, OutboxMessage, User
from tracker.services import dispatch, outbox, reminders
from tracker.services.outbox import Telling

MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 6, day) for day in (15, 16, 17, 18, 19))
NEXT_MONDAY = MONDAY + timedelta(days=7)

_slots = count(1)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """London's summer clock, an hour ahead of UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC) - timedelta(hours=1)


def message(
    knee: Episode,
    kind: str = Kind.CHECK_IN,
    *,
    due_at: datetime | None = None,
    reader: User | None = None,
    slot: str = "",
    channel: str = "email",
) -> OutboxMessage:
    """A message in the outbox, due now unless told otherwise; to the patient unless there is a reader."""
    now = clock.now()
    occurrence = Occurrence(
        patient=knee.patient,
        episode=knee,
        rule=kind,
        local_date=clock.today(knee.patient.time_zone),
        slot=slot or f"test {next(_slots)}",
        due_at=due_at or now,
        created_at=now,
    )
    outbox.enqueue([Telling(occurrence, knee.clinic, [reader], channel=channel)], now=now)
    return OutboxMessage.objects.get(occurrence=occurrence)


def claimed(limit: int = 20) -> list[OutboxMessage]:
    return outbox.claim(now=clock.now(), limit=limit)


def run(at: datetime | None = None) -> None:
    """What the periodic jobs do in one round."""
    now = at or clock.now()
    reminders.plan(now=now)
    while dispatch.deliver(now=now):
        pass
    outbox.sweep(now=now)


def mails(directory: Path) -> list[EmailMessage]:
    """The messages that the file channel wrote, oldest first."""
    files = sorted(directory.glob("*.eml"))
    return [message_from_bytes(file.read_bytes(), policy=default) for file in files]


def to(directory: Path, address: str) -> list[str]:
    """The subjects of what went to an address, oldest first."""
    return [str(mail["Subject"]) for mail in mails(directory) if mail["To"] == address]


def ends(kind: str) -> list[tuple[date, str, str]]:
    """What became of the messages of a kind: the day each is about, its state and reason, by the time they were due."""
    rows = OutboxMessage.objects.filter(kind=kind, occurrence__isnull=False).select_related("occurrence")
    ordered = rows.order_by("occurrence__due_at", "created_at")
    return [(row.occurrence.local_date, row.state, row.reason) for row in ordered if row.occurrence]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def fresh(row: OutboxMessage) -> OutboxMessage:
    return OutboxMessage.objects.get(pk=row.pk)


LEASE_AND_A_BIT = outbox.LEASE + timedelta(seconds=1)
