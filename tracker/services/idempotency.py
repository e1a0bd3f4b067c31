"""A write that is repeated under the same key happens once and gets the first answer again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from tracker import clock
from tracker.errors import Problem
from tracker.models import IdempotencyKey, User

log = logging.getLogger(__name__)

KEPT = timedelta(days=90)
IN_FLIGHT = timedelta(minutes=2)
"""Longer than any request may live: after it the process that held the key is taken for dead."""
UNANSWERED = 0
"""The status of a key whose request has not been answered yet."""


class KeyReused(Problem):
    """The key came with another body or for another address."""

    status = 422
    code = "key_reused"
    sentence = "This Idempotency-Key was used for another request. Take a new key for a new request."


class KeyInFlight(Problem):
    """The first request under the key has not been answered yet."""

    status = 409
    code = "key_in_flight"
    sentence = "The first request with this Idempotency-Key is still being worked on. Send it again in a moment."
    retry_after = 1
    """Seconds to wait before asking again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client was told: the HTTP status and the body, to the letter."""

    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Write:
    """A request under a key. `body_hash` is the same for bodies that mean the same."""

    user: User
    key: UUID
    route: str
    body_hash: str


def once(*, write: Write, act: Callable[[], Answer]) -> Answer:
    """What `act` answers, or what it answered to the same request before.

    `act` runs in one transaction with the keeping of its answer. When it raises, nothing is kept and a repeat tries
    again. Raises KeyReused, KeyInFlight.
    """
    kept = _claim(write)
    if kept is not None:
        return kept
    try:
        with transaction.atomic():
            answer = act()
            _mine(write).update(status=answer.status, answer=answer.body)
    except BaseException:
        _mine(write).delete()
        raise
    return answer


def forget(now: datetime) -> int:
    """Drops answers that are older than any client still repeats; returns how many."""
    dropped, _ = IdempotencyKey.objects.filter(created_at__lt=now - KEPT).delete()
    return dropped


def _claim(write: Write) -> Answer | None:
    """Takes the key, or gives the answer that was kept under it."""
    try:
        with transaction.atomic():
            IdempotencyKey.objects.create(
                user=write.user,
                key=write.key,
                route=write.route,
                body_hash=write.body_hash,
                status=UNANSWERED,
                answer="",
                created_at=clock.now(),
            )
    except IntegrityError:
        return _kept(write)
    return None


def _kept(write: Write) -> Answer | None:
    row = IdempotencyKey.objects.filter(user=write.user, key=write.key).first()
    if row is None:
        raise KeyInFlight  # it was refused a moment ago: the next try may have it
    if (row.route, row.body_hash) != (write.route, write.body_hash):
        log.warning("idempotency key %s came again with another request to %s", write.key, write.route)
        raise KeyReused
    if row.status != UNANSWERED:
        return Answer(row.status, row.answer)
    if not _take_over(write, row):
        raise KeyInFlight
    return None


def _take_over(write: Write, row: IdempotencyKey) -> bool:
    """Whether the key was left by a dead process and is ours now; of two that try, one gets it."""
    now = clock.now()
    if row.created_at > now - IN_FLIGHT:
        return False
    return bool(_mine(write).filter(created_at=row.created_at).update(created_at=now))


def _mine(write: Write) -> QuerySet[IdempotencyKey]:
    return IdempotencyKey.objects.filter(user=write.user, key=write.key, status=UNANSWERED)
