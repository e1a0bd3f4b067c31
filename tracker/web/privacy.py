"""A patient's own record: taking a copy away, and asking that it be deleted."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import patch_cache_control
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from tracker import access
from tracker.access import Do, Door
from tracker.errors import NotFound
from tracker.selectors import privacy as selector
from tracker.services import exports, requests
from tracker.web import shell
from tracker.web.limits import spend

ASKED = "Your clinic has your request. Somebody will call you before anything is deleted."


@require_safe
@login_required
def record(request: HttpRequest) -> HttpResponse:
    door = access.own_episode(request.user, Do.SETTINGS)
    context = {"standing": selector.standing(door.episode.patient), "clinic": door.episode.clinic}
    return shell.page(request, "tracker/privacy/page.html", door.actor, context)


@require_safe
@login_required
def file(request: HttpRequest, kind: str) -> HttpResponse:
    return download(request, access.own_episode(request.user, Do.EXPORT), kind)


@require_POST
@login_required
def ask(request: HttpRequest) -> HttpResponse:
    """Puts the request on the clinic's call list."""
    door = access.own_episode(request.user, Do.SETTINGS)
    spend(request, "export")
    requests.ask(episode=door.episode, by=door.actor)
    messages.success(request, ASKED)
    return redirect("own-record")


def download(request: HttpRequest, door: Door, kind: str) -> HttpResponse:
    """The copy as a file, made anew, shown by no browser and kept by no cache."""
    if kind not in exports.KINDS:
        raise NotFound
    spend(request, "export")
    if request.method == "HEAD":
        return HttpResponse(content_type=exports.KINDS[kind])
    made = exports.file(patient=door.episode.patient, kind=kind, by=door.actor)
    disposition = content_disposition_header(True, made.name) or "attachment"
    response = HttpResponse(made.content, made.media_type, headers={"Content-Disposition": disposition})
    patch_cache_control(response, private=True, no_store=True)
    return response
