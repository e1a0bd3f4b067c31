"""Opens clinics and says who works there."""

from __future__ import annotations

from tracker.clinical.terms import Role
from tracker.models import Clinic, Membership, User


def open_clinic(*, name: str, time_zone: str, phone: str, emergency_number: str) -> Clinic:
    """A new clinic, in which nobody works yet."""
    return Clinic.objects.create(name=name, time_zone=time_zone, phone=phone, emergency_number=emergency_number)


def employ(*, clinic: Clinic, user: User, role: Role, on_duty: bool = True) -> Membership:
    """Gives somebody a role in the clinic; `on_duty` decides whether urgent notices reach them."""
    return Membership.objects.create(clinic=clinic, user=user, role=role, on_duty=on_duty)
