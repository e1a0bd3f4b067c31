"""What a patient's state asks to be told on a day: one small pure function a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracker.clinical.terms import MilestoneState
from tracker.models import Assessment, Episode, Kind
from tracker.selectors.episodes import local_date

SILENT_DAYS = 2


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


def check_in(look: Look, day: date, at: datetime) -> Iterator[Want]:
    """Each day from the one after surgery."""
    if (day, "") not in look.standing and day > min(map(operated_on, look.episodes)):
        yield Want(day, "", at, look.episodes[0])


def silence(look: Look, day: date, at: datetime) -> Iterator[Want]:
    """Once a run of silent days, on its second. The run is named by its first day."""
    begun = min(max(enrolled_on(episode), operated_on(episode)) for episode in look.episodes)
    first_silent = max(look.last_check_in or begun, begun) + timedelta(days=1)
    silent = (day - first_silent).days + 1
    if silent >= SILENT_DAYS and (first_silent, "") not in look.standing:
        yield Want(first_silent, "", at, look.episodes[0])


def milestones(look: Look, day: date, at: datetime) -> Iterator[Want]:
    """Once a milestone, when it is due by the patient's own plan."""
    for episode in look.episodes:
        for key in due_milestones(kept(episode)):
            if not look.told(slot := slot_of(episode, key)):
                yield Want(day, slot, at, episode)


def gate_due(look: Look, day: date, at: datetime) -> Iterator[Want]:
    """Once a gate, from the day of its step."""
    for episode in look.episodes:
        for gate in due_gates(kept(episode)):
            if not look.told(slot := slot_of(episode, gate)):
                yield Want(day, slot, at, episode)


FINDERS: dict[str, Callable[[Look, date, datetime], Iterator[Want]]] = {
    Kind.CHECK_IN: check_in,
    Kind.SILENCE: silence,
    Kind.MILESTONES: milestones,
    Kind.GATE_DUE: gate_due,
}


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


def slot_of(episode: Episode, key: str) -> str:
    """Tells the same gate or milestone of two knees apart."""
    return f"{episode.pk.hex}:{key}"


def key_in(slot: str) -> str:
    return slot.partition(":")[2]
