"""Lets the database's own walls stand for the length of a request."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from tracker.models import Presence, walls


class Walls:
    """Middleware, within WhoIsThere: from the moment a request knows its visitor until its view is done."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        presence: Presence = request.presence  # type: ignore[attr-defined]
        walls.fall()
        presence.walls = True
        try:
            return self.get_response(request)
        finally:
            presence.walls = False
            walls.fall()
