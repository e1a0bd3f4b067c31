"""Pages that may be asked for only so often; the rates stand in settings.LIMITS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from tracker import access
from tracker.errors import Problem, TooMany
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


def spend_on_check_in(request: HttpRequest, raw: Mapping[str, Any]) -> None:
    """Counts a check-in with these answers, unless they are urgent. Raises TooMany."""
    presence: Presence = request.presence  # type: ignore[attr-defined]
    limits.spend_on_check_in(raw, user=access.signed_in(request.user), address=presence.address)


def with_wait(page: HttpResponse, refusal: Problem) -> HttpResponse:
    """The page, which also tells programs how long to wait if that is why it refuses."""
    if isinstance(refusal, TooMany):
        page["Retry-After"] = str(refusal.retry_after)
    return page
