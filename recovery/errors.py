from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.defaults import server_error

from recovery.middleware import problem

OURS = "Something went wrong on our side, and it was noted. Try again in a minute."


def fault(request: HttpRequest) -> HttpResponse:
    """The answer to a fault of our own: a problem for programs, a page for people."""
    if request.path.startswith("/api/"):
        return problem(500, "Internal Server Error", "fault", OURS)
    return server_error(request)
