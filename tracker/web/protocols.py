"""The protocols, with the source of every number."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tracker import access
from tracker.access import Do
from tracker.clinical import protocol as protocols
from tracker.errors import NotFound
from tracker.selectors import protocols as selector
from tracker.web import addresses, shell


@require_safe
@login_required
def listing(request: HttpRequest) -> HttpResponse:
    actor = access.clinic_for(request.user, Do.PROTOCOLS)
    context = {"protocols": selector.listed(actor), "modifiers": protocols.modifiers().values()}
    return shell.page(request, "tracker/protocols/list.html", actor, context)


@require_safe
@login_required
def protocol(request: HttpRequest, key: str) -> HttpResponse:
    actor = access.clinic_for(request.user, Do.PROTOCOLS)
    shown = selector.shown(actor, key, addresses.number(request, "version", 0) or None)
    if shown is None:
        raise NotFound
    context = {"shown": shown, "protocol": shown.protocol, "numbers": selector.numbers(shown.protocol)}
    return shell.page(request, "tracker/protocols/page.html", actor, context)
