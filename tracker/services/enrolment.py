"""Takes a patient on: who they are, which knee, and what the plan rests on. `episodes` is the door to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from tracker.clinical import plan as plans
from tracker.clinical import protocol as protocols
from tracker.clinical.plan import Plan
from tracker.clinical.terms import WEIGHT_RANGE, FactKind, Modifier, Procedure, Role, Side
from tracker.errors import Invalid
from tracker.models import Actor, Episode, EpisodeFact, Membership, Patient, Protocol, User
from tracker.selectors.episodes import local_date
from tracker.services.protocols import current

LONGEST_RECOVERY = timedelta(days=3 * 365)
"""An operation longer ago than this is past every milestone and review of the protocols."""

MOST_FLEXION = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """What a clinician says about a patient and the operation. Weight in kg, flexion and correction in degrees."""

    given_name: str
    family_name: str
    birth_date: date
    sex: str
    time_zone: str
    body_weight_kg: Decimal
    procedure: Procedure
    side: Side
    surgery_date: date
    protocol: str
    email: str = ""
    phone: str = ""
    indication: str = ""
    compartment: str = ""
    modifiers: tuple[Modifier, ...] = ()
    baseline_pain: int | None = None
    baseline_flexion: int | None = None
    surgeon_id: UUID | None = None
    record_number: str = ""
    fixation: str = ""
    plate: str = ""
    graft: str = ""
    correction_planned: Decimal | None = None


def plan_of(enrolment: Enrolment) -> Plan:
    """The plan that the enrolment would lead to, by the shipped protocol of that key."""
    protocol = protocols.shipped()[enrolment.protocol]
    return plans.build(protocol, enrolment.modifiers, enrolment.body_weight_kg, enrolment.surgery_date)


def check(enrolment: Enrolment, by: Actor, now: datetime) -> None:
    """Raises Invalid with a sentence for everything that cannot be right."""
    today = local_date(now, by.clinic.time_zone)
    wrong = dict([*_wrong_person(enrolment, today), *_wrong_operation(enrolment, today)])
    if wrong:
        raise Invalid(wrong)


def _wrong_person(enrolment: Enrolment, today: date) -> Iterator[tuple[str, str]]:
    if not enrolment.given_name.strip():
        yield "given_name", "Write the patient's given name."
    if not enrolment.family_name.strip():
        yield "family_name", "Write the patient's family name."
    if enrolment.birth_date >= today:
        yield "birth_date", "The birth date must be in the past. Check the year."
    if enrolment.time_zone not in _zones():
        yield "time_zone", "Choose a time zone by its name, for example Europe/London."
    low, high = WEIGHT_RANGE
    if not enrolment.body_weight_kg.is_finite() or not low <= enrolment.body_weight_kg <= high:
        yield "body_weight_kg", f"Body weight must be from {low} to {high} kg. Limits in kilograms rest on it."
    if enrolment.baseline_pain is not None and not 0 <= enrolment.baseline_pain <= 10:
        yield "baseline_pain", "Pain before surgery must be a whole number from 0 to 10, or left empty."
    if enrolment.baseline_flexion is not None and not 0 <= enrolment.baseline_flexion <= MOST_FLEXION:
        yield "baseline_flexion", f"Bend before surgery must be from 0 to {MOST_FLEXION} degrees, or left empty."


def _wrong_operation(enrolment: Enrolment, today: date) -> Iterator[tuple[str, str]]:
    yield from _wrong_surgery_date(enrolment, today)
    protocol = protocols.shipped().get(enrolment.protocol)
    if protocol is None:
        yield "protocol", f"There is no protocol {enrolment.protocol}. Use one of: {', '.join(protocols.shipped())}."
        return
    if enrolment.procedure not in protocol.procedures:
        fitting = [key for key, each in protocols.shipped().items() if enrolment.procedure in each.procedures]
        yield "protocol", f"{enrolment.protocol} is not for {enrolment.procedure}. Use one of: {', '.join(fitting)}."
    if protocol.requires and enrolment.fixation != protocol.requires:
        yield "fixation", f"{enrolment.protocol} needs fixation {protocol.requires}. Enter it, or use mowhto_std."
    planned = enrolment.correction_planned
    if planned is not None and (not planned.is_finite() or not 0 <= planned <= 30):
        yield "correction_planned", "The planned correction must be from 0 to 30 degrees, or left empty."


def _wrong_surgery_date(enrolment: Enrolment, today: date) -> Iterator[tuple[str, str]]:
    if enrolment.surgery_date > today:
        yield "surgery_date", "The surgery date has not come yet. Enrol the patient on the day of surgery or later."
    elif enrolment.surgery_date < today - LONGEST_RECOVERY:
        yield "surgery_date", "The surgery was more than three years ago. Check the year."
    elif enrolment.surgery_date <= enrolment.birth_date:
        yield "surgery_date", "The surgery date is before the patient was born. Check both dates."


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def surgeon(enrolment: Enrolment, by: Actor) -> User:
    """The named surgeon of the clinic; the one who enrols, or the clinic's only one, where nobody is named."""
    surgeons = Membership.objects.filter(clinic=by.clinic, role=Role.SURGEON).select_related("user")
    by_id = {membership.user_id: membership.user for membership in surgeons}
    wanted = enrolment.surgeon_id or (by.user.pk if by.user.pk in by_id else None)
    if wanted in by_id:
        return by_id[wanted]
    if wanted is None and len(by_id) == 1:
        return next(iter(by_id.values()))
    raise Invalid({"surgeon": "Choose the surgeon who operated, one of this clinic's."})


def patient(enrolment: Enrolment, by: Actor) -> Patient:
    """The patient, who may be known from an earlier operation. Raises Invalid when the record number is another's."""
    same_person = {
        "given_name": enrolment.given_name.strip(),
        "family_name": enrolment.family_name.strip(),
        "birth_date": enrolment.birth_date,
    }
    known = Patient.objects.filter(clinic=by.clinic)
    if enrolment.record_number:
        numbered = known.filter(record_number=enrolment.record_number).first()
        if numbered is not None and any(getattr(numbered, name) != said for name, said in same_person.items()):
            raise Invalid({"record_number": "This record number belongs to another patient. Check it, or the name."})
        if numbered is not None:
            return numbered
    known = known.filter(**same_person)
    return known.filter(record_number=enrolment.record_number).first() or Patient.objects.create(
        clinic=by.clinic,
        record_number=enrolment.record_number,
        sex=enrolment.sex,
        email=enrolment.email,
        phone=enrolment.phone,
        time_zone=enrolment.time_zone,
        **same_person,
    )


def check_knee(who: Patient, side: Side) -> None:
    """Raises Invalid when this knee already has an open episode."""
    if Episode.objects.filter(patient=who, side=side, state=Episode.State.OPEN).exists():
        raise Invalid(
            {"side": f"This patient's {side} knee already has an open episode. Open that one instead of a second."},
            code="open_episode",
        )


def write_facts(episode: Episode, enrolment: Enrolment, by: Actor, now: datetime) -> None:
    """The first facts of the plan, each from the day of surgery on."""
    stored = current(enrolment.protocol, by.clinic.pk)
    said: list[tuple[FactKind, str, Protocol | None]] = [
        (FactKind.SURGERY_DATE, enrolment.surgery_date.isoformat(), None),
        (FactKind.PROTOCOL, enrolment.protocol, stored),
        (FactKind.BODY_WEIGHT, str(enrolment.body_weight_kg), None),
        *[(FactKind.MODIFIER, modifier.value, None) for modifier in enrolment.modifiers],
    ]
    EpisodeFact.objects.bulk_create(
        EpisodeFact(
            episode=episode,
            kind=kind,
            value=value,
            protocol=protocol,
            since=enrolment.surgery_date,
            recorded_at=now,
            by=by.user,
        )
        for kind, value, protocol in said
    )
