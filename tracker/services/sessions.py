"""Browsers in which somebody is signed in: allauth keeps the list of them, Django what each of them holds."""

from __future__ import annotations

from collections.abc import Collection

from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.db import transaction

from tracker import clock
from tracker.models import ApiToken, User
from tracker.services import audit

NOWHERE = "0.0.0.0"  # noqa: S104 - what stands in the list for an address that nobody knows
AGENT_LENGTH = 200


def began(*, user: User, key: str, address: str, agent: str) -> None:
    """Puts a browser on the list in which somebody has just signed in."""
    UserSession.objects.update_or_create(
        session_key=key,
        defaults={"user": user, "ip": address or NOWHERE, "user_agent": agent[:AGENT_LENGTH]},
        create_defaults={
            "user": user,
            "ip": address or NOWHERE,
            "user_agent": agent[:AGENT_LENGTH],
            "created_at": clock.now(),
        },
    )


def moved(*, old: str, new: str) -> None:
    """The same browser under a new key."""
    UserSession.objects.filter(session_key=old).update(session_key=new)


def standing(user: User) -> list[UserSession]:
    """The browsers in which they are signed in now, the latest first. Those that are gone leave the list."""
    rows: list[UserSession] = UserSession.objects.purge_and_list(user)
    return sorted(rows, key=lambda row: row.created_at, reverse=True)


@transaction.atomic
def end(*, user: User, ids: Collection[int]) -> int:
    """Signs somebody out in some of their own browsers; answers in how many."""
    rows = list(UserSession.objects.filter(user=user, pk__in=ids))
    get_adapter().end_sessions(rows)
    if rows:
        audit.note_of_user(user, "sessions_ended", of=str(user.pk), browsers=str(len(rows)), tokens="0")
    return len(rows)


@transaction.atomic
def end_all(*, user: User, tokens: bool = True, keep: str = "", by: User | None = None) -> int:
    """Signs somebody out everywhere, from the next request on, and ends the keys of their programs with `tokens`.

    `keep` is the session key of the one browser that stays signed in. `by` is whoever did it, if not they themself.
    Answers how many browsers were signed out.
    """
    rows = list(UserSession.objects.filter(user=user).exclude(session_key=keep))
    get_adapter().end_sessions(rows)
    ended = _end_tokens(user) if tokens else 0
    if rows or ended:
        audit.note_of_user(by or user, "sessions_ended", of=str(user.pk), browsers=str(len(rows)), tokens=str(ended))
    return len(rows)


def _end_tokens(user: User) -> int:
    return ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=clock.now())
