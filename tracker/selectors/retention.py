"""Until when records are kept, and whose time is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from django.db.models import Exists, Max, Model, OuterRef, Q

from tracker.models import (
    Acknowledgement,
    AlertEvent,
    Call,
    CheckIn,
    Clearance,
    Clinic,
    Closing,
    Episode,
    EpisodeFact,
    Erasure,
    FactWithdrawal,
    Hold,
    HoldRelease,
    Measurement,
    MilestoneEvent,
    MilestoneRecord,
    Patient,
    Proposal,
    Reopening,
    Restriction,
    Review,
    Signature,
    StaffLook,
    Transfer,
)
from tracker.selectors.episodes import local_date

SAID: tuple[tuple[type[Model], str, str], ...] = (
    (Episode, "patient", "created_at"),
    (EpisodeFact, "episode__patient", "recorded_at"),
    (FactWithdrawal, "fact__episode__patient", "at"),
    (CheckIn, "episode__patient", "entered_at"),
    (Measurement, "episode__patient", "entered_at"),
    (MilestoneRecord, "episode__patient", "entered_at"),
    (MilestoneEvent, "record__episode__patient", "at"),
    (Clearance, "episode__patient", "entered_at"),
    (Hold, "episode__patient", "entered_at"),
    (HoldRelease, "hold__episode__patient", "at"),
    (Signature, "episode__patient", "signed_at"),
    (Restriction, "episode__patient", "recorded_at"),
    (Acknowledgement, "restriction__episode__patient", "at"),
    (Proposal, "episode__patient", "at"),
    (Proposal, "episode__patient", "answered_at"),
    (Closing, "episode__patient", "at"),
    (Reopening, "closing__episode__patient", "at"),
    (Review, "episode__patient", "booked_at"),
    (Review, "episode__patient", "done_on"),
    (AlertEvent, "alert__episode__patient", "at"),
    (StaffLook, "episode__patient", "at"),
    (Call, "message__patient", "at"),
    (Transfer, "patient", "answered_at"),
)
"""What people record of a recovery: model, path to the patient, when."""


def ends_on(patient: Patient) -> date:
    """When the time is over for which the clinic keeps the record: its years after the last thing recorded in it."""
    times = (model._default_manager.filter(**{to: patient}).aggregate(last=Max(at))["last"] for model, to, at in SAID)
    last = max((_day(at, patient.clinic) for at in times if at is not None), default=None)
    return _years_after(last, patient.clinic) if last else date.max


def over(*, now: datetime, most: int | None = None) -> list[Patient]:
    """Whose record may be erased, oldest first: of closed recoveries, and restricted ones whose day has come."""
    found = []
    for patient in _candidates(now):
        if ends_on(patient) <= local_date(now, patient.clinic.time_zone):
            found.append(patient)
            if most is not None and len(found) >= most:
                break
    return found


def _candidates(now: datetime) -> Iterator[Patient]:
    """Patients without an open recovery whose first one began so long ago that its time may be over."""
    open_ones = Episode.objects.filter(patient=OuterRef("pk"), state=Episode.State.OPEN)
    for clinic in Clinic.objects.order_by("pk"):
        rows = Patient.objects.select_related("clinic", "user").filter(clinic=clinic, erased_at=None)
        begun = _years_before(local_date(now, clinic.time_zone), clinic)
        old = Episode.objects.filter(patient=OuterRef("pk"), created_at__date__lte=begun)
        due = Erasure.objects.filter(
            patient_id=OuterRef("pk"), kind=Erasure.Kind.RESTRICT, keep_until__lte=local_date(now, clinic.time_zone)
        )
        ended = Q(Exists(old), ~Exists(open_ones)) | Q(Exists(due), restricted_at__isnull=False)
        yield from rows.filter(ended).order_by("pk").iterator(100)


def _day(at: date | datetime, clinic: Clinic) -> date:
    return local_date(at, clinic.time_zone) if isinstance(at, datetime) else at


def _years_after(day: date, clinic: Clinic) -> date:
    return _moved(day, clinic.retention_years)


def _years_before(day: date, clinic: Clinic) -> date:
    return _moved(day, -clinic.retention_years)


def _moved(day: date, years: int) -> date:
    year = min(max(day.year + years, 1), 9999)
    try:
        return day.replace(year=year)
    except ValueError:  # 29 February
        return day.replace(year=year, day=28)
