"""A line of the trail: what it says, the day it belongs to, and whether it was written under emergency access."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from tracker.models import EmergencyAccess


class Line(NamedTuple):
    """One line of the trail."""

    pk: int
    at: datetime
    user: UUID | None
    role: str
    action: str
    outcome: str
    episode: UUID | None
    object_id: str
    detail: dict[str, object]
    via: str

    @property
    def page(self) -> str:
        return str(self.detail.get("page", ""))

    @property
    def why(self) -> str:
        return str(self.detail.get("why", ""))

    @property
    def listed(self) -> int:
        """How many records a list showed."""
        episodes = self.detail.get("episodes", ())
        return len(episodes) if isinstance(episodes, list) else 0


COLUMNS = ("pk", "at", "user_id", "role", "action", "outcome", "episode_id", "object_id", "detail", "via")
"""What to read of an event for a `Line`, in its order."""


def of_day(day: date, zone: str) -> tuple[datetime, datetime]:
    """Its first and its last instant in `zone`."""
    start = datetime.combine(day, datetime.min.time(), ZoneInfo(zone))
    return start, start + timedelta(days=1) - timedelta(microseconds=1)


Access = tuple[UUID, UUID, datetime, datetime]
"""Who had emergency access to which episode, from when to when."""


def accesses_to(episodes: Iterable[UUID]) -> list[Access]:
    rows = EmergencyAccess.objects.filter(
        episode__in=list(episodes), started_at__isnull=False, expires_at__isnull=False
    )
    columns = ("user_id", "episode_id", "started_at", "expires_at", "ended_at")
    return [
        (user, episode, at, min(ends, ended or ends)) for user, episode, at, ends, ended in rows.values_list(*columns)
    ]


def is_under(accesses: Iterable[Access], line: Line) -> bool:
    return any(
        (user, episode) == (line.user, line.episode) and start <= line.at <= end
        for user, episode, start, end in accesses
    )
