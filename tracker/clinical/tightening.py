"""Whether a new level asks a patient to load less than they may believe."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tracker.clinical import limits
from tracker.clinical.allowance import covers
from tracker.clinical.history import History, Order
from tracker.clinical.laying import Level


def tightens(new: Level, history: History, *, today: date, weight: Decimal) -> bool:
    """Whether `new` is stricter than what stood on `today` before, or than what the patient confirmed last.

    `history` is without the new level. A first signature tightens nothing: before it there was no weight at all.
    """
    stood = [order for order in history.orders if not order.superseded and covers(order, today)]
    return any(stricter(new, order, weight) for order in (*stood, *_last_confirmed(history)))


def stricter(new: Level, than: Order, weight: Decimal) -> bool:
    """Whether in any respect `new` allows less on a body of `weight` kg: load, walking aids, or the brace."""
    return (
        limits.exceeds(than.limit, new.limit, weight)
        or _less(new.kg, than.kg)
        or limits.more_support(new.aids, than.aids) != than.aids
        or _less(new.brace_max, than.brace_max)
        or _more(new.brace_min, than.brace_min)
    )


def _last_confirmed(history: History) -> list[Order]:
    """The rows that the patient confirmed last; one row that an order cut counts in all its parts."""
    latest = max((order.acknowledged_at for order in history.orders if order.acknowledged_at), default=None)
    return [order for order in history.orders if latest is not None and order.acknowledged_at == latest]


def _less(one: int | None, other: int | None) -> bool:
    """None is without an upper limit."""
    return one is not None and (other is None or one < other)


def _more(one: int | None, other: int | None) -> bool:
    """None is without a lower limit."""
    return one is not None and (other is None or one > other)
