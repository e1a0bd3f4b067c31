"""More load than ordered."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.clinical import loads
from tracker.clinical.case import Case, band_pain
from tracker.clinical.findings import Finding, finding
from tracker.clinical.history import CheckIn
from tracker.clinical.terms import Urgency


def over_loading(case: Case) -> Iterator[Finding]:
    """Over the then-known limit by more than 10 percent of body weight on 2 of 7 days: within 48 hours
    (clinical.md 7, design 10.15). Days without a known limit are never judged."""
    numbers, weight = case.numbers, case.plan.weight
    rows = [case.reports[day] for day in case.last_days(numbers.over_window) if day in case.reports]
    over = [row for row in rows if loads.over(row, weight, numbers.over_percent)]
    if len(over) >= numbers.over_days:
        yield finding("over_loading", Urgency.R2, f"check-in:{over[0].id}", **_evidence(case, over))


def _evidence(case: Case, over: list[CheckIn]) -> dict[str, object]:
    """The most that was used, in percent of body weight, beside what was allowed that day."""
    weight = case.plan.weight
    worst = max(over, key=lambda row: loads.reported_percent(row, weight) or 0)
    used, limit, kg = loads.reported_percent(worst, weight), loads.known_limit(worst, weight), worst.reported_load_kg
    return {
        "on": over[0].date.isoformat(),
        "days": len(over),
        "window": case.numbers.over_window,
        "used_percent": round(used or 0),
        "used_kg": None if kg is None else float(kg),
        "limit_percent": round(limit or 0),
        "limit_kg": worst.limit_kg,
        "pain": band_pain(over[0]),
    }
