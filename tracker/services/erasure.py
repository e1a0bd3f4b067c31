"""Erasing a record, restricting it until its retention ends, and lifting that: each is an entry of the ledger."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from tracker import clock
from tracker.clinical.findings import NOT_EVALUATED
from tracker.errors import Conflict, Invalid
from tracker.models import Actor, Alert, AlertEvent, Episode, Erasure, Patient, walls
from tracker.selectors import retention
from tracker.services import audit, forgetting, ledger, locks, requests, sending
from tracker.services.notices import URGENT

Kind, Reason = Erasure.Kind, Erasure.Reason

OPEN_ALERT = (
    "An urgent alert of this patient is still open, and nobody would see it any more. "
    "Close it first, on /alerts/, then come back."
)
ALREADY_ERASED = "This record was erased already."


def erase(*, patient: Patient, reason: str, by: Actor | None = None) -> Erasure:
    """Everything that names the patient is gone for good. Raises Conflict while an urgent alert is open."""
    entry = _decide(patient, Kind.ERASE, reason, by)
    forgetting.scrub()
    return entry


def restrict(*, patient: Patient, reason: str, by: Actor | None = None) -> Erasure:
    """From now on nobody works with the record; it waits for the end of its retention. Raises Conflict."""
    return _decide(patient, Kind.RESTRICT, reason, by)


def lift(*, patient: Patient, reason: str, by: Actor | None = None) -> Erasure:
    """The clinic works with the record again. Raises Conflict where it is not restricted."""
    return _decide(patient, Kind.LIFT, reason, by)


@transaction.atomic
def _decide(patient: Patient, kind: str, reason: str, by: Actor | None) -> Erasure:
    if reason not in Reason.values:
        raise Invalid({"reason": f"Give one of: {', '.join(Reason.values)}."})
    patient = _locked(patient)
    _check(patient, kind)
    now = clock.now()
    keep_until = retention.ends_on(patient) if kind == Kind.RESTRICT else None
    entry = Erasure(patient_id=patient.pk, kind=kind, reason=reason, at=now, keep_until=keep_until)
    entry.by = by.user if by else None
    ledger.write(entry)
    _note(by, patient, entry)
    _do(patient, kind, now)
    requests.settle(patient=patient)
    return entry


def _locked(patient: Patient) -> Patient:
    """With its episodes, so that whatever is being recorded is finished first, and seen."""
    locks.hold_clinic(patient.clinic)
    list(Episode.objects.select_for_update(no_key=True).filter(patient=patient).values_list("pk"))
    return Patient.objects.select_for_update(of=("self",)).select_related("clinic", "user").get(pk=patient.pk)


def _check(patient: Patient, kind: str) -> None:
    if patient.erased_at is not None:
        raise Conflict(ALREADY_ERASED, code="erased")
    if kind == Kind.LIFT and patient.restricted_at is None:
        raise Conflict("This record is not restricted.", code="not_restricted")
    if kind == Kind.RESTRICT and patient.restricted_at is not None:
        raise Conflict("This record is restricted already.", code="restricted")
    if kind != Kind.LIFT and open_alert(patient):
        raise Conflict(OPEN_ALERT, code="alert_open")


def open_alert(patient: Patient) -> bool:
    """Whether an urgent alert waits for somebody to close it."""
    closed = AlertEvent.objects.filter(alert=OuterRef("pk"), kind=AlertEvent.Kind.CLOSED)
    urgent = Q(urgency__in=URGENT) | Q(code=NOT_EVALUATED)
    return Alert.objects.filter(urgent, ~Exists(closed), episode__patient=patient).exists()


def _note(by: Actor | None, patient: Patient, entry: Erasure) -> None:
    latest = Episode.objects.filter(patient=patient).order_by("-created_at").first()
    said = {"kind": entry.kind, "reason": entry.reason}
    if by is not None:
        audit.note(by, "record_decided", latest, entry.pk, **said)
        return
    knee, said["patient"] = latest.pk if latest else None, str(patient.pk)
    audit.note_of_program("record_decided", clinic_id=patient.clinic_id, episode_id=knee, row_id=entry.pk, **said)


def _do(patient: Patient, kind: str, now: datetime) -> None:
    if kind == Kind.ERASE:
        forgetting.forget(patient, now=now)
        return
    patient.restricted_at = now if kind == Kind.RESTRICT else None
    patient.save(update_fields=["restricted_at"])


# --- After a restore ------------------------------------------------------------------------------------------------


def unfulfilled() -> list[UUID]:
    """Patients whose record is not as the ledger says, such as one that came back with a backup."""
    return [patient.pk for patient, _ in _behind()]


def again() -> list[UUID]:
    """Does once more whatever the ledger says and the database has not. Returns whose records were put right.

    An open alert keeps none of it back: it came back with the backup and was closed before.
    """
    ledger.take_over()
    behind = _behind()
    for patient, kind in behind:
        with transaction.atomic():
            _do(_locked(patient), kind, clock.now())
    forgetting.scrub()
    return [patient.pk for patient, _ in behind]


@walls.outside(walls.Why.ENGINE)
def come_back(*, by: str, now: datetime) -> int:
    """Brings a restored database up to the ledger, then lets messages be sent again. Returns how many expired."""
    again()
    return sending.open_again(by=by, now=now)


def _behind() -> list[tuple[Patient, str]]:
    """Each patient with the last word about them, where it has not come about. Nothing comes after an erasure."""
    last: dict[UUID, str] = {}
    for entry in ledger.entries():
        if last.get(entry.patient_id) != Kind.ERASE:
            last[entry.patient_id] = entry.kind
    found = Patient.objects.select_related("clinic", "user").filter(pk__in=last, erased_at=None)
    return [(patient, last[patient.pk]) for patient in found if not _stands(patient, last[patient.pk])]


def _stands(patient: Patient, kind: str) -> bool:
    restricted = patient.restricted_at is not None
    return (kind == Kind.RESTRICT and restricted) or (kind == Kind.LIFT and not restricted)


def until(patient: Patient) -> date | None:
    """Until when a restricted record is kept."""
    entries = Erasure.objects.filter(patient_id=patient.pk, kind=Kind.RESTRICT).order_by("-at")
    return entries.values_list("keep_until", flat=True).first()
