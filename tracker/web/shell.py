"""What every page shares: its frame, its navigation and the way it is put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from tracker import access
from tracker.access import Do
from tracker.clinical.terms import Role
from tracker.selectors import operations
from tracker.selectors.operations import Pulse
from tracker.web import presence, standstill

PATIENT_PAGES = (
    ("/today/", "Today"),
    ("/check-in/", "Check in"),
    ("/progress/", "Progress"),
    ("/plan/", "Plan"),
    ("/settings/", "Settings"),
)
STAFF_PAGES = (
    ("/worklist/", "Worklist", Do.WORKLIST),
    ("/patients/", "Patients", Do.ENROL),
    ("/alerts/", "Alerts", Do.TRIAGE),
    ("/calls/", "Calls", Do.CALLS),
    ("/protocols/", "Protocols", Do.PROTOCOLS),
    ("/operations/", "Operations", Do.OPERATIONS),
)
HOME = {Role.PATIENT: "/today/", Role.COORDINATOR: "/patients/", Role.AUDITOR: "/protocols/"}


@dataclass(frozen=True)
class Item:
    """One entry of the navigation."""

    path: str
    label: str
    current: bool
    count: int = 0
    """How many wait there."""


def page(
    request: HttpRequest,
    template: str,
    actor: access.Actor | None,
    context: Mapping[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page with its frame, kept by no cache. `actor` decides navigation and footer; None is a page outside."""
    pulse = None if actor is None or actor.patient is not None else standstill.pulse()
    frame = {
        "actor": actor,
        "nav": navigation(actor, request.path, pulse),
        "stuck": stuck(pulse),
        "elsewhere": request.session.get(presence.ELSEWHERE, False),
    }
    response = render(request, template, {**frame, **(context or {})}, status=status)
    patch_cache_control(response, private=True, no_store=True)
    return response


def stuck(pulse: Pulse | None) -> str:
    """The first reason why reminders do not go out, for the banner of staff pages."""
    found = operations.stuck(pulse) if pulse else []
    return found[0].said if found else ""


def unreadable(request: HttpRequest, door: access.Door) -> HttpResponse:
    """What a patient reads where the record cannot be read: no weight, and the number to call (law 2)."""
    context = {"episode": door.episode, "clinic": door.episode.clinic}
    return page(request, "tracker/today/unknown.html", door.actor, context)


def navigation(actor: access.Actor | None, path: str, pulse: Pulse | None) -> list[Item]:
    if actor is None:
        return []
    if pulse is None:
        return [Item(target, label, path.startswith(target)) for target, label in PATIENT_PAGES]
    waiting = {"/calls/": pulse.calls.get(actor.clinic.pk, 0)}
    return [
        Item(target, label, path.startswith(target), waiting.get(target, 0))
        for target, label, do in STAFF_PAGES
        if access.may(actor, do)
    ]


def home(actor: access.Actor) -> str:
    """Where `/` sends this person."""
    return HOME.get(actor.role, "/worklist/")


def demo(request: HttpRequest) -> dict[str, bool]:
    """Context processor: whether this installation only holds made-up people."""
    return {"demo": settings.DEMO}
