"""The ladder of load: its steps, the gates before them, and the brace that goes with the days."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Annotated

from tracker.clinical import limits
from tracker.clinical.history import Limit
from tracker.clinical.tables import Between, Day, FlawError, Sourced
from tracker.clinical.terms import Gate, Role

Percent = Annotated[int, Between(0, 100)]
Degrees = Annotated[int, Between(-20, 160)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step(Sourced):
    """A level from `day` on. `percent` None is a level in kilograms alone, worked out with the body weight."""

    day: Day
    percent: Percent | None = None
    cap_kg: Annotated[Decimal, Between(0, 250)] | None = None
    full: bool = False
    gates: tuple[Gate, ...] = ()

    def __post_init__(self) -> None:
        Sourced.__post_init__(self)
        if self.percent is None and self.cap_kg is None:
            raise FlawError("percent", "is missing; give percent, cap_kg or both")
        if self.full and (self.percent != 100 or self.cap_kg is not None):
            raise FlawError("full", "needs percent 100 and no cap_kg; set percent = 100 or drop full")
        if self.day == 0 and self.gates:
            raise FlawError("gates", "cannot stand on day 0; the first level needs no gate")

    def limit(self, weight: Decimal) -> Limit:
        """The level on a body of `weight` kg."""
        if self.percent is None and self.cap_kg is not None:
            return limits.from_kg(self.cap_kg, weight)
        return Limit(self.percent or 0, self.cap_kg, self.full)

    def kg(self, weight: Decimal) -> int | None:
        """Whole kilograms on a body of `weight` kg. A level in kilograms alone is not cut by its rounded percent."""
        if self.percent is None and self.cap_kg is not None:
            return int(self.cap_kg)
        return limits.kg(self.limit(weight), weight)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion(Sourced):
    """One thing to look at before a gate is cleared. `key` names the check the program can make, if any."""

    key: str
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRule(Sourced):
    """What a gate asks, of whom, and on which day it is first due."""

    key: Gate
    day: Day
    name: str
    question: str
    decider: Role
    criteria: tuple[Criterion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BraceRule(Sourced):
    """The brace from `from_day` to `to_day`, both included; None is open. Degrees of flexion it leaves free."""

    from_day: Day
    needed: bool
    text: str
    to_day: Day | None = None
    min_deg: Degrees | None = None
    max_deg: Degrees | None = None

    def __post_init__(self) -> None:
        Sourced.__post_init__(self)
        if self.to_day is not None and self.to_day < self.from_day:
            raise FlawError("to_day", "is before from_day; give a later day or leave it out")


def check_ladder(steps: tuple[Step, ...], table: str) -> None:
    """Raise FlawError unless the steps start on day 0, follow each other by day, and never tighten on the way."""
    if not steps or steps[0].day != 0:
        raise FlawError("day", "the first step must stand on day 0", f"{table}[0]")
    for at, (before, step) in enumerate(pairwise(steps), start=1):
        if step.day <= before.day:
            raise FlawError("day", f"must come after day {before.day} of the step before it", f"{table}[{at}]")
        if _tightens(before, step):
            raise FlawError("percent", "is stricter than the step before it; a ladder only rises", f"{table}[{at}]")


def _tightens(before: Step, step: Step) -> bool:
    """Checked at the lightest and the heaviest body, since a level in kilograms becomes a percent of it."""
    return any(limits.looser(before.limit(weight), step.limit(weight)) for weight in (Decimal(30), Decimal(250)))


def check_gates(steps: tuple[Step, ...], known: Collection[Gate], table: str) -> None:
    """Raise FlawError unless every gate of a step is `known` by its rule and the gates rise with the days."""
    passed = -1
    for at, step in enumerate(steps):
        for gate in step.gates:
            if gate not in known:
                raise FlawError("gates", f"names {gate}, which has no rule; add one under gates", f"{table}[{at}]")
            if gate.rank <= passed:
                raise FlawError("gates", f"{gate} comes out of order or twice; gates clear in order", f"{table}[{at}]")
            passed = gate.rank


def check_braces(braces: tuple[BraceRule, ...]) -> None:
    """Raise FlawError unless the brace rules cover every day from 0 on, without gap or overlap."""
    day: int | None = 0
    for at, rule in enumerate(braces):
        if rule.from_day != day:
            raise FlawError("from_day", f"must be {day}, the day after the rule before it", f"braces[{at}]")
        day = None if rule.to_day is None else rule.to_day + 1
    if day is not None:
        raise FlawError("to_day", "of the last brace rule must be left out, so that every day has a rule", "braces")
