from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

TOO_LARGE = "What you sent is too large. Shorten the note, then send it again."


def problem(status: int, title: str, code: str, sentence: str) -> JsonResponse:
    """A refusal in the shape of the API's own, for what never reaches its views."""
    said = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": sentence, "errors": {}}
    return JsonResponse(said, status=status, content_type="application/problem+json")


class BodyLimit:
    """Refuses a body over DATA_UPLOAD_MAX_MEMORY_SIZE before anything reads it.

    Django counts form fields itself, but a JSON parser reads the stream directly and would take any size.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _body_length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return _too_large(request)
        return self.get_response(request)


def _body_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _too_large(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problem(413, "Content Too Large", "too_large", TOO_LARGE)
    return HttpResponse(render_to_string("400.html", {"reason": TOO_LARGE}), status=413)
