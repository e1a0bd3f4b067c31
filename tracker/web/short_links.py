"""Short addresses in text messages. They lead to a page of ours, where whoever comes must sign in as always."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from tracker import clock
from tracker.services import links
from tracker.web import shell


@require_safe
def short_link(request: HttpRequest, code: str) -> HttpResponse:
    path = links.path_of(code=code, now=clock.now())
    if path is None:
        return shell.page(request, "tracker/links/gone.html", None, status=404)
    response = redirect(path)
    patch_cache_control(response, private=True, no_store=True)
    return response
