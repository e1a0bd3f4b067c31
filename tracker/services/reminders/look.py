"""What is known of a patient when reminders are planned, and of a message when it is about to leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tracker.models import Assessment, Episode, Occurrence, OutboxMessage
from tracker.selectors.wanted import (
    Look,
    Want,
    enrolled_on,
    kept,
    key_in,
    operated_on,
    slot_of,
)

__all__ = ["Look", "Subject", "Want", "due_gates", "enrolled_on", "kept", "key_in", "operated_on", "slot_of"]


@dataclass(frozen=True, slots=True)
class Subject:
    """What a message is about, as it stands at `now`: the occurrence, and the open episodes it speaks of."""

    message: OutboxMessage
    occurrence: Occurrence
    episodes: list[Episode]
    now: datetime

    @property
    def assessment(self) -> Assessment | None:
        return kept(self.episodes[0])


def due_gates(assessment: Assessment | None) -> list[str]:
    """Gates whose step has come and that nobody has decided."""
    rows = [] if assessment is None else assessment.findings
    return [row["evidence"]["gate"] for row in rows if row["code"] == "gate_due"]
