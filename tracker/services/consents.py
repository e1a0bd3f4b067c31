"""What patients agree to, by the version of the text that they read. Nothing is edited: taking back is a new row."""

from __future__ import annotations

from django.db import transaction

from tracker import clock
from tracker.errors import Invalid
from tracker.models import Actor, Consent
from tracker.services import audit

VERSIONS = ("2026-11",)
"""Every text that patients were ever shown, oldest first: templates/tracker/consents/texts/<version>.html."""
CURRENT = VERSIONS[-1]


@transaction.atomic
def give(*, by: Actor, version: str) -> Consent:
    """The patient agrees to a text. Messages go out again if they had been stopped."""
    if version != CURRENT:
        raise Invalid({"version": "The text has changed since you opened this page. Please read the new one."})
    return _write(by, version, given=True)


@transaction.atomic
def withdraw(*, by: Actor) -> Consent:
    """The patient takes it back, or will not agree. From now on no message goes to them."""
    return _write(by, CURRENT, given=False)


def _write(by: Actor, version: str, *, given: bool) -> Consent:
    patient, now = by.patient, clock.now()
    if patient is None:
        raise ValueError("only a patient agrees to something")
    if given:
        patient.consent_version, patient.consent_at, patient.consent_withdrawn_at = version, now, None
    else:
        patient.consent_withdrawn_at = now
    patient.save(update_fields=["consent_version", "consent_at", "consent_withdrawn_at"])
    audit.note(by, "consent_given" if given else "consent_withdrawn", version=version)
    return Consent.objects.create(patient=patient, version=version, given=given, by=by.user, at=now)
