"""Levels of load as numbers: which is stricter, what they are in kilograms, what they are called."""

from __future__ import annotations

from decimal import ROUND_FLOOR, Decimal

from tracker.clinical.history import Limit
from tracker.clinical.terms import Aids, Loading, Term

NON = Limit(0)
"""No weight at all. Also what stands wherever the level is not known (design 10.8)."""

FULL = Limit(100, None, True)
"""Full weight without a limit: the level that restricts nothing."""

TOUCH_PERCENT = 20
"""Up to here a level is called toe-touch (design 10.8; TTWB is at most 10-20 % of body weight) [est]."""

ONE_CRUTCH_PERCENT = 75
"""From here one crutch is enough. Published protocols differ: one allows it at 50 % [est]."""


def strictest(*limits: Limit) -> Limit:
    """What satisfies every one of `limits`, component by component. Of none at all: no weight."""
    if not limits:
        return NON
    percent, cap, full = limits[0].percent, limits[0].cap_kg, limits[0].full
    for limit in limits[1:]:
        percent = min(percent, limit.percent)
        full = full and limit.full
        if limit.cap_kg is not None and (cap is None or limit.cap_kg < cap):
            cap = limit.cap_kg
    return Limit(percent, cap, full)


def looser(limit: Limit, than: Limit) -> bool:
    """Whether any component of `limit` allows more than `than` does."""
    if limit.percent > than.percent or (limit.full and not than.full):
        return True
    return than.cap_kg is not None and (limit.cap_kg is None or limit.cap_kg > than.cap_kg)


def exceeds(limit: Limit, than: Limit, weight: Decimal) -> bool:
    """Whether `limit` allows more than `than` on a body of `weight` kg, where a cap that cannot bind counts for nothing."""
    if limit.percent > than.percent or (limit.full and not than.full):
        return True
    most, bound = _bound(limit, weight), _bound(than, weight)
    return bound is not None and (most is None or most > bound)


def same(one: Limit, other: Limit, weight: Decimal) -> bool:
    """Whether two levels allow the same on a body of `weight` kg: a cap that cannot bind makes no difference."""
    return (one.percent, one.full, _bound(one, weight)) == (other.percent, other.full, _bound(other, weight))


def kg(limit: Limit, weight: Decimal) -> int | None:
    """Whole kilograms allowed on a body of `weight` kg, rounded down; None where nothing is limited."""
    bound = _bound(limit, weight)
    return None if bound is None else int(bound.to_integral_value(ROUND_FLOOR))


def _bound(limit: Limit, weight: Decimal) -> Decimal | None:
    if limit.percent >= 100:
        return limit.cap_kg
    share = limit.percent * weight / 100
    return share if limit.cap_kg is None else min(share, limit.cap_kg)


def from_kg(cap: Decimal, weight: Decimal) -> Limit:
    """A level given in kilograms alone, with its percent of `weight` rounded down."""
    percent = (100 * cap / weight).to_integral_value(ROUND_FLOOR)
    return Limit(min(100, int(percent)), cap)


def unrestricted(limit: Limit) -> bool:
    return limit.percent >= 100 and limit.cap_kg is None


def term(limit: Limit) -> Term:
    """The surgeon's word for the level (design 10.8)."""
    if limit.percent <= 0 or limit.cap_kg == 0:
        return Term.NWB
    if limit.percent <= TOUCH_PERCENT:
        return Term.TTWB
    if not unrestricted(limit):
        return Term.PWB
    return Term.FWB if limit.full else Term.WBAT


def loading(limit: Limit) -> Loading:
    if term(limit) is Term.NWB:
        return Loading.NON
    return Loading.UNRESTRICTED if unrestricted(limit) else Loading.LIMITED


def aids(limit: Limit, *, crutch_free: bool = False) -> Aids:
    """The walking aids that go with the level; none only at full weight once walking unaided is confirmed.

    A cap in kilograms always keeps two crutches: without a weight nobody can tell how little it is.
    """
    if limit.percent < ONE_CRUTCH_PERCENT or limit.cap_kg is not None:
        return Aids.TWO_CRUTCHES
    if crutch_free and term(limit) is Term.FWB:
        return Aids.NONE
    return Aids.ONE_CRUTCH


def more_support(one: Aids, other: Aids) -> Aids:
    """The aid that carries more of the two."""
    order = list(Aids)
    return min(one, other, key=order.index)
