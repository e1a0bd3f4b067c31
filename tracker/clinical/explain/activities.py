"""What the patient may do today and what not yet, from milestones and the level: short phrases for two lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from tracker.clinical import limits
from tracker.clinical.allowance import Allowance
from tracker.clinical.goals import Milestone
from tracker.clinical.history import History, Reached
from tracker.clinical.milestones import reached
from tracker.clinical.plan import Plan
from tracker.clinical.terms import Aids, Side, Term


class Lists(NamedTuple):
    """Phrases for "You may" and "Not yet", soonest first."""

    allowed: tuple[str, ...]
    not_yet: tuple[str, ...]


class Activity(NamedTuple):
    """An activity that opens with a milestone."""

    key: str
    may: str
    not_yet: str


ACTIVITIES = (
    Activity("BIKE", "Exercise bike, no load", "Exercise bike"),
    Activity("POOL", "Walk in a pool, no breaststroke kick", "Pool or bath"),
    Activity("WORK_SED", "Desk work, leg up", "Desk work"),
    Activity("CRUTCH_FREE", "Walk without crutches", "Walk without crutches"),
    Activity("STAIRS_ALT", "Stairs, one foot per step", "Stairs, one foot per step"),
    Activity("LOW_IMPACT", "Cycle outside or swim lanes", "Cycle outside or swim lanes"),
    Activity("RUN", "Start to run", "Run"),
    Activity("RTS_LOW", "Sport without jumps", "Sport without jumps"),
    Activity("RTS_HIGH", "Sport with jumps and turns", "Sport with jumps and turns"),
)
DRIVE_AUTOMATIC = Activity("DRIVE_L", "Drive an automatic car", "Drive: ask your clinic first")
DRIVE = Activity("DRIVE_R", "Drive", "Drive: ask your clinic first")
DRIVE_MANUAL = Activity("DRIVE_R", "Drive with manual gears", "Drive with manual gears")

OWN_WORD = "patient"
"""Whose word a milestone takes: one that is the patient's alone opens by itself, every other waits for its record."""


@dataclass(frozen=True, slots=True)
class _Day:
    plan: Plan
    allowed: Allowance
    done: Mapping[str, Reached]


def may_do(plan: Plan, history: History, allowed: Allowance) -> Lists:
    """What the leg may do today and what not yet. Never more than the level allows, and little while it is on hold."""
    if not allowed.known:
        return Lists((), ("Any weight on the leg: call your clinic first",))
    day = _Day(plan, allowed, reached(plan, history))
    milestones = {milestone.key: milestone for milestone in plan.milestones}
    bend, no_bend = _bend(day)
    may, not_yet = [bend], list(no_bend)
    for milestone, activity in sorted(_activities(milestones, history.side), key=lambda pair: pair[0].earliest):
        if _open(milestone, activity, day):
            may.append(activity.may)
        else:
            not_yet.append(activity.not_yet)
    return Lists((*may, *_shower(day)), (*not_yet, *_wet(day)))


def _activities(milestones: Mapping[str, Milestone], side: Side | None) -> Iterator[tuple[Milestone, Activity]]:
    driving = (DRIVE_AUTOMATIC, DRIVE_MANUAL) if side is Side.LEFT else (DRIVE,)
    for activity in (*ACTIVITIES, *driving):
        if activity.key in milestones:
            yield milestones[activity.key], activity


def _open(milestone: Milestone, activity: Activity, day: _Day) -> bool:
    if day.allowed.frozen or not _enough_load(milestone.load, day.allowed):
        return False
    if activity.key == "CRUTCH_FREE":
        return day.allowed.aids is Aids.NONE
    if milestone.key in day.done:
        return True
    ready = all(need in day.done for need in milestone.needs)
    return milestone.by == OWN_WORD and ready and day.allowed.post_op_day >= milestone.earliest


def _enough_load(load: str, allowed: Allowance) -> bool:
    if load == "full":
        return allowed.term is Term.FWB
    return not load or limits.unrestricted(allowed.limit)


def _bend(day: _Day) -> tuple[str, list[str]]:
    """How far the knee may bend: by brace and modifiers, and less under load where a repair needs it."""
    most = day.allowed.brace.max_deg
    loaded = day.plan.loaded_flexion_max_on(day.allowed.post_op_day)
    deep = [f"Squat deeper than {loaded} degrees"] if loaded is not None else []
    if most is None:
        return "Bend as far as is comfortable", deep
    return f"Bend up to {most} degrees", [f"Bend beyond {most} degrees", *(deep if loaded != most else [])]


def _shower(day: _Day) -> list[str]:
    return ["Shower, the wound is dry"] if "WOUND_DRY" in day.done else []


def _wet(day: _Day) -> list[str]:
    return [] if "WOUND_DRY" in day.done else ["Get the wound wet"]
