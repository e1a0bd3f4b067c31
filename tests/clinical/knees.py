"""Knees to judge: a plan and a history that need nobody, to which a test adds what it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from tracker.clinical import plan as plans
from tracker.clinical import protocol
from tracker.clinical.findings import Finding
from tracker.clinical.history import Alert, CheckIn, Clearance, History, Measurement, Order, Reached
from tracker.clinical.plan import Plan
from tracker.clinical.terms import Decision, Fall, Gate, Modifier, Side, Symptom, Urgency

SURGERY = date(2026, 3, 2)
WEIGHT = Decimal(84)


def on(day: int) -> date:
    return SURGERY + timedelta(day)


def at(day: int, hour: int = 8) -> datetime:
    return datetime.combine(on(day), time(hour), UTC)


def a_plan(key: str = "mowhto_std", *modifiers: str, weight: Decimal = WEIGHT) -> Plan:
    return plans.build(protocol.shipped()[key], [Modifier(name) for name in modifiers], weight, SURGERY)


def report(day: int, *symptoms: str, **answers: Any) -> CheckIn:
    """A check-in of a post-operative day. `None of these` unless symptoms are named; nothing else answered."""
    given = {"id": f"c{day}", "date": on(day), "entered_at": at(day), "symptoms": frozenset(map(Symptom, symptoms))}
    if isinstance(answers.get("fall"), str):
        answers["fall"] = Fall(answers["fall"])
    return CheckIn(**{**given, **answers})


def reports(pains: dict[int, int | None], **answers: Any) -> tuple[CheckIn, ...]:
    """One check-in a day with pain on load; None is a day without an answer to it."""
    return tuple(report(day, pain_load=pain, **answers) for day, pain in pains.items())


def steady(days: Iterable[int], pain: int, **answers: Any) -> tuple[CheckIn, ...]:
    return reports(dict.fromkeys(days, pain), **answers)


def measured(day: int, kind: str, value: str, *, by_patient: bool = False) -> Measurement:
    return Measurement(f"{kind}-{day}", kind, Decimal(value), on(day), by_patient)


def cleared(gate: Gate, day: int, decision: Decision = Decision.CLEARED) -> Clearance:
    return Clearance(gate, decision, on(day), at(day, 12), id=f"{gate}-{day}")


def refused(gate: Gate, day: int) -> Clearance:
    return cleared(gate, day, Decision.REFUSED)


def alert(code: str, urgency: str, cause: str, state: str = "open", day: int = 10) -> Alert:
    return Alert(f"a-{code}-{cause}", code, Urgency(urgency), cause, state, at(day))


def signed(plan: Plan) -> tuple[Order, ...]:
    """An order for every step of the plan, all of them seen."""
    ends = [*(step.on for step in plan.steps[1:]), None]
    return tuple(
        Order(
            id=f"o{step.day}",
            starts_on=step.on,
            ends_on=end,
            limit=step.limit,
            kg=step.kg,
            aids=step.aids,
            recorded_at=at(0),
            acknowledged_at=at(0),
        )
        for step, end in zip(plan.steps, ends, strict=True)
    )


def reached_by(plan: Plan, day: int) -> tuple[Reached, ...]:
    """Every milestone that would be overdue by a day, reached on its typical day."""
    late = (each for each in plan.milestones if each.latest is not None and each.latest < day)
    return tuple(Reached(each.key, on(each.typical), True) for each in late)


def quiet(plan: Plan, day: int, *rows: CheckIn, **facts: Any) -> History:
    """A history that calls for nobody on a day, with the given check-ins, else one of that day without any complaint.

    Milestones are reached, gates cleared on their day, orders signed and seen. `facts` replace any of it.
    """
    gates = (gate for gate in plan.gates if (plan.gate_day(gate) or 0) <= day)
    usual: dict[str, Any] = {
        "signed": True,
        "check_ins": rows or (report(day),),
        "orders": signed(plan),
        "reached": reached_by(plan, day),
        "clearances": tuple(cleared(gate, plan.gate_day(gate) or 0) for gate in gates),
        "started_on": SURGERY,
        "side": Side.LEFT,
    }
    return History(**{**usual, **facts})


def without(history: History, *keys: str) -> History:
    """The history with some milestones not reached."""
    return replace(history, reached=tuple(row for row in history.reached if row.key not in keys))


def codes(found: Iterable[Finding]) -> dict[str, str | None]:
    """The findings as code and urgency."""
    return {each.code: each.urgency for each in found}
