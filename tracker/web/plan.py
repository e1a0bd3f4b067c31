"""The plan: the steps of load from surgery on, what each waits for, and the visits."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tracker import access, clock
from tracker.access import Do
from tracker.clinical import explain
from tracker.clinical.explain import words
from tracker.clinical.explain.allowance import STEPS
from tracker.clinical.openings import Opening
from tracker.clinical.terms import Side, StepState, Term
from tracker.selectors import plan_page as selector
from tracker.selectors.plan_page import PlanPage, Visit
from tracker.web import closed, shell, voice


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the ladder in words. `state` is past, now, dated or locked."""

    when: str
    what: str
    how: str
    state: str
    waits: str


@require_safe
@login_required
def plan(request: HttpRequest) -> HttpResponse:
    door = access.own_episode(request.user, Do.READ)
    page = selector.plan_page(door.episode, now=clock.now())
    if page is None:
        return shell.unreadable(request, door)
    side = Side(door.episode.side)
    context = {
        "episode": door.episode,
        "ended": closed.of(door.episode),
        "page": page,
        "allowed": page.allowed,
        "level": explain.allowance_for_patient(page.allowed, side),
        "support": voice.aids(page.allowed, side) if page.allowed.known else "",
        "set_by": explain.set_by_for_patient(page.allowed),
        "hold": explain.hold_for_patient(page.allowed, side),
        "steps": steps(page),
        "visits": [(visit, visit_state(visit, page)) for visit in page.visits],
        "modifiers": [rule.name for rule in page.case.plan.rules],
    }
    return shell.page(request, "tracker/plan/page.html", door.actor, context)


def steps(page: PlanPage) -> list[Step]:
    """The ladder from surgery on; the level of today is marked where a step of the plan carries it."""
    opened = [opening for opening in page.openings if _is_open(opening, page)]
    current = opened[-1] if opened and page.allowed.known else None
    return [_step(opening, page, opening is current) for opening in page.openings]


def _is_open(opening: Opening, page: PlanPage) -> bool:
    return opening.opens_on is not None and opening.opens_on <= page.case.patient_date


def _step(opening: Opening, page: PlanPage, now: bool) -> Step:
    state = "now" if now else "past" if _is_open(opening, page) else "dated" if opening.opens_on else "locked"
    on = opening.opens_on or opening.earliest
    when = f"From {words.long_date(on)}" if opening.opens_on else f"Not before {words.long_date(on)}"
    return Step(when, _what(opening), _how(opening), state, _waits(opening, page))


def _what(opening: Opening) -> str:
    step = opening.step
    if step.kg is None or step.term is Term.NWB:
        name = STEPS[step.term]
        return name[0].upper() + name[1:]
    share = words.share(step.limit.percent)
    return f"Up to {step.kg} kg, {share}" if int(step.limit.percent) else f"Up to {step.kg} kg"


def _how(opening: Opening) -> str:
    return explain.aids_for_patient(opening.step.aids)


def _waits(opening: Opening, page: PlanPage) -> str:
    """What must happen before the step; a decision against it is told as one, a hold as a hold."""
    if opening.state is StepState.SIGNED:
        return ""
    if opening.gate is not None:
        refused = "Your clinic said: not yet. " if opening.gate in page.refused else ""
        return f"{refused}Only after {explain.gate(opening.gate)}."
    return "On hold until your clinic says go on." if page.allowed.frozen else "Waits for the step before it."


def visit_state(visit: Visit, page: PlanPage) -> str:
    """Done, booked, open now or later, in words."""
    if visit.done_on is not None:
        return f"Done {words.short_date(visit.done_on)}"
    if visit.booked_on is not None:
        return f"Booked for {words.long_date(visit.booked_on)}"
    window = f"{words.short_date(visit.first)} to {words.short_date(visit.last)}"
    if visit.first <= page.case.patient_date <= visit.last:
        return f"{window} · no date yet: call your clinic"
    return window if visit.first > page.case.patient_date else f"{window} · nothing recorded"
