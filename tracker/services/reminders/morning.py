"""The list that the clinicians on duty get each morning: how much waits for them. Planned a clinic, not a patient."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from tracker.models import Clinic, Kind, Occurrence, OutboxMessage
from tracker.selectors import duty
from tracker.selectors import morning as selected
from tracker.selectors.episodes import local_date
from tracker.selectors.localtime import dates_until, first_after
from tracker.services import outbox
from tracker.services.outbox import Telling
from tracker.services.reminders.look import Subject

BATCH = 20
"""Clinics a transaction, as for patients."""
AFTER_FAILURE = timedelta(hours=1)
NOTHING = "Nothing is waiting this morning."

logger = logging.getLogger(__name__)


def plan(*, now: datetime) -> int:
    """Makes the list of each clinic whose time has come due; returns how many. Reads no other clinic."""
    made = 0
    while (done := _plan_batch(now)) is not None:
        made += done
    return made


def resume(*, now: datetime) -> None:
    """Begins anew at `now` after a standstill that is not to show."""
    Clinic.objects.filter(morning_due_at__lt=now).update(morning_due_at=None)


def nothing_waits(of: Subject) -> str:
    """Worked out when it is sent: whatever was done since it was planned counts."""
    clinic = of.message.clinic
    return NOTHING if clinic is None or not any(selected.waiting(clinic).lines()) else ""


def more(message: OutboxMessage, now: datetime) -> Mapping[str, Any]:
    """What the text of the list needs to know."""
    return {} if message.clinic is None else {"lines": list(selected.waiting(message.clinic).lines())}


@transaction.atomic
def _plan_batch(now: datetime) -> int | None:
    clinics = list(_waiting(now)[:BATCH])
    if not clinics:
        return None
    due = {clinic.pk: found for clinic in clinics if (found := _look_at(clinic, now)) is not None}
    told = _told(due)
    wanted = [clinic for clinic in clinics if clinic.pk in due and (clinic.pk, due[clinic.pk][0]) not in told]
    readers = duty.present(wanted)
    tellings = [_telling(clinic, *due[clinic.pk], readers[clinic.pk], now) for clinic in wanted]
    outbox.enqueue(tellings, now=now)
    Clinic.objects.bulk_update(clinics, ["morning_due_at"])
    return len(tellings)


def _waiting(now: datetime) -> QuerySet[Clinic]:
    skip = connection.features.has_select_for_update_skip_locked
    due = Clinic.objects.filter(Q(morning_due_at=None) | Q(morning_due_at__lte=now))
    return due.select_for_update(no_key=True, skip_locked=skip).order_by("pk")


def _look_at(clinic: Clinic, now: datetime) -> tuple[date, datetime] | None:
    """The day whose list is due, and since when; sets when to look again. A new clinic gets its first tomorrow."""
    try:
        zone, planned = clinic.time_zone, clinic.morning_due_at
        clinic.morning_due_at = first_after(now, clinic.morning_at, zone)
        if planned is None:
            return None
        days = list(dates_until(local_date(planned, zone), now, clinic.morning_at, zone))
    except Exception:  # one clinic must not keep the others waiting, minute after minute
        logger.exception("the morning of clinic %s cannot be worked out", clinic.pk)
        clinic.morning_due_at = now + AFTER_FAILURE
        return None
    return days[-1] if days else None


def _told(due: Mapping[Any, tuple[date, datetime]]) -> set[tuple[Any, date]]:
    """A clinic that moved its hour or its zone still gets one list a date."""
    days = {day for day, _ in due.values()}
    rows = Occurrence.objects.filter(rule=Kind.MORNING_LIST, patient=None, clinic__in=list(due), local_date__in=days)
    return set(rows.values_list("clinic", "local_date"))


def _telling(clinic: Clinic, day: date, due_at: datetime, readers: Sequence[Any], now: datetime) -> Telling:
    occurrence = Occurrence(
        clinic=clinic, rule=Kind.MORNING_LIST, local_date=day, slot="", due_at=due_at, created_at=now
    )
    return Telling(occurrence, clinic, readers)
