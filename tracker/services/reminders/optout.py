"""Ending one kind of message by a link in it, without signing in (RFC 8058). The link is its own proof."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.core import signing
from django.core.exceptions import ValidationError

from tracker.models import OutboxMessage, Patient, walls
from tracker.services.kinds import OPTIONAL
from tracker.services.reminders import wishes

SALT = "tracker.reminders.unsubscribe"


def unsubscribe_token(message: OutboxMessage) -> str:
    """What the link of a message carries; empty where its kind cannot be switched off. It never grows stale."""
    if message.kind not in OPTIONAL or message.patient_id is None:
        return ""
    return signing.dumps([message.patient_id.hex, message.kind, message.channel], salt=SALT)


@walls.outside(walls.Why.LINK)
def read_token(token: str) -> tuple[Patient, str, str] | None:
    """The patient, kind and channel that a link is about; None for one that we did not write."""
    try:
        patient_id, kind, channel = signing.loads(token, salt=SALT)
        patient = Patient.objects.select_related("clinic").filter(pk=UUID(patient_id)).first()
    except (signing.BadSignature, ValidationError, ValueError, TypeError):
        return None
    return None if patient is None or kind not in OPTIONAL else (patient, kind, channel)


@walls.outside(walls.Why.LINK)
def unsubscribe(*, token: str, now: datetime) -> bool:
    """Switches the kind off. Safe to repeat. False for a link that we did not write."""
    found = read_token(token)
    if found is None:
        return False
    patient, kind, _ = found
    wishes.change(patient=patient, kind=kind, enabled=False, now=now)
    return True
