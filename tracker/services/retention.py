"""Erases records whose time is over, a few at a time."""

from __future__ import annotations

import logging
from datetime import datetime

from tracker.errors import Conflict
from tracker.models import Erasure, Patient
from tracker.selectors import retention
from tracker.services import erasure

logger = logging.getLogger(__name__)

MOST = 20
"""Records a round, so that no check-in waits for it."""


def due(*, now: datetime) -> list[Patient]:
    """Whose records the next rounds would erase; changes nothing."""
    return [patient for patient in retention.over(now=now) if not erasure.open_alert(patient)]


def apply(*, now: datetime, most: int = MOST) -> int:
    """Erases at most so many records whose time is over; returns how many. Safe to repeat and to break off.

    One with an urgent alert still open stays until somebody has closed it.
    """
    return sum(_erase(patient) for patient in due(now=now)[:most])


def _erase(patient: Patient) -> bool:
    try:
        erasure.erase(patient=patient, reason=Erasure.Reason.RETENTION)
    except Conflict:
        return False
    except Exception:
        logger.exception("the record of patient %s could not be erased", patient.pk)
        return False
    return True
