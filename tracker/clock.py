"""The one seam through which time enters: nothing else in the product reads the clock."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import DateTimeField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Now


class StoppedClock:
    """A clock that stands still until it is moved. Tests hold one through `freeze`."""

    def __init__(self, instant: datetime) -> None:
        self.instant = _aware(instant)

    def set(self, instant: datetime) -> None:
        """Put the hands on `instant`, which must carry its time zone."""
        self.instant = _aware(instant)

    def advance(self, by: timedelta | None = None, **units: float) -> None:
        """Move on by a timedelta, or by its keywords: `advance(days=1, minutes=5)`."""
        self.instant += timedelta(**units) if by is None else by


_stopped: StoppedClock | None = None


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC) if _stopped is None else _stopped.instant


def unstopped() -> datetime:
    """The instant on the machine's own clock, by which a library keeps its own times: it cannot be stopped."""
    return datetime.now(UTC)


def today(zone: str | ZoneInfo) -> date:
    """The calendar date that a person in the IANA time zone `zone` reads off the wall."""
    return now().astimezone(zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone)).date()


def database_now() -> Combinable:
    """The present instant on the database's clock, as an expression: for leases that several machines must agree on."""
    return Now() if _stopped is None else Value(_stopped.instant, DateTimeField())


@contextmanager
def freeze(instant: datetime) -> Iterator[StoppedClock]:
    """Stop the clock at `instant` for every thread of the process, until the block ends."""
    global _stopped
    before, _stopped = _stopped, StoppedClock(instant)
    try:
        yield _stopped
    finally:
        _stopped = before


def _aware(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone: add tzinfo=UTC")
    return instant.astimezone(UTC)
