"""How pain goes on over days: rises, plateaus, pain at the bone cut, a sore plate, long use of opioids.

Patterns read the current check-in of each day (design 10.10). A day without an answer breaks a run; it is never zero.
The cause is the latest check-in that contributes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from tracker.clinical import bands
from tracker.clinical.case import Case, median
from tracker.clinical.findings import Finding, finding
from tracker.clinical.history import CheckIn
from tracker.clinical.rules.symptoms import usual_or_last
from tracker.clinical.terms import Analgesia, PainSite, Symptom, Urgency


def sustained_rise(case: Case) -> Iterator[Finding]:
    """At least 2 points above the own 7-day median on at least 2 consecutive days: within 48 hours, and the same day
    after a fall or a new step or when the leg cannot be loaded (clinical.md 4)."""
    for last in case.recent:
        first = _start_of_rise(case, last)
        if first is not None:
            yield _rise(case, first, last)
            return


def _start_of_rise(case: Case, last: int) -> int | None:
    """The first day of the longest run of raised pain that ends on `last`; the median leaves the whole run out."""
    numbers, lowest, found = case.numbers, case.pain.get(last, 0), None
    for first in range(last, last - numbers.median_days, -1):
        lowest = min(lowest, case.pain.get(first, 0))
        if lowest < numbers.sustained_rise:
            break
        usual = case.usual(first)
        long_enough = last - first + 1 >= numbers.sustained_days
        if long_enough and usual is not None and lowest >= usual + numbers.sustained_rise:
            found = first
    return found


def _rise(case: Case, first: int, last: int) -> Finding:
    trigger = _trigger(case, first, last)
    return _found(
        case,
        "sustained_rise",
        Urgency.R1 if trigger else Urgency.R2,
        last,
        pain=case.pain[last],
        usual=case.usual(first),
        first=_iso(case, first),
        last=_iso(case, last),
        trigger=trigger,
    )


def _trigger(case: Case, first: int, last: int) -> str:
    """What makes a rise a matter of the same day, or nothing."""
    since = first - case.numbers.event_days
    if any(since <= case.day_of(row.date) <= last for row in case.falls):
        return "fall"
    if any(since <= day <= last for day in case.step_days):
        return "new_step"
    rows = (row for row in case.history.check_ins if row.can_load is False)
    return "cannot_load" if any(first <= case.day_of(row.date) <= last for row in rows) else ""


def pain_after_fall(case: Case) -> Iterator[Finding]:
    """More pain, or a leg that cannot be loaded, in the days after a fall reported earlier: the same day.

    The fall's own check-in is judged by itself; this one reads what the next days say of it (clinical.md 7) [est].
    """
    if not case.falls:
        return
    for day in case.recent:
        row = case.reports.get(day)
        fall = _fall_before(case, day)
        if row and fall and _worse(case, row, day, case.day_of(fall.date)):
            yield _after_fall(case, row, day, fall)
            return


def _fall_before(case: Case, day: int) -> CheckIn | None:
    earlier = [row for row in case.falls if 0 < day - case.day_of(row.date) <= case.numbers.event_days]
    return max(earlier, key=lambda row: row.date, default=None)


def _worse(case: Case, row: CheckIn, day: int, fell_on: int) -> bool:
    if row.can_load is False:
        return True
    before = usual_or_last(case, fell_on)
    return day in case.pain and before is not None and case.pain[day] >= before + case.numbers.fall_rise


def _after_fall(case: Case, row: CheckIn, day: int, fall: CheckIn) -> Finding:
    return _found(
        case,
        "pain_after_fall",
        Urgency.R1,
        day,
        kind=fall.fall,
        fell_on=fall.date.isoformat(),
        pain=case.pain.get(day),
        before=usual_or_last(case, case.day_of(fall.date)),
        can_load=row.can_load,
    )


def plateau(case: Case) -> Iterator[Finding]:
    """Weeks 6 to 12, no fall of 1 point over 28 days and above the upper quartile: within 7 days (clinical.md 4)."""
    numbers = case.numbers
    if not numbers.plateau_from_day <= case.end <= numbers.plateau_to_day:
        return
    now, then = _week(case, case.end), _week(case, case.end - numbers.plateau_days + numbers.median_days - 1)
    quartile = bands.centile(case.plan, case.history.baseline_pain, case.end, numbers.plateau_percentile)
    if now is None or then is None or quartile is None:
        return
    if then - now < numbers.plateau_fall and now > quartile:
        last = _last_answer(case)
        yield _found(case, "plateau", Urgency.R3, last, pain=now, before=then, days=numbers.plateau_days)


def _week(case: Case, last: int) -> float | None:
    """The median pain of the 7 days up to and including a day."""
    return case.usual(last + 1)


def _last_answer(case: Case) -> int:
    return next(day for day in case.recent if day in case.pain)


def late_load_pain(case: Case) -> Iterator[Finding]:
    """From week 12, NRS 4 or more on load at the bone cut, flat or rising: surgeon within 7 days and a film.

    Flat or rising unless it fell by a point against the median of the 28 days before; with no answers there it
    counts as not fallen, since missing is never fine (clinical.md 4) [est].
    """
    numbers = case.numbers
    for day in case.recent:
        row = case.reports.get(day)
        if day < numbers.late_load_day or row is None or row.pain_site is not PainSite.BONE_CUT:
            continue
        if row.pain_load is None or row.pain_load < numbers.late_load_pain:
            continue
        before = _month_before(case, day)
        if before is None or before - row.pain_load < numbers.plateau_fall:
            yield _found(case, "late_load_pain", Urgency.R3, day, pain=row.pain_load, before=before)
            return


def _month_before(case: Case, day: int) -> float | None:
    """The median pain on load from 28 to 7 days before a day."""
    days = range(day - case.numbers.plateau_days, day - case.numbers.median_days + 1)
    rows = (case.reports[each] for each in days if each in case.reports)
    scores = [row.pain_load for row in rows if row.pain_load is not None]
    return median(scores) if scores else None


def plate_sore(case: Case) -> Iterator[Finding]:
    """From week 12, sore over the plate: routine (clinical.md 4 and 7)."""
    for day in case.recent:
        row = case.reports.get(day)
        if row and day >= case.numbers.plate_pain_day and _plate(row):
            yield _found(case, "plate_sore", Urgency.R4, day, pain_on_load=row.pain_load)
            return


def _plate(row: CheckIn) -> bool:
    return Symptom.PLATE_SORE in (row.symptoms or ()) or row.pain_site is PainSite.PLATE


def opioid_long(case: Case) -> Iterator[Finding]:
    """Any opioid after day 28: within 7 days (clinical.md 4 and 7). The cause is the first such check-in of the course,
    so that daily use is one alert and not one a day."""
    gap, first, last = case.numbers.course_gap_days, None, None
    for day, row in case.reports.items():
        if day > case.numbers.opioid_days and row.analgesia is Analgesia.OPIOID:
            first = day if first is None or last is None or day - last > gap else first
            last = day
    if first is not None and last is not None and case.end - last <= gap:
        found = case.reports[first]
        evidence = {"first": _iso(case, first), "last": _iso(case, last), "limit_days": case.numbers.opioid_days}
        yield finding("opioid_long", Urgency.R3, f"check-in:{found.id}", day=last, **evidence)


def loading_soreness(case: Case) -> Iterator[Finding]:
    """A rise of at most 2 points within 48 hours of a new step: expected, nobody is alerted (clinical.md 4)."""
    numbers = case.numbers
    day = next((day for day in case.last_days(2) if day in case.pain), None)
    step = max((step for step in case.step_days if step <= case.end), default=None)
    if day is None or step is None or not 0 <= (day - step) * 24 <= numbers.soreness_hours:
        return
    usual = case.usual(step)
    if _start_of_rise(case, day) is not None:
        return
    if usual is not None and 0 < case.pain[day] - usual <= numbers.soreness_rise:
        yield _found(case, "loading_soreness", None, day, pain=case.pain[day], usual=usual, step=_iso(case, step))


def pain_above_band(case: Case) -> Iterator[Finding]:
    """At least two readings 3 days apart above the expected band and none inside between: behind (design 10.16)."""
    outside: list[int] = []
    for day in sorted(case.pain, reverse=True):
        band = bands.pain(case.plan, case.history.baseline_pain, day)
        if band is None or case.pain[day] <= band.high:
            break
        outside.append(day)
    if len(outside) >= case.numbers.outside_readings and outside[0] - outside[-1] >= case.numbers.outside_gap_days:
        band = bands.pain(case.plan, case.history.baseline_pain, outside[0])
        high = band.high if band else None
        yield _found(
            case,
            "pain_above_band",
            None,
            outside[0],
            pain=case.pain[outside[0]],
            high=high,
            since=_iso(case, outside[-1]),
        )


def _found(case: Case, code: str, urgency: Urgency | None, day: int, **evidence: object) -> Finding:
    cause = f"check-in:{case.reports[day].id}"
    return finding(code, urgency, cause, on=_iso(case, day), day=day, **evidence)


def _iso(case: Case, day: int) -> str:
    return (case.surgery + timedelta(day)).isoformat()
