"""The recovery of one knee from enrolment on: who and what it is, the facts its plan rests on, the signed plan."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction

from tracker import clock
from tracker.clinical import loosening, orders
from tracker.clinical.plan import Plan
from tracker.clinical.terms import WEIGHT_RANGE, FactKind, Modifier, Role
from tracker.errors import Conflict, Forbidden, Invalid, SecondNeeded
from tracker.models import Actor, Episode, EpisodeFact, FactWithdrawal, Patient, Protocol, Restriction, Signature
from tracker.selectors import episodes as cases
from tracker.selectors.episodes import Case
from tracker.services import assessments, audit, dates, locks, notes, reach, reminders, restrictions
from tracker.services import enrolment as _enrolment
from tracker.services.enrolment import Enrolment
from tracker.services.protocols import current

__all__ = ["Enrolment", "change_details", "enrol", "preview", "record_fact", "sign_plan", "withdraw_fact"]

PERSON_DETAILS = ("given_name", "family_name", "email", "phone", "time_zone", "language", "sex", "record_number")
KNEE_DETAILS = ("indication", "compartment", "fixation", "plate", "graft", "correction_planned", "correction_achieved")


@transaction.atomic
def enrol(*, by: Actor, enrolment: Enrolment) -> Episode:
    """Takes a patient on with one operated knee. Nothing may be loaded until a surgeon signs. Raises Invalid."""
    now = clock.now()
    _enrolment.check(enrolment, by, now)
    locks.hold_clinic(by.clinic)
    surgeon = _enrolment.surgeon(enrolment, by)
    patient = _enrolment.patient(enrolment, by)
    if patient.restricted_at is not None:
        raise Conflict(locks.RESTRICTED, code="restricted")
    _enrolment.check_knee(patient, enrolment.side)
    episode = Episode.objects.create(
        clinic=by.clinic,
        patient=patient,
        procedure=enrolment.procedure,
        side=enrolment.side,
        surgeon=surgeon,
        baseline_pain=enrolment.baseline_pain,
        baseline_flexion=enrolment.baseline_flexion,
        created_at=now,
        created_by=by.user,
        **{name: getattr(enrolment, name) for name in KNEE_DETAILS if hasattr(enrolment, name)},
    )
    _enrolment.write_facts(episode, enrolment, by, now)
    audit.note(by, "enrolled", episode, episode.pk, protocol=enrolment.protocol)
    reminders.start(patient=patient, now=now)
    assessments.settle(episode=episode, now=now)
    return episode


def preview(*, enrolment: Enrolment, by: Actor) -> Plan:
    """The plan that this enrolment would lead to; nothing is stored. Raises Invalid."""
    _enrolment.check(enrolment, by, clock.now())
    return _enrolment.plan_of(enrolment)


@transaction.atomic
def change_details(*, episode: Episode, by: Actor, changes: Mapping[str, Any], revision: int | None = None) -> Episode:
    """Changes contact and descriptive fields; never clinical history. Raises Invalid for any other field, Forbidden
    for a coordinator who would describe the operation.
    """
    locks.hold(episode, revision)
    unknown = [name for name in changes if name not in PERSON_DETAILS + KNEE_DETAILS]
    if unknown:
        raise Invalid(
            dict.fromkeys(unknown, "This cannot be changed here. Record a fact, or correct it as a new entry.")
        )
    if by.role is Role.COORDINATOR and any(name in KNEE_DETAILS for name in changes):
        raise Forbidden("What describes the operation is changed by whoever treats the knee.")
    _check_record_number(episode, changes.get("record_number"))
    for row, names in ((episode.patient, PERSON_DETAILS), (episode, KNEE_DETAILS)):
        changed = [name for name in names if name in changes]
        for name in changed:
            setattr(row, name, changes[name])
        if changed:
            row.save(update_fields=changed)
    reach.address_changed(patient=episode.patient, now=clock.now())
    if "time_zone" in changes:
        reminders.rezone(patient=episode.patient, now=clock.now())
    audit.note(by, "details changed", episode, episode.pk, fields=", ".join(sorted(changes)))
    return episode


@transaction.atomic
def sign_plan(*, episode: Episode, by: Actor, revision: int | None = None) -> list[Restriction]:
    """The surgeon signs the steps up to the first gate that is not cleared, from today on. Raises Conflict."""
    locks.hold(episode, revision)
    now = clock.now()
    case = cases.case(episode, now=now)
    levels = orders.to_sign(case.plan, case.history, today=case.clinic_date)
    rows = restrictions.lay(
        case=case, by=by, kind=Signature.Kind.PLAN, levels=levels, now=now, authority=True, reason=""
    )
    audit.note(by, "plan signed", episode, rows[0].signature_id)
    assessments.settle(episode=episode, now=now)
    return rows


@transaction.atomic
def record_fact(
    *,
    episode: Episode,
    by: Actor,
    kind: str,
    value: str,
    since: date | None = None,
    reason: str = "",
    revision: int | None = None,
    second: Actor | None = None,
) -> EpisodeFact:
    """Adds a fact that the plan rests on. What it tightens is tightened at once; nothing is loosened by it.

    `second` is the colleague who has agreed to a protocol that allows more; without one it raises SecondNeeded.
    """
    locks.hold(episode, revision)
    now = clock.now()
    case = cases.case(episode, now=now)
    checked, protocol = _checked(case, by, kind, value)
    if since is not None and kind != FactKind.SURGERY_DATE:
        dates.check_day("since", since, case, by)
    fact = EpisodeFact.objects.create(
        episode=episode,
        kind=kind,
        value=checked,
        protocol=protocol,
        since=since or case.clinic_date,
        recorded_at=now,
        by=by.user,
        reason_digest=notes.keep(episode.patient, reason),
    )
    _check_not_alone(case, fact, by, second, now)
    audit.note(by, "fact recorded", episode, fact.pk, kind=kind, value=checked, **audit.beside(second))
    _tighten(episode, by, now, reason)
    return fact


@transaction.atomic
def withdraw_fact(
    *, fact: EpisodeFact, by: Actor, reason: str, revision: int | None = None, second: Actor | None = None
) -> EpisodeFact:
    """Takes a fact back with the reason. What stands signed stays until a surgeon signs anew (design 10.2).

    `second` is the colleague who has agreed, where the plan would allow more without it; else it raises SecondNeeded.
    """
    locks.hold(fact.episode, revision)
    now = clock.now()
    if not reason.strip():
        raise Invalid({"reason": "Say why this is withdrawn."})
    if FactWithdrawal.objects.filter(fact=fact).exists():
        raise Conflict("This was already withdrawn.", code="withdrawn")
    _check_not_the_last(fact)
    case = cases.case(fact.episode, now=now)
    FactWithdrawal.objects.create(fact=fact, at=now, by=by.user, reason_digest=notes.keep(fact.episode.patient, reason))
    _check_not_alone(case, fact, by, second, now)
    audit.note(by, "fact withdrawn", fact.episode, fact.pk, kind=fact.kind, value=fact.value, **audit.beside(second))
    _tighten(fact.episode, by, now, reason)
    return fact


def _check_record_number(episode: Episode, number: str | None) -> None:
    """Raises Invalid when the number is another patient's of the clinic."""
    others = Patient.objects.filter(clinic=episode.clinic_id, record_number=number).exclude(pk=episode.patient_id)
    if number and others.exists():
        raise Invalid({"record_number": "This record number belongs to another patient. Check it, or the name."})


def _tighten(episode: Episode, by: Actor, now: datetime, reason: str) -> None:
    """Meets every standing order with the plan as it is now, then assesses."""
    case = cases.case(episode, now=now)
    restrictions.meet_plan(case=case, by=by, kind=Signature.Kind.FACT, now=now, reason=reason)
    locks.move_on(episode)
    assessments.settle(episode=episode, now=now)


def _check_not_alone(before: Case, fact: EpisodeFact, by: Actor, second: Actor | None, now: datetime) -> None:
    """Once the plan is signed, whoever changes it so that it allows more on a day to come needs a colleague."""
    agreed = second is not None and second.user.pk != by.user.pk
    if agreed or not before.history.signed or fact.kind not in (FactKind.PROTOCOL, FactKind.MODIFIER):
        return
    after = cases.case(before.episode, now=now)
    if loosening.allows_more(before.plan, after.plan, before.history, today=before.clinic_date):
        raise SecondNeeded


def _check_not_the_last(fact: EpisodeFact) -> None:
    if fact.kind == FactKind.MODIFIER:
        return
    others = EpisodeFact.objects.filter(episode=fact.episode, kind=fact.kind, withdrawal=None).exclude(pk=fact.pk)
    if not others.exists():
        raise Conflict(
            "The plan cannot do without this. Record the right one first, then withdraw this.", code="needed"
        )


def _checked(case: Case, by: Actor, kind: str, value: str) -> tuple[str, Protocol | None]:
    """The value in its stored spelling. Raises Invalid."""
    if kind == FactKind.MODIFIER:
        return _modifier(case, value), None
    if kind == FactKind.BODY_WEIGHT:
        return _weight(value), None
    if kind == FactKind.SURGERY_DATE:
        return _surgery_date(case, value), None
    if kind == FactKind.PROTOCOL:
        return value, _protocol(case, by, value)
    raise Invalid({"kind": f"There is no fact {kind}. Use one of: {', '.join(FactKind)}."})


def _modifier(case: Case, value: str) -> str:
    if value not in list(Modifier):
        raise Invalid({"value": f"There is no modifier {value}. Use one of: {', '.join(Modifier)}."})
    if value in case.modifiers:
        raise Conflict("This modifier already applies.", code="stands")
    return value


def _weight(value: str) -> str:
    low, high = WEIGHT_RANGE
    try:
        weight = Decimal(value)
    except InvalidOperation:
        weight = Decimal("NaN")
    if not weight.is_finite() or not low <= weight <= high:
        raise Invalid({"value": f"Body weight must be a number from {low} to {high} kg."})
    return str(weight.quantize(Decimal("0.1")))


def _surgery_date(case: Case, value: str) -> str:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise Invalid({"value": "Write the date of surgery as year-month-day."}) from None
    if day > case.clinic_date or day < case.clinic_date - _enrolment.LONGEST_RECOVERY:
        raise Invalid({"value": "The date of surgery must be within the last three years and not in the future."})
    return day.isoformat()


def _protocol(case: Case, by: Actor, value: str) -> Protocol:
    stored = current(value, by.clinic.pk)
    if stored is None or case.episode.procedure not in stored.body["procedures"]:
        raise Invalid({"value": f"{value} is not a protocol for {case.episode.procedure}. Choose one from the list."})
    needed = stored.body.get("requires")
    if needed and case.episode.fixation != needed:
        has = case.episode.fixation or "none on record"
        raise Invalid({"value": f"{value} needs fixation {needed}; this knee has {has}. Choose another protocol."})
    return stored
