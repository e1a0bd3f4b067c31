"""What the doors were asked and how they answered, kept for the trail, which is written when the request is over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from tracker.access.rules import Do
from tracker.errors import Forbidden, NotFound
from tracker.models import Actor, Opening, Presence, User

Visitor = User | AnonymousUser
"""Whoever a request comes from. One who has not signed in is refused here too, whatever the page forgot."""

ENTER = "enter"
"""What somebody wanted whom the first rule of all refused, before anything was opened."""


def refused(visitor: Visitor, refusal: NotFound | Forbidden) -> None:
    """Tells the trail of a refusal that no door has told of, such as one by a rule of the gate or the hold."""
    presence = visitor.presence if isinstance(visitor, User) else None
    if presence is None or any(opening.refused for opening in presence.openings):
        return
    if presence.openings and isinstance(refusal, Forbidden):
        presence.openings.append(replace(presence.openings[-1], refused=refusal.code))
    elif not presence.openings:
        presence.openings.append(Opening(ENTER, clinic_id=presence.clinic_id, refused=refusal.code))


def listed(visitor: Visitor, episodes: Iterable[UUID]) -> None:
    """Tells the trail which episodes a list shows."""
    if isinstance(visitor, User) and visitor.presence is not None:
        visitor.presence.listed.extend(episodes)


def note(
    user: User,
    do: Do,
    *,
    object_id: object = "",
    episode_id: object = None,
    who: Actor | None = None,
    refused: str = "",
) -> None:
    """Tells the trail what the door was asked."""
    presence: Presence | None = user.presence
    if presence is not None:
        clinic = who.clinic.pk if who else presence.clinic_id
        role = who.role.value if who else ""
        presence.openings.append(Opening(do.value, str(object_id), episode_id, clinic, role, refused))  # type: ignore[arg-type]


def unknown(user: User, do: Do, asked: object) -> NotFound:
    """What a stranger hears; the trail keeps that they asked."""
    note(user, do, object_id=asked, refused=NotFound.code)
    return NotFound()


def id_of(public_id: str | UUID) -> UUID:
    """Raises NotFound for what cannot be an id: there is nothing by that name."""
    if isinstance(public_id, UUID):
        return public_id
    try:
        return UUID(public_id)
    except (ValueError, AttributeError, TypeError):
        raise NotFound from None
