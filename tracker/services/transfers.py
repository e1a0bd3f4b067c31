"""A patient's move to another clinic: asked for by the one that has the record, taken by the other.

Until the other clinic accepts nothing changes. Then everything does in one transaction: the record is theirs, nothing
that is open is lost, and whoever worked with it before is a stranger to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from tracker import clock
from tracker.clinical.terms import Role
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.models import (
    Actor,
    Alert,
    AlertEvent,
    Assessment,
    Clinic,
    Episode,
    Invite,
    Kind,
    Membership,
    Occurrence,
    OutboxMessage,
    Patient,
    Transfer,
    User,
    walls,
)
from tracker.selectors import duty
from tracker.selectors.episodes import local_date
from tracker.services import assessments, audit, crossings, locks, notes, notices, outbox, reach, reminders
from tracker.services.outbox import Telling

CLINICIANS = (Role.PHYSIOTHERAPIST, Role.SURGEON)
GONE = "This waits no longer: it was answered, or taken back."
TAKEN = "Another patient here has this record number. Give the number that the patient gets in your clinic."
TAKEN_OVER = "Came with the patient from another clinic."


@walls.outside(walls.Why.TRANSFER)
@transaction.atomic
def ask(*, episode: Episode, by: Actor, to: UUID, reason: str) -> Transfer:
    """Offers the patient to another clinic. Raises Invalid, Conflict while another offer waits."""
    locks.hold(episode)
    clinic = Clinic.objects.filter(pk=to).exclude(pk=episode.clinic_id).first()
    wrong = {}
    if clinic is None:
        wrong["to"] = "Choose another clinic from the list."
    if not reason.strip():
        wrong["reason"] = "Say why the patient moves."
    if clinic is None or wrong:
        raise Invalid(wrong)
    try:
        with transaction.atomic():
            row = _offered(episode, by, clinic, reason)
    except IntegrityError:
        raise Conflict("An offer to a clinic waits already. Take it back first.", code="waits") from None
    audit.note(by, "transfer asked", episode, row.pk, to=str(clinic.pk))
    crossings.offered(transfer=row, now=row.asked_at)
    return row


@walls.outside(walls.Why.TRANSFER)
@transaction.atomic
def take_back(*, transfer: Transfer, by: Actor) -> None:
    """The clinic that offered thinks again."""
    if by.clinic.pk != transfer.from_clinic_id:
        raise NotFound
    _answer(transfer, by, accepted=False)
    audit.note(by, "transfer taken back", None, transfer.pk)


@walls.outside(walls.Why.TRANSFER)
@transaction.atomic
def refuse(*, transfer: Transfer, by: Actor) -> None:
    """The other clinic does not take the patient. Nothing changes."""
    _check_receiver(transfer, by)
    _answer(transfer, by, accepted=False)
    crossings.offer_answered(transfer=transfer, now=clock.now())
    audit.note(by, "transfer refused", None, transfer.pk)


@walls.outside(walls.Why.TRANSFER)
@transaction.atomic
def accept(*, transfer: Transfer, by: Actor, owner: UUID, record_number: str = "") -> Patient:
    """Takes the patient over, with every recovery and whatever is open in it, which `owner` now looks after.

    Raises Invalid where the owner does not treat patients here or the record number is another patient's, Conflict
    when the offer waits no longer.
    """
    _check_receiver(transfer, by)
    now = clock.now()
    locks.hold_clinic(by.clinic)
    knees = _held(transfer)
    _answer(transfer, by, accepted=True, owner=_owner(by, owner))
    patient = _moved(transfer, by, record_number)
    for knee in knees:
        _take_over(knee, transfer, by, now)
    reminders.moved(patient=patient, now=now)
    _tell(transfer, patient, knees, now)
    crossings.offer_answered(transfer=transfer, now=now)
    return patient


def _offered(episode: Episode, by: Actor, clinic: Clinic, reason: str) -> Transfer:
    return Transfer.objects.create(
        patient=episode.patient,
        from_clinic=episode.clinic,
        to_clinic=clinic,
        asked_by=by.user,
        asked_at=clock.now(),
        reason_digest=notes.keep(episode.patient, reason),
    )


def _check_receiver(transfer: Transfer, by: Actor) -> None:
    if by.clinic.pk != transfer.to_clinic_id:
        raise NotFound
    if by.role not in CLINICIANS:
        raise Forbidden


def _answer(transfer: Transfer, by: Actor, *, accepted: bool, owner: User | None = None) -> None:
    given = {"answered_by": by.user, "answered_at": clock.now(), "accepted": accepted, "owner": owner}
    patient = {"patient__clinic": transfer.from_clinic_id, "patient__erased_at": None, "patient__restricted_at": None}
    waiting = Transfer.objects.filter(pk=transfer.pk, accepted=None)
    if accepted and not waiting.filter(**patient).exists():
        raise Conflict(GONE, code="answered")
    if not waiting.update(**given):
        raise Conflict(GONE, code="answered")
    transfer.refresh_from_db()
    crossings.offer_ended(transfer=transfer, now=clock.now())


def _owner(by: Actor, owner: UUID) -> User:
    rows = Membership.objects.filter(user=owner, clinic=by.clinic, role__in=CLINICIANS, user__is_active=True)
    row = rows.select_related("user").first()
    if row is None:
        raise Invalid({"owner": "Choose a clinician of your clinic, who looks after what is open."})
    return row.user


def _held(transfer: Transfer) -> Sequence[Episode]:
    """Every recovery of the patient, locked in one order, so that nothing is written in one while it moves."""
    rows = Episode.objects.select_related("patient", "clinic").filter(patient=transfer.patient_id)
    return list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))


def _moved(transfer: Transfer, by: Actor, record_number: str) -> Patient:
    """The patient, whose record and letters are the new clinic's from here on."""
    patient = Patient.objects.select_for_update(no_key=True).get(pk=transfer.patient_id)
    number = record_number.strip() or patient.record_number
    others = Patient.objects.filter(clinic=by.clinic, record_number=number).exclude(pk=patient.pk)
    if number and others.exists():
        raise Invalid({"record_number": TAKEN})
    patient.clinic, patient.record_number = by.clinic, number
    patient.save(update_fields=["clinic", "record_number"])
    Episode.objects.filter(patient=patient).update(clinic=by.clinic)
    Assessment.objects.filter(episode__patient=patient).update(clinic=by.clinic)
    OutboxMessage.objects.filter(patient=patient).update(clinic=by.clinic)
    Invite.objects.filter(patient=patient).update(clinic=by.clinic)
    return patient


def _take_over(knee: Episode, transfer: Transfer, by: Actor, now: datetime) -> None:
    knee.patient.clinic = knee.clinic = by.clinic
    audit.note(by, "transfer accepted", knee, transfer.pk, clinic_before=str(transfer.from_clinic_id))
    for alert in open_alerts(knee):
        _hand_over(alert, transfer, by, now)
    if knee.state == Episode.State.OPEN:
        locks.move_on(knee)
        assessments.settle(episode=knee, now=now)


def open_alerts(knee: Episode) -> Sequence[Alert]:
    """The knee's alerts that nobody has closed."""
    closed = AlertEvent.objects.filter(kind=AlertEvent.Kind.CLOSED).values("alert")
    return list(Alert.objects.filter(episode=knee).exclude(pk__in=closed).order_by("opened_at", "pk"))


def _hand_over(alert: Alert, transfer: Transfer, by: Actor, now: datetime) -> None:
    """None is lost and none is closed; one that nobody had seen is announced to whoever is on duty."""
    alert.episode.patient.clinic = alert.episode.clinic = by.clinic
    unseen = not alert.events.filter(kind__in=notices.TAKEN_ON).exists()
    event = AlertEvent.objects.create(
        alert=alert,
        kind=AlertEvent.Kind.HANDED_OVER,
        note_digest=notes.keep(alert.episode.patient, TAKEN_OVER),
        by=by.user,
        to=transfer.owner,
        at=now,
    )
    notices.came(alert=alert, event=event, unseen=unseen, now=now)


def _tell(transfer: Transfer, patient: Patient, knees: Sequence[Episode], now: datetime) -> None:
    """The patient; and in the new clinic its owner and whoever is on duty."""
    if not knees:
        return
    clinic, latest = patient.clinic, max(knees, key=lambda knee: (knee.state, knee.created_at))
    readers = {user.pk: user for user in [*duty.on_duty(clinic), *([transfer.owner] if transfer.owner else [])]}
    to_patient = _occurrence(transfer, latest, Kind.MOVED, now)
    to_staff = _occurrence(transfer, latest, Kind.TAKEN_OVER, now)
    outbox.enqueue(
        [
            Telling(to_patient, clinic, channel=reach.usable(patient)[0]),
            Telling(to_staff, clinic, list(readers.values())),
        ],
        now=now,
    )


def _occurrence(transfer: Transfer, knee: Episode, rule: Kind, now: datetime) -> Occurrence:
    return Occurrence(
        patient=knee.patient,
        episode=knee,
        rule=rule,
        local_date=local_date(now, knee.patient.time_zone),
        slot=str(transfer.pk),
        due_at=now,
        created_at=now,
    )
