"""What is to be reached and when it is looked at: milestones and reviews."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from tracker.clinical.tables import Between, Day, FlawError, Sourced
from tracker.clinical.terms import ReviewKind

LOAD_LEVELS = ("one_crutch", "unrestricted", "full")
"""The levels of load a milestone may presuppose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Milestone(Sourced):
    """A rehabilitation goal and its window in days. After `latest` it is overdue; None never is.

    `load` names the level the goal presupposes (one_crutch, unrestricted or full): the plan moves the window with
    the day that level comes. `kind` with `at_least` or `at_most` names the measurement that by itself shows it
    reached. A `personal` goal is not everyone's (work, driving, sport), so missing it leaves nobody behind.
    """

    key: str
    name: str
    measure: str
    earliest: Day
    typical: Day
    latest: Day | None = None
    by: str
    needs: tuple[str, ...] = ()
    load: str = ""
    kind: str = ""
    at_least: Decimal | None = None
    at_most: Decimal | None = None
    personal: bool = False

    def __post_init__(self) -> None:
        Sourced.__post_init__(self)
        _in_order(self.earliest, self.typical, self.latest)
        if self.load not in ("", *LOAD_LEVELS):
            raise FlawError("load", f"must be one of {', '.join(LOAD_LEVELS)}, or left out")


@dataclass(frozen=True, slots=True, kw_only=True)
class Review(Sourced):
    """A visit or a film and its window in days. `every` repeats it, in days, from `typical` on."""

    key: str
    kind: ReviewKind
    name: str
    earliest: Day
    typical: Day
    latest: Day
    every: Annotated[int, Between(1, 400)] | None = None

    def __post_init__(self) -> None:
        Sourced.__post_init__(self)
        _in_order(self.earliest, self.typical, self.latest)


def check_milestones(milestones: tuple[Milestone, ...]) -> None:
    """Raise FlawError unless keys are unique and every need is an earlier entry, which also rules out circles."""
    known: set[str] = set()
    for milestone in milestones:
        table = f"milestones[{milestone.key}]"
        if milestone.key in known:
            raise FlawError("key", "stands twice; keep one", table)
        missing = [need for need in milestone.needs if need not in known]
        if missing:
            raise FlawError("needs", f"names {missing[0]}, which is not a milestone above it", table)
        known.add(milestone.key)


def _in_order(earliest: int, typical: int, latest: int | None) -> None:
    if typical < earliest:
        raise FlawError("typical", "is before earliest; the order is earliest, typical, latest")
    if latest is not None and latest < typical:
        raise FlawError("latest", "is before typical; the order is earliest, typical, latest")
