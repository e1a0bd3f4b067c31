"""A patient's consent: asked for again when its text changes, and taken back as easily as given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth import user_logged_in
from django.contrib.auth.decorators import login_required
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.http import require_http_methods

from tracker import access
from tracker.access import Do
from tracker.errors import Invalid
from tracker.models import User
from tracker.selectors import consents as selector
from tracker.services import consents
from tracker.web import shell
from tracker.web.presence import PLACE

ASK = "consent_due"
"""In the session of a patient who has not agreed to the text as it is now."""
PATH = "/settings/consent/"
NOT_STOPPED = ("/settings/consent/", "/accounts/", "/account/", "/invites/", "/api/", "/health/", "/admin/", "/static/")
NOT_STOPPED_EITHER = ("/unsubscribe/", "/l/", "/reports/", "/worker.js", "/demo/")
"""What concerns the account rather than the record, and what programs ask for."""


@receiver(user_logged_in)
def ask_at_sign_in(sender: type[User], request: HttpRequest, user: User, **_: Any) -> None:
    """Only patients agree to anything; one who has taken it back is not asked again."""
    if selector.is_due(user, consents.CURRENT):
        request.session[ASK] = True


class AskFirst:
    """Middleware: whoever has a text to read first reads it before their first page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith((*NOT_STOPPED, *NOT_STOPPED_EITHER)) and _is_asked(request):
            return redirect(f"{PATH}?{urlencode({'next': request.get_full_path()})}")
        return self.get_response(request)


def _is_asked(request: HttpRequest) -> bool:
    """Not while they act for somebody else, or work."""
    elsewhere = str(request.session.get(PLACE, "")).startswith(("clinic:", "patient:"))
    return bool(request.session.get(ASK)) and not elsewhere


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def consent(request: HttpRequest) -> HttpResponse:
    """The text as it is now, and the patient's yes or no to it."""
    door = access.own_episode(request.user, Do.SETTINGS)
    if request.method == "POST" and (answer := request.POST.get("agree")):
        try:
            _answer(door.actor, answer)
        except Invalid as refusal:
            messages.warning(request, refusal.sentence)
            return redirect(request.get_full_path())
        request.session.pop(ASK, None)
        said = "We send you nothing more." if answer == "no" else "Thank you. You have agreed."
        messages.success(request, said)
        return redirect(_next(request))
    context = {
        "patient": door.episode.patient,
        "clinic": door.episode.clinic,
        "version": consents.CURRENT,
        "text": selector.text(consents.CURRENT),
        "due": bool(request.session.get(ASK)),
        "history": selector.history(door.episode.patient),
    }
    return shell.page(request, "tracker/consents/page.html", door.actor, context)


def _answer(by: access.Actor, answer: str) -> None:
    if answer == "no":
        consents.withdraw(by=by)
    else:
        consents.give(by=by, version=answer)


def _next(request: HttpRequest) -> str:
    """Back to what was asked for before the text came."""
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if safe else "/settings/"
