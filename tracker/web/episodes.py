"""The episode page: the decision that is due with its facts, then everything known of this knee."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tracker import access, clock
from tracker.access import Actor, Do
from tracker.clinical.explain.words import short_date
from tracker.clinical.openings import latest
from tracker.clinical.terms import Decision, FactKind, Gate, Procedure, Role
from tracker.errors import Forbidden
from tracker.models import Episode
from tracker.selectors import episode_page as selector
from tracker.selectors import episodes as cases
from tracker.selectors.episode_page import EpisodePage, Goal
from tracker.selectors.gates import decides
from tracker.web import addresses, shell, staff_figures
from tracker.web import staff_forms as forms
from tracker.web.alerts import Shown, colleagues, responses
from tracker.web.staff_fields import time_zones
from tracker.web.staff_forms import StaffForm
from tracker.web.staff_words import (
    AIDS,
    COMPARTMENTS,
    FACT_KINDS,
    INDICATIONS,
    MESSAGES,
    PROCEDURES,
)
from tracker.web.story import fact_value, report, tell


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that was not accepted: its action, the row it is about, and the form with what was typed."""

    action: str
    row: str
    form: StaffForm


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
    every = request.GET.get("history") == "all"
    page = selector.episode_page(door.actor, door.episode, now=clock.now(), every=every)
    at = refused.row if refused else addresses.words(request, "at")
    context = {
        **_context(door.actor, door.episode, page),
        **_forms(door.actor, door.episode, page, refused),
        "lines": tell(page.lines, page.case),
        "every": every,
        "at": at,
        "refused": refused,
        "homeless": refused is not None and not _has_place(refused, page),
    }
    return shell.page(request, "tracker/episodes/page.html", door.actor, context, status=status)


FOR_STAFF = "This page is for the clinic. Yours are Today, Progress and Plan."


def _contact(
    request: HttpRequest, actor: Actor, episode: Episode, refused: Refused | None, status: int
) -> HttpResponse:
    """Who the patient is and how to reach them, for roles that read nothing clinical."""
    form = refused.form if refused and refused.action == "details" else details_form(actor, episode)
    book = refused.form if refused and refused.action == "book" else forms.Book(name="book")
    context = {
        "episode": episode,
        "patient": episode.patient,
        "procedures": PROCEDURES,
        "form": form,
        "book": book,
        "visits": selector.visits(cases.case(episode, now=clock.now(), window=0)),
        "at": refused.row if refused else addresses.words(request, "at"),
        "zone": ZoneInfo(episode.clinic.time_zone),
        "time_zones": sorted(time_zones()),
    }
    return shell.page(request, "tracker/episodes/contact.html", actor, context, status=status)


def details_form(actor: Actor, episode: Episode) -> StaffForm:
    return forms.Details(name="details", initial=forms.details_of(episode))


def _context(actor: Actor, episode: Episode, page: EpisodePage) -> dict[str, Any]:
    return {
        "episode": episode,
        "patient": episode.patient,
        "page": page,
        "case": page.case,
        "allowed": page.allowed,
        "may": {do.value: access.may(actor, do) for do in Do},
        "surgeon": actor.role is Role.SURGEON,
        "zone": ZoneInfo(episode.clinic.time_zone),
        "identity": _identity(episode, page),
        "aids": AIDS,
        "fact_kinds": FACT_KINDS,
        "facts": [(fact, fact_value(fact.kind, fact.value)) for fact in page.facts],
        "message_words": MESSAGES,
        "figures": staff_figures.of_case(page.case),
        "goals": [goal for goal in page.goals if not _later(goal, page.day)],
        "later_goals": [goal for goal in page.goals if _later(goal, page.day)],
        "report": report(page.case),
        "closed": [Shown(alert) for alert in page.alerts if alert.state == "closed"],
    }


URGENT = ("R0", "R1")
"""Alerts that stand before anything else on the page."""

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
    said = [f"{degrees:g}° {word}" for degrees, word in known if degrees is not None]
    return f"correction {', '.join(said)}" if said else ""


def _forms(actor: Actor, episode: Episode, page: EpisodePage, refused: Refused | None) -> dict[str, Any]:
    """Every form of the page by its action; a refused one stands in with what was typed."""
    people = colleagues(actor)
    of_alert = None
    if refused and refused.action in ("acknowledge", "close", "hand-over"):
        of_alert = (refused.action, UUID(refused.row), refused.form)
    return {
        "urgent": any(alert.urgency in URGENT for alert in page.standing_alerts),
        "alerts": [Shown(alert, responses(alert, people, of_alert)) for alert in page.standing_alerts],
        "holds": [(hold, _release(hold.id, refused)) for hold in page.holds],
        "forms": {**page_forms(actor, episode, page), **_stand_in(refused)},
        "decisions": _decisions(page, refused),
        "cleared_gates": [_taken_back(gate, page, refused) for gate in _cleared(actor, page)],
        "fact_forms": [_fact_form(kind, episode, page, refused) for kind in FactKind],
    }


@dataclass(frozen=True, slots=True)
class Decided:
    """A form that decides a gate one way, and whether it stands open."""

    gate: Gate
    form: StaffForm
    open: bool


def _decisions(page: EpisodePage, refused: Refused | None) -> dict[str, Decided]:
    """Both ways to decide the next gate."""
    if page.gate is None:
        return {}
    return {way.value: _decided(page.gate.gate, way, way.value, page, refused) for way in Decision}


def _cleared(actor: Actor, page: EpisodePage) -> list[Gate]:
    """The gates whose clearance the reader may take back."""
    standing = latest(page.case.history.clearances).values()
    cleared = [found.gate for found in standing if found.decision is Decision.CLEARED]
    return [gate for gate in cleared if decides(actor.role, gate, page.case.plan.gate_rule(gate))]


def _taken_back(gate: Gate, page: EpisodePage, refused: Refused | None) -> Decided:
    return _decided(gate, Decision.REFUSED, f"back-{gate}", page, refused)


def _decided(gate: Gate, way: Decision, name: str, page: EpisodePage, refused: Refused | None) -> Decided:
    typed = refused.form.data if refused and refused.action == "clear" else {}
    if refused and (typed.get("gate"), typed.get("decision")) == (gate, way):
        return Decided(gate, refused.form, True)
    return Decided(gate, forms.Clear(name=name, initial={"decided_on": page.case.clinic_date}), False)


def _has_place(refused: Refused, page: EpisodePage) -> bool:
    """Whether the page still shows the form that was refused: what it was about may be settled by now."""
    rows: dict[str, set[str | None]] = {
        "release": {hold.id for hold in page.holds},
        "withdraw-milestone": {goal.record for goal in page.goals},
        "withdraw-fact": {fact.id for fact in page.facts},
        "book": {visit.key for visit in page.visits},
        "done": {visit.key for visit in page.visits},
        "close": {str(alert.id) for alert in page.standing_alerts},
        "hand-over": {str(alert.id) for alert in page.standing_alerts},
        "acknowledge": {str(alert.id) for alert in page.standing_alerts if alert.state == "open"},
        "confirm": set(),
    }
    if refused.action == "clear":
        return _gate_has_place(refused.form.data, page)
    if refused.action == "fact":
        return refused.form.data.get("kind") in set(FactKind)
    return refused.row in rows.get(refused.action, {refused.row})


def _gate_has_place(typed: Mapping[str, str], page: EpisodePage) -> bool:
    gate, decision = typed.get("gate"), typed.get("decision")
    asked = page.gate is not None and page.gate.gate == gate and page.gate.mine and decision in set(Decision)
    standing = latest(page.case.history.clearances).values()
    cleared = {found.gate for found in standing if found.decision is Decision.CLEARED}
    return asked or (decision == Decision.REFUSED and gate in cleared)


def _release(hold: str, refused: Refused | None) -> StaffForm:
    if refused and refused.action == "release" and refused.row == hold:
        return refused.form
    return forms.Release(name=f"release-{hold}")


def _stand_in(refused: Refused | None) -> dict[str, StaffForm]:
    return {refused.action.replace("-", "_"): refused.form} if refused else {}


def _fact_form(kind: FactKind, episode: Episode, page: EpisodePage, refused: Refused | None) -> tuple[str, StaffForm, bool]:
    """What is recorded, its form, and whether it stands open."""
    if refused and refused.action == "fact" and refused.form.data.get("kind") == kind:
        return FACT_KINDS[kind], refused.form, True
    protocols = forms.protocol_choices(episode.procedure)
    form = forms.Fact(name=f"fact-{kind}", kind=kind, protocols=protocols, initial={"since": page.case.clinic_date})
    return FACT_KINDS[kind], form, False


def page_forms(actor: Actor, episode: Episode, page: EpisodePage) -> dict[str, StaffForm]:
    """The forms that stand once on the page."""
    today = page.case.clinic_date
    open_goals = [(goal.key, goal.name) for goal in page.goals if goal.state != "done"]
    level = {"starts_on": today, "term": page.allowed.term, "max_percent": page.allowed.max_percent}
    return {
        "order": forms.Order(name="order", initial=level),
        "sign_plan": forms.SignPlan(name="sign"),
        "measure": forms.Measure(name="measure", initial={"measured_on": today}),
        "reach": forms.Reach(name="reach", milestones=open_goals, initial={"reached_on": today}),
        "look": forms.Look(name="look"),
        "details": details_form(actor, episode),
        "withdraw_milestone": forms.Withdraw(name="milestone"),
        "withdraw_fact": forms.Withdraw(name="fact"),
        "book": forms.Book(name="book"),
        "done": forms.Done(name="done", initial={"done_on": today}),
    }
