"""Signing in and out, in the trail: who, by which way, from where. No line holds an e-mail address."""

from __future__ import annotations

from typing import Any

from allauth.account import signals
from allauth.account.authentication import get_authentication_records
from allauth.account.utils import filter_users_by_email
from django.dispatch import receiver
from django.http import HttpRequest

from tracker.models import Presence, User
from tracker.services import audit
from tracker.web import tries


def signed_in(request: HttpRequest, user: User) -> None:
    audit.note_of_user(user, "sign_in", presence=_presence(request), way=_way(request, user))


def signed_out(request: HttpRequest) -> None:
    if isinstance(request.user, User):
        _note(request, request.user, "sign_out")


def wrong_password(request: HttpRequest, email: str) -> None:
    """Also for an address that nobody has, so that both take the same time."""
    found = filter_users_by_email(email)
    failed(request, found[0] if found else None, way="password")


def failed(request: HttpRequest, user: User | None, *, way: str) -> None:
    action = "confirm_failed" if isinstance(request.user, User) else "sign_in_failed"
    audit.note_of_user(user, action, refused=True, presence=_presence(request), way=way)


def _way(request: HttpRequest, user: User) -> str:
    """`password`, `code`, `passkey`, `password+totp`, ..."""
    ways = [_name(record) for record in get_authentication_records(request, user)]
    return "+".join(dict.fromkeys(ways)) or "other"


def _name(record: dict[str, Any]) -> str:
    if record.get("method") != "mfa":
        return str(record.get("method"))
    return "passkey" if record.get("type") == "webauthn" else str(record.get("type"))


def _note(request: HttpRequest, user: User | None, action: str) -> None:
    audit.note_of_user(user, action, presence=_presence(request))


def _presence(request: HttpRequest) -> Presence | None:
    """None where a test or a command signs somebody in without a page."""
    return getattr(request, "presence", None)


@receiver(signals.password_changed)
def password_changed(request: HttpRequest, user: User, **_: Any) -> None:
    _note(request, user, "password_changed")


@receiver(signals.password_set)
def password_set(request: HttpRequest, user: User, **_: Any) -> None:
    _note(request, user, "password_set")


@receiver(signals.password_reset)
def password_reset(request: HttpRequest, user: User, **_: Any) -> None:
    tries.forget(request, user.email)
    _note(request, user, "password_reset")


@receiver(signals.email_changed)
def email_changed(request: HttpRequest, user: User, **_: Any) -> None:
    _note(request, user, "email_changed")
