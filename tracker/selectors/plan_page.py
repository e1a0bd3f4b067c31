"""The patient's plan: each step with its earliest day and what it waits for, and the visits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracker.clinical import explain, openings
from tracker.clinical.allowance import Allowance
from tracker.clinical.explain import Lists
from tracker.clinical.openings import Opening
from tracker.clinical.protocol import Review
from tracker.clinical.terms import Decision, Gate
from tracker.models import Episode
from tracker.selectors import episodes
from tracker.selectors.episodes import Case
from tracker.selectors.facts import day as as_date


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit or film of the plan: its window, the appointment if there is one, and the day it took place."""

    review: Review
    first: date
    last: date
    booked_on: date | None
    done_on: date | None


@dataclass(frozen=True, slots=True)
class PlanPage:
    case: Case
    allowed: Allowance
    openings: tuple[Opening, ...]
    refused: frozenset[Gate]
    """Gates whose standing decision is "not yet"."""
    visits: list[Visit]
    lists: Lists


def plan_page(episode: Episode, *, now: datetime) -> PlanPage:
    """The page in one statement beside the door's."""
    case = episodes.case(episode, now=now)
    allowed = episodes.allowance(case)
    decisions = openings.latest(case.history.clearances)
    return PlanPage(
        case=case,
        allowed=allowed,
        openings=openings.openings(case.plan, case.history.clearances, case.history.holds),
        refused=frozenset(gate for gate, row in decisions.items() if row.decision is Decision.REFUSED),
        visits=_visits(case),
        lists=explain.may_do(case.plan, case.history, allowed),
    )


def _visits(case: Case) -> list[Visit]:
    rows = {row["key"]: row for row in case.rows["review"]}
    return [_visit(review, rows.get(review.key, {}), case.surgery_date) for review in case.plan.reviews]


def _visit(review: Review, row: dict[str, object], surgery: date) -> Visit:
    return Visit(
        review=review,
        first=surgery + timedelta(days=review.earliest),
        last=surgery + timedelta(days=review.latest),
        booked_on=as_date(row.get("booked_at")),  # type: ignore[arg-type]
        done_on=as_date(row.get("done_on")),  # type: ignore[arg-type]
    )
