"""Signs of life of the working parts, so that one that died is seen."""

from __future__ import annotations

from datetime import datetime

from tracker.models import Heartbeat

PLANNER = "planner"
DISPATCHER = "dispatcher"
SENDER = "sender"
SWEEPER = "sweeper"
TICK = "tick"
BEAT = "beat"


def beat(name: str, *, now: datetime, detail: str = "") -> None:
    """Says that the part called `name` has just finished a round, and what it did."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=now, detail=detail)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at", "detail"],
    )
