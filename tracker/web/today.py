"""Today: what the leg may carry, what comes next, how it is going, whom to call."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST, require_safe

from tracker import access, charts, clock
from tracker.access import Do
from tracker.clinical import explain
from tracker.clinical.allowance import Allowance
from tracker.clinical.terms import Side, Urgency
from tracker.models import Episode
from tracker.selectors import caregivers
from tracker.selectors import reminders as told
from tracker.selectors import today as selector
from tracker.selectors.today import Today
from tracker.services import restrictions
from tracker.web import closed, shell, voice

LINES = 4
"""Lines of "you may" and "not yet"; all of them stand on the plan."""

SIZES = (("only-phone", charts.PHONE), ("only-wide", charts.MIDDLE))

SLOWER = "Slower than a knee replacement is normal: your bone has to heal before it carries you."


@require_safe
@login_required
def today(request: HttpRequest) -> HttpResponse:
    door = access.own_episode(request.user, Do.READ)
    seen = selector.today(door.episode, now=clock.now())
    if seen is None:
        return shell.unreadable(request, door)
    context = _emergency(door.episode, seen) if seen.emergency else _day(door.episode, seen)
    return shell.page(request, "tracker/today/page.html", door.actor, {**_always(door.episode, seen), **context})


@require_POST
@login_required
def restriction_seen(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """The patient's "I have seen this"."""
    door = access.restriction_for(request.user, public_id, Do.ACKNOWLEDGE)
    restrictions.acknowledge(restriction=door.row, by=door.actor)
    return redirect("today")


def _always(episode: Episode, seen: Today) -> dict[str, Any]:
    """The level and who to call: on the page whatever else is."""
    side, allowed, ended = Side(episode.side), seen.allowed, closed.of(episode)
    as_of = clock.now().astimezone(ZoneInfo(episode.patient.time_zone))
    return {
        "episode": episode,
        "clinic": episode.clinic,
        "allowed": allowed,
        "load": voice.load_card(allowed, side, f"{as_of:%H:%M}"),
        "new": None if ended else _unseen(allowed),
        "ended": ended,
        "hold": explain.hold_for_patient(allowed, side),
        "checked_in": seen.checked_in,
        "entered_by": caregivers.entered_by(seen.checked_in.id) if seen.checked_in else "",
    }


def _unseen(allowed: Allowance) -> str | None:
    """The order that the patient is asked to have seen."""
    return allowed.order_id if allowed.known and allowed.acknowledged_at is None else None


def _emergency(episode: Episode, seen: Today) -> dict[str, Any]:
    """The number first, and no chart (law 5)."""
    flags = [finding for finding in seen.urgent if finding.urgency is Urgency.R0]
    return {"emergency": voice.alarm(flags, voice.of(episode))}


def _day(episode: Episode, seen: Today) -> dict[str, Any]:
    side, to = Side(episode.side), voice.of(episode)
    may, not_yet = explain.may_do(seen.case.plan, seen.case.history, seen.allowed)
    return {
        "call": voice.said(seen.urgent, to),
        "unread": len(told.entries(episode.patient, now=clock.now())),
        "next_step": voice.next_step(seen.allowed, side),
        "may": may[:LINES],
        "not_yet": not_yet[:LINES],
        "going": voice.going(seen, side),
        "charts": _charts(episode, seen),
        "reassurance": "" if seen.allowed.frozen else SLOWER,
    }


def _charts(episode: Episode, seen: Today) -> list[tuple[str, SafeString]]:
    """Pain so far against its band, for a phone and a wide screen; nothing before there is something to see."""
    points = selector.pain_points(seen.case)
    if not points:
        return []
    day, rows = seen.allowed.post_op_day, seen.case.history.check_ins
    until, said = selector.last_shown(day), voice.going(seen, Side(episode.side))

    def draw(size: charts.Size) -> SafeString:
        band = selector.pain_band(seen.case, until)
        frame = charts.Frame(size, until, day, "Pain on load by day, 0 to 10", said)
        return charts.pain(frame, points, [(edge.day, edge.low, edge.high) for edge in band])

    key = ("today", episode.pk, episode.revision, rows[-1].id, len(rows), day)
    return [(name, charts.kept((*key, size.width), partial(draw, size))) for name, size in SIZES]
