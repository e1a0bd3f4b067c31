"""From a date and a wall-clock time in a zone to the one instant that is meant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def due_instant(local_date: date, wall_time: time, zone: str) -> datetime | None:
    """The instant, in UTC, at which clocks in the IANA time zone `zone` show `wall_time` on `local_date`.

    Exactly one for every date that exists there. An hour that is skipped moves to the first minute that exists after
    it, or, where that is already the next date, to the last one before it; an hour that is repeated means its first
    pass. None where the zone left the whole date out. Seconds of `wall_time` do not count.
    """
    wanted = datetime.combine(local_date, wall_time.replace(second=0, microsecond=0))
    following = (wanted + step * MINUTE for step in range(24 * 60))
    before = (wanted - step * MINUTE for step in range(24 * 60))
    return _first_on(local_date, following, zone) or _first_on(local_date, before, zone)


def dates_until(first: date, last: datetime, wall_time: time, zone: str) -> Iterator[tuple[date, datetime]]:
    """Every local date from `first` on, each with its instant, as long as that is not after `last`."""
    day = first
    while (at := due_instant(day, wall_time, zone)) is None or at <= last:
        if at is not None:
            yield day, at
        day += DAY


def first_after(moment: datetime, wall_time: time, zone: str) -> datetime:
    """The first instant after `moment` at which clocks in `zone` show `wall_time`."""
    day = moment.astimezone(_zone(zone)).date()
    while (at := due_instant(day, wall_time, zone)) is None or at <= moment:
        day += DAY
    return at


def quiet_until(moment: datetime, since: time, until: time, zone: str) -> datetime | None:
    """When the quiet of a night ends that `moment` falls into; None where it falls into none.

    Quiet is from each `since` on the wall to the next `until`; where the two are the same, never. Told by instants,
    so that an hour that is skipped or repeated makes no second night.
    """
    if since == until:
        return None
    today = moment.astimezone(_zone(zone)).date()
    for day in (today, today - DAY, today - 2 * DAY):  # the date before may have been left out
        begins = due_instant(day, since, zone)
        if begins is not None and begins <= moment:
            ends = first_after(begins, until, zone)
            return ends if moment < ends else None
    return None


def start_of(day: date, zone: str) -> datetime:
    """The first instant in `zone` that belongs to `day` or, where it was left out, to the date after."""
    return end_of(day - DAY, zone)


def end_of(day: date, zone: str) -> datetime:
    """The first instant in `zone` that belongs to a later date. Midnight need not exist, nor the next date."""
    after = day + DAY
    while (at := due_instant(after, time.min, zone)) is None:
        after += DAY
    return at


def _first_on(day: date, walls: Iterator[datetime], zone: str) -> datetime | None:
    for wall in walls:
        if wall.date() != day:
            return None
        at = wall.replace(tzinfo=_zone(zone)).astimezone(UTC)  # of a repeated hour, the first
        if at.astimezone(_zone(zone)).replace(tzinfo=None) == wall:
            return at
    return None


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
