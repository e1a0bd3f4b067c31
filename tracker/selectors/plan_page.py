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
from tracker.selectors import episodes, facts
from tracker.selectors.episodes import Case
from tracker.selectors.facts import Row
from tracker.selectors.today import readable


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


def plan_page(episode: Episode, *, now: datetime) -> PlanPage | None:
    """The page in one statement beside the door's; None where the record cannot be read (law 2)."""
    case = readable(episode, now=now)
    if case is None:
        return None
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
    return [_visit(review, rows.get(review.key, {}), case) for review in case.plan.reviews]


def _visit(review: Review, row: Row, case: Case) -> Visit:
    return Visit(
        review=review,
        first=case.surgery_date + timedelta(days=review.earliest),
        last=case.surgery_date + timedelta(days=review.latest),
        booked_on=facts.day_in(case.clinic.time_zone, row.get("booked_at")),
        done_on=facts.day(row.get("done_on")),
    )
