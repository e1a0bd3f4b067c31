"""Clearing a gate: what speaks for it in the record, and who may decide what (design 10.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tracker.clinical import limits, openings
from tracker.clinical.allowance import live, order_on
from tracker.clinical.history import CheckIn, History, Measurement
from tracker.clinical.orders import words_from
from tracker.clinical.plan import Plan
from tracker.clinical.problems import Problem
from tracker.clinical.protocol import Thresholds
from tracker.clinical.terms import Decision, Gate, Role, Swelling, Symptom, Urgency

FRESH_DAYS = 7
"""A report or measurement older than this says nothing about today's gate [est]."""

DRY_DAYS = 2
"""A wound is dry after 48 hours without ooze (milestone WOUND_DRY) [est]."""


@dataclass(frozen=True, slots=True)
class CriterionState:
    """One criterion of a gate: whether the record meets it, None where the record does not tell, and on what ground."""

    key: str
    text: str
    met: bool | None
    evidence: str


def gate_criteria(plan: Plan, history: History, gate: Gate, today: date) -> tuple[CriterionState, ...]:
    """Every criterion of a gate against the record as of `today`."""
    seen = _Seen(history, today, plan.protocol.thresholds)
    return tuple(
        CriterionState(rule.key, rule.text, *CHECKS.get(rule.key, _unseen)(seen))
        for rule in plan.gate_rule(gate).criteria
    )


def clearance_problem(
    plan: Plan,
    history: History,
    *,
    gate: Gate,
    decision: Decision,
    decided_on: date,
    role: Role,
    today: date,
    basis: str = "",
    alone: bool = False,
) -> Problem | None:
    """Why this decision may not be signed, or None. `today` is the clinic's date; `alone`, that nobody has agreed to it."""
    if gate not in plan.gates:
        known = ", ".join(plan.gates) or "none"
        return Problem("gate", "gate", f"This plan has no gate {gate}: its gates are {known}.")
    found = _date_problem(plan, decided_on, today) or _role_problem(gate, role)
    if found or decision is Decision.REFUSED:
        return found
    return (
        _order_problem(plan, history, gate)
        or (_outside_problem(plan, history, gate, today) if alone else None)
        or _criteria_problem(plan, history, gate, role, today, basis)
    )


def _date_problem(plan: Plan, decided_on: date, today: date) -> Problem | None:
    if decided_on > today:
        return Problem("future", "decided_on", f"A decision cannot lie in the future: give {today} or an earlier day.")
    if decided_on < plan.surgery_date:
        sentence = f"A decision cannot lie before the surgery: give {plan.surgery_date} or a later day."
        return Problem("before_surgery", "decided_on", sentence)
    return None


def _role_problem(gate: Gate, role: Role) -> Problem | None:
    if role is Role.SURGEON or (role is Role.PHYSIOTHERAPIST and not gate.imaging):
        return None
    who = "the surgeon" if gate.imaging else "a physiotherapist or the surgeon"
    return Problem("role", "gate", f"{gate} is decided by {who}.")


def _order_problem(plan: Plan, history: History, gate: Gate) -> Problem | None:
    """Gates clear in order."""
    decisions = openings.latest(history.clearances)
    for earlier in plan.gates[: plan.gates.index(gate)]:
        found = decisions.get(earlier)
        if found is None or found.decision is not Decision.CLEARED:
            return Problem("order", "gate", f"{earlier} comes before {gate} and is not cleared: clear {earlier} first.")
    return None


def _outside_problem(plan: Plan, history: History, gate: Gate, today: date) -> Problem | None:
    """Clearing any gate against one of its criteria is outside the protocol, and takes two (law 1)."""
    failing = next((each for each in gate_criteria(plan, history, gate, today) if each.met is False), None)
    if failing is None:
        return None
    sentence = f"Not met: {failing.text} ({failing.evidence}). Clearing {gate} all the same takes two clinicians."
    return Problem("second", "gate", sentence)


def _criteria_problem(plan: Plan, history: History, gate: Gate, role: Role, today: date, basis: str) -> Problem | None:
    """A criteria gate: a failing criterion needs the surgeon, an unknown one a reason, and no order may be passed by."""
    if gate.imaging:
        return None
    criteria = gate_criteria(plan, history, gate, today)
    failing = [criterion for criterion in criteria if criterion.met is False]
    if failing and role is not Role.SURGEON:
        return Problem("surgeon", "gate", f"Not met: {failing[0].text} ({failing[0].evidence}). The surgeon decides.")
    if not basis.strip() and not all(criterion.met for criterion in criteria):
        return Problem("basis", "basis", "Not every criterion is on record as met: write why the gate may be cleared.")
    return None if role is Role.SURGEON else _authority_problem(plan, history, gate, today)


def _authority_problem(plan: Plan, history: History, gate: Gate, today: date) -> Problem | None:
    """Why a physiotherapist's clearance would give back what only the surgeon may give (design 10.2 and 10.6)."""
    if openings.film_freed(history.clearances):
        sentence = "A later step rests on an X-ray and would come back with it. The surgeon decides."
    elif history.replanned:
        sentence = "The plan has changed since the surgeon signed it. The surgeon decides, or signs the plan first."
    elif _below_plan(plan, history, today) or _past_an_order(plan, history, gate, today):
        sentence = "An order below the plan stands. The surgeon decides."
    else:
        return None
    return Problem("surgeon", "gate", sentence)


def _below_plan(plan: Plan, history: History, today: date) -> bool:
    """Whether an order of today or of a day to come keeps the level below what the plan allows by then."""
    coming = {order.starts_on for order in history.orders if not order.superseded and order.starts_on > today}
    orders = ((day, order_on(history.orders, day)) for day in (today, *coming))
    return any(order and limits.exceeds(live(plan, history, day), order.limit, plan.weight) for day, order in orders)


def _past_an_order(plan: Plan, history: History, gate: Gate, today: date) -> bool:
    """Whether the step behind the gate is more than a surgeon's own order allowed last, also where it lies hidden."""
    freed = next(step.limit for step in plan.steps if gate in step.gates)
    spoken = (word for _, word in words_from(history.orders, today) if word is not None and word.source == "order")
    return any(limits.exceeds(freed, word.limit, plan.weight) for word in spoken)


Ground = tuple[bool | None, str]
"""Whether a criterion is met, and the ground."""


class _Seen:
    """The recent record that criteria are checked against."""

    def __init__(self, history: History, today: date, thresholds: Thresholds) -> None:
        self.history = history
        self.today = today
        self.thresholds = thresholds

    def reports(self, days: int) -> Iterator[CheckIn]:
        """The current check-ins of the last `days` days, latest first."""
        since = self.today - timedelta(days=days - 1)
        return (row for row in reversed(self.history.check_ins) if row.current and since <= row.date <= self.today)

    def measured(self, kind: str) -> Measurement | None:
        """The latest measurement of a kind by a clinician, while it is fresh."""
        since = self.today - timedelta(days=FRESH_DAYS - 1)
        rows = (row for row in self.history.measurements if row.kind == kind and not row.by_patient)
        return max((row for row in rows if since <= row.on <= self.today), key=lambda row: row.on, default=None)

    def reached(self, key: str) -> date | None:
        return next((row.on for row in self.history.reached if row.key == key and row.on <= self.today), None)


def _unseen(seen: _Seen) -> Ground:
    return None, "to be looked at"


def _wound_dry(seen: _Seen) -> Ground:
    told = [row for row in seen.reports(DRY_DAYS) if row.symptoms is not None]
    leaking = [row for row in told if Symptom.WOUND_LEAK in (row.symptoms or ())]
    if leaking:
        return False, f"leak reported {leaking[0].date}"
    sealed = seen.reached("WOUND_DRY")
    if sealed:
        return True, f"sealed {sealed}"
    return (True, "no leak reported on two days") if len(told) >= DRY_DAYS else (None, "not reported on two days")


def _pain(seen: _Seen) -> Ground:
    for row in seen.reports(DRY_DAYS):
        score = next((one for one in (row.pain_load, row.pain_rest, row.pain_worst) if one is not None), None)
        if score is not None:
            return score <= seen.thresholds.advance_pain, f"pain {score} on {row.date}"
    return None, "no pain score of today or yesterday"


def _pain_on_load(seen: _Seen) -> Ground:
    for row in seen.reports(FRESH_DAYS):
        if row.pain_load is not None:
            return row.pain_load <= seen.thresholds.advance_pain, f"pain on load {row.pain_load} on {row.date}"
    return None, f"no pain on load reported in {FRESH_DAYS} days"


def _no_effusion_rise(seen: _Seen) -> Ground:
    rows = [(row.date, row.swelling) for row in seen.reports(FRESH_DAYS) if row.swelling is not None]
    if len(rows) < 2:
        return None, f"swelling not reported twice in {FRESH_DAYS} days"
    order = list(Swelling)
    (last, now), (first, before) = rows[0], rows[-1]
    return order.index(now) <= order.index(before), f"{before} on {first}, {now} on {last}"


def _measure(kind: str, key: str, limit: Callable[[Thresholds], int]) -> Callable[[_Seen], Ground]:
    """A measurement of at most `limit` degrees, else a milestone that stands for it."""

    def check(seen: _Seen) -> Ground:
        measured = seen.measured(kind)
        if measured is not None:
            return measured.value <= Decimal(limit(seen.thresholds)), f"{measured.value} degrees on {measured.on}"
        reached = seen.reached(key)
        return (True, f"reached {reached}") if reached else (None, f"not measured in {FRESH_DAYS} days")

    return check


def _no_red_flag(seen: _Seen) -> Ground:
    held = openings.standing(seen.history.holds, seen.today)
    if held:
        return False, f"hold since {held[0].since}"
    urgent = (Urgency.R0, Urgency.R1, Urgency.R2)
    found = [alert for alert in seen.history.alerts if alert.state != "closed" and alert.urgency in urgent]
    return (False, f"{found[0].urgency} alert not closed") if found else (True, "no alert of R0 to R2 and no hold")


CHECKS: dict[str, Callable[[_Seen], Ground]] = {
    "wound_dry": _wound_dry,
    "pain": _pain,
    "pain_on_load": _pain_on_load,
    "no_effusion_rise": _no_effusion_rise,
    "extension": _measure("extension_deficit", "EXT_0", lambda numbers: numbers.advance_extension_deficit),
    "slr": _measure("slr_lag", "SLR_NOLAG", lambda numbers: numbers.advance_slr_lag),
    "no_red_flag": _no_red_flag,
}
"""The criteria the program can look up; the others are for a clinician's eyes."""
