"""How dated levels are laid over the restriction rows that stand.

Standing rows follow each other day by day, without gap or overlap, the last one open. Nothing is edited: what a new
word touches is superseded, and what it leaves is laid again under its original signature (design 10.1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

from tracker.clinical import limits
from tracker.clinical.allowance import order_on
from tracker.clinical.history import Limit, Order
from tracker.clinical.terms import Aids, Gate


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


def _loosens(order: Level, current: Order) -> bool:
    if order.limit.percent > current.limit.percent or (order.limit.full and not current.limit.full):
        return True
    return current.kg is not None and (order.kg is None or order.kg > current.kg)


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
        kg=lesser(spoken.kg, kept.kg),
        aids=limits.more_support(spoken.aids, kept.aids),
        brace_min=greater(spoken.brace_min, kept.brace_min),
        brace_max=lesser(spoken.brace_max, kept.brace_max),
    )
    return _Piece(kept, ends_on, row) if met == kept else _Piece(met, ends_on)


def lesser(one: int | None, other: int | None) -> int | None:
    """The smaller of two numbers, where None is no limit."""
    return min((value for value in (one, other) if value is not None), default=None)


def greater(one: int | None, other: int | None) -> int | None:
    """The greater of two numbers, where None is no limit."""
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
