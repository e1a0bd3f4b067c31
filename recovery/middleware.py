"""What is refused before anything looks at it: methods that nothing here answers, bodies that are too large, files."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.template.loader import render_to_string

from recovery.uploads import NotTaken

TOO_LARGE = "What you sent is too large. Shorten the note, then send it again."
NO_FILES = "This program takes no files. Send what you want to say as text."
NOT_ALLOWED = "This address does not take this method. The schema says which it takes."
OF_PAGES = ("GET", "HEAD", "POST")
OF_PROGRAMS = (*OF_PAGES, "PUT", "PATCH", "DELETE")
API = "/api/"


def problem(status: int, title: str, code: str, sentence: str) -> JsonResponse:
    """A refusal in the shape of the API's own, for what never reaches its views."""
    said = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": sentence, "errors": {}}
    return JsonResponse(said, status=status, content_type="application/problem+json")


def refusal(request: HttpRequest, status: int, title: str, code: str, sentence: str) -> HttpResponse:
    """The refusal as whoever asked can read it: a problem for programs, a page for people."""
    if request.path.startswith(API):
        return problem(status, title, code, sentence)
    return HttpResponse(render_to_string("400.html", {"reason": sentence}), status=status)


class KnownMethods:
    """Answers 405 to methods that no page, or no endpoint, has: OPTIONS, TRACE, PUT to a form, words that are made up."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = OF_PROGRAMS if request.path.startswith(API) else OF_PAGES
        return self.get_response(request) if request.method in known else _not_allowed(request, known)


class BodyLimit:
    """Refuses a body over DATA_UPLOAD_MAX_MEMORY_SIZE before anything reads it, and any file at its first word.

    Django counts form fields itself, but a JSON parser reads the stream directly and would take any size.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _body_length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return refusal(request, 413, "Content Too Large", "too_large", TOO_LARGE)
        if request.content_type == "multipart/form-data" and _has_file(request):
            return refusal(request, 415, "Unsupported Media Type", "unsupported_media_type", NO_FILES)
        return self.get_response(request)


def _not_allowed(request: HttpRequest, known: tuple[str, ...]) -> HttpResponse:
    if not request.path.startswith(API):
        return HttpResponseNotAllowed(known)
    answer = problem(405, "Method Not Allowed", "method_not_allowed", NOT_ALLOWED)
    answer["Allow"] = ", ".join(known)
    return answer


def _body_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _has_file(request: HttpRequest) -> bool:
    """Reads the form, which is small by now; whatever else is wrong with it, its view will say.

    Endpoints refuse every form themselves, and read none.
    """
    if request.path.startswith(API):
        return False
    try:
        return bool(request.FILES)
    except NotTaken:
        return True
