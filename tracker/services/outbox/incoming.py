"""Takes messages in, and takes back those that have not left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from tracker.models import Clinic, Invite, Occurrence, OutboxMessage, User
from tracker.services import wakeups
from tracker.services.kinds import RULES, Audience

State = OutboxMessage.State

NOBODY = "Nobody who could be told works in the clinic."


@dataclass(frozen=True, slots=True)
class Telling:
    """An occurrence about to be stored, and who is to be told of it by which channel; None is the patient."""

    occurrence: Occurrence
    clinic: Clinic
    readers: Sequence[User | None] = (None,)
    channel: str = "email"
    urgent: bool | None = None
    """Where it is not as the kind says."""
    invite: Invite | None = None
    """Where it goes to whom that invites."""


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


def dedupe_key(occurrence: Occurrence, reader: User | None, channel: str) -> str:
    """One message an occurrence, reader and channel, ever: the database refuses a second."""
    return f"{occurrence.pk}:{reader.pk if reader else 'patient'}:{channel}"


def _message(telling: Telling, reader: User | None, now: datetime) -> OutboxMessage:
    occurrence, rule = telling.occurrence, RULES[telling.occurrence.rule]
    patients = rule.audience == Audience.PATIENT and occurrence.patient is not None
    zone = occurrence.patient.time_zone if patients and occurrence.patient else telling.clinic.time_zone
    return OutboxMessage(
        dedupe_key=dedupe_key(occurrence, reader, telling.channel),
        nature=rule.nature,
        kind=rule.kind,
        channel=telling.channel,
        urgent=rule.urgent if telling.urgent is None else telling.urgent,
        clinic=telling.clinic,
        patient=occurrence.patient,
        episode_id=occurrence.episode_id,
        recipient=reader,
        invite=telling.invite,
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
