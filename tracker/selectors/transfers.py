"""Offers of patients from clinic to clinic. Before it accepts, the other clinic sees who and from where, no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from tracker.clinical.terms import Role
from tracker.models import Clinic, Membership, Patient, Transfer, walls
from tracker.selectors.standing import latest_knee, workable

LATELY = 20


@dataclass(frozen=True, slots=True)
class Offer:
    """One offer, as either clinic may read it: nothing clinical is in it."""

    id: UUID
    name: str
    birth_date: date
    from_clinic: str
    to_clinic: str
    asked_by: str
    asked_at: datetime
    accepted: bool | None
    answered_at: datetime | None
    episode: UUID | None
    """The knee by which the trail knows the patient; none where the reader learns no name."""


def answerable() -> QuerySet[Transfer]:
    """Offers that can still be accepted. Read outside of the walls, as the patient is another clinic's."""
    return Transfer.objects.filter(workable("patient"), accepted=None)


def offered_to(clinic: Clinic) -> QuerySet[Transfer]:
    return answerable().filter(to_clinic=clinic)


def incoming(clinic: Clinic) -> list[Offer]:
    return _offers(Q(to_clinic=clinic, accepted=None))


def outgoing(clinic: Clinic) -> list[Offer]:
    return _offers(Q(from_clinic=clinic, accepted=None))


def answered(clinic: Clinic) -> list[Offer]:
    """The last that were answered, on either side. Whoever is elsewhere now has no name here."""
    return _offers(Q(from_clinic=clinic) | Q(to_clinic=clinic), Q(accepted__isnull=False), reader=clinic)[:LATELY]


def transfer(clinic: Clinic, public_id: UUID) -> Transfer | None:
    """An offer in which the clinic has a part."""
    with walls.outside(walls.Why.TRANSFER):
        rows = Transfer.objects.select_related("patient", "from_clinic", "to_clinic")
        return rows.filter(Q(from_clinic=clinic) | Q(to_clinic=clinic), pk=public_id).first()


def clinics(clinic: Clinic) -> list[tuple[str, str]]:
    """The others, as choices."""
    rows = Clinic.objects.exclude(pk=clinic.pk).order_by("name").values_list("pk", "name")
    return [(str(pk), name) for pk, name in rows]


def owners(clinic: Clinic) -> list[tuple[str, str]]:
    """Who could look after what is open, as choices."""
    roles = (Role.PHYSIOTHERAPIST, Role.SURGEON)
    rows = Membership.objects.filter(clinic=clinic, role__in=roles, user__is_active=True).order_by("user__name")
    return [(str(user), f"{name}, {role}") for user, name, role in rows.values_list("user_id", "user__name", "role")]


def _offers(*which: Q, reader: Clinic | None = None) -> list[Offer]:
    with walls.outside(walls.Why.TRANSFER):
        rows = Transfer.objects.select_related("patient", "from_clinic", "to_clinic", "asked_by")
        rows = rows.annotate(knee=latest_knee("patient")).filter(workable("patient"), *which)
        return [_offer(row, reader) for row in rows.order_by("-asked_at")]


def clinics_that_know(patient: Patient) -> set[UUID]:
    """Where the record is or was, and where it was offered."""
    moves = Transfer.objects.filter(patient=patient).values_list("from_clinic", "to_clinic")
    return {patient.clinic_id, *(clinic for move in moves for clinic in move)}


def _offer(row: Any, reader: Clinic | None) -> Offer:
    person = row.patient
    known = reader is None or person.clinic_id == reader.pk
    return Offer(
        id=row.pk,
        name=str(person) if known else "A patient of another clinic",
        birth_date=person.birth_date,
        from_clinic=row.from_clinic.name,
        to_clinic=row.to_clinic.name,
        asked_by=row.asked_by.name,
        asked_at=row.asked_at,
        accepted=row.accepted,
        answered_at=row.answered_at,
        episode=row.knee if known else None,
    )
