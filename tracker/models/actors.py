from __future__ import annotations

from dataclasses import dataclass

from tracker.models.accounts import User
from tracker.models.clinics import Clinic, Role
from tracker.models.patients import Patient


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody in a role: staff of `clinic`, or `patient` there. Only `tracker.access` makes one."""

    user: User
    role: Role
    clinic: Clinic
    patient: Patient | None = None
