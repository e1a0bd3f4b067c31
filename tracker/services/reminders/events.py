"""What is told on the spot, because it happened."""

from __future__ import annotations

from django.db import transaction

from tracker import clock
from tracker.models import Kind, Occurrence, Restriction
from tracker.selectors.episodes import local_date
from tracker.services import outbox
from tracker.services.outbox import Telling


@transaction.atomic
def restriction_changed(*, restriction: Restriction) -> None:
    """Tells the patient of a new order, in the transaction that signs it. Once a signature, however many rows it has."""
    now = clock.now()
    episode = restriction.episode
    told = {"patient": episode.patient, "rule": Kind.RESTRICTION_CHANGED, "slot": str(restriction.signature_id)}
    if Occurrence.objects.filter(**told).exists():
        return
    today = local_date(now, episode.patient.time_zone)
    occurrence = Occurrence(**told, episode=episode, local_date=today, due_at=now, created_at=now)
    outbox.enqueue([Telling(occurrence, episode.clinic)], now=now)
