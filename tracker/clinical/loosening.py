"""Whether a change of the plan allows more than before, on any day still to come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tracker.clinical import limits, openings
from tracker.clinical.history import History
from tracker.clinical.plan import Plan
from tracker.clinical.terms import Decision, Gate


def allows_more(before: Plan, after: Plan, history: History, *, today: date) -> bool:
    """By the calendar, as gates and holds stand, or by asking for fewer gates than were still to come."""
    return _fewer_gates(before, after, history) or any(
        _more_on(before, after, history, on) for on in _days(before, after, history, today)
    )


def _fewer_gates(before: Plan, after: Plan, history: History) -> bool:
    return bool(set(before.gates) - _cleared(history) - set(after.gates))


def _cleared(history: History) -> set[Gate]:
    standing = openings.latest(history.clearances).values()
    return {found.gate for found in standing if found.decision is Decision.CLEARED}


def _more_on(before: Plan, after: Plan, history: History, on: date) -> bool:
    was, becomes = before.day(on), after.day(on)
    by_calendar = limits.exceeds(after.limit_on(becomes), before.limit_on(was), before.weight)
    return by_calendar or limits.exceeds(
        openings.level(openings.openings(after, history.clearances, history.holds), becomes),
        openings.level(openings.openings(before, history.clearances, history.holds), was),
        before.weight,
    )


def _days(before: Plan, after: Plan, history: History, today: date) -> Iterator[date]:
    """Today, and every later day on which either of the two plans changes its level."""
    found = {today}
    for plan in (before, after):
        found |= {plan.date_of(step.day) for step in plan.steps}
        opened = openings.openings(plan, history.clearances, history.holds)
        found |= {each.opens_on for each in opened if each.opens_on is not None}
    return (day for day in sorted(found) if day >= today)
