"""What is waiting for a person: a gate to decide, an order to sign, a level the patient has not seen, silence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from tracker.clinical import limits, loads, openings
from tracker.clinical.allowance import covers, order_on
from tracker.clinical.case import Case, band_pain
from tracker.clinical.findings import Finding, finding
from tracker.clinical.history import CheckIn, Limit, Order, ReviewDone
from tracker.clinical.openings import Opening
from tracker.clinical.terms import Decision, Gate, ReviewKind

FILM_BEFORE = timedelta(14)
"""A film up to so long before the step counts as the gate's film: its window opens a week or more before."""


def gate(case: Case) -> Iterator[Finding]:
    """The first gate that is not cleared: to book from 7 days before its step, due from its day, or refused
    (design 10.12, 10.13). Criteria gates are looked at on the day and need no booking."""
    opening = next((each for each in case.openings if each.gate is not None), None)
    if opening is None or opening.gate is None:
        return
    decision, wait = case.decisions.get(opening.gate), (case.today - opening.earliest).days
    if decision is not None and decision.decision is Decision.REFUSED:
        on, cause = decision.decided_on.isoformat(), f"gate:{opening.gate}:refused:{decision.id}"
        yield finding("gate_refused", None, cause, on=on, **_gate(case, opening.gate, opening))
    elif wait >= 0:
        yield finding("gate_due", None, f"gate:{opening.gate}:none", waiting=wait, **_gate(case, opening.gate, opening))
    elif -wait <= case.numbers.book_gate_days and opening.gate.imaging:
        yield finding("gate_soon", None, f"gate:{opening.gate}:none", **_gate(case, opening.gate, opening))


def _gate(case: Case, key: Gate, opening: Opening) -> dict[str, object]:
    rule, films, order = case.plan.gate_rule(key), _films(case), order_on(case.history.orders, case.today)
    taken = [row.done_on for row in films if row.done_on and opening.earliest - FILM_BEFORE <= row.done_on]
    booked = [row.booked_on for row in films if row.booked_on and not row.done_on and row.booked_on >= case.today]
    return {
        "gate": key.value,
        "name": rule.name,
        "decider": rule.decider.value,
        "imaging": key.imaging,
        "due": opening.earliest.isoformat(),
        "film_on": max(taken).isoformat() if taken else None,
        "booked_on": min(booked).isoformat() if booked else None,
        "percent": order.limit.percent if order else 0,
        "kg": order.kg if order else 0,
    }


def _films(case: Case) -> list[ReviewDone]:
    return [row for row in case.history.reviews if row.kind == ReviewKind.XRAY]


def unsigned(case: Case) -> Iterator[Finding]:
    """Nobody has signed an order: the patient reads "no weight, call your clinic" (design 10.5)."""
    if not case.history.signed or not case.orders:
        yield finding("unsigned", None, "order:none", day=case.day)


def held(case: Case) -> Iterator[Finding]:
    """A hold waits for its signed release: it outlives its alert, so without this nobody would be reminded of it."""
    standing = openings.standing(case.history.holds, case.today)
    if standing:
        strictest = standing[0]
        since, percent = strictest.since.isoformat(), strictest.limit.percent
        kg = limits.kg(strictest.limit, case.plan.weight)
        yield finding(
            "held", None, f"hold:{strictest.id}", held_for=strictest.code, since=since, percent=percent, kg=kg
        )


def unseen(case: Case) -> Iterator[Finding]:
    """A changed level the patient has not confirmed: a tightening after 4 hours, a loosening after 24."""
    order = order_on(case.history.orders, case.today)
    if order is None or order.acknowledged_at is not None:
        return
    before = _before(case, order)
    if before is not None and limits.same(before, order.limit, case.plan.weight):
        return
    tightened = before is not None and limits.looser(before, order.limit)
    hours = case.numbers.unseen_tightening_hours if tightened else case.numbers.unseen_loosening_hours
    if _age(case, order) >= timedelta(hours=hours):
        code = "unseen_tightening" if tightened else "unseen_loosening"
        on = max(order.starts_on, order.recorded_at.date())
        yield finding(code, None, f"order:{order.id}", on=on.isoformat(), percent=order.limit.percent, kg=order.kg)


def _before(case: Case, order: Order) -> Limit | None:
    """The level that stood before the order: what it replaced on its first day, else what ended there."""
    others = [each for each in case.history.orders if each.id != order.id and each.recorded_at < order.recorded_at]
    replaced = [each for each in others if each.superseded and covers(each, order.starts_on)]
    if replaced:
        return max(replaced, key=lambda each: each.recorded_at).limit
    ended = order_on(case.history.orders, order.starts_on - timedelta(1))
    return ended.limit if ended else None


def _age(case: Case, order: Order) -> timedelta:
    """How long the order has been in force and known. Without an instant, as much as is sure on the date."""
    start = max(order.recorded_at, datetime.combine(order.starts_on, time(), UTC))
    return (case.now or datetime.combine(case.today, time(), UTC)) - start


def silence(case: Case) -> Iterator[Finding]:
    """No check-in for 5 days if the first silent day is before day 42, else for 14 (design 10.14).

    Counted from the last report, from surgery, or from the day the patient joined, whichever is latest.
    """
    numbers, started = case.numbers, case.history.started_on
    first = 0 if started is None else max(0, case.day_of(started))
    last = max(case.reports, default=None)
    since = first if last is None else max(first, last)
    days = case.end - since
    if days >= (numbers.stale_early if since + 1 < numbers.stale_boundary_day else numbers.stale_late):
        missing = case.surgery + timedelta(since + 1)
        row = None if last is None else case.reports[last]
        yield finding("silence", None, f"silence:{missing.isoformat()}", days=days, **_last_words(case, row))


def _last_words(case: Case, row: CheckIn | None) -> dict[str, object]:
    if row is None:
        return {"last": None, "pain": None, "over": None}
    over = loads.over(row, case.plan.weight, case.numbers.over_percent)
    return {"last": row.date.isoformat(), "pain": band_pain(row), "over": over}
