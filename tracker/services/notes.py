"""Free text about a patient, kept where it can be erased."""

from __future__ import annotations

import hashlib

from tracker.models import Note, Patient


def keep(patient: Patient, text: str) -> str:
    """Stores the text once and returns the digest that names it; empty for no text."""
    text = text.strip()
    if not text:
        return ""
    digest = hashlib.sha256(f"{patient.salt}{text}".encode()).hexdigest()
    Note.objects.bulk_create([Note(patient=patient, digest=digest, text=text)], ignore_conflicts=True)
    return digest
