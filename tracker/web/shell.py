"""What every page shares: its frame, its navigation and the way it is put together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.crypto import salted_hmac

from tracker import access
from tracker.access import Do
from tracker.clinical.terms import Role
from tracker.selectors import caregivers, operations
from tracker.selectors.caregivers import Helping
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
    ("/proposals/", "Proposals", Do.COUNTERSIGN),
    ("/trail/", "Trail", Do.TRAIL),
    ("/team/", "Team", Do.TEAM),
    ("/emergency-access/", "Emergencies", Do.TRAIL),
    ("/protocols/", "Protocols", Do.PROTOCOLS),
    ("/operations/", "Operations", Do.OPERATIONS),
)
HOME = {Role.PATIENT: "/today/", Role.CAREGIVER: "/today/", Role.COORDINATOR: "/patients/", Role.AUDITOR: "/trail/"}


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
    response = render(request, template, {**frame(request, actor), **(context or {})}, status=status)
    patch_cache_control(response, private=True, no_store=True)
    return response


def frame(request: HttpRequest, actor: access.Actor | None) -> dict[str, Any]:
    """What the frame shows around a page, also around one that a library renders."""
    pulse = None if actor is None or actor.patient is not None else standstill.pulse()
    help_given = helping(actor)
    return {
        "actor": actor,
        "helping": help_given,
        "nav": navigation(actor, request.path, pulse, help_given),
        "stuck": stuck(pulse),
        "elsewhere": request.session.get(presence.ELSEWHERE, False),
    }


def helping(actor: access.Actor | None) -> Helping | None:
    """Whom a caregiver helps, for the banner on each of their pages; None for everybody else."""
    if actor is None or actor.role is not Role.CAREGIVER or actor.patient is None:
        return None
    link = access.caring(actor.user, actor.patient.pk)
    return None if link is None else caregivers.helping(link)


def stuck(pulse: Pulse | None) -> str:
    """The first reason why reminders do not go out, for the banner of staff pages."""
    found = operations.stuck(pulse) if pulse else []
    return found[0].said if found else ""


def unreadable(request: HttpRequest, door: access.Door) -> HttpResponse:
    """What a patient reads where the record cannot be read: no weight, and the number to call (law 2)."""
    context = {"episode": door.episode, "clinic": door.episode.clinic}
    return page(request, "tracker/today/unknown.html", door.actor, context)


def navigation(
    actor: access.Actor | None, path: str, pulse: Pulse | None, helping: Helping | None = None
) -> list[Item]:
    if actor is None:
        return []
    if pulse is None:
        closed = () if actor.role is Role.PATIENT else not_for(helping)
        return [Item(target, label, path.startswith(target)) for target, label in PATIENT_PAGES if target not in closed]
    waiting = {"/calls/": pulse.calls.get(actor.clinic.pk, 0)}
    return [
        Item(target, label, path.startswith(target), waiting.get(target, 0))
        for target, label, do in STAFF_PAGES
        if access.may(actor, do)
    ]


def not_for(helping: Helping | None) -> tuple[str, ...]:
    """What a caregiver has no page for: settings never, the check-in where they may only look."""
    return ("/settings/",) if helping is not None and helping.may_record else ("/settings/", "/check-in/")


def home(actor: access.Actor) -> str:
    """Where `/` sends this person."""
    return HOME.get(actor.role, "/worklist/")


def demo(request: HttpRequest) -> dict[str, bool]:
    """Context processor: whether this installation only holds made-up people."""
    return {"demo": settings.DEMO}


def person(request: HttpRequest) -> dict[str, str]:
    """Context processor: a mark by which a browser tells its users apart, and which tells nobody who they are."""
    session = getattr(request, "session", {})
    key = str(session.get(SESSION_KEY, ""))
    return {"person": salted_hmac("recovery.person", key).hexdigest()[:16] if key else ""}
