"""The keys of somebody's programs."""

from __future__ import annotations

from uuid import UUID

from tracker.models import ApiToken, User


def standing(user: User) -> list[ApiToken]:
    """Keys that were not ended, the newest first; also those whose time is over, so that they can be cleared away."""
    rows = ApiToken.objects.select_related("clinic").filter(user=user, revoked_at=None)
    return list(rows.order_by("-created_at"))


def token(user: User, public_id: UUID | str) -> ApiToken | None:
    """One of this user's own, not yet ended."""
    return ApiToken.objects.select_related("user", "clinic").filter(user=user, revoked_at=None, pk=public_id).first()
