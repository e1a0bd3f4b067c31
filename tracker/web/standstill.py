"""What every staff page shows of the engine: whether reminders are stuck, and how many calls wait.

One statement, and what it found is believed for a few seconds by the whole process.
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from tracker import clock
from tracker.selectors import operations
from tracker.selectors.operations import Pulse

_kept: Pulse | None = None


def pulse() -> Pulse:
    """The engine as it was at most `settings.PULSE_SECONDS` ago."""
    global _kept
    now, kept = clock.now(), _kept
    if kept is None or not kept.now <= now < kept.now + timedelta(seconds=settings.PULSE_SECONDS):
        _kept = kept = operations.pulse(now=now)
    return kept


def forget() -> None:
    """Looks anew the next time: something has just been done about it."""
    global _kept
    _kept = None
