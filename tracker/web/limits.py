"""Pages that may be asked for only so often; the rates stand in settings.LIMITS."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from tracker.models import Presence, User
from tracker.services import limits

View = Callable[..., HttpResponseBase]


def limited(what: str, *, methods: tuple[str, ...] = ("POST",)) -> Callable[[View], View]:
    """The view, refused with 429 to whoever asks too often. Below `login_required`, so that it counts people."""

    def around(view: View) -> View:
        @wraps(view)
        def counted(request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
            if request.method in methods:
                spend(request, what)
            return view(request, *args, **named)

        return counted

    return around


def spend(request: HttpRequest, what: str, *, key: str = "") -> None:
    """Counts one use for whoever asks, for their address and for `key`. Raises TooMany, which becomes a 429."""
    presence: Presence = request.presence  # type: ignore[attr-defined]
    user = request.user if isinstance(request.user, User) else None
    limits.spend(what, user=user, address=presence.address, key=key)
