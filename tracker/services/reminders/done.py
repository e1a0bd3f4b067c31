"""What a patient's own act makes pointless: checking in, and reading the list."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from django.db.models import Case, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Value, When

from tracker.models import ChannelName, CheckIn, Episode, Kind, Occurrence, OutboxMessage, Patient

State = OutboxMessage.State
ASKING = (Kind.CHECK_IN, Kind.NUDGE)
CHECKED_IN = "You have checked in."


def checked_in(*, episode: Episode, day: date, now: datetime) -> None:
    """Takes back what asks for the check-in of that day, once every knee has its own, and what says that the patient is
    silent; closes the entries that said so. One statement.
    """
    of_the_day = Occurrence.objects.filter(patient=episode.patient_id, rule__in=ASKING)
    waits = Q(state=State.DUE, occurrence__in=of_the_day.filter(local_date=day))
    listed = Q(state=State.SENT, channel=ChannelName.APP, occurrence__in=of_the_day.filter(local_date__lte=day))
    asks = Q(kind__in=ASKING) & (waits | listed) & ~Exists(_knees_without(episode, day))
    silent = Q(kind=Kind.SILENCE) & (Q(state=State.DUE) | Q(state=State.SENT, channel=ChannelName.CALLS))
    rows = OutboxMessage.objects.filter(asks | silent, patient=episode.patient_id, recipient=None, settled_at=None)
    at = Value(now, DateTimeField())
    rows.update(
        state=Case(When(state=State.DUE, then=Value(State.CANCELLED)), default=F("state")),
        finished_at=Case(When(state=State.DUE, then=at), default=F("finished_at")),
        settled_at=Case(When(state=State.SENT, then=at), default=F("settled_at")),
        reason=CHECKED_IN,
    )


def read(*, patient: Patient, now: datetime, ids: Collection[UUID] | None = None) -> int:
    """Closes entries of the patient's list, all of them where none are named; returns how many were open."""
    entries = OutboxMessage.objects.filter(
        patient=patient, recipient=None, channel=ChannelName.APP, state=State.SENT, settled_at=None
    )
    return (entries if ids is None else entries.filter(pk__in=ids)).update(settled_at=now)


def _knees_without(episode: Episode, day: date) -> QuerySet[Episode]:
    """The patient's knees in care that have no check-in of that day."""
    reported = CheckIn.objects.filter(episode=OuterRef("pk"), date=day)
    knees = Episode.objects.filter(patient=episode.patient_id, state=Episode.State.OPEN)
    return knees.exclude(Exists(reported))
