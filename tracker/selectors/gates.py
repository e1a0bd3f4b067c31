"""The question a gate asks, beside the facts that answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tracker.clinical import bands, loads
from tracker.clinical.allowance import Allowance, NextStep
from tracker.clinical.bands import Band, Target
from tracker.clinical.case import Diary
from tracker.clinical.clearances import CriterionState, gate_criteria
from tracker.clinical.ladder import GateRule
from tracker.clinical.openings import latest
from tracker.clinical.terms import Gate, ReviewKind, Role, StepState
from tracker.models import Actor
from tracker.selectors import facts
from tracker.selectors.episodes import Case

FILMS = (ReviewKind.XRAY, ReviewKind.LONG_LEG)


@dataclass(frozen=True, slots=True)
class Film:
    """The latest film that was reported."""

    done_on: date
    result: str


@dataclass(frozen=True, slots=True)
class Use:
    """Load reported against the order: days judged, days over, and the most that was used."""

    days: int
    over: int
    most_percent: int | None
    most_day: int | None


@dataclass(frozen=True, slots=True)
class Answers:
    """The facts a gate is decided on. None stands for what is not known."""

    film: Film | None
    pain: float | None
    """Median of the last 7 days."""
    band: Band | None
    flexion: Decimal | None
    extension_deficit: Decimal | None
    target: Target | None
    use: Use
    risks: Sequence[str]


@dataclass(frozen=True, slots=True)
class GateQuestion:
    """The next gate that is not cleared."""

    gate: Gate
    rule: GateRule
    step: NextStep
    due_in: int
    """Days until the step could open; negative once it has been waiting."""
    soon: bool
    """Whether it is time to book or to decide."""
    mine: bool
    """Whether the reader's role decides it."""
    criteria: Sequence[CriterionState]
    answers: Answers

    refused: bool
    """Whether the decision that stands is "not yet"."""

    @property
    def held(self) -> bool:
        """Whether a refusal or a hold keeps the step shut."""
        return self.step.state is StepState.HELD

    @property
    def met(self) -> int:
        """How many criteria the record meets."""
        return sum(criterion.met is True for criterion in self.criteria)

    @property
    def unmet(self) -> int:
        return sum(criterion.met is False for criterion in self.criteria)

    @property
    def unknown(self) -> int:
        """How many criteria the record does not tell."""
        return sum(criterion.met is None for criterion in self.criteria)


def question(actor: Actor, case: Case, allowed: Allowance) -> GateQuestion | None:
    """The gate that the next step waits for, if a gate is what it waits for."""
    step = allowed.next_step
    if step is None or step.gate is None:
        return None
    rule = case.plan.gate_rule(step.gate)
    due_in = (step.on - case.clinic_date).days
    return GateQuestion(
        gate=step.gate,
        rule=rule,
        step=step,
        due_in=due_in,
        soon=due_in <= case.plan.protocol.thresholds.book_gate_days,
        mine=decides(actor.role, step.gate, rule),
        criteria=gate_criteria(case.plan, case.history, step.gate, case.clinic_date),
        answers=answers(case, allowed.post_op_day),
        refused=step.gate in latest(case.history.clearances),
    )


def decides(role: Role, gate: Gate, rule: GateRule) -> bool:
    """A film is the surgeon's to judge; a criteria gate also the physiotherapist's (law 1)."""
    return role is Role.SURGEON or (not gate.imaging and role is rule.decider)


def answers(case: Case, day: int) -> Answers:
    """The facts as of a post-operative day."""
    diary = Diary(case.history, case.surgery_date, case.plan.protocol.thresholds)
    bend, straight = diary.latest("flexion"), diary.latest("extension_deficit")
    return Answers(
        film=_film(case),
        pain=diary.usual(day + 1),
        band=bands.pain(case.plan, case.history.baseline_pain, day),
        flexion=bend.value if bend else None,
        extension_deficit=straight.value if straight else None,
        target=bands.flexion(case.plan, day, case.history.baseline_flexion),
        use=use(case),
        risks=[rule.name for rule in case.plan.rules],
    )


def _film(case: Case) -> Film | None:
    done = [row for row in case.rows["review"] if row["kind"] in FILMS and row["done_on"]]
    latest = max(done, key=lambda row: str(row["done_on"]), default=None)
    return None if latest is None else Film(facts.day(latest["done_on"]) or case.surgery_date, latest["result"])


def use(case: Case) -> Use:
    """How the load reported compares with the orders known then."""
    judged = [row for row in loads.reported(case.history.check_ins, case.plan) if row.over is not None]
    most = max(judged, key=lambda row: row.percent, default=None)
    return Use(
        days=len(judged),
        over=sum(bool(row.over) for row in judged),
        most_percent=round(most.percent) if most else None,
        most_day=most.day if most else None,
    )
