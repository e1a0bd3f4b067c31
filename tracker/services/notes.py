"""Free text about a patient, kept where it can be erased."""

from __future__ import annotations

import hashlib

from tracker.models import Note, Patient


def keep(patient: Patient, text: str) -> str:
    """Stores the text once and returns the digest that names it; empty for no text."""
    name, text = digest(patient, text), text.strip()
    if name:
        Note.objects.bulk_create([Note(patient=patient, digest=name, text=text)], ignore_conflicts=True)
    return name


def digest(patient: Patient, text: str) -> str:
    """The name that the text has, or would have, among the patient's; empty for no text."""
    text = text.strip()
    return hashlib.sha256(f"{patient.salt}{text}".encode()).hexdigest() if text else ""
