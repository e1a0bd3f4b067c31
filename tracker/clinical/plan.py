"""One patient's plan: the protocol and every modifier, worked out with body weight and date of surgery to dated steps.

All ladders apply together, so the plan has one ladder of its own: on each day the strictest of them. A gate of any
of them stands before the combined step of its day; where that day does not change the combined level, before the next
step that does, so that no calendar lifts a level past a gate that is still closed (law 1).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from tracker.clinical import limits
from tracker.clinical.history import Limit
from tracker.clinical.protocol import BraceRule, GateRule, Milestone, ModifierRule, Protocol, Review, Step
from tracker.clinical.protocol import gates as gate_rules
from tracker.clinical.protocol import modifiers as modifier_rules
from tracker.clinical.terms import Aids, Gate, Modifier, Phase, Term


@dataclass(frozen=True, slots=True)
class PlanStep:
    """A level from post-operative `day` on at the earliest, and the gates that must be cleared before it."""

    day: int
    on: date
    limit: Limit
    gates: tuple[Gate, ...]
    kg: int | None
    """Whole kilograms on the plan's body weight; None where nothing is limited."""
    term: Term
    aids: Aids
    """The least support the level allows; walking unaided also waits for its milestone."""
    parts: tuple[Step, ...]
    """The steps of the single ladders that stand on the day, which the level was worked out from."""

    def kg_on(self, weight: Decimal) -> int | None:
        """Whole kilograms on a body of `weight` kg."""
        return _least(*(part.kg(weight) for part in self.parts))


@dataclass(frozen=True, slots=True)
class Plan:
    """What holds for one operated knee. `weight` in kg. Days are post-operative; use `day` to turn a date into one."""

    protocol: Protocol
    modifiers: tuple[Modifier, ...]
    weight: Decimal
    surgery_date: date
    steps: tuple[PlanStep, ...]
    gates: tuple[Gate, ...]
    """The gates that stand before steps, in the order in which they clear."""
    milestones: tuple[Milestone, ...]
    reviews: tuple[Review, ...]
    rules: tuple[ModifierRule, ...]

    def day(self, on: date) -> int:
        return (on - self.surgery_date).days

    def date_of(self, day: int) -> date:
        return self.surgery_date + timedelta(days=day)

    def limit_on(self, day: int) -> Limit:
        """The level of the calendar alone, as if every gate cleared on time. Before surgery: no weight."""
        return next((step.limit for step in reversed(self.steps) if step.day <= day), limits.NON)

    def gate_day(self, gate: Gate) -> int | None:
        """The day of the step that waits for `gate`; None where no step does."""
        return next((step.day for step in self.steps if gate in step.gates), None)

    def gate_rule(self, gate: Gate) -> GateRule:
        return next((rule for rule in self.protocol.gates if rule.key is gate), None) or gate_rules()[gate]

    def brace_on(self, day: int) -> BraceRule:
        rules = self.protocol.braces
        return next((rule for rule in reversed(rules) if rule.from_day <= day), rules[0])

    def flexion_max_on(self, day: int) -> int | None:
        """Degrees of bending allowed on the day, by brace and modifiers; None where nothing limits it."""
        found = [rule.flexion_max for rule in self.rules if (rule.flexion_until or -1) >= day]
        return _least(self.brace_on(day).max_deg, *found)

    def loaded_flexion_max_on(self, day: int) -> int | None:
        """Degrees of bending allowed under load on the day."""
        found = [rule.loaded_flexion_max for rule in self.rules if (rule.loaded_flexion_until or -1) >= day]
        return _least(self.flexion_max_on(day), *found)


def build(protocol: Protocol, modifiers: Iterable[Modifier], weight: Decimal, surgery_date: date) -> Plan:
    """The plan of one knee. `weight` is the body weight in kg that kilograms are worked out with."""
    keys = tuple(sorted(set(modifiers), key=list(Modifier).index))
    rules = tuple(modifier_rules()[key] for key in keys)
    steps = tuple(_steps(_ladders(protocol, rules), weight, surgery_date))
    return Plan(
        protocol=protocol,
        modifiers=keys,
        weight=weight,
        surgery_date=surgery_date,
        steps=steps,
        gates=tuple(gate for step in steps for gate in step.gates),
        milestones=_milestones(protocol, rules, weight, steps),
        reviews=_reviews(protocol, rules),
        rules=rules,
    )


def phase(limit: Limit, reached: Collection[str]) -> Phase:
    """The phase of rehabilitation, from the level of the day and the keys of the milestones reached."""
    by_load = {Term.NWB: Phase.PROTECT, Term.TTWB: Phase.PROTECT, Term.PWB: Phase.BUILD}
    term = limits.term(limit)
    if term in by_load:
        return by_load[term]
    if "CRUTCH_FREE" not in reached:
        return Phase.WALK
    return Phase.RETURN if {"UNION_XR", "LSI_80"} <= set(reached) else Phase.STRENGTHEN


def _least(*values: int | None) -> int | None:
    return min((value for value in values if value is not None), default=None)


def _ladders(protocol: Protocol, rules: Iterable[ModifierRule]) -> list[tuple[Step, ...]]:
    """Every ladder that applies. Without the accelerated way, the standard one applies beside it, day by day."""
    rules = tuple(rules)
    ladders = [protocol.steps, *(rule.steps for rule in rules if rule.steps)]
    if protocol.standard_steps and any(rule.no_accelerated for rule in rules):
        ladders.append(protocol.standard_steps)
    return ladders


def _steps(ladders: list[tuple[Step, ...]], weight: Decimal, surgery_date: date) -> Iterator[PlanStep]:
    passed: set[Gate] = set()
    waiting: set[Gate] = set()
    level: Limit | None = None
    for day in sorted({step.day for ladder in ladders for step in ladder}):
        waiting |= {gate for ladder in ladders for step in ladder if step.day == day for gate in step.gates} - passed
        parts = tuple(_standing(ladder, day) for ladder in ladders)
        combined = limits.strictest(*(part.limit(weight) for part in parts))
        if level is not None and limits.same(level, combined, weight):
            continue
        yield PlanStep(
            day=day,
            on=surgery_date + timedelta(days=day),
            limit=combined,
            gates=tuple(sorted(waiting, key=lambda gate: gate.rank)),
            kg=_least(*(part.kg(weight) for part in parts)),
            term=limits.term(combined),
            aids=limits.aids(combined, crutch_free=True),
            parts=parts,
        )
        passed |= waiting
        waiting, level = set(), combined


def _standing(ladder: tuple[Step, ...], day: int) -> Step:
    return next(step for step in reversed(ladder) if step.day <= day)


def _reviews(protocol: Protocol, rules: Iterable[ModifierRule]) -> tuple[Review, ...]:
    """The protocol's reviews and those the modifiers add, each once, by day."""
    found = {review.key: review for rule in rules for review in rule.reviews}
    found |= {review.key: review for review in protocol.reviews}
    return tuple(sorted(found.values(), key=lambda review: (review.typical, review.key)))


def _milestones(
    protocol: Protocol, rules: tuple[ModifierRule, ...], weight: Decimal, steps: tuple[PlanStep, ...]
) -> tuple[Milestone, ...]:
    """The protocol's windows moved to this plan: what presupposes a level of load waits as long as the level does."""
    days = _load_days(steps)
    usual = _load_days(tuple(_steps([protocol.steps], weight, steps[0].on)))
    moved = []
    for milestone in protocol.milestones:
        later = max(0, days.get(milestone.load, 0) - usual.get(milestone.load, 0))
        floor = min(days.get(milestone.load, 0), days["unrestricted"])
        moved.append(_window(_modified(milestone, rules), later=later, not_before=floor))
    return tuple(moved)


def _load_days(steps: tuple[PlanStep, ...]) -> dict[str, int]:
    """The first day of each level that milestones presuppose; the last step's day where it never comes."""
    last = steps[-1].day
    return {
        "one_crutch": next((step.day for step in steps if step.aids is not Aids.TWO_CRUTCHES), last),
        "unrestricted": next((step.day for step in steps if limits.unrestricted(step.limit)), last),
        "full": next((step.day for step in steps if step.term is Term.FWB), last),
    }


def _modified(milestone: Milestone, rules: Iterable[ModifierRule]) -> Milestone:
    for rule in rules:
        moved = _window(
            milestone, later=rule.delay.get(milestone.key, 0), not_before=rule.not_before.get(milestone.key, 0)
        )
        longer = rule.late.get(milestone.key, 0)
        milestone = moved if moved.latest is None or not longer else replace(moved, latest=moved.latest + longer)
    return milestone


def _window(milestone: Milestone, *, later: int, not_before: int) -> Milestone:
    """The milestone's window moved by `later` days and begun no earlier than on `not_before`."""
    if not later and milestone.earliest >= not_before:
        return milestone
    earliest = max(milestone.earliest + later, not_before)
    typical = max(milestone.typical + later, earliest)
    latest = None if milestone.latest is None else max(milestone.latest + later, typical)
    return replace(milestone, earliest=earliest, typical=typical, latest=latest)
