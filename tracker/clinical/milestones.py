"""Where each milestone stands on a day (clinical.md 3): done, upcoming, open, due, overdue, not recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from tracker.clinical import limits
from tracker.clinical.goals import Milestone
from tracker.clinical.history import Clearance, History, Measurement, Reached
from tracker.clinical.openings import latest
from tracker.clinical.plan import Plan
from tracker.clinical.terms import Decision, Gate, MilestoneState

XR_6W, FWB_OK, UNION_XR, BRACE_OFF = "XR_6W", "FWB_OK", "UNION_XR", "BRACE_OFF"

PASSED = {"CRUTCH_FREE": "STAIRS_ALT", "CRUTCH_1": "CRUTCH_FREE", "FLEX_90": "FLEX_120", "QUAD_SET": "SLR_NOLAG"}
"""What cannot be missing once the other is reached. Never a signed decision: walking does not clear a gate."""


@dataclass(frozen=True, slots=True)
class MilestoneStatus:
    """A milestone on a day; days are post-operative days. `confirmed` is false for the patient's own word.

    A `personal` one is not everyone's goal, so overdue it leaves nobody behind; so too "brace off" without a brace.
    """

    key: str
    name: str
    state: MilestoneState
    earliest: int
    typical: int
    latest: int | None
    reached_on: date | None = None
    confirmed: bool = False
    personal: bool = False
    needs: tuple[str, ...] = ()


def states(plan: Plan, history: History, day: int) -> tuple[MilestoneStatus, ...]:
    """The state of every milestone of the plan on a post-operative day, in the plan's order."""
    done, braced = reached(plan, history), _braced(plan, history)
    found = (_status(milestone, done.get(milestone.key), day, braced) for milestone in plan.milestones)
    unknown = {milestone.key for milestone in plan.milestones if _before_the_record(milestone, plan, history)}
    return tuple(_missing(status) if status.key in unknown else status for status in found)


def reached(plan: Plan, history: History) -> dict[str, Reached]:
    """The milestones reached: recorded, shown by a measurement, or given by a signed decision.

    A record stands before a measurement, the earliest measurement before a later one, and what only a later
    milestone shows to have been passed carries that one's date.
    """
    shown = _shown_by_measurement(plan.milestones, history.measurements)
    found = {**shown, **_given_by_gates(plan, history.clearances), **{row.key: row for row in history.reached}}
    for key, later in PASSED.items():
        if later in found and key not in found:
            found[key] = replace(found[later], key=key, value=None)
    return found


def state(milestone: Milestone, day: int) -> MilestoneState:
    """The state of a milestone that has not been reached. Due is from the typical to the latest day."""
    if day < milestone.earliest:
        return MilestoneState.UPCOMING
    if milestone.latest is None or day < milestone.typical:
        return MilestoneState.OPEN
    return MilestoneState.DUE if day <= milestone.latest else MilestoneState.OVERDUE


def _missing(status: MilestoneStatus) -> MilestoneStatus:
    overdue = status.state is MilestoneState.OVERDUE
    return replace(status, state=MilestoneState.NOT_RECORDED) if overdue else status


def _before_the_record(milestone: Milestone, plan: Plan, history: History) -> bool:
    """Whether nothing could be known of it: over before the record began, and never measured since (law 4).

    Union is never taken as unknown: it takes a film, whenever the patient joined.
    """
    if history.started_on is None or milestone.latest is None or milestone.key == UNION_XR:
        return False
    measured = any(row.kind == milestone.kind for row in history.measurements)
    return milestone.latest < plan.day(history.started_on) and not measured


def _braced(plan: Plan, history: History) -> bool:
    """Whether a brace is worn at all: by the protocol or by an order."""
    ordered = any(order.brace_max is not None or order.brace_min is not None for order in history.orders)
    return ordered or any(rule.needed for rule in plan.protocol.braces)


def _status(milestone: Milestone, record: Reached | None, day: int, braced: bool) -> MilestoneStatus:
    return MilestoneStatus(
        milestone.key,
        milestone.name,
        state(milestone, day) if record is None else MilestoneState.DONE,
        milestone.earliest,
        milestone.typical,
        milestone.latest,
        None if record is None else record.on,
        record is not None and record.confirmed,
        milestone.personal or (milestone.key == BRACE_OFF and not braced),
        milestone.needs,
    )


def _shown_by_measurement(milestones: Iterable[Milestone], rows: Iterable[Measurement]) -> dict[str, Reached]:
    by_kind: dict[str, list[Measurement]] = {}
    for row in rows:
        by_kind.setdefault(row.kind, []).append(row)
    found = {}
    for milestone in milestones:
        shown = [row for row in by_kind.get(milestone.kind, ()) if _meets(milestone, row)]
        if shown:
            first = min(shown, key=lambda row: row.on)
            found[milestone.key] = Reached(milestone.key, first.on, not first.by_patient, first.value)
    return found


def _meets(milestone: Milestone, row: Measurement) -> bool:
    if milestone.at_least is not None and row.value < milestone.at_least:
        return False
    return milestone.at_most is None or row.value <= milestone.at_most


def _given_by_gates(plan: Plan, clearances: Iterable[Clearance]) -> dict[str, Reached]:
    """The 6-week film is done when its gate is decided either way; full weight is allowed when its gates are cleared."""
    decisions = latest(clearances)
    found = {}
    if Gate.G6 in decisions:
        found[XR_6W] = Reached(XR_6W, decisions[Gate.G6].decided_on, True)
    freed = _freed_on([decisions.get(gate) for gate in gates_to_unrestricted(plan)])
    if freed is not None:
        found[FWB_OK] = Reached(FWB_OK, freed, True)
    return found


def gates_to_unrestricted(plan: Plan) -> tuple[Gate, ...]:
    """Every gate up to the step from which the weight is no longer limited."""
    found: list[Gate] = []
    for step in plan.steps:
        found.extend(step.gates)
        if limits.unrestricted(step.limit):
            return tuple(found)
    return tuple(found)


def _freed_on(decisions: list[Clearance | None]) -> date | None:
    cleared = [row.decided_on for row in decisions if row is not None and row.decision is Decision.CLEARED]
    return max(cleared) if cleared and len(cleared) == len(decisions) else None
