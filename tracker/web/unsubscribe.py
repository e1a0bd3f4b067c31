"""Ending one kind of message from its link, without signing in. Looking at the page changes nothing (RFC 8058)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tracker import clock
from tracker.models import Kind
from tracker.services import reminders
from tracker.web import shell


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Programs that check mail follow links, so only a POST ends anything: from the button, or from a mail program."""
    found = reminders.read_token(token)
    if found is None:
        return shell.page(request, "tracker/unsubscribe/unknown.html", None, status=404)
    _, kind, _ = found
    stopped = request.method == "POST" and reminders.unsubscribe(token=token, now=clock.now())
    context = {"kind": Kind(kind).label, "stopped": stopped}
    return shell.page(request, "tracker/unsubscribe/page.html", None, context)
