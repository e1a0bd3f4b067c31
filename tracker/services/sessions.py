"""Browsers in which somebody is signed in: allauth keeps the list of them, Django what each of them holds."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from importlib import import_module
from typing import Any

from allauth.account.internal.flows import reauthentication
from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction

from tracker import clock
from tracker.models import ApiToken, User
from tracker.services import audit

NOWHERE = "0.0.0.0"  # noqa: S104 - what stands in the list for an address that nobody knows
AGENT_LENGTH = 200
FORM, FORM_SINCE = reauthentication.STATE_SESSION_KEY, "suspended_at"
"""In a session: what was typed and waits for whoever typed it to confirm that it is them, and since when."""


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


def tidy(*, now: datetime) -> None:
    """Forgets browsers whose time is over, and what was typed in one that never came back to confirm it.

    A form that waits may name a patient, whom no erasure could find in it.
    """
    Session.objects.filter(expire_date__lt=now).delete()
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    for row in Session.objects.iterator(500):
        held: dict[str, Any] = store.decode(row.session_data)
        if FORM in held and waited_too_long(held.get(FORM_SINCE, 0.0), now):
            left = {name: value for name, value in held.items() if name not in (FORM, FORM_SINCE)}
            same = Session.objects.filter(pk=row.pk, session_data=row.session_data)
            same.update(session_data=store.encode(left))


def waited_too_long(since: float, now: datetime) -> bool:
    """Whether nobody will send any more what was typed at that second of the epoch."""
    return now.timestamp() - since >= settings.SUSPENDED_FORM.total_seconds()
