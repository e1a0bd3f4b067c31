"""A recovery in figures: what was reported and measured, beside this plan's own expectation and its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tracker.clinical import bands, loads, milestones
from tracker.clinical.bands import Band, Comparison, Target
from tracker.clinical.loads import Ordered, Planned, Reported
from tracker.clinical.milestones import MilestoneStatus
from tracker.models import Episode
from tracker.selectors.episodes import Case
from tracker.selectors.today import last_shown, pain_band, pain_points, readable


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything the figures show, by post-operative day. What is missing is absent."""

    case: Case
    day: int
    until: int
    """The last day of the figures."""
    pain: list[tuple[int, float]]
    band: tuple[Band, ...]
    planned: tuple[Planned, ...]
    ordered: tuple[Ordered, ...]
    reported: tuple[Reported, ...]
    bend: list[tuple[int, float]]
    targets: tuple[Target, ...]
    milestones: tuple[MilestoneStatus, ...]
    other: Comparison | None
    """Another operation, where the reader asked to see it."""


def progress(episode: Episode, *, now: datetime, until: int | None = None, compare: str = "") -> Progress | None:
    """The figures in one statement beside the door's; None where the record cannot be read.

    `compare` is "uka", "tka" or nothing.
    """
    case = readable(episode, now=now, window=None)
    return None if case is None else of_case(case, until=until, compare=compare)


def of_case(case: Case, *, until: int | None = None, compare: str = "") -> Progress:
    """The figures of a case already read."""
    day = case.plan.day(case.patient_date)
    last = until or last_shown(day)
    return Progress(
        case=case,
        day=day,
        until=last,
        pain=pain_points(case),
        band=pain_band(case, last),
        planned=loads.planned(case.plan, last),
        ordered=loads.ordered(case.history.orders, case.surgery_date),
        reported=loads.reported(case.history.check_ins, case.plan),
        bend=bend_points(case),
        targets=bands.flexion_series(case.plan, last, case.history.baseline_flexion),
        milestones=milestones.states(case.plan, case.history, day),
        other=bands.comparison(compare) if compare else None,
    )


def bend_points(case: Case) -> list[tuple[int, float]]:
    """Measured bend in degrees by post-operative day; the best of a day that has several."""
    best: dict[int, float] = {}
    for row in case.history.measurements:
        if row.kind == "flexion":
            day = case.plan.day(row.on)
            best[day] = max(float(row.value), best.get(day, 0))
    return sorted(best.items())
