"""The trail: who did or saw what, in the transaction that did it."""

from __future__ import annotations

from uuid import UUID

from tracker import clock
from tracker.models import Actor, AuditEvent, Episode


def note(by: Actor, action: str, episode: Episode | None = None, row_id: UUID | str = "", **detail: str) -> None:
    """One line of the trail. `detail` holds codes and ids, never names or free text."""
    AuditEvent.objects.create(
        at=clock.now(),
        clinic=by.clinic,
        user=by.user,
        role=by.role,
        action=action,
        episode=episode,
        object_id=str(row_id),
        detail=detail,
    )
