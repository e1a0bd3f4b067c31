"""The episode page: the decision that is due with its facts, then everything known of this knee."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tracker import access, clock
from tracker.access import Actor, Do
from tracker.clinical.explain.words import short_date
from tracker.clinical.terms import Ending, Procedure, Role
from tracker.errors import Forbidden
from tracker.models import Episode
from tracker.selectors import closings, emergencies, told
from tracker.selectors import episode_page as selector
from tracker.selectors import proposals as proposed
from tracker.selectors.episode_page import EpisodePage, Goal
from tracker.selectors.today import readable
from tracker.web import (
    addresses,
    episode_reminders,
    episode_unreadable,
    patient_invites,
    proposals,
    shell,
    staff_figures,
)
from tracker.web import staff_forms as forms
from tracker.web.alerts import Shown
from tracker.web.episode_forms import Refused, details_form, forms_of, has_place, read_only
from tracker.web.staff_fields import time_zone_options
from tracker.web.staff_words import (
    AIDS,
    COMPARTMENTS,
    ENDINGS,
    FACT_KINDS,
    INDICATIONS,
    PROCEDURES,
)
from tracker.web.story import fact_value, report, tell


@require_safe
@login_required
def episode(request: HttpRequest, episode: str) -> HttpResponse:
    return show(request, episode)


def show(request: HttpRequest, public_id: str, refused: Refused | None = None, status: int = 200) -> HttpResponse:
    """The page as it is now; a refused form keeps its place and what was typed."""
    door = access.episode_for(request.user, public_id, Do.CONTACT)
    if door.actor.patient is not None:
        raise Forbidden(FOR_STAFF)
    if not access.may(door.actor, Do.READ_AS_STAFF):
        return _contact(request, door.actor, door.episode, refused, status)
    every, week = request.GET.get("history") == "all", request.GET.get("week") == "1"
    now = clock.now()
    reading = door.actor.clinic.pk != door.episode.clinic_id
    page = selector.episode_page(door.actor, door.episode, now=now, every=every)
    if page is None:
        return episode_unreadable.show(request, door, refused, every=every, reading=reading, status=status)
    closed = door.episode.state == Episode.State.CLOSED
    page = selector.for_reading(page) if reading or closed else page
    at = refused.row if refused else addresses.words(request, "at")
    context = {
        **_context(door.actor, door.episode, page, reading=reading),
        **(read_only(page, refused) if reading or closed else forms_of(door.actor, door.episode, page, refused)),
        **_end(door.episode),
        "proposals": proposals.shown(door.actor, proposed.shown_at(door.episode, now=now)),
        **patient_invites.context(door.episode),
        **episode_reminders.context(door.episode, page.messages, now=now, week=week),
        "lines": tell(page.lines, page.case),
        "every": every,
        "at": at,
        "refused": refused,
        "homeless": refused is not None and not has_place(refused, page, closed=closed),
    }
    return shell.page(request, "tracker/episodes/page.html", door.actor, context, status=status)


def _end(episode: Episode) -> dict[str, Any]:
    """That the recovery is closed, and by whom, if anybody said so."""
    ended = closings.standing(episode)
    return {
        "shut": episode.state == Episode.State.CLOSED,
        "ended": ended,
        "ending": ENDINGS[Ending(ended.outcome)].lower() if ended else "",
    }


FOR_STAFF = "This page is for the clinic. Yours are Today, Progress and Plan."


def _contact(
    request: HttpRequest, actor: Actor, episode: Episode, refused: Refused | None, status: int
) -> HttpResponse:
    """Who the patient is and how to reach them, for roles that read nothing clinical."""
    form = refused.form if refused and refused.action == "details" else details_form(episode)
    book = refused.form if refused and refused.action == "book" else forms.Book(name="book")
    case = readable(episode, now=clock.now(), window=0)
    context = {
        "episode": episode,
        "patient": episode.patient,
        "procedures": PROCEDURES,
        "form": form,
        "book": book,
        "visits": None if case is None else selector.visits(case),
        "failing": episode_reminders.failing_words(told.failing(episode.patient)),
        "at": refused.row if refused else addresses.words(request, "at"),
        "refused": refused,
        "homeless": refused is not None
        and (refused.action not in ("details", "book") or episode.state == Episode.State.CLOSED),
        "zone": ZoneInfo(episode.clinic.time_zone),
        "time_zones": time_zone_options(),
        **patient_invites.context(episode),
        **episode_unreadable.reference(episode),
        **_end(episode),
    }
    return shell.page(request, "tracker/episodes/contact.html", actor, context, status=status)


def _context(actor: Actor, episode: Episode, page: EpisodePage, *, reading: bool) -> dict[str, Any]:
    """`reading` is for somebody of another clinic, in an emergency: there is nothing to do on the page.

    In a recovery that is closed nothing can be done either, but to reopen it and to give the patient a way in.
    """
    shut = reading or episode.state == Episode.State.CLOSED
    return {
        "guest": reading,
        "reading": shut,
        "emergency": emergencies.standing(actor, episode, now=clock.now()) if reading else None,
        "episode": episode,
        "patient": episode.patient,
        "page": page,
        "case": page.case,
        "allowed": page.allowed,
        "may": {do.value: access.may(actor, do) and (not shut or (do in WHILE_CLOSED and not reading)) for do in Do},
        "surgeon": actor.role is Role.SURGEON and not shut,
        "zone": ZoneInfo(episode.clinic.time_zone),
        "identity": _identity(episode, page),
        "aids": AIDS,
        "fact_kinds": FACT_KINDS,
        "facts": [(fact, fact_value(fact.kind, fact.value)) for fact in page.facts],
        "figures": staff_figures.of_case(page.case),
        "goals": [goal for goal in page.goals if not _later(goal, page.day)],
        "later_goals": [goal for goal in page.goals if _later(goal, page.day)],
        "report": report(page.case),
        "closed": [Shown(alert) for alert in page.alerts if alert.state == "closed"],
    }


WHILE_CLOSED = frozenset({Do.REOPEN, Do.INVITE, Do.HAND_OVER})

GOAL_WEEKS = timedelta(weeks=4)
"""How far ahead a milestone is worth a line of its own."""


def _later(goal: Goal, day: int) -> bool:
    return goal.state in ("upcoming", "open") and goal.typical > day + GOAL_WEEKS.days


def _identity(episode: Episode, page: EpisodePage) -> list[str]:
    """What was done, to whom, in one line."""
    protocol, operated = page.case.plan.protocol, page.case.surgery_date
    said = [
        f"{PROCEDURES.get(Procedure(episode.procedure), episode.procedure)}, {short_date(operated)} {operated.year}",
        dict(INDICATIONS).get(episode.indication, "").lower(),
        dict(COMPARTMENTS).get(episode.compartment, "").lower(),
        _correction(episode),
        f"protocol {protocol.key} v{protocol.version}",
    ]
    return [each for each in said if each]


def _correction(episode: Episode) -> str:
    known = ((episode.correction_planned, "planned"), (episode.correction_achieved, "achieved"))
    said = [f"{float(degrees):g}° {word}" for degrees, word in known if degrees is not None]
    return f"correction {', '.join(said)}" if said else ""
