"""A patient asks that their record be deleted. The clinic hears of it on its call list; the coordinator decides."""

from __future__ import annotations

from django.db import transaction

from tracker import clock
from tracker.models import Actor, ChannelName, Episode, Kind, Occurrence, Patient
from tracker.selectors import requests
from tracker.selectors.episodes import local_date
from tracker.services import audit, locks, notices, outbox
from tracker.services.outbox import Telling

DECIDED = "Your clinic has decided."


@transaction.atomic
def ask(*, episode: Episode, by: Actor) -> Occurrence:
    """Puts the request on the clinic's call list. Safe to repeat: while one waits there is no second."""
    locks.hold_clinic(episode.clinic)
    waiting = requests.open_of(episode.patient)
    if waiting is not None:
        return waiting
    now = clock.now()
    occurrence = Occurrence(
        patient=episode.patient,
        episode=episode,
        rule=Kind.RECORD_REQUEST,
        local_date=local_date(now, episode.clinic.time_zone),
        slot=now.isoformat(),
        due_at=now,
        created_at=now,
    )
    outbox.enqueue([Telling(occurrence, episode.clinic, channel=ChannelName.CALLS)], now=now)
    audit.note(by, "deletion_asked", episode, occurrence.pk)
    return occurrence


@transaction.atomic
def settle(*, patient: Patient) -> None:
    """The coordinator has decided, whichever way: nothing waits any more."""
    waiting = requests.every_open(patient)
    kept = list(waiting.values_list("pk", flat=True))
    notices.take_back(waiting, reason=DECIDED, now=clock.now())
    Occurrence.objects.filter(pk__in=kept).update(state=Occurrence.State.CANCELLED, reason=DECIDED)


@transaction.atomic
def decline(*, episode: Episode, by: Actor) -> None:
    """The record has to be kept as it is; the patient has been told why."""
    settle(patient=episode.patient)
    audit.note(by, "deletion_declined", episode, episode.patient_id)
