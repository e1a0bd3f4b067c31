"""The forms of the episode page: fresh ones, and a refused one in its own place with what was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tracker.access import Actor
from tracker.clinical.openings import latest
from tracker.clinical.terms import Decision, FactKind, Gate
from tracker.models import Episode
from tracker.selectors.episode_page import EpisodePage
from tracker.selectors.gates import decides
from tracker.web import staff_forms as forms
from tracker.web.alerts import Shown, colleagues, responses
from tracker.web.staff_forms import StaffForm
from tracker.web.staff_words import FACT_KINDS

URGENT = ("R0", "R1")
"""Alerts that stand before anything else on the page."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A form that was not accepted: its action, the row it is about, and the form with what was typed."""

    action: str
    row: str
    form: StaffForm


def details_form(episode: Episode) -> StaffForm:
    return forms.Details(name="details", initial=forms.details_of(episode))


def forms_of(actor: Actor, episode: Episode, page: EpisodePage, refused: Refused | None) -> dict[str, Any]:
    """Every form of the page by its action; a refused one stands in with what was typed."""
    people = colleagues(actor)
    of_alert = None
    if refused and refused.action in ("acknowledge", "close", "hand-over"):
        of_alert = (refused.action, UUID(refused.row), refused.form)
    return {
        "urgent": any(alert.urgency in URGENT for alert in page.standing_alerts),
        "alerts": [Shown(alert, responses(alert, people, of_alert)) for alert in page.standing_alerts],
        "holds": [(hold, _release(hold.id, refused)) for hold in page.holds],
        "forms": {**_page_forms(episode, page), **_stand_in(refused)},
        "decisions": _decisions(page, refused),
        "cleared_gates": [_taken_back(gate, page, refused) for gate in _cleared(actor, page)],
        "fact_forms": [_fact_form(kind, episode, page, refused) for kind in FactKind],
    }


def read_only(page: EpisodePage, refused: Refused | None = None) -> dict[str, Any]:
    """What the page shows where nothing can be recorded: all there is to do, if anything, is to reopen a recovery."""
    return {
        "urgent": any(alert.urgency in URGENT for alert in page.standing_alerts),
        "alerts": [Shown(alert) for alert in page.standing_alerts],
        "holds": [(hold, None) for hold in page.holds],
        "forms": {"reopen": forms.Reopen(name="reopen"), **_stand_in(refused)},
        "decisions": {},
        "cleared_gates": [],
        "fact_forms": [],
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


def has_place(refused: Refused, page: EpisodePage, *, closed: bool = False) -> bool:
    """Whether the page still shows the form that was refused: what it was about may be settled by now."""
    if closed or refused.action == "reopen":
        return closed and refused.action == "reopen"
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


def _fact_form(
    kind: FactKind, episode: Episode, page: EpisodePage, refused: Refused | None
) -> tuple[str, StaffForm, bool]:
    """What is recorded, its form, and whether it stands open."""
    if refused and refused.action == "fact" and refused.form.data.get("kind") == kind:
        return FACT_KINDS[kind], refused.form, True
    protocols = forms.protocol_choices(episode.procedure)
    form = forms.Fact(name=f"fact-{kind}", kind=kind, protocols=protocols, initial={"since": page.case.clinic_date})
    return FACT_KINDS[kind], form, False


def _page_forms(episode: Episode, page: EpisodePage) -> dict[str, StaffForm]:
    """The forms that stand once on the page."""
    today = page.case.clinic_date
    open_goals = [(goal.key, goal.name) for goal in page.goals if goal.state != "done"]
    level = {"starts_on": today, "term": page.allowed.term, "max_percent": page.allowed.max_percent}
    return {
        "order": forms.Order(name="order", initial=level),
        "sign_plan": forms.SignPlan(name="sign"),
        "close_recovery": forms.CloseRecovery(name="closing"),
        "measure": forms.Measure(name="measure", initial={"measured_on": today}),
        "reach": forms.Reach(name="reach", milestones=open_goals, initial={"reached_on": today}),
        "look": forms.Look(name="look"),
        "details": details_form(episode),
        "withdraw_milestone": forms.Withdraw(name="milestone"),
        "withdraw_fact": forms.Withdraw(name="fact"),
        "book": forms.Book(name="book"),
        "done": forms.Done(name="done", initial={"done_on": today}),
    }
