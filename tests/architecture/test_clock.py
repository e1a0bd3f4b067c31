from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tracker import clock as product_clock


def test_now_is_aware_and_in_utc() -> None:
    assert product_clock.now().tzinfo is UTC


def test_a_stopped_clock_stands_still_until_it_is_moved(clock: product_clock.StoppedClock) -> None:
    clock.set(datetime(2026, 3, 8, 6, 59, tzinfo=UTC))
    assert product_clock.now() == product_clock.now() == datetime(2026, 3, 8, 6, 59, tzinfo=UTC)
    clock.advance(minutes=1)
    assert product_clock.now() == datetime(2026, 3, 8, 7, 0, tzinfo=UTC)


def test_each_zone_reads_its_own_date_at_the_same_instant(clock: product_clock.StoppedClock) -> None:
    clock.set(datetime(2026, 6, 15, 23, 30, tzinfo=UTC))
    assert product_clock.today("America/New_York") == date(2026, 6, 15)
    assert product_clock.today(ZoneInfo("Pacific/Auckland")) == date(2026, 6, 16)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"), product_clock.freeze(datetime(2026, 6, 15)):
        pass


def test_time_runs_again_after_a_frozen_block() -> None:
    with product_clock.freeze(datetime(2001, 1, 1, tzinfo=UTC)):
        pass
    assert product_clock.now().year > 2001
