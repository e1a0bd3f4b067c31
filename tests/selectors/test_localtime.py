"""One instant for each local date, whatever the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tracker.selectors.localtime import due_instant, end_of, first_after, quiet_until, start_of

ODD_ZONES = (
    "Africa/Cairo", "America/Havana", "America/New_York", "America/Nuuk", "America/Santiago", "Asia/Beirut", "Atlantic/Azores",
    "Australia/Lord_Howe", "Europe/London", "Pacific/Apia", "Pacific/Auckland", "Pacific/Chatham",
)  # fmt: skip
HOURS = (time(0), time(1, 30), time(2, 30), time(3), time(9))


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("day", "wall", "zone", "instant"),
    [
        # nine o'clock stays nine o'clock on both sides of a clock change
        (date(2026, 3, 7), time(9), "America/New_York", at(2026, 3, 7, 14)),
        (date(2026, 3, 8), time(9), "America/New_York", at(2026, 3, 8, 13)),
        (date(2026, 10, 24), time(9), "Europe/London", at(2026, 10, 24, 8)),
        (date(2026, 10, 25), time(9), "Europe/London", at(2026, 10, 25, 9)),
        (date(2026, 9, 26), time(9), "Pacific/Auckland", at(2026, 9, 25, 21)),
        (date(2026, 9, 27), time(9), "Pacific/Auckland", at(2026, 9, 26, 20)),
        # a skipped hour moves to the first minute that exists
        (date(2026, 3, 8), time(2, 30), "America/New_York", at(2026, 3, 8, 7)),
        (date(2026, 3, 29), time(1, 30), "Europe/London", at(2026, 3, 29, 1)),
        (date(2027, 4, 30), time(0), "Africa/Cairo", at(2027, 4, 29, 22)),
        (date(2026, 10, 4), time(2, 15), "Australia/Lord_Howe", at(2026, 10, 3, 15, 30)),
        # or, where that is the next date already, to the last one before
        (date(2027, 3, 27), time(23, 30), "America/Nuuk", at(2027, 3, 28, 0, 59)),
        # a repeated hour means its first pass
        (date(2026, 11, 1), time(1, 30), "America/New_York", at(2026, 11, 1, 5, 30)),
        (date(2026, 4, 5), time(2, 30), "Pacific/Auckland", at(2026, 4, 4, 13, 30)),
        # seconds do not count
        (date(2026, 6, 15), time(9, 0, 59), "UTC", at(2026, 6, 15, 9)),
    ],
)
def test_a_wall_clock_time_means_one_instant(day: date, wall: time, zone: str, instant: datetime) -> None:
    assert due_instant(day, wall, zone) == instant


def test_a_date_that_a_zone_left_out_has_none() -> None:
    assert due_instant(date(2011, 12, 30), time(9), "Pacific/Apia") is None
    assert end_of(date(2011, 12, 29), "Pacific/Apia") == due_instant(date(2011, 12, 31), time(0), "Pacific/Apia")


@pytest.mark.parametrize("wall", HOURS, ids=str)
def test_every_date_has_exactly_one_and_they_ascend(wall: time) -> None:
    for zone in {*ODD_ZONES, *sorted(available_timezones())[::20]}:
        days = [date(2026, 11, 24) + timedelta(days=ahead) for ahead in range(400)]
        instants = [due_instant(day, wall, zone) for day in days]
        assert [instant and instant.astimezone(ZoneInfo(zone)).date() for instant in instants] == days, zone
        assert all(one < other for one, other in pairwise(instants) if one and other), zone


def test_the_next_time_is_strictly_later_so_that_nothing_is_planned_twice() -> None:
    nine = at(2026, 6, 15, 8)
    assert first_after(nine, time(9), "Europe/London") == nine + timedelta(days=1)
    assert first_after(nine - timedelta(seconds=1), time(9), "Europe/London") == nine


def test_a_day_starts_at_its_first_minute_even_without_a_midnight() -> None:
    assert start_of(date(2027, 4, 30), "Africa/Cairo") == at(2027, 4, 29, 22)
    assert end_of(date(2027, 4, 29), "Africa/Cairo") == at(2027, 4, 29, 22)


@pytest.mark.parametrize(
    ("moment", "since", "until", "zone", "ends"),
    [
        (at(2026, 6, 15, 21, 30), time(22), time(7), "Europe/London", at(2026, 6, 16, 6)),
        (at(2026, 6, 15, 3), time(22), time(7), "Europe/London", at(2026, 6, 15, 6)),
        (at(2026, 6, 15, 21), time(22), time(7), "Europe/London", at(2026, 6, 16, 6)),
        (at(2026, 6, 15, 20, 59), time(22), time(7), "Europe/London", None),
        (at(2026, 6, 15, 6), time(22), time(7), "Europe/London", None),
        # by day, and never
        (at(2026, 6, 15, 12), time(12), time(14), "Europe/London", at(2026, 6, 15, 13)),
        (at(2026, 6, 15, 12), time(9), time(9), "Europe/London", None),
        # an end that is skipped is the first minute after the gap, one that is repeated the first pass
        (at(2026, 3, 29, 0, 30), time(22), time(1, 30), "Europe/London", at(2026, 3, 29, 1)),
        (at(2026, 10, 25, 0, 15), time(22), time(1, 30), "Europe/London", at(2026, 10, 25, 0, 30)),
        (at(2026, 10, 25, 1, 15), time(22), time(1, 30), "Europe/London", None),
        # over a date that was left out
        (at(2011, 12, 30, 9), time(22), time(7), "Pacific/Apia", at(2011, 12, 30, 17)),
        (at(2011, 12, 30, 12), time(22), time(7), "Pacific/Apia", at(2011, 12, 30, 17)),
    ],
)
def test_quiet_is_from_one_hour_to_the_next(
    moment: datetime, since: time, until: time, zone: str, ends: datetime | None
) -> None:
    assert quiet_until(moment, since, until, zone) == ends
