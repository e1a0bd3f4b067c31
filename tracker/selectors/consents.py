"""What a patient agreed to, and whether there is something new to read."""

from __future__ import annotations

from tracker.models import Consent, Patient, User


def is_due(user: User, current: str) -> bool:
    """Whether the user is a patient who has neither agreed to the text as it is now nor taken their consent back."""
    rows = Patient.objects.filter(user=user, consent_withdrawn_at=None, erased_at=None)
    return rows.exclude(consent_version=current).exists()


def text(version: str) -> str:
    """The template of a version. Each is kept as it was, so that it can be shown what somebody agreed to."""
    return f"tracker/consents/texts/{version}.html"


def history(patient: Patient) -> list[Consent]:
    return list(Consent.objects.filter(patient=patient).order_by("-at"))
