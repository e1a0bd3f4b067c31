"""Restriction rows: how dated levels are laid over the ones that stand, and which orders may be given.

Standing rows follow each other day by day, without gap or overlap, the last one open. Nothing is edited: what a new
word touches is superseded, and what it leaves is laid again under its original signature (design 10.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise

from tracker.clinical import limits, openings
from tracker.clinical.allowance import covers, order_on
from tracker.clinical.history import History, Hold, Limit, Order
from tracker.clinical.openings import Opening
from tracker.clinical.plan import Plan
from tracker.clinical.problems import Problem
from tracker.clinical.terms import Aids, Gate, Role


@dataclass(frozen=True, slots=True)
class Level:
    """What a signature says from a day on, until its next level. `kg` None is unlimited."""

    starts_on: date
    limit: Limit
    kg: int | None
    aids: Aids
    brace_min: int | None = None
    brace_max: int | None = None
    gate: Gate | None = None
    """The gate whose clearance freed it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row to insert: `level` from its start up to, not including, `ends_on` (None is open).

    `copy_of` is the id of the superseded row that goes on in it under its original signature; None is newly signed.
    """

    level: Level
    ends_on: date | None
    copy_of: str | None


@dataclass(frozen=True, slots=True)
class Laid:
    """The ids to supersede, then the rows to insert after what still stands, in this order."""

    superseded: tuple[str, ...]
    rows: tuple[Row, ...]


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


def lay(standing: Iterable[Order], levels: Sequence[Level], *, cap: bool) -> Laid:
    """Lay `levels`, ascending by day, over the rows that stand.

    From the first level's day on they replace what stands or, with `cap`, only tighten it: each day keeps the strictest
    of the two, what is not tightened keeps its signature, and a day nobody signed stays so.
    """
    return _lay(_ordered(standing), levels, cap=cap, fill=False)


def lay_order(standing: Iterable[Order], order: Level) -> Laid:
    """Lay one clinician's order. One that does not loosen also caps every later level that stands (design 10.1)."""
    rows = _ordered(standing)
    current = order_on(rows, order.starts_on)
    return _lay(rows, (order,), cap=current is None or not _loosens(order, current), fill=True)


def _ordered(standing: Iterable[Order]) -> list[Order]:
    return sorted((row for row in standing if not row.superseded), key=lambda row: row.starts_on)


def _lay(rows: list[Order], levels: Sequence[Level], *, cap: bool, fill: bool) -> Laid:
    """`fill` lays a capping level also on the days before the first row that stands."""
    if not levels:
        return Laid((), ())
    laid = _capped(rows, levels, fill=fill) if cap else _replacing(levels)
    return _changes(rows, _merged([*_before(rows, levels[0].starts_on), *laid]))


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


def _loosens(order: Level, current: Order) -> bool:
    if order.limit.percent > current.limit.percent or (order.limit.full and not current.limit.full):
        return True
    return current.kg is not None and (order.kg is None or order.kg > current.kg)


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
    words = [order for order in history.orders if order.authority]
    days = {starts_on, *(day for order in words for day in (order.starts_on, order.ends_on) if day and day > starts_on)}
    for day in sorted(days):
        spoken = max(
            (order for order in words if covers(order, day)), key=lambda order: order.recorded_at, default=None
        )
        if spoken is None:
            return Problem(
                "unsigned", "starts_on", "Nobody has signed a level for these days: the surgeon signs the plan first."
            )
        if _above(limit, kg, spoken.limit, spoken.kg, plan):
            sentence = f"This is above what was signed for {day}: only the surgeon may allow more."
            return Problem("authority", "max_kg" if kg is not None else "max_percent", sentence)
    return None


def _released(holds: Iterable[Hold]) -> tuple[Hold, ...]:
    return tuple(hold for hold in holds if hold.released_on is not None)


def _step_level(opening: Opening, starts_on: date) -> Level:
    step = opening.step
    return Level(starts_on, step.limit, step.kg, step.aids, gate=step.gates[-1] if step.gates else None)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Days that hold one level: of a standing row, or newly signed (`origin` None)."""

    level: Level
    ends_on: date | None
    origin: Order | None = None


def _level_of(row: Order, starts_on: date) -> Level:
    return Level(starts_on, row.limit, row.kg, row.aids, row.brace_min, row.brace_max)


def _before(rows: Iterable[Order], start: date) -> Iterator[_Piece]:
    """What stands before `start`, the row that runs across it cut off there."""
    for row in rows:
        if row.starts_on < start:
            ends_on = start if row.ends_on is None else min(row.ends_on, start)
            yield _Piece(_level_of(row, row.starts_on), ends_on, row)


def _replacing(levels: Sequence[Level]) -> Iterator[_Piece]:
    for one, after in pairwise([*levels, None]):
        if one is not None:
            yield _Piece(one, after.starts_on if after else None)


def _capped(rows: Sequence[Order], levels: Sequence[Level], *, fill: bool) -> Iterator[_Piece]:
    start = levels[0].starts_on
    edges = {one.starts_on for one in levels}
    edges |= {day for row in rows for day in (row.starts_on, row.ends_on) if day and day > start}
    for day, after in pairwise([*sorted(edges), None]):
        row = order_on(rows, day) if day else None
        if day and (row or fill):
            spoken = next(one for one in reversed(levels) if one.starts_on <= day)
            yield _meet(replace(spoken, starts_on=day), row, after)


def _meet(spoken: Level, row: Order | None, ends_on: date | None) -> _Piece:
    if row is None:
        return _Piece(spoken, ends_on)
    kept = _level_of(row, spoken.starts_on)
    met = replace(
        kept,
        limit=limits.strictest(spoken.limit, kept.limit),
        kg=_lesser(spoken.kg, kept.kg),
        aids=limits.more_support(spoken.aids, kept.aids),
        brace_min=_greater(spoken.brace_min, kept.brace_min),
        brace_max=_lesser(spoken.brace_max, kept.brace_max),
    )
    return _Piece(kept, ends_on, row) if met == kept else _Piece(met, ends_on)


def _lesser(one: int | None, other: int | None) -> int | None:
    return min((value for value in (one, other) if value is not None), default=None)


def _greater(one: int | None, other: int | None) -> int | None:
    return max((value for value in (one, other) if value is not None), default=None)


def _merged(pieces: Iterable[_Piece]) -> list[_Piece]:
    """Neighbours that say the same under the same signature made one."""
    merged: list[_Piece] = []
    for piece in pieces:
        before = merged[-1] if merged else None
        if (
            before
            and before.origin == piece.origin
            and replace(piece.level, starts_on=before.level.starts_on) == before.level
        ):
            merged[-1] = replace(before, ends_on=piece.ends_on)
        else:
            merged.append(piece)
    return merged


def _changes(rows: Sequence[Order], pieces: Sequence[_Piece]) -> Laid:
    """What to supersede and insert: all from the first change on, since rows are only ever added at the end."""
    kept = 0
    for row, piece in zip(rows, pieces, strict=False):
        if piece.origin is not row or (piece.level.starts_on, piece.ends_on) != (row.starts_on, row.ends_on):
            break
        kept += 1
    inserted = (Row(piece.level, piece.ends_on, piece.origin.id if piece.origin else None) for piece in pieces[kept:])
    return Laid(tuple(row.id for row in rows[kept:]), tuple(inserted))
