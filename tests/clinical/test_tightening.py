"""When a new level asks for less load than the patient may believe."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.clinical import limits, tightening
from tracker.clinical.history import History, Limit, Order
from tracker.clinical.laying import Level
from tracker.clinical.terms import Aids

TODAY, NOW = date(2026, 6, 15), datetime(2026, 6, 15, 9, tzinfo=UTC)
WEIGHT = Decimal(84)


def level(percent: int = 50, *, cap: int | None = None, full: bool = False, **changes: Any) -> Level:
    limit = Limit(percent, None if cap is None else Decimal(cap), full)
    return replace(Level(TODAY, limit, limits.kg(limit, WEIGHT), Aids.TWO_CRUTCHES), **changes)


def stands(said: Level, **changes: Any) -> Order:
    order = Order(
        id="1",
        starts_on=TODAY - timedelta(days=7),
        ends_on=None,
        limit=said.limit,
        kg=said.kg,
        aids=said.aids,
        recorded_at=NOW,
        brace_min=said.brace_min,
        brace_max=said.brace_max,
    )
    return replace(order, **changes)


def tightens(new: Level, *orders: Order) -> bool:
    return tightening.tightens(new, HISTORY(orders), today=TODAY, weight=WEIGHT)


def HISTORY(orders: tuple[Order, ...]) -> History:  # noqa: N802
    return History(orders=orders)


@pytest.mark.parametrize(
    ("new", "before", "tighter"),
    [
        (level(20), level(50), True),
        (level(50), level(50), False),
        (level(75), level(50), False),
        (level(50, cap=20), level(50), True),
        (level(50), level(50, cap=20), False),
        (level(100), level(100, full=True), True),
        (level(100, full=True), level(100), False),
        (level(50, kg=40), level(50), True),
        (level(50, kg=None), level(50), False),
        (level(100, aids=Aids.TWO_CRUTCHES), level(100, aids=Aids.ONE_CRUTCH), True),
        (level(100, aids=Aids.NONE), level(100, aids=Aids.STICK), False),
        (level(50, brace_min=0, brace_max=60), level(50), True),
        (level(50), level(50, brace_min=0, brace_max=60), False),
        (level(50, brace_min=0, brace_max=90), level(50, brace_min=0, brace_max=60), False),
        (level(50, brace_min=10, brace_max=60), level(50, brace_min=0, brace_max=60), True),
        (level(75, aids=Aids.TWO_CRUTCHES), level(50, aids=Aids.ONE_CRUTCH), True),
    ],
)
def test_less_in_any_respect_is_tighter(new: Level, before: Level, tighter: bool) -> None:
    assert tightens(new, stands(before)) is tighter


def test_a_first_signature_tightens_nothing() -> None:
    assert not tightens(level(0))


def test_what_stood_on_other_days_or_was_superseded_does_not_count() -> None:
    past = stands(level(100), ends_on=TODAY)
    coming = stands(level(100), starts_on=TODAY + timedelta(days=1))
    gone = stands(level(100), superseded=True)
    assert not tightens(level(50), past, coming, gone)


def test_less_than_the_patient_confirmed_last_is_tighter_whatever_was_said_since() -> None:
    seen = stands(level(50), superseded=True, acknowledged_at=NOW)
    unseen = stands(level(10), id="2")
    assert tightens(level(20), seen, unseen)
    assert not tightens(level(50), seen, unseen)


def test_what_was_confirmed_before_the_last_does_not_count() -> None:
    long_ago = stands(level(100), superseded=True, acknowledged_at=NOW - timedelta(days=20))
    last = stands(level(20), id="2", acknowledged_at=NOW)
    assert not tightens(level(30), long_ago, last)


percents = st.integers(0, 100)
caps = st.none() | st.integers(0, 100)


@given(percents, caps, percents, caps)
def test_of_two_different_levels_at_least_one_is_tighter(
    one: int, cap: int | None, two: int, other: int | None
) -> None:
    first, second = level(one, cap=cap), level(two, cap=other)
    if limits.same(first.limit, second.limit, WEIGHT):
        return
    assert tightens(first, stands(second)) or tightens(second, stands(first))


@given(percents, caps)
def test_the_same_level_again_is_not_tighter(percent: int, cap: int | None) -> None:
    assert not tightens(level(percent, cap=cap), stands(level(percent, cap=cap)))
