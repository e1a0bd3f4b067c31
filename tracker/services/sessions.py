"""Browsers in which somebody is signed in: allauth keeps the list of them, Django what each of them holds."""

from __future__ import annotations

from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.db import transaction

from tracker import clock
from tracker.models import ApiToken, User
from tracker.services import audit


@transaction.atomic
def end_all(*, user: User, tokens: bool = True, keep: str = "", by: User | None = None) -> int:
    """Signs somebody out everywhere, from the next request on, and ends the keys of their programs with `tokens`.

    `keep` is the session key of the one browser that stays signed in. `by` is whoever did it, if not they themself.
    Answers how many browsers were signed out.
    """
    sessions = list(UserSession.objects.filter(user=user).exclude(session_key=keep))
    get_adapter().end_sessions(sessions)
    ended = _end_tokens(user) if tokens else 0
    if sessions or ended:
        audit.note_of_user(
            by or user, "sessions_ended", of=str(user.pk), browsers=str(len(sessions)), tokens=str(ended)
        )
    return len(sessions)


def _end_tokens(user: User) -> int:
    return ApiToken.objects.filter(user=user, revoked_at=None).update(revoked_at=clock.now())
