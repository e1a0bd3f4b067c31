"""Refusals as pages, in the same words as the API."""

from __future__ import annotations

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.defaults import page_not_found

from tracker import access
from tracker.errors import Forbidden, NotFound, PlaceMissing, Problem, SecondFactorMissing, StepUp
from tracker.web import confirm, limits, shell

TEMPLATES = {403: "403.html", 404: "404.html", 409: "409.html", 429: "429.html"}


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


def _to_second_factor(request: HttpRequest) -> HttpResponse:
    return redirect("mfa_index")


def _to_places(request: HttpRequest) -> HttpResponse:
    return redirect(f"{reverse('places')}?{urlencode({'next': request.get_full_path()})}")


ELSEWHERE: dict[type[Problem], Callable[[HttpRequest], HttpResponse]] = {
    StepUp: confirm.suspend,
    SecondFactorMissing: _to_second_factor,
    PlaceMissing: _to_places,
}
"""Refusals that a page leads out of, instead of only stating them."""


def problem_page(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The page of a refusal. What is not there and what is a stranger's look alike."""
    if isinstance(problem, (NotFound, Forbidden)):
        access.refused(request.user, problem)
    if isinstance(problem, NotFound):
        return page_not_found(request, Http404())
    if type(problem) in ELSEWHERE:
        return ELSEWHERE[type(problem)](request)
    actor = _actor(request)
    context = {"sentence": problem.sentence, "fields": problem.fields}
    response = shell.page(request, TEMPLATES.get(problem.status, "400.html"), actor, context, problem.status)
    return limits.with_wait(response, problem)


def _actor(request: HttpRequest) -> access.Actor | None:
    """For the frame of the page; one whose own refusal this is has none."""
    try:
        return access.actor(request.user) if request.user.is_authenticated else None
    except Problem:
        return None
