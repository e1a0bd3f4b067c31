"""Load through the leg in percent of body weight: what the plan says, what was ordered, what was reported."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal

from tracker.clinical.history import CheckIn, Order
from tracker.clinical.plan import Plan

FULL = Decimal(100)


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan's level from a post-operative day on, before any gate is looked at."""

    day: int
    percent: int
    gated: bool


@dataclass(frozen=True, slots=True)
class Ordered:
    """A restriction in force from a post-operative day up to, not including, another; None is open."""

    day: int
    until: int | None
    percent: int
    kg: int | None


@dataclass(frozen=True, slots=True)
class Reported:
    """The load reported for a day. `over` None is not judged, since no limit was known for the day."""

    day: int
    percent: float
    over: bool | None


def reported_percent(row: CheckIn, weight: Decimal) -> Decimal | None:
    """The load actually used, in percent of body weight; kilograms override the picture (design 10.15)."""
    if row.reported_load_kg is not None:
        return 100 * row.reported_load_kg / weight
    return None if row.reported_load is None else Decimal(row.reported_load.percent)


def known_limit(row: CheckIn, weight: Decimal) -> Decimal | None:
    """The limit known for the day when the check-in came, in percent; None where there was none (design 10.5).

    Kilograms count where they bind below the percentage; rounding to whole kilograms alone makes nothing stricter.
    """
    percent, kg = row.limit_percent, row.limit_kg
    if percent is None:
        return None if kg is None else 100 * Decimal(kg) / weight
    if kg is None or kg >= (percent * weight / 100).to_integral_value(ROUND_FLOOR):
        return Decimal(percent)
    return 100 * Decimal(kg) / weight


def over(row: CheckIn, weight: Decimal, margin: int) -> bool | None:
    """Whether more than the then-known limit plus `margin` percent of body weight was used.

    None where the load was not reported or no limit was known: never judged.
    """
    used, limit = reported_percent(row, weight), known_limit(row, weight)
    if used is None or limit is None:
        return None
    return limit < FULL and used > limit + margin


def planned(plan: Plan, upto: int) -> tuple[Planned, ...]:
    """The plan's ladder up to a day."""
    steps = (step for step in plan.steps if step.day <= upto)
    return tuple(Planned(step.day, step.limit.percent, bool(step.gates)) for step in steps)


def ordered(orders: Iterable[Order], surgery: date) -> tuple[Ordered, ...]:
    """The standing restrictions, by day."""
    standing = sorted((order for order in orders if not order.superseded), key=lambda order: order.starts_on)
    return tuple(_ordered(order, surgery) for order in standing)


def _ordered(order: Order, surgery: date) -> Ordered:
    until = None if order.ends_on is None else (order.ends_on - surgery).days
    return Ordered((order.starts_on - surgery).days, until, order.limit.percent, order.kg)


def reported(rows: Iterable[CheckIn], plan: Plan) -> tuple[Reported, ...]:
    """The load of each day that reported one, from the current check-ins; days without stay gaps."""
    margin, found = plan.protocol.thresholds.over_percent, []
    for row in rows:
        used = reported_percent(row, plan.weight)
        if row.current and used is not None:
            day = (row.date - plan.surgery_date).days
            found.append(Reported(day, float(used), over(row, plan.weight, margin)))
    return tuple(found)
