"""What a patient reads of a recovery that is closed: since when, what still holds, whom to call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tracker.clinical.terms import Ending
from tracker.models import Episode
from tracker.selectors import closings


@dataclass(frozen=True, slots=True)
class Closed:
    title: str
    why: str
    order: str
    nobody_reads: str


WHY: Mapping[str, str] = {
    Ending.FINISHED: "You have reached the end of your plan.",
    Ending.STOPPED: "You asked your clinic to stop following you here.",
    Ending.MOVED: "You moved away, or another clinic looks after your knee now.",
    Ending.REPLACED: "Your knee gets, or has got, a new joint. Ask your clinic what holds for your leg after that operation.",
}
"""Nothing is said where somebody has died: whoever helped them may be reading."""
ORDER = "What is shown is what was signed last. Closing has not changed it."
NOBODY_READS = "Nobody reads check-ins for this knee any more. If your knee worries you, call your clinic."


def of(episode: Episode) -> Closed | None:
    """None while the recovery is open."""
    if episode.state == Episode.State.OPEN:
        return None
    row = closings.standing(episode)
    since = f" since {row.closed_on.day} {row.closed_on:%B %Y}" if row else ""
    why = WHY.get(row.outcome, "") if row else ""
    return Closed(f"This recovery is closed{since}.", why, ORDER, NOBODY_READS)
