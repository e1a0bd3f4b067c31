"""Gives messages to senders: each to one at a time, and all that one letter can carry to the same one."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from tracker import clock
from tracker.models import Attempt, ChannelName, OutboxMessage
from tracker.services.kinds import Nature

State = OutboxMessage.State
Messages = QuerySet[OutboxMessage]

BATCH = 20
LEASE = timedelta(seconds=60)
MOST_IN_A_LETTER = 10
SUSPECT_AFTER = 2
"""Tries after which a message is taken alone: if it is the death of its sender, none other's try is lost with it."""

LISTS = (ChannelName.APP, ChannelName.CALLS)
BUNDLED = Q(urgent=False, nature=Nature.REMINDER) & ~Q(channel__in=LISTS)
"""What goes into one letter with whatever else waits for its reader. The rest goes alone."""
BEFORE_IT = Q(due_at__lt=OuterRef("due_at")) | Q(due_at=OuterRef("due_at"), pk__lt=OuterRef("pk"))


def claim(*, now: datetime, limit: int = BATCH, shut: Collection[str] = ()) -> list[OutboxMessage]:
    """Up to `limit` messages that are due at `now`, for this caller alone and for one lease; urgent ones first.

    With each routine message comes, even beyond the limit, what else is due to the same reader by the same channel, so
    that one letter carries it all. Channels in `shut` are left out.
    """
    holder = secrets.token_hex(16)
    due = OutboxMessage.objects.filter(state=State.DUE, due_at__lte=now).exclude(channel__in=list(shut))
    with transaction.atomic():
        chosen = _urgent(due, limit) or _routine(due, limit)
        taken = OutboxMessage.objects.filter(state=State.DUE, pk__in=chosen).update(
            state=State.CLAIMED, holder=holder, fence=F("fence") + 1, lease_until=clock.database_now() + LEASE
        )
    if not taken:
        return []
    mine = OutboxMessage.objects.filter(state=State.CLAIMED, holder=holder, pk__in=chosen).order_by("due_at", "pk")
    return list(mine.select_related("occurrence", "patient", "clinic", "episode", "recipient"))


def _urgent(due: Messages, limit: int) -> list[UUID]:
    return [message.pk for message in _unsuspected(_locked(due.filter(urgent=True), limit))]


def _routine(due: Messages, limit: int) -> list[UUID]:
    """Of what can share a letter only the first of each reader is looked for, so that no other sender has the rest."""
    found = _locked(due.filter(urgent=False).filter(~BUNDLED | ~_has_another_before_it(due)), limit)
    first = _unsuspected(found)
    alone = [message.pk for message in first if not is_bundled(message)]
    return alone + _companions(due, [message for message in first if is_bundled(message)])


def _unsuspected(found: list[OutboxMessage]) -> list[OutboxMessage]:
    """The first alone, if it was tried too often already; else all that were not."""
    if found and found[0].attempts >= SUSPECT_AFTER:
        return found[:1]
    return [message for message in found if message.attempts < SUSPECT_AFTER]


def _has_another_before_it(due: Messages) -> Q:
    same = due.filter(BUNDLED, BEFORE_IT, channel=OuterRef("channel"), repeat=OuterRef("repeat"))
    to_patient = Q(recipient=None) & Exists(same.filter(recipient=None, patient=OuterRef("patient")))
    return to_patient | Exists(same.filter(recipient=OuterRef("recipient")))


def _companions(due: Messages, first: Sequence[OutboxMessage]) -> list[UUID]:
    """The messages themselves, and what goes into the same letters; what is too much for one waits for the next."""
    if not first:
        return []
    patients = [message.patient_id for message in first if message.recipient_id is None]
    staff = [message.recipient_id for message in first if message.recipient_id is not None]
    readers = Q(recipient=None, patient__in=patients) | Q(recipient__in=staff)
    letters = {letter_of(message) for message in first}
    carried: Counter[object] = Counter()
    chosen = []
    for message in _locked(due.filter(BUNDLED, readers, urgent=False), len(first) * MOST_IN_A_LETTER):
        letter = letter_of(message)
        if letter in letters and carried[letter] < MOST_IN_A_LETTER:
            carried[letter] += 1
            chosen.append(message.pk)
    return chosen


def _locked(due: Messages, limit: int) -> list[OutboxMessage]:
    """Read as they are claimed, since as a subquery of the update they could exceed their limit."""
    if connection.features.has_select_for_update_skip_locked:
        due = due.select_for_update(skip_locked=True)  # saves claimers the wait for one another, no more
    columns = due.only("pk", "urgent", "nature", "channel", "repeat", "attempts", "patient_id", "recipient_id")
    return list(columns.order_by("due_at")[:limit])  # as the index has them: thousands may be due at the same minute


def is_bundled(message: OutboxMessage) -> bool:
    return not message.urgent and message.nature == Nature.REMINDER and message.channel not in LISTS


def letter_of(message: OutboxMessage) -> tuple[object, ...]:
    reader = message.recipient_id or message.patient_id
    return message.recipient_id is None, reader, message.channel, message.repeat


def begin(messages: Sequence[OutboxMessage], *, message_id: str, now: datetime) -> bool:
    """Notes for all that one letter carries, before the one unsure moment, that it has come.

    False: the lease of one of them is gone, nothing was noted, and the letter must not leave.
    """
    with transaction.atomic():
        begun = held(messages).filter(lease_until__gt=clock.database_now())
        changes = {"state": State.SENDING, "attempts": F("attempts") + 1, "message_id": message_id}
        if begun.update(lease_until=clock.database_now() + LEASE, **changes) < len(messages):
            transaction.set_rollback(True)
            return False
        Attempt.objects.bulk_create(
            Attempt(message=message, fence=message.fence, started_at=now) for message in messages
        )
    for message in messages:
        message.state, message.attempts = State.SENDING, message.attempts + 1
    return True


def release(messages: Sequence[OutboxMessage]) -> None:
    """Gives back, untried, what this sender holds and cannot get to."""
    if messages:
        held(messages).filter(state=State.CLAIMED).update(state=State.DUE, lease_until=None)


def held(messages: Sequence[OutboxMessage]) -> Messages:
    """Those of one claim that are still this sender's, in the state it left them in."""
    mine = messages[0]
    return OutboxMessage.objects.filter(pk__in=[each.pk for each in messages], state=mine.state, holder=mine.holder)
