"""Patients by their ids, for commands."""

from __future__ import annotations

from uuid import UUID

from tracker.models import Patient


def patient(public_id: str) -> Patient | None:
    """The patient, erased or not; None where there is no such id."""
    try:
        wanted = UUID(public_id)
    except ValueError:
        return None
    return Patient.objects.select_related("clinic", "user").filter(pk=wanted).first()
