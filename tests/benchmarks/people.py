"""Sign-ins for many people at once, and the requests that their browsers and programs send."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from importlib import import_module
from typing import Any
from urllib.parse import urlencode

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.userkit import user_id_to_str
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session

from tests.benchmarks import load
from tracker import clock
from tracker.models import ApiToken, Episode, User
from tracker.selectors import places
from tracker.web.presence import PLACE

CSRF = "a" * 32
BACKEND = settings.AUTHENTICATION_BACKENDS[0]

Headers = Mapping[str, str]


def patients(knees: Sequence[Episode]) -> list[User]:
    """Who signs in for each knee."""
    return [user for knee in knees if (user := knee.patient.user) is not None]


def browsers(users: Sequence[User]) -> list[Headers]:
    """A signed-in browser for each: the headers it sends."""
    store = import_module(settings.SESSION_ENGINE).SessionStore()
    keys = [f"benchmark{user.pk.hex}"[:40] for user in users]
    until = clock.now() + timedelta(days=1)
    Session.objects.bulk_create(
        Session(session_key=key, session_data=store.encode(_signed_in(user)), expire_date=until)
        for key, user in zip(keys, users, strict=True)
    )
    named = f"{settings.SESSION_COOKIE_NAME}=%s; {settings.CSRF_COOKIE_NAME}={CSRF}"
    return [{"Cookie": named % key} for key in keys]


def _signed_in(user: User) -> dict[str, Any]:
    """What the session keeps of somebody who has just shown a passkey, and acts at their only place."""
    now = clock.now()
    return {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: BACKEND,
        HASH_SESSION_KEY: user.get_session_auth_hash(),
        AUTHENTICATION_METHODS_SESSION_KEY: [{"method": "mfa", "type": "webauthn", "at": now.timestamp()}],
        "account_authentication_methods_user": user_id_to_str(user),
        PLACE: places.only(user, now=now),
    }


def programs(users: Sequence[User]) -> list[Headers]:
    """A program with a token for each: the headers it sends."""
    secrets = [f"benchmark token of {user.pk}" for user in users]
    ApiToken.objects.bulk_create(
        ApiToken(
            user=user,
            clinic=getattr(user.memberships.select_related("clinic").first(), "clinic", None),
            name="benchmark",
            hash=hashlib.sha256(secret.encode()).hexdigest(),
            created_at=clock.now(),
        )
        for secret, user in zip(secrets, users, strict=True)
    )
    return [{"Authorization": f"Bearer {secret}"} for secret in secrets]


def look(path: str, headers: Headers) -> bytes:
    """A page that is asked for."""
    return load.request("GET", path, headers)


def form(path: str, headers: Headers, answers: Mapping[str, str]) -> bytes:
    """A page's form that is sent."""
    body = urlencode({**answers, "csrfmiddlewaretoken": CSRF}).encode()
    return load.request("POST", path, {**headers, "Content-Type": "application/x-www-form-urlencoded"}, body)


def write(path: str, headers: Headers, body: Mapping[str, Any]) -> bytes:
    """A program's JSON that is sent."""
    return load.request("POST", path, {**headers, "Content-Type": "application/json"}, json.dumps(body).encode())
