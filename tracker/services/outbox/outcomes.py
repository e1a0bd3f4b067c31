"""Keeps what became of messages that a sender holds. What one letter carried meets one fate, in one transaction."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from tracker.models import Attempt, OutboxMessage
from tracker.services import audit
from tracker.services.kinds import Nature
from tracker.services.outbox.claims import held

State = OutboxMessage.State
Result = Attempt.Result

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(minutes=15)
MOST_ATTEMPTS = 8
SOONEST = timedelta(seconds=30)
"""What is put off waits at least for so long, so that no sender turns in circles over it."""
SPREAD = timedelta(seconds=5)
"""Up to so long after a provider may be tried again, what it left lying is due: others have their turn before it."""

UNKNOWN = "The line broke while it was being handed over. It may have arrived."
FOR_GOOD = "It was refused for good: the address may be wrong."


def sent(messages: Sequence[OutboxMessage], *, answer: str, now: datetime) -> None:
    """The provider took it."""
    changes = end(State.SENT, "", now) | {"last_error": ""}
    with transaction.atomic():
        if _let_go(messages, changes, now=now, result=Result.SENT, detail=answer):
            audit.note_sent(messages, now=now)


def refused(messages: Sequence[OutboxMessage], *, detail: str, permanent: bool, now: datetime) -> bool:
    """It surely did not leave: to be tried again later, unless that is pointless or was done often enough.

    Returns whether it was still this sender's to say so.
    """
    if permanent:
        return _refuse(messages, end(State.FAILED, FOR_GOOD, now), detail, now)
    given_up = [message for message in messages if _tries(message) >= MOST_ATTEMPTS]
    others = [message for message in messages if message not in given_up]
    dead = end(State.DEAD, f"Given up after {MOST_ATTEMPTS} tries.", now)
    with transaction.atomic():
        written = _refuse(given_up, dead, detail, now)
        wait = wait_after(max(map(_tries, others), default=1))
        return _refuse(others, {"state": State.DUE, "due_at": now + wait}, detail, now) or written


def put_off(messages: Sequence[OutboxMessage], *, until: datetime, detail: str, now: datetime) -> None:
    """The provider does not answer, which is no fault of the message's: back into the queue, and it counts as no try."""
    begun = messages[0].state == State.SENDING
    changes: dict[str, Any] = {"state": State.DUE, "due_at": until + SPREAD * _random(), "last_error": detail}
    if begun:
        changes["attempts"] = F("attempts") - 1
    _let_go(messages, changes, now=now, result=Result.REFUSED, detail=detail)


def unsure(messages: Sequence[OutboxMessage], *, detail: str, now: datetime) -> None:
    """Nobody can know whether it left. A reminder is left at that; a notice goes out again, marked as a repeat."""
    again = [message for message in messages if message.nature == Nature.NOTICE and message.attempts < MOST_ATTEMPTS]
    others = [message for message in messages if message not in again]
    doubt = {"last_error": detail}
    with transaction.atomic():
        _let_go(others, end(State.UNCERTAIN, UNKNOWN, now) | doubt, now=now, result=Result.UNSURE, detail=detail)
        wait = wait_after(max((message.attempts for message in again), default=1))
        repeat = {"state": State.DUE, "due_at": now + wait, "repeat": True} | doubt
        _let_go(again, repeat, now=now, result=Result.UNSURE, detail=detail)


def withhold(message: OutboxMessage, *, state: State, reason: str, now: datetime) -> bool:
    """It is not to be sent after all, for a reason that the patient could read. False: it is another sender's by now."""
    return _let_go([message], end(state, reason, now), now=now)


def postpone(message: OutboxMessage, *, until: datetime, reason: str, now: datetime) -> None:
    """It is to be sent later, for a reason that the patient could read; where that is too late, not at all."""
    until = max(until, now + SOONEST)
    if message.expires_at is not None and until >= message.expires_at:
        withhold(message, state=State.EXPIRED, reason=reason, now=now)
        return
    changes = {"state": State.DUE, "due_at": until, "reason": reason, "last_error": ""}
    _let_go([message], changes, now=now)


def wait_after(tries: int) -> timedelta:
    """How long to wait after so many tries: anything up to 30 s, doubled each time, at most 15 minutes.

    The whole of it is drawn by lot ("full jitter"), so that what failed together does not come back together.
    """
    longest: timedelta = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (tries - 1))
    return longest * _random()


def end(state: State, reason: str, now: datetime) -> dict[str, Any]:
    return {"state": state, "reason": reason, "finished_at": now}


def _random() -> float:
    return secrets.SystemRandom().random()


def _tries(message: OutboxMessage) -> int:
    """With the one that has just ended; it was counted before where it came as far as the unsure moment."""
    return message.attempts + (message.state == State.CLAIMED)


def _refuse(messages: Sequence[OutboxMessage], changes: dict[str, Any], detail: str, now: datetime) -> bool:
    if not messages:
        return False
    counted = {"attempts": F("attempts") + 1} if messages[0].state == State.CLAIMED else {}
    return _let_go(messages, changes | counted | {"last_error": detail}, now=now, result=Result.REFUSED, detail=detail)


def _let_go(
    messages: Sequence[OutboxMessage], changes: dict[str, Any], *, now: datetime, result: str = "", detail: str = ""
) -> bool:
    """Writes the outcome and ends the hold, unless somebody else has the messages by now. Returns whether it did."""
    if not messages:
        return False
    with transaction.atomic():
        written = held(messages).update(lease_until=None, **changes)
        if written and result:
            _keep_attempts(messages, now=now, result=result, detail=detail)
    return bool(written)


def _keep_attempts(messages: Sequence[OutboxMessage], *, now: datetime, result: str, detail: str) -> None:
    """Completes the attempts that were noted before the unsure moment; one that did not get so far is noted now."""
    ended: dict[str, Any] = {"finished_at": now, "result": result, "detail": detail}
    if messages[0].state == State.SENDING:
        mine = (Q(message=message, fence=message.fence) for message in messages)
        Attempt.objects.filter(reduce(or_, mine)).update(**ended)
    else:
        Attempt.objects.bulk_create(
            Attempt(message=message, fence=message.fence, started_at=now, **ended) for message in messages
        )
