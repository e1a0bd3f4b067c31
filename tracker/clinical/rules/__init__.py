"""The rules: each fires on the facts of one knee and says how fast somebody must act.

`symptoms` judges a check-in alone, so that it cannot fail with the rest; `RULES` are all the others, in no order that
matters. Nothing lower hides a higher one (law 5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tracker.clinical.case import Case, Diary
from tracker.clinical.findings import Finding, Freeze, holds_for, to_raise
from tracker.clinical.history import CheckIn, History, Measurement
from tracker.clinical.plan import Plan
from tracker.clinical.rules import duties, load, pain, progress
from tracker.clinical.rules.refused import KEPT, red_flags_in
from tracker.clinical.rules.symptoms import of_check_in, of_reading

__all__ = [
    "KEPT",
    "RULES",
    "Finding",
    "Freeze",
    "evaluate",
    "holds_for",
    "reading",
    "red_flags_in",
    "symptoms",
    "to_raise",
]


def symptoms(check_in: CheckIn, plan: Plan, history: History) -> tuple[Finding, ...]:
    """What the check-in raises by itself: symptoms, a fall, severe pain. `history` need not hold it yet."""
    return tuple(of_check_in(check_in, _diary(plan, history)))


def reading(measurement: Measurement, plan: Plan, history: History) -> tuple[Finding, ...]:
    """What a measurement raises by itself: fever, a leg line that moved between films."""
    return tuple(of_reading(measurement, _diary(plan, history)))


def evaluate(case: Case) -> tuple[Finding, ...]:
    """Every rule's findings, the most urgent first; the same for the same facts, whatever was raised or closed."""
    found = (each for rule in RULES for each in rule(case))
    return tuple(sorted(found, key=lambda each: (each.attention, each.urgency or "R9", each.cause, each.code)))


def _diary(plan: Plan, history: History) -> Diary:
    return Diary(history, plan.surgery_date, plan.protocol.thresholds)


def _own(case: Case) -> Iterator[Finding]:
    """Symptom, fall and severe-pain rules read every row ever submitted (design 10.10)."""
    for row in case.history.check_ins:
        yield from of_check_in(row, case)


def _readings(case: Case) -> Iterator[Finding]:
    for row in case.history.measurements:
        yield from of_reading(row, case)


Rule = Callable[[Case], Iterable[Finding]]

RULES: tuple[Rule, ...] = (
    _own,
    _readings,
    pain.sustained_rise,
    pain.pain_after_fall,
    pain.plateau,
    pain.late_load_pain,
    pain.plate_sore,
    pain.opioid_long,
    pain.loading_soreness,
    pain.pain_above_band,
    load.over_loading,
    progress.stiffness,
    progress.slow_motion,
    progress.union_concern,
    progress.overdue,
    duties.gate,
    duties.unsigned,
    duties.held,
    duties.unseen,
    duties.silence,
)
