"""Who has asked that their record be deleted, and has no answer yet."""

from __future__ import annotations

from django.db.models import QuerySet

from tracker.models import Kind, Occurrence, Patient


def every_open(patient: Patient) -> QuerySet[Occurrence]:
    return Occurrence.objects.filter(patient=patient, rule=Kind.RECORD_REQUEST, state=Occurrence.State.PLANNED)


def open_of(patient: Patient) -> Occurrence | None:
    """The request that waits for the coordinator, whatever became of the call about it."""
    return every_open(patient).order_by("created_at").first()
