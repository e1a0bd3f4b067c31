"""What clocks on the wall show, found by walking along UTC; nothing here is imported from the product.

A date's reminder belongs to the first minute of that date at which the wall shows the wished hour or a later one. So
an hour that is skipped moves to the first minute after it, of one that is repeated the first pass counts, and a date
that never shows on the wall has none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE, STEP, DAY = timedelta(minutes=1), timedelta(minutes=15), timedelta(days=1)
FARTHEST = timedelta(hours=27)
"""No wall is as far from UTC."""

HOURS = (time(0), time(1, 30), time(2, 30), time(3), time(9))
"""At which all is tried: those that nights with a change of clocks skip or repeat, and the usual one."""
LEFT_OUT = {
    "Pacific/Apia": date(2011, 12, 30),
    "Pacific/Kwajalein": date(1993, 8, 21),
    "Pacific/Fakaofo": date(2011, 12, 30),
    "Pacific/Kiritimati": date(1994, 12, 31),
    "Pacific/Kanton": date(1994, 12, 31),
}
"""Zones that crossed the date line, and the date that nobody there lived through."""

Found = dict[time, dict[date, datetime]]
"""By hour and date the minute, in UTC."""


def first_minutes(zone: str, hours: Sequence[time], first: date, days: int) -> Found:
    """For each hour every date from `first` on, for `days` days, that shows on the wall of `zone`."""
    found: Found = {at: {} for at in hours}
    ordered, waiting = sorted(hours), dict[date, list[time]]()
    until = first + days * DAY
    for instant, shown in walk(zone, midnight(first) - FARTHEST, midnight(until) + FARTHEST):
        day = shown.date()
        if not first <= day < until:
            continue
        left = waiting.setdefault(day, list(ordered))
        while left and shown.time() >= left[0]:
            found[left.pop(0)][day] = instant
    return found


def walk(zone: str, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Instants, and what the wall shows then: each quarter of an hour, and each minute where that is not even."""
    wall = ZoneInfo(zone)
    at, shown = since, since.astimezone(wall)
    while at < until:
        after = at + STEP
        shown_after = after.astimezone(wall)
        yield at, shown
        if shown.minute % 15 or shown.second or shown.utcoffset() != shown_after.utcoffset():
            for minute in range(1, 15):
                yield at + minute * MINUTE, (at + minute * MINUTE).astimezone(wall)
        at, shown = after, shown_after


def changes(zone: str, since: datetime, until: datetime) -> list[datetime]:
    """The minutes at which the clocks of `zone` are put forward or back."""
    wall, found, before = ZoneInfo(zone), [], since.astimezone(ZoneInfo(zone)).utcoffset()
    for at, _ in walk(zone, since, until):
        if (offset := at.astimezone(wall).utcoffset()) != before:
            found.append(at)
            before = offset
    return found


def midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)
