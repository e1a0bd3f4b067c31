"""The episode page of a knee whose record cannot be worked out: what the patient is told, whom to tell, what is left."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse

from tracker import access, clock
from tracker.access import Do, Door
from tracker.models import Episode
from tracker.selectors import emergencies, happened, told
from tracker.selectors import unreadable as selector
from tracker.selectors.episode_page import EVERYTHING
from tracker.selectors.unreadable import Unreadable
from tracker.web import episode_reminders, shell
from tracker.web.alerts import Shown, colleagues, responses
from tracker.web.episode_forms import URGENT, Refused, details_form
from tracker.web.staff_fields import time_zone_options
from tracker.web.staff_words import PROCEDURES
from tracker.web.story import tell

PLACES = ("acknowledge", "close", "hand-over", "details")
"""Actions whose forms still stand on the page."""


def show(
    request: HttpRequest, door: Door, refused: Refused | None, *, every: bool, reading: bool, status: int
) -> HttpResponse:
    """`reading` is for somebody of another clinic, in an emergency, who may do nothing here."""
    episode = door.episode
    kept = selector.unreadable(episode, most=EVERYTHING if every else happened.SHOWN, every=every)
    context = {
        **_who(door, reading=reading),
        **_forms(door, kept, refused, reading=reading),
        "orders": kept.orders,
        "no_alerts_read": kept.alerts is None,
        "urgent": any(alert.urgency in URGENT for alert in kept.standing_alerts),
        "closed": [Shown(alert) for alert in kept.alerts or () if alert.state == "closed"],
        "lines": None if kept.lines is None else tell(kept.lines, None),
        "every": every,
        "refused": refused,
        "homeless": refused is not None and not _has_place(refused, kept),
    }
    return shell.page(request, "tracker/episodes/unreadable.html", door.actor, context, status=status)


def reference(episode: Episode) -> dict[str, Any]:
    """By what an operator finds in the log why a record cannot be read: the line's id, and since when to look."""
    return {"log_id": episode.pk, "log_at": clock.now()}


def _who(door: Door, *, reading: bool) -> dict[str, Any]:
    episode, now = door.episode, clock.now()
    return {
        **reference(episode),
        "episode": episode,
        "patient": episode.patient,
        "procedures": PROCEDURES,
        "zone": ZoneInfo(episode.clinic.time_zone),
        "time_zones": time_zone_options(),
        "failing": episode_reminders.failing_words(told.failing(episode.patient)),
        "reading": reading,
        "emergency": emergencies.standing(door.actor, episode, now=now) if reading else None,
        "may": {do.value: access.may(door.actor, do) and not reading for do in Do},
    }


def _forms(door: Door, kept: Unreadable, refused: Refused | None, *, reading: bool) -> dict[str, Any]:
    """Alerts are answered here as ever, since a red flag must not wait for the record to be put right."""
    if reading:
        return {"alerts": [Shown(alert) for alert in kept.standing_alerts], "forms": {}}
    typed = (refused.action, UUID(refused.row), refused.form) if refused and refused.action in PLACES[:3] else None
    people = colleagues(door.actor)
    details = refused.form if refused and refused.action == "details" else details_form(door.episode)
    return {
        "alerts": [Shown(alert, responses(alert, people, typed)) for alert in kept.standing_alerts],
        "forms": {"details": details},
    }


def _has_place(refused: Refused, kept: Unreadable) -> bool:
    standing = {str(alert.id) for alert in kept.standing_alerts}
    return refused.action == "details" or (refused.action in PLACES and refused.row in standing)
