"""When each step of a plan opens: its own day, the length of the step before it, its gates, and holds (design 10.3).

A date that passes opens nothing by itself: a step whose gate is not cleared never opens, nor does any after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise

from tracker.clinical import limits
from tracker.clinical.history import Clearance, Hold, Limit
from tracker.clinical.plan import Plan, PlanStep
from tracker.clinical.terms import Decision, Gate, StepState

NEVER = 10**9
"""The day of a step that nothing opens as things stand."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A step of the plan, and when it opens."""

    step: PlanStep
    day: int
    """Post-operative day it opens on; NEVER as things stand."""
    opens_on: date | None
    earliest: date
    """The first day it could open on if its gates were cleared and no hold stood. May have passed."""
    gate: Gate | None
    """The first of its gates that is not cleared."""
    state: StepState


def openings(plan: Plan, clearances: Iterable[Clearance], holds: Iterable[Hold]) -> tuple[Opening, ...]:
    """Every step of the plan with its opening, in order."""
    decisions = latest(clearances)
    floors = _floors(plan, decisions, holds)
    days = opening_days(plan, decisions, floors)
    return tuple(_openings(plan, decisions, floors, days))


def latest(clearances: Iterable[Clearance]) -> dict[Gate, Clearance]:
    """The decision that stands on each gate: the last entered; of two entered at once, the refusal."""
    ordered = sorted(clearances, key=lambda found: (found.entered_at, found.decision is Decision.REFUSED))
    return {clearance.gate: clearance for clearance in ordered}


def film_freed(clearances: Iterable[Clearance]) -> bool:
    """Whether an X-ray gate stands cleared, so that levels which only the surgeon gives back are at stake."""
    decisions = latest(clearances).values()
    return any(found.gate.imaging and found.decision is Decision.CLEARED for found in decisions)


def opening_days(plan: Plan, decisions: dict[Gate, Clearance], floors: Sequence[int]) -> list[int]:
    """The day each step opens on: after its own day, the step before it, its gates' decisions, and its floor."""
    days = [plan.steps[0].day]
    for (before, step), floor in zip(pairwise(plan.steps), floors[1:], strict=True):
        decided = (_decided(plan, decisions.get(gate)) for gate in step.gates)
        days.append(min(NEVER, max(step.day, days[-1] + step.day - before.day, floor, *decided)))
    return days


def level(opened: Sequence[Opening], day: int) -> Limit:
    """The level that the openings give on a day. Before surgery: no weight."""
    found = in_force(opened, day)
    return limits.NON if found is None else found.step.limit


def in_force(opened: Sequence[Opening], day: int) -> Opening | None:
    """The last step opened by a day; None before surgery."""
    return next((opening for opening in reversed(opened) if opening.day <= day), None)


def standing(holds: Iterable[Hold], on: date) -> list[Hold]:
    """The holds that hold on a day, the strictest percent first."""
    found = (hold for hold in holds if hold.since <= on and (hold.released_on is None or on < hold.released_on))
    return sorted(found, key=lambda hold: (hold.limit.percent, hold.since))


def _decided(plan: Plan, clearance: Clearance | None) -> int:
    if clearance is None or clearance.decision is not Decision.CLEARED:
        return NEVER
    return plan.day(clearance.decided_on)


def _floors(plan: Plan, decisions: dict[Gate, Clearance], holds: Iterable[Hold]) -> list[int]:
    """Per step, the day before which holds keep it shut. Holds of one day meet the ladder as it stood that morning.

    A hold shuts the step that would open on its day or next after; one that puts back, the step in force.
    """
    floors = [0] * len(plan.steps)
    ordered = sorted(holds, key=lambda hold: hold.since)
    for since, of_day in groupby(ordered, key=lambda hold: plan.day(hold.since)):
        days = opening_days(plan, decisions, floors)
        current = max((at for at, day in enumerate(days) if day <= since), default=0)
        for hold in of_day:
            back = hold.put_back or days[current] == since
            at = current if back and current else current + 1
            if at < len(floors):
                floors[at] = max(floors[at], NEVER if hold.released_on is None else plan.day(hold.released_on))
    return floors


def _openings(
    plan: Plan, decisions: dict[Gate, Clearance], floors: Sequence[int], days: Sequence[int]
) -> Iterable[Opening]:
    refused = held = False
    earliest = 0
    for at, (step, day) in enumerate(zip(plan.steps, days, strict=True)):
        shut = [gate for gate in step.gates if _decided(plan, decisions.get(gate)) == NEVER]
        refused = refused or any(gate in decisions for gate in shut)
        held = held or floors[at] == NEVER
        length = step.day - plan.steps[at - 1].day if at else 0
        earliest = day if day != NEVER else max(step.day, earliest + length)
        stuck = StepState.HELD if refused or held else StepState.WAITING
        yield Opening(
            step=step,
            day=day,
            opens_on=None if day == NEVER else plan.date_of(day),
            earliest=plan.date_of(earliest),
            gate=shut[0] if shut else None,
            state=StepState.SIGNED if day != NEVER else stuck,
        )
