"""The last days' messages of the demo: they go out at their time, by the engine itself, with the mishaps a clinic has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tracker import access, clock
from tracker.access import Do
from tracker.management.demo.people import RIVERSIDE, address
from tracker.models import Actor, Call, Kind, OutboxMessage
from tracker.selectors import calls as call_list
from tracker.services import bounces, calls, dispatch, outbox, reminders

DAYS = 2
"""So many days before today the engine already ran."""
ROUNDS = tuple(time(hour, 1) for hour in range(6, 23))
"""When it came by, on the clinic's clock."""
PHONES = time(11, 1)
"""When somebody of the clinic works through the call list."""

LINE_BROKE = "while the message was being handed over: timed out"
NO_ANSWER = "451 4.3.0 mailbox temporarily unavailable"
NO_SUCH_BOX = "550 5.1.1 no such mailbox"
AGAIN = timedelta(minutes=16)
"""Longer than the longest wait after a refusal."""

UNSURE, GIVEN_UP, BOUNCED = (address(name) for name in ("Marcus Bell", "Hannah Stein", "Sunita Rao"))
"""Whose message may have arrived, whose was refused until it was given up, and whose came back."""
NOT_REACHED = (address("Callum Reid"), BOUNCED)
"""Whom nobody has reached by telephone yet."""
NO_ANSWER_NOTES = (
    "Mailbox. Asked to call back.",
    "Rang out, nobody at home.",
    "Mailbox again. Will ask the coordinator.",
)
TO_CALL_TODAY = (address("Gareth Lowe"),)

Mishap = Callable[[OutboxMessage, datetime], None]


def carry(*, now: datetime, physiotherapist: Actor) -> None:
    """Sends what fell due in the last days and today, each round at its own time, and makes the calls of those days."""
    zone = ZoneInfo(RIVERSIDE.zone)
    today = now.astimezone(zone).date()
    begin = _at(today - timedelta(days=DAYS), time(), zone)
    reminders.resume(now=begin)
    outbox.expire(before=begin, now=now)
    for at in _rounds(today, now, zone):
        with clock.freeze(at):
            _round(at, _mishaps(at, today, zone))
            if at.astimezone(zone).time() == PHONES:
                _phone(physiotherapist)


def _rounds(today: date, now: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """Every round up to now, and one now."""
    days = [today - timedelta(days=ago) for ago in range(DAYS, -1, -1)]
    yield from (at for day in days for at in (_at(day, hour, zone) for hour in ROUNDS) if at < now)
    yield now


def _at(day: date, hour: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, hour, zone).astimezone(UTC)


def _round(at: datetime, mishaps: Mapping[str, Mishap]) -> None:
    reminders.plan(now=at)
    _meet(mishaps, at)
    while dispatch.deliver(now=at):
        pass


# --- What goes wrong ------------------------------------------------------------------------------------------------


def _mishaps(at: datetime, today: date, zone: ZoneInfo) -> Mapping[str, Mishap]:
    """By address, what happens to the daily reminder of yesterday."""
    local = at.astimezone(zone)
    if (local.date(), local.hour) != (today - timedelta(days=1), 9):
        return {}
    return {UNSURE: _unsure, GIVEN_UP: _given_up, BOUNCED: _bounced}


def _meet(mishaps: Mapping[str, Mishap], at: datetime) -> None:
    """Takes what is due; whom a mishap waits for meets it, the rest is given back."""
    if not mishaps:
        return
    claimed = outbox.claim(now=at, limit=500)
    unlucky = [message for message in claimed if _email(message) in mishaps and message.kind == Kind.CHECK_IN]
    outbox.release([message for message in claimed if message not in unlucky])
    for message in unlucky:
        mishaps[_email(message)](message, at)


def _email(message: OutboxMessage) -> str:
    return message.patient.email if message.patient is not None and message.recipient_id is None else ""


def _unsure(message: OutboxMessage, at: datetime) -> None:
    if outbox.begin([message], message_id=_name(message), now=at):
        outbox.unsure([message], detail=LINE_BROKE, now=at)


def _given_up(message: OutboxMessage, at: datetime) -> None:
    """Refused for now, again and again."""
    outbox.refused([message], detail=NO_ANSWER, permanent=False, now=at)
    for tries in range(1, outbox.MOST_ATTEMPTS):
        later = at + tries * AGAIN
        with clock.freeze(later):
            claimed = outbox.claim(now=later, limit=500)
            outbox.release([each for each in claimed if each.pk != message.pk])
            outbox.refused(
                [each for each in claimed if each.pk == message.pk], detail=NO_ANSWER, permanent=False, now=later
            )


def _bounced(message: OutboxMessage, at: datetime) -> None:
    """Sent, and an hour later the provider says that it did not arrive."""
    if outbox.begin([message], message_id=_name(message), now=at):
        outbox.sent([message], answer="250 2.0.0 queued", now=at)
        bounces.take(message_id=_name(message), detail=NO_SUCH_BOX, now=at + timedelta(hours=1))


def _name(message: OutboxMessage) -> str:
    return f"<{message.pk}@demo.example.org>"


# --- Who is phoned --------------------------------------------------------------------------------------------------


def _phone(by: Actor) -> None:
    """Somebody works through the call list: most are reached, some do not answer."""
    for entry in call_list.open_entries(by.clinic):
        message = access.call_for(by.user, entry.id, Do.CALLS).message
        if message.patient is None or message.patient.email in TO_CALL_TODAY:
            continue
        if message.patient.email in NOT_REACHED:
            note = NO_ANSWER_NOTES[len(entry.tries) % len(NO_ANSWER_NOTES)]
            calls.record(message=message, by=by, outcome=Call.Outcome.NO_ANSWER, note=note)
        else:
            calls.record(message=message, by=by, outcome=Call.Outcome.REACHED, note="Forgot to check in. All is well.")
