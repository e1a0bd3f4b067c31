"""Where somebody can act: the clinics they work in, their own record, the people they care for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tracker.models import CaregiverLink, Membership, Patient, User


@dataclass(frozen=True, slots=True)
class Place:
    """One of them. `key` is what the session keeps; `role` what the person is there."""

    key: str
    name: str
    role: str


def of(user: User, *, now: datetime) -> list[Place]:
    """Every place of the user, staff first."""
    return [*_clinics(user), *_own(user), *_cared_for(user, now)]


def only(user: User, *, now: datetime) -> str:
    """The key of the one place that the user has; empty when there is none, or a choice to be made."""
    found = of(user, now=now)
    return found[0].key if len(found) == 1 else ""


def _clinics(user: User) -> list[Place]:
    rows = Membership.objects.select_related("clinic").filter(user=user).order_by("clinic__name")
    return [Place(f"clinic:{row.clinic_id}", row.clinic.name, row.role) for row in rows]


def _own(user: User) -> list[Place]:
    rows = Patient.objects.select_related("clinic").filter(user=user, erased_at=None)
    return [Place("own", row.clinic.name, "patient") for row in rows]


def _cared_for(user: User, now: datetime) -> list[Place]:
    rows = CaregiverLink.objects.select_related("patient").filter(user=user, ended_at=None, patient__erased_at=None)
    rows = rows.filter(expires_at__gt=now)
    return [
        Place(f"patient:{row.patient_id}", f"{row.patient.given_name} {row.patient.family_name}", "caregiver")
        for row in rows.order_by("made_at")
    ]
