"""Notifications in a patient's browser: it agrees, it is forgotten, and what runs there to show them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from tracker import access, clock
from tracker.access import Do
from tracker.errors import NotFound
from tracker.models import User
from tracker.services import devices

PROGRAMS = (
    ("Edg", "Edge"),
    ("SamsungBrowser", "Samsung Internet"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
"""What stands in a browser's description of itself, and its name. Most pretend to be another, so the order counts."""
SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("Linux", "Linux"),
)


def context(user: User) -> dict[str, Any]:
    """What `tracker/push/_button.html` needs: the key a browser must know us by, and the browsers that agreed.

    Without a key this installation sends no notifications, and nothing is shown.
    """
    key = settings.VAPID_PUBLIC_KEY if settings.VAPID_PRIVATE_KEY else ""
    return {"push_key": key, "devices": devices.of(user=user) if key else []}


@require_POST
@login_required
def subscribe(request: HttpRequest) -> HttpResponse:
    door = access.own_episode(request.user, Do.SETTINGS)
    sent = {name: request.POST.get(name, "") for name in ("endpoint", "p256dh", "auth")}
    device = described(request.headers.get("User-Agent", ""))
    devices.subscribe(user=door.actor.user, device=device, now=clock.now(), **sent)
    messages.success(request, f"{device} now shows your messages. Send yourself a test below.")
    return redirect("reminders")


@require_POST
@login_required
def forget(request: HttpRequest, public_id: UUID) -> HttpResponse:
    if not devices.forget(user=access.signed_in(request.user), device_id=public_id):
        raise NotFound
    messages.success(request, "That browser shows no more messages.")
    return redirect("reminders")


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """What the browser keeps to show notifications. At the root, since only from there it may open every page."""
    response = render(request, "tracker/push/worker.js", content_type="text/javascript; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response


def described(agent: str) -> str:
    """A browser in words by which its owner knows it again: "Firefox on Android"."""
    program = next((name for mark, name in PROGRAMS if mark in agent), "A browser")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return f"{program} on {system}" if system else program
