"""Who works in a clinic."""

from __future__ import annotations

from tracker.clinical.terms import Role
from tracker.models import Actor, Membership


def surgeons(actor: Actor) -> list[tuple[str, str]]:
    """The clinic's surgeons by id and name, as choices."""
    found = Membership.objects.filter(clinic=actor.clinic, role=Role.SURGEON).order_by("user__name")
    return [(str(user), name) for user, name in found.values_list("user_id", "user__name")]
