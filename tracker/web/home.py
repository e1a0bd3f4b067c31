"""The start page: each role has its own."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from tracker import access
from tracker.web import shell


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Sends everyone to their own start; somebody no clinic has taken on is told so."""
    actor = access.actor(request.user)
    if actor is None:
        return shell.page(request, "tracker/home/nobody.html", None)
    return redirect(shell.home(actor))
