"""Opens clinics, keeps their settings, and says who works there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from tracker.clinical.terms import Role
from tracker.errors import Invalid
from tracker.models import Actor, Clinic, Membership, User
from tracker.services import audit


def open_clinic(*, name: str, time_zone: str, phone: str, emergency_number: str) -> Clinic:
    """A new clinic, in which nobody works yet."""
    return Clinic.objects.create(name=name, time_zone=time_zone, phone=phone, emergency_number=emergency_number)


def employ(*, clinic: Clinic, user: User, role: Role, on_duty: bool = True) -> Membership:
    """Gives somebody a role in the clinic; `on_duty` decides whether urgent notices reach them."""
    return Membership.objects.create(clinic=clinic, user=user, role=role, on_duty=on_duty)


SETTINGS = ("name", "phone", "quiet_from", "quiet_until", "retention_years", "emergency_access")


@transaction.atomic
def change(*, by: Actor, changes: Mapping[str, Any]) -> Clinic:
    """Changes the clinic's own settings. Raises Invalid where the name is another clinic's."""
    clinic = Clinic.objects.select_for_update(no_key=True).get(pk=by.clinic.pk)
    changed = [name for name in SETTINGS if name in changes and getattr(clinic, name) != changes[name]]
    if "name" in changed and Clinic.objects.filter(name__iexact=changes["name"]).exclude(pk=clinic.pk).exists():
        raise Invalid({"name": "Another clinic has this name. Choose one that tells them apart."})
    for name in changed:
        setattr(clinic, name, changes[name])
    if changed:
        clinic.save(update_fields=changed)
        audit.note_of_user(by.user, "clinic changed", clinic=clinic, fields=", ".join(changed))
    return clinic
