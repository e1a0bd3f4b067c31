"""What a clinician's word lays: an order, a signed plan, a cleared gate; and which orders may be given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from tracker.clinical import limits, openings
from tracker.clinical.allowance import covers
from tracker.clinical.history import History, Hold, Limit, Order
from tracker.clinical.laying import Laid, Level, Row, greater, lay, lay_order, lesser
from tracker.clinical.openings import Opening
from tracker.clinical.plan import Plan
from tracker.clinical.problems import Problem
from tracker.clinical.terms import Aids, Gate, Role

__all__ = ["Laid", "Level", "Row", "freed", "lay", "lay_order", "level", "order_problem", "supported", "to_sign"]


def level(
    weight: Decimal,
    starts_on: date,
    *,
    percent: int | None = None,
    cap_kg: Decimal | None = None,
    full: bool = False,
    aids: Aids | None = None,
    brace_min: int | None = None,
    brace_max: int | None = None,
) -> Level:
    """An order's level on a body of `weight` kg: by percent, by kilograms alone (`percent` None), or both.

    `full` asks for full weight and counts at 100 percent without kilograms only. Aids are never less than the level
    calls for. Neither percent nor kilograms is no weight at all.
    """
    kg: int | None
    if percent is None and cap_kg is not None:
        limit = limits.from_kg(cap_kg, weight)
        kg = int(cap_kg) if limit.percent else 0
    else:
        whole = Limit(percent or 0, cap_kg)
        limit = replace(whole, full=full and limits.unrestricted(whole))
        kg = limits.kg(limit, weight)
    least = limits.aids(limit, crutch_free=True)
    support = least if aids is None else limits.more_support(least, aids)
    return Level(starts_on, limit, kg, support, brace_min, brace_max)


def to_sign(plan: Plan, history: History, *, today: date) -> tuple[Level, ...]:
    """What signing the plan lays: the step of today, or of surgery if that comes later, and each step that opens after it.

    A hold that stands is not part of it: it lies over the signed levels until it is released.
    """
    opened = openings.openings(plan, history.clearances, _released(history.holds))
    start = max(today, plan.surgery_date)
    current = openings.in_force(opened, plan.day(start))
    later = (opening for opening in opened if opening.opens_on is not None and opening.opens_on > start)
    found = [] if current is None else [_step_level(current, start)]
    return (*found, *(_step_level(opening, opening.opens_on or start) for opening in later))


def freed(plan: Plan, history: History, gate: Gate, *, today: date) -> tuple[Level, ...]:
    """What clearing a gate lays: its step and the ones up to the next closed gate, none earlier than today.

    `history` already holds the clearance. Empty where an earlier gate of the step is still closed.
    """
    gated = plan.gate_day(gate)
    if gated is None:
        return ()
    opened = openings.openings(plan, history.clearances, _released(history.holds))
    steps = (opening for opening in opened if opening.step.day >= gated and opening.opens_on is not None)
    dated = (_step_level(opening, max(today, opening.opens_on or today)) for opening in steps)
    last_of_day = {one.starts_on: replace(one, gate=gate) for one in dated}
    return tuple(last_of_day.values())


def order_problem(
    plan: Plan, history: History, *, starts_on: date, limit: Limit, role: Role, today: date, kg: int | None = None
) -> Problem | None:
    """Why this order may not be given, or None (design 10.2 and 10.6).

    `today` is the clinic's date; `kg` the kilograms of an order given in kilograms alone, whose percent is rounded.
    """
    if role not in (Role.SURGEON, Role.PHYSIOTHERAPIST):
        return Problem("role", "role", "Only a surgeon or a physiotherapist gives a weight-bearing order.")
    dated = _date_problem(plan, starts_on, today)
    if dated:
        return dated
    if _above(limit, kg, *_lowest_live(plan, history, starts_on), plan):
        sentence = (
            "This limit is above what the plan allows from that day on: choose a lower one, or clear the gate first."
        )
        return Problem("above_plan", "max_kg" if kg is not None else "max_percent", sentence)
    return _authority_problem(plan, history, starts_on, limit, kg, today) if role is Role.PHYSIOTHERAPIST else None


def _above(limit: Limit, kg: int | None, than: Limit, than_kg: int | None, plan: Plan) -> bool:
    more_kg = kg is not None and than_kg is not None and kg > than_kg
    return more_kg or limits.exceeds(limit, than, plan.weight)


def _date_problem(plan: Plan, starts_on: date, today: date) -> Problem | None:
    if starts_on < plan.surgery_date:
        return Problem("before_surgery", "starts_on", f"Give a day from the surgery on, {plan.surgery_date}, or later.")
    if starts_on < today:
        return Problem("past", "starts_on", f"An order cannot start in the past: give {today} or a later day.")
    return None


def _lowest_live(plan: Plan, history: History, starts_on: date) -> tuple[Limit, int | None]:
    """The plan's strictest level on any day from `starts_on` on, and its kilograms.

    The ladder only rises, so it is that of the first day; a hold that stands is taken to go on.
    """
    opened = openings.openings(plan, history.clearances, history.holds)
    current = openings.in_force(opened, plan.day(starts_on))
    if current is None:
        return limits.NON, 0
    held = [hold.limit for hold in history.holds if hold.released_on is None]
    lowest = limits.strictest(current.step.limit, *held)
    lower = limits.exceeds(current.step.limit, lowest, plan.weight)
    return lowest, limits.kg(lowest, plan.weight) if lower else current.step.kg


def _authority_problem(
    plan: Plan, history: History, starts_on: date, limit: Limit, kg: int | None, today: date
) -> Problem | None:
    """What a physiotherapist's order must also meet: no hold in force, and never past the latest word of authority."""
    if openings.standing(history.holds, today):
        return Problem("hold", "max_percent", "A hold stands after a red flag: it must be released before a new order.")
    for day, spoken in words_from(history.orders, starts_on):
        if spoken is None:
            return Problem(
                "unsigned", "starts_on", "Nobody has signed a level for these days: the surgeon signs the plan first."
            )
        if _above(limit, kg, spoken.limit, spoken.kg, plan):
            sentence = f"This is above what was signed for {day}: only the surgeon may allow more."
            return Problem("authority", "max_kg" if kg is not None else "max_percent", sentence)
    return None


def words_from(orders: Iterable[Order], start: date) -> Iterator[tuple[date, Order | None]]:
    """The latest word of authority on `start`, and on each later day on which it may be another one.

    A word that still stands was spoken after those that no longer do, whatever the clocks of two machines say.
    """
    words = [order for order in orders if order.authority]
    days = {start, *(day for order in words for day in (order.starts_on, order.ends_on) if day and day > start)}
    for day in sorted(days):
        spoken = (order for order in words if covers(order, day))
        yield day, max(spoken, key=_recency, default=None)


def _recency(word: Order) -> tuple[bool, datetime, int]:
    """Of two words of the same instant the stricter counts as the later."""
    return not word.superseded, word.recorded_at, -word.limit.percent


def supported(order: Level, orders: Iterable[Order]) -> Level:
    """A physiotherapist's order with the aids and the brace that the words of authority ask for on its days.

    Nor does it pass the kilograms that were signed: a weight put up since then waits for the surgeon (design 10.8).
    """
    spoken = [word for _, word in words_from(orders, order.starts_on) if word is not None]
    for word in spoken:
        order = replace(
            order,
            kg=lesser(order.kg, word.kg),
            aids=limits.more_support(order.aids, word.aids),
            brace_min=greater(order.brace_min, word.brace_min),
            brace_max=lesser(order.brace_max, word.brace_max),
        )
    return order


def _released(holds: Iterable[Hold]) -> tuple[Hold, ...]:
    return tuple(hold for hold in holds if hold.released_on is not None)


def _step_level(opening: Opening, starts_on: date) -> Level:
    step = opening.step
    return Level(starts_on, step.limit, step.kg, step.aids, gate=step.gates[-1] if step.gates else None)
