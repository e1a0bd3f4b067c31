"""Holds: the level a red flag keeps the leg at, and who may end it (design 10.7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from tracker.clinical import limits, openings
from tracker.clinical.allowance import allowed
from tracker.clinical.history import History, Hold, Limit, Order
from tracker.clinical.plan import Plan
from tracker.clinical.problems import Problem
from tracker.clinical.terms import Role


@dataclass(frozen=True, slots=True)
class Held:
    """The level to hold, and whether it undoes the step that had just begun."""

    limit: Limit
    put_back: bool


def level(plan: Plan, history: History, *, sign: bool, today: date, patient_date: date | None = None) -> Held:
    """What a red flag holds: the level of the day, or with a `sign` of a fall, hinge or implant the one before.

    The level before applies where the current step began at most `put_back_days` ago. `today` is the clinic's date.
    """
    current = allowed(plan, history, clinic_date=today, patient_date=patient_date or today).limit
    put_back = sign and _just_begun(plan, history, today)
    hold = Hold(id="", code="", since=today, limit=current, put_back=put_back)
    opened = openings.openings(plan, history.clearances, (*history.holds, hold))
    return Held(limits.strictest(current, openings.level(opened, plan.day(today))), put_back)


def release_problem(history: History, hold: Hold, *, role: Role) -> Problem | None:
    """Why this clinician may not end the hold, or None.

    Where an X-ray gate stands cleared, a level that it freed may come back: by the surgeon's word only.
    """
    if hold.released_on is not None:
        return Problem("released", "hold", "This hold is already released.")
    if role is Role.SURGEON:
        return None
    if role is not Role.PHYSIOTHERAPIST:
        return Problem("role", "hold", "Only a surgeon or a physiotherapist releases a hold.")
    if openings.film_freed(history.clearances):
        return Problem("surgeon", "hold", "An X-ray gate is involved: only the surgeon releases this hold.")
    return None


def _just_begun(plan: Plan, history: History, today: date) -> bool:
    """Whether the current step began so lately that a sign of giving way undoes it."""
    opened = openings.openings(plan, history.clearances, history.holds)
    step = openings.in_force(opened, plan.day(today))
    if step is None or step is opened[0]:
        return False
    began = max(step.day, _laid_on(plan, history, step.step.limit, today))
    return plan.day(today) - began <= plan.protocol.thresholds.put_back_days


def _laid_on(plan: Plan, history: History, limit: Limit, today: date) -> int:
    """The day the standing rows first came up to a level, where an earlier row stands below it; else day 0."""
    rows = sorted((row for row in history.orders if not row.superseded and row.starts_on <= today), key=_start)
    began = 0
    for before, row in pairwise(rows):
        rises = limits.exceeds(limit, before.limit, plan.weight) and not limits.exceeds(limit, row.limit, plan.weight)
        began = plan.day(row.starts_on) if rises else began
    return began


def _start(row: Order) -> date:
    return row.starts_on
