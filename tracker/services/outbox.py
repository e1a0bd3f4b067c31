"""The queue of record: stores messages and what became of them. What to send, and how, others know.

Every change is one conditional UPDATE, so that any number of senders may work at once on either database. A sender
holds a message by a lease on the database's clock and by its fence: once they are gone, so is its right to write.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet

from tracker import clock
from tracker.models import Alert, Attempt, Clinic, Kind, Occurrence, OutboxMessage, User
from tracker.selectors import duty
from tracker.selectors.episodes import local_date
from tracker.services import wakeups
from tracker.services.kinds import RULES, Audience, Nature

State = OutboxMessage.State

BATCH = 20
LEASE = timedelta(seconds=60)
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
MOST_ATTEMPTS = 8
MOST_CLAIMS = 50
"""After so many claims, a message that no sender survives is given up."""

UNKNOWN = "The line broke while it was being handed over. It may have arrived."
EXPIRED = "Its time had passed before it could be sent."
NOBODY = "Nobody who could be told works in the clinic."


# --- In -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Telling:
    """An occurrence about to be stored, and who is to be told of it; None is the patient."""

    occurrence: Occurrence
    clinic: Clinic
    readers: Sequence[User | None] = (None,)
    channel: str = "email"


def enqueue(tellings: Sequence[Telling], *, now: datetime) -> None:
    """Stores each occurrence with a message for every reader, to commit with whatever the caller is writing."""
    for telling in tellings:
        if not telling.readers:
            telling.occurrence.reason = NOBODY
    Occurrence.objects.bulk_create([telling.occurrence for telling in tellings])
    messages = [_message(telling, reader, now) for telling in tellings for reader in telling.readers]
    OutboxMessage.objects.bulk_create(messages)
    if any(message.due_at <= now for message in messages):
        wakeups.wake_after_commit()


def urgent_alert(*, alert: Alert, now: datetime) -> None:
    """Tells the clinicians on duty of an urgent alert, in the transaction that opens it. Once an alert."""
    episode = alert.episode
    occurrence = Occurrence(
        patient=episode.patient,
        episode=episode,
        rule=Kind.URGENT_ALERT,
        local_date=local_date(now, episode.clinic.time_zone),
        slot=str(alert.pk),
        due_at=now,
        created_at=now,
    )
    enqueue([Telling(occurrence, episode.clinic, duty.on_duty(episode.clinic))], now=now)


def _message(telling: Telling, reader: User | None, now: datetime) -> OutboxMessage:
    occurrence, rule = telling.occurrence, RULES[telling.occurrence.rule]
    zone = occurrence.patient.time_zone if rule.audience == Audience.PATIENT else telling.clinic.time_zone
    return OutboxMessage(
        dedupe_key=f"{occurrence.pk}:{reader.pk if reader else 'patient'}",
        nature=rule.nature,
        kind=rule.kind,
        channel=telling.channel,
        urgent=rule.urgent,
        clinic=telling.clinic,
        patient=occurrence.patient,
        episode_id=occurrence.episode_id,
        recipient=reader,
        occurrence=occurrence,
        due_at=occurrence.due_at,
        expires_at=rule.expires(occurrence.due_at, zone),
        created_at=now,
    )


def cancel(occurrences: QuerySet[Occurrence], *, reason: str, now: datetime) -> None:
    """Takes back those of the occurrences of which nothing has left, nor is about to."""
    with transaction.atomic():
        waiting = list(occurrences.filter(messages__state=State.DUE).values_list("pk", flat=True))
        messages = OutboxMessage.objects.filter(occurrence__in=waiting)
        messages.filter(state=State.DUE).update(state=State.CANCELLED, reason=reason, finished_at=now)
        kept = messages.exclude(state=State.CANCELLED).values("occurrence")
        Occurrence.objects.filter(pk__in=waiting).exclude(pk__in=kept).update(
            state=Occurrence.State.CANCELLED, reason=reason
        )


# --- Out ------------------------------------------------------------------------------------------------------------


def claim(*, now: datetime, limit: int = BATCH) -> list[OutboxMessage]:
    """Up to `limit` messages that are due at `now`, for this caller alone and for one lease; urgent ones first."""
    return _claim(now, limit, urgent=True) or _claim(now, limit, urgent=False)


def _claim(now: datetime, limit: int, *, urgent: bool) -> list[OutboxMessage]:
    holder = secrets.token_hex(16)
    waiting = OutboxMessage.objects.filter(state=State.DUE, urgent=urgent, due_at__lte=now).order_by("due_at")
    if connection.features.has_select_for_update_skip_locked:
        waiting = waiting.select_for_update(skip_locked=True)  # saves claimers the wait for one another, no more
    with transaction.atomic():
        candidates = list(waiting.values_list("pk", flat=True)[:limit])  # as a subquery it would exceed its limit
        taken = OutboxMessage.objects.filter(state=State.DUE, pk__in=candidates).update(
            state=State.CLAIMED, holder=holder, fence=F("fence") + 1, lease_until=clock.database_now() + LEASE
        )
    if not taken:
        return []
    mine = OutboxMessage.objects.filter(state=State.CLAIMED, holder=holder).order_by("due_at")
    return list(mine.select_related("occurrence", "patient", "clinic", "episode", "recipient"))


def begin(message: OutboxMessage, *, message_id: str, now: datetime) -> bool:
    """Notes, before the one unsure moment, that it has come. False: the lease is gone, leave the message alone."""
    with transaction.atomic():
        held = _held(message).filter(lease_until__gt=clock.database_now())
        begun = held.update(
            state=State.SENDING,
            attempts=F("attempts") + 1,
            lease_until=clock.database_now() + LEASE,
            message_id=message_id,
        )
        if begun:
            Attempt.objects.create(message=message, fence=message.fence, started_at=now)
            message.state, message.attempts = State.SENDING, message.attempts + 1
    return bool(begun)


def sent(message: OutboxMessage, *, answer: str, now: datetime) -> None:
    """The provider took it."""
    changes = {"state": State.SENT, "finished_at": now, "reason": "", "last_error": ""}
    _let_go(message, changes, now=now, result=Attempt.Result.SENT, detail=answer)


def refused(message: OutboxMessage, *, detail: str, permanent: bool, now: datetime) -> None:
    """It surely did not leave: to be tried again later, unless that is pointless or was done often enough."""
    tries = message.attempts + (message.state == State.CLAIMED)
    if permanent:
        changes = _end(State.FAILED, "It was refused for good: the address may be wrong.", now)
    elif tries >= MOST_ATTEMPTS:
        changes = _end(State.DEAD, f"Given up after {tries} tries.", now)
    else:
        changes = {"state": State.DUE, "due_at": now + wait_after(tries)}
    changes |= {"attempts": tries, "last_error": detail}
    _let_go(message, changes, now=now, result=Attempt.Result.REFUSED, detail=detail)


def unsure(message: OutboxMessage, *, detail: str, now: datetime) -> None:
    """Nobody can know whether it left. A reminder is left at that; a notice goes out again, marked as a repeat."""
    if message.nature == Nature.NOTICE and message.attempts < MOST_ATTEMPTS:
        changes = {"state": State.DUE, "due_at": now + wait_after(message.attempts), "repeat": True}
    else:
        changes = _end(State.UNCERTAIN, UNKNOWN, now)
    _let_go(message, changes | {"last_error": detail}, now=now, result=Attempt.Result.UNSURE, detail=detail)


def withhold(message: OutboxMessage, *, state: State, reason: str, now: datetime) -> None:
    """It is not to be sent after all, for a reason that the patient could read."""
    _let_go(message, _end(state, reason, now), now=now)


def wait_after(tries: int) -> timedelta:
    """How long to wait after so many tries: anything up to 30 s, doubled each time, at most 15 minutes.

    The whole of it is drawn by lot ("full jitter"), so that what failed together does not come back together.
    """
    longest: timedelta = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (tries - 1))
    return longest * secrets.SystemRandom().random()


def _end(state: State, reason: str, now: datetime) -> dict[str, Any]:
    return {"state": state, "reason": reason, "finished_at": now}


def _let_go(
    message: OutboxMessage, changes: dict[str, Any], *, now: datetime, result: str = "", detail: str = ""
) -> None:
    """Writes the outcome and ends the hold, unless somebody else has the message by now."""
    with transaction.atomic():
        written = _held(message).update(lease_until=None, **changes)
        if written and result:
            ended = {"finished_at": now, "result": result, "detail": detail}
            begun = {"started_at": now, **ended}
            Attempt.objects.update_or_create(ended, begun, message=message, fence=message.fence)


def _held(message: OutboxMessage) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(pk=message.pk, state=message.state, fence=message.fence)


# --- Tidied ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Swept:
    """How many messages a sweep put back in the queue, sent again, gave up as unknown or dead, let expire."""

    released: int
    repeated: int
    uncertain: int
    dead: int
    expired: int


def sweep(*, now: datetime) -> Swept:
    """Takes back what a sender that died was holding, and ends what has become pointless. Safe to repeat."""
    lapsed = OutboxMessage.objects.filter(lease_until__lt=clock.database_now())
    claimed, sending = lapsed.filter(state=State.CLAIMED), lapsed.filter(state=State.SENDING)
    dead = claimed.filter(fence__gte=MOST_CLAIMS).update(
        lease_until=None, **_end(State.DEAD, "Given up: no sender survived it.", now)
    )
    released = claimed.update(state=State.DUE, lease_until=None)
    repeated = sending.filter(nature=Nature.NOTICE, attempts__lt=MOST_ATTEMPTS).update(
        state=State.DUE, lease_until=None, repeat=True
    )
    uncertain = sending.update(lease_until=None, **_end(State.UNCERTAIN, UNKNOWN, now))
    waiting = OutboxMessage.objects.filter(state=State.DUE, expires_at__lte=now)
    expired = waiting.update(**_end(State.EXPIRED, EXPIRED, now))
    if released or repeated:
        wakeups.wake_after_commit()
    return Swept(released, repeated, uncertain, dead, expired)


def expire(*, before: datetime, now: datetime) -> int:
    """Ends unsent whatever fell due before an instant: for a record of the past, of which nobody is to be told now."""
    waiting = OutboxMessage.objects.filter(state=State.DUE, due_at__lt=before)
    return waiting.update(**_end(State.EXPIRED, EXPIRED, now))
