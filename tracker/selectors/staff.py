"""Who works in a clinic."""

from __future__ import annotations

from tracker.clinical.terms import Role
from tracker.models import Actor, Membership, User


def surgeons(actor: Actor) -> list[tuple[str, str]]:
    """The clinic's surgeons by id and name, as choices."""
    found = Membership.objects.filter(clinic=actor.clinic, role=Role.SURGEON).order_by("user__name")
    return [(str(user), name) for user, name in found.values_list("user_id", "user__name")]


def works(user: User) -> bool:
    """Whether they work in some clinic, or look after the installation: e-mail alone never lets them in."""
    return user.is_staff or user.is_superuser or Membership.objects.filter(user=user.pk).exists()
