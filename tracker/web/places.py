"""Where somebody acts now who works in several clinics, or is a patient or a caregiver as well."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from tracker import access, clock
from tracker.models import User
from tracker.selectors import places as selector
from tracker.services import audit
from tracker.web import presence, shell

GONE = "That place is no longer yours. Choose one of these."


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def places(request: HttpRequest) -> HttpResponse:
    """The choice. Choosing changes what the whole session shows, so it is written down."""
    user = access.signed_in(request.user)
    if request.method != "POST":
        return _page(request, user)
    wanted = request.POST.get("place", "")
    place = next((each for each in selector.of(user, now=clock.now()) if each.key == wanted), None)
    if place is None:
        return _page(request, user, wrong=GONE, status=400)
    presence.act_in(request, place)
    audit.note_of_user(user, "place chosen", place=place.key)
    return redirect(_next(request.POST.get("next", "")) or "home")


def _page(request: HttpRequest, user: User, wrong: str = "", status: int = 200) -> HttpResponse:
    asked = request.POST if request.method == "POST" else request.GET
    context = {
        "places": selector.of(user, now=clock.now()),
        "here": request.session.get(presence.PLACE, ""),
        "next": _next(asked.get("next", "")),
        "wrong": wrong,
    }
    return shell.page(request, "tracker/places/page.html", None, context, status)


def _next(wanted: str) -> str:
    """Where they were going, if that is an address of our own."""
    ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if ours else ""
