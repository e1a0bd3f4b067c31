"""Another chance: by another channel, or the same message once more."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, Q, Value, When

from tracker.models import OutboxMessage
from tracker.services import wakeups
from tracker.services.outbox.incoming import dedupe_key

State = OutboxMessage.State

GAVE_UP = (State.FAILED, State.DEAD, State.UNCERTAIN)


def fall_back(message: OutboxMessage, *, channel: str, now: datetime) -> bool:
    """Tells the same reader of the same occurrence by another channel, at once. Once a channel, however often asked."""
    if message.occurrence is None:
        return False
    another = OutboxMessage(
        dedupe_key=dedupe_key(message.occurrence, message.recipient, channel),
        nature=message.nature,
        kind=message.kind,
        channel=channel,
        urgent=message.urgent,
        clinic_id=message.clinic_id,
        patient_id=message.patient_id,
        episode_id=message.episode_id,
        recipient_id=message.recipient_id,
        occurrence_id=message.occurrence_id,
        due_at=now,
        expires_at=message.expires_at,
        created_at=now,
    )
    known = OutboxMessage.objects.filter(dedupe_key=another.dedupe_key).exists()
    OutboxMessage.objects.bulk_create([another], ignore_conflicts=True)
    wakeups.wake_after_commit()
    return not known


@transaction.atomic
def replay(message: OutboxMessage, *, now: datetime) -> int:
    """Makes a message that failed, was given up or is uncertain due again, under its key. Returns how many it made due.

    What may have arrived goes as a repeat under the same Message-ID, and with it all that its letter carried, so that a
    reader's program that has it already need not show it twice. Whether it still makes sense is asked before it leaves.
    """
    letter = Q(pk=message.pk)
    if message.state == State.UNCERTAIN and message.message_id:
        letter |= Q(state=State.UNCERTAIN, message_id=message.message_id)
    may_have_left = Case(When(state=State.UNCERTAIN, then=Value(True)), default=F("repeat"))
    due = OutboxMessage.objects.filter(letter, state__in=GAVE_UP).update(
        state=State.DUE,
        due_at=now,
        attempts=0,
        repeat=may_have_left,
        reason="",
        last_error="",
        finished_at=None,
    )
    if due:
        wakeups.wake_after_commit()
    return due
