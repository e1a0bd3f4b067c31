"""Refusals as pages, in the same words as the API."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.views.defaults import page_not_found

from tracker import access
from tracker.errors import NotFound, Problem
from tracker.web import shell

TEMPLATES = {403: "403.html", 404: "404.html", 409: "409.html"}


class ProblemPages:
    """Middleware: a Problem that a view let pass becomes a page with its sentence. The API answers its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Problem) or request.path.startswith("/api/"):
            return None
        return problem_page(request, exception)


def problem_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The page of a refusal. What is not there and what is a stranger's look alike."""
    if isinstance(problem, NotFound):
        return page_not_found(request, Http404())
    actor = access.actor(request.user) if request.user.is_authenticated else None
    context = {"sentence": problem.sentence, "fields": problem.fields}
    return shell.page(request, TEMPLATES.get(problem.status, "400.html"), actor, context, problem.status)
