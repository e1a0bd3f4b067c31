"""When a recovery may be called finished: never while anything of its ladder is still to come (law 1)."""

from __future__ import annotations

from tracker.clinical import openings
from tracker.clinical.allowance import Allowance
from tracker.clinical.history import History
from tracker.clinical.milestones import UNION_XR
from tracker.clinical.plan import Plan
from tracker.clinical.problems import Problem
from tracker.clinical.terms import Decision


def finished_problem(plan: Plan, history: History, allowed: Allowance) -> Problem | None:
    """Why the rehabilitation is not finished, or None. Full weight is signed, every gate cleared and union seen."""
    return _gate_problem(plan, history) or _level_problem(allowed) or _union_problem(plan, history)


def _gate_problem(plan: Plan, history: History) -> Problem | None:
    decisions = openings.latest(history.clearances)
    for gate in plan.gates:
        found = decisions.get(gate)
        if found is None or found.decision is not Decision.CLEARED:
            return _not_finished("gate", f"gate {gate} is not cleared. Decide {gate} first")
    return None


def _level_problem(allowed: Allowance) -> Problem | None:
    if allowed.known and allowed.signed and allowed.limit.full and not allowed.brace.needed:
        return None
    return _not_finished("level", "what is signed is not full weight without limit or brace. Sign that first")


def _union_problem(plan: Plan, history: History) -> Problem | None:
    """Only where the plan asks for it: a film that shows that the bone has healed, on a clinician's word."""
    asked = any(milestone.key == UNION_XR for milestone in plan.milestones)
    seen = any(reached.key == UNION_XR and reached.confirmed for reached in history.reached)
    if seen or not asked:
        return None
    return _not_finished("union", "no film on record shows union. Record that milestone first")


def _not_finished(code: str, why: str) -> Problem:
    return Problem(code, "outcome", f"The rehabilitation is not finished: {why}, or choose another outcome.")
