"""The daily tick: silence and passing dates are findings too."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from django.db.models import Q

from tracker.models import Clinic
from tracker.selectors.episodes import local_date
from tracker.services import assessments, audit, reminders
from tracker.services.assessments import Ticked

logger = logging.getLogger(__name__)


def daily(*, now: datetime, alive: Callable[[], object] | None = None) -> dict[str, Ticked | None]:
    """Ticks each clinic whose date has moved on since its last tick; by clinic what was done, None where it failed.

    Safe to repeat and to break off: a clinic is marked only when all of it is done. One clinic's trouble is logged,
    tried again next time, and does not become another's. `alive` is called after each clinic, for there may be many.
    """
    done: dict[str, Ticked | None] = {}
    for clinic in Clinic.objects.order_by("pk"):
        if clinic.ticked_on is None or clinic.ticked_on < local_date(now, clinic.time_zone):
            try:
                done[clinic.name] = _tick(clinic, now)
            except Exception:
                logger.exception("the daily tick of clinic %s failed", clinic.pk)
                done[clinic.name] = None
            if alive is not None:
                alive()
    return done


def reassess(*, now: datetime) -> dict[str, Ticked]:
    """Makes the kept assessments of all open episodes anew from the record. Safe to repeat."""
    done = {}
    for clinic in Clinic.objects.order_by("pk"):
        done[clinic.name] = _tick(clinic, now, anew=True)
        audit.note_of_program("reassessed", clinic_id=clinic.pk, episodes=str(done[clinic.name].seen))
    return done


def _tick(clinic: Clinic, now: datetime, *, anew: bool = False) -> Ticked:
    today = local_date(now, clinic.time_zone)
    done = assessments.tick(clinic=clinic, now=now, anew=anew)
    reminders.start_all(clinic=clinic, now=now)
    not_yet = Q(ticked_on=None) | Q(ticked_on__lt=today)
    Clinic.objects.filter(not_yet, pk=clinic.pk).update(ticked_on=today)
    return done
