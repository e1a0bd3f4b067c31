"""What is known of a patient when reminders are planned, and of a message when it is about to leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from tracker.clinical.terms import MilestoneState
from tracker.models import Assessment, Episode, Occurrence, OutboxMessage
from tracker.selectors.episodes import local_date


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of a patient: open episodes, latest day checked in, keys of the occurrences that stand."""

    episodes: Sequence[Episode]
    last_check_in: date | None
    standing: frozenset[tuple[date, str]]

    def told(self, slot: str) -> bool:
        return any(slot == each for _, each in self.standing)


@dataclass(frozen=True, slots=True)
class Want:
    """An occurrence to be made. `local_date` is the day it is about, not always the one it is told on."""

    local_date: date
    slot: str
    due_at: datetime
    episode: Episode


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


# --- Read from the kept assessment ----------------------------------------------------------------------------------


def kept(episode: Episode) -> Assessment | None:
    return getattr(episode, "assessment", None)


def operated_on(episode: Episode) -> date:
    assessment = kept(episode)
    return enrolled_on(episode) if assessment is None else assessment.surgery_date


def enrolled_on(episode: Episode) -> date:
    return local_date(episode.created_at, episode.patient.time_zone)


def due_milestones(assessment: Assessment | None) -> list[str]:
    """Keys of the milestones that are due and not reached."""
    rows = [] if assessment is None else assessment.milestones
    return [row["key"] for row in rows if row["state"] == MilestoneState.DUE]


def due_gates(assessment: Assessment | None) -> list[str]:
    """Gates whose step has come and that nobody has decided."""
    rows = [] if assessment is None else assessment.findings
    return [row["evidence"]["gate"] for row in rows if row["code"] == "gate_due"]


# --- The keys of occurrences ----------------------------------------------------------------------------------------


def slot_of(episode: Episode, key: str) -> str:
    """Tells the same gate or milestone of two knees apart."""
    return f"{episode.pk.hex}:{key}"


def key_in(slot: str) -> str:
    return slot.partition(":")[2]
