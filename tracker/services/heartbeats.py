"""Signs of life of the working parts, so that one that died is seen."""

from __future__ import annotations

from datetime import datetime, timedelta

from tracker import clock
from tracker.models import Heartbeat

PLANNER = "planner"
DISPATCHER = "dispatcher"
SENDER = "sender"
SWEEPER = "sweeper"
TICK = "tick"
SEALER = "sealer"
BEAT = "beat"


OFTEN = timedelta(seconds=10)
"""How often a part that is long at work says so."""


def beat(name: str, *, now: datetime, detail: str = "") -> None:
    """Says that the part called `name` is alive and what it did: after each round, and in the midst of a long one."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=now, detail=detail)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at", "detail"],
    )


class Pulse:
    """Beats for parts that are long at work, however often it is asked to: every ten seconds."""

    def __init__(self, *names: str, now: datetime) -> None:
        self.names = names
        self._last = now

    def __call__(self) -> None:
        now = clock.now()
        if not timedelta(0) <= now - self._last < OFTEN:  # also when the clock was put back
            self._last = now
            for name in self.names:
                beat(name, now=now, detail="at work")
