"""Who works in a clinic, and how safely they come in."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet

from tracker.models import Clinic, Membership


def members(clinic: Clinic) -> QuerySet[Membership, Any]:
    """By name, with whether they have set up a second factor."""
    kept = Authenticator.objects.filter(user=OuterRef("user")).exclude(type=Authenticator.Type.RECOVERY_CODES)
    rows = Membership.objects.select_related("user").filter(clinic=clinic)
    return rows.annotate(second_factor=Exists(kept)).order_by("-user__is_active", "user__name", "pk")


def member(clinic: Clinic, user: UUID) -> Membership | None:
    return Membership.objects.select_related("user", "clinic").filter(clinic=clinic, user=user).first()
