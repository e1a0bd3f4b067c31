"""Endpoints that may be asked only so often; the rates stand in settings.LIMITS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from rest_framework.request import Request

from tracker import access
from tracker.models import Presence
from tracker.services import limits

Endpoint = Callable[..., Any]


def limited(what: str) -> Callable[[Endpoint], Endpoint]:
    """The method of an endpoint, refused with 429 to whoever asks too often."""

    def around(endpoint: Endpoint) -> Endpoint:
        @wraps(endpoint)
        def counted(self: Any, request: Request, *args: Any, **named: Any) -> Any:
            spend(request, what)
            return endpoint(self, request, *args, **named)

        return counted

    return around


def spend(request: Request, what: str) -> None:
    """Counts one use for whoever asks and for their address. Raises TooMany, which becomes a 429."""
    presence: Presence = request.presence  # type: ignore[attr-defined]
    limits.spend(what, user=access.signed_in(request.user), address=presence.address)


def spend_on_check_in(request: Request) -> None:
    """Counts a check-in, unless its answers are urgent. Raises TooMany."""
    presence: Presence = request.presence  # type: ignore[attr-defined]
    raw = request.data if isinstance(request.data, Mapping) else {}
    limits.spend_on_check_in(raw, user=access.signed_in(request.user), address=presence.address)
