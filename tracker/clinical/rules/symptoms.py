"""What one check-in or one reading raises by itself: symptoms, falls, severe pain, fever, a moved leg line.

These rules read every row ever submitted, and nothing about other days can lower what they say (design 10.10, 10.12).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from tracker.clinical.case import Diary, band_pain, highest_pain
from tracker.clinical.findings import Finding, finding
from tracker.clinical.history import CheckIn, Measurement
from tracker.clinical.terms import Fall, Symptom, Urgency

FLOORS: dict[Symptom, Urgency] = {
    Symptom.BREATHLESS: Urgency.R0,
    Symptom.CHEST_PAIN: Urgency.R0,
    Symptom.COUGH_BLOOD: Urgency.R0,
    Symptom.FAINT: Urgency.R0,
    Symptom.FOOT_COLD: Urgency.R0,
    Symptom.FOOT_WHITE: Urgency.R0,
    Symptom.CALF_SORE: Urgency.R1,
    Symptom.LEG_TIGHT: Urgency.R1,
    Symptom.FEVER: Urgency.R1,
    Symptom.RIGORS: Urgency.R1,
    Symptom.WOUND_RED: Urgency.R1,
    Symptom.FOOT_DROP: Urgency.R1,
    Symptom.WOUND_LEAK: Urgency.R2,
    Symptom.TOES_NUMB: Urgency.R2,
    Symptom.TOE_STRETCH_PAIN: Urgency.R2,
    Symptom.LEG_SHAPE: Urgency.R2,
    Symptom.NEW_CLICK: Urgency.R2,
    Symptom.LOW_MOOD: Urgency.R3,
}
"""What each symptom raises when it stands alone (design 10.12, clinical.md 7). Shivering alone counts as fever, and
pain on stretching the toes as numb toes [est]. A sore plate is a pattern, see rules.pain."""

NERVE_SIGNS = frozenset({Symptom.TOES_NUMB, Symptom.TOE_STRETCH_PAIN})
_NO_FALL = (None, Fall.NONE)
FEVER_SIGNS = frozenset({Symptom.FEVER, Symptom.RIGORS})


@dataclass(frozen=True, slots=True)
class Report:
    """One check-in with what it takes to judge it by itself."""

    row: CheckIn
    day: int
    diary: Diary

    @property
    def cause(self) -> str:
        return f"check-in:{self.row.id}"

    @property
    def ticked(self) -> frozenset[Symptom]:
        return self.row.symptoms or frozenset()

    @property
    def that_day(self) -> frozenset[Symptom]:
        """This row's symptoms and those of the same day's other rows, since one day is one story."""
        return self.ticked | self.diary.symptoms_on(self.row.date)

    def found(self, code: str, urgency: Urgency, **evidence: object) -> Finding:
        return finding(code, urgency, self.cause, on=self.row.date.isoformat(), day=self.day, **evidence)


class Raise(NamedTuple):
    """A combination that makes symptoms more urgent than they are alone. Combinations only raise."""

    symptoms: frozenset[Symptom]
    urgency: Urgency
    holds: Callable[[Report], bool]


def _tight_and_nerve(report: Report) -> bool:
    return Symptom.LEG_TIGHT in report.that_day and bool(report.that_day & NERVE_SIGNS)


def _nerve_sign_after_tight(report: Report) -> bool:
    return _tight_and_nerve(report) and Symptom.LEG_TIGHT not in report.ticked


def _late_leak(report: Report) -> bool:
    return report.day > report.diary.numbers.wound_leak_day


def _pain_at_rest_or_night(report: Report) -> bool:
    scores = (report.row.pain_rest, report.row.pain_night)
    return any(score is not None and score >= report.diary.numbers.infection_pain for score in scores)


def _high_fever_and_rigors(report: Report) -> bool:
    warmth = report.diary.measured("temperature_c", report.row.date)
    return Symptom.RIGORS in report.that_day and warmth is not None and warmth >= report.diary.numbers.high_fever_c


RAISES = (
    Raise(frozenset({Symptom.LEG_TIGHT}), Urgency.R0, _tight_and_nerve),
    Raise(NERVE_SIGNS, Urgency.R0, _nerve_sign_after_tight),
    Raise(frozenset({Symptom.WOUND_LEAK}), Urgency.R1, _late_leak),
    Raise(frozenset({Symptom.WOUND_LEAK}), Urgency.R1, _pain_at_rest_or_night),
    Raise(FEVER_SIGNS, Urgency.R0, _high_fever_and_rigors),
)
"""Clinical.md 4 (night or rest pain with ooze) and 7 (compartment, infection); design 10.12."""


def of_check_in(row: CheckIn, diary: Diary) -> Iterator[Finding]:
    """Everything the check-in raises by itself."""
    if not row.symptoms and row.fall in _NO_FALL and not _hurts(row, diary.numbers.severe_not_eased):
        return
    report = Report(row, diary.day_of(row.date), diary)
    yield from _symptoms(report)
    yield from _fall(report)
    yield from _severe_pain(report)


def _hurts(row: CheckIn, least: int) -> bool:
    """Whether any answered score reaches `least`, which is above 0."""
    return (
        (row.pain_load or 0) >= least
        or (row.pain_worst or 0) >= least
        or (row.pain_rest or 0) >= least
        or (row.pain_night or 0) >= least
    )


def of_reading(reading: Measurement, diary: Diary) -> Iterator[Finding]:
    """Everything the measurement raises by itself (clinical.md 7 and 9)."""
    rule = READINGS.get(reading.kind)
    urgency = rule(reading, diary) if rule else None
    if urgency:
        on, value = reading.on.isoformat(), float(reading.value)
        code = "temperature" if reading.kind == "temperature_c" else "film_change"
        yield finding(
            code,
            urgency,
            f"measurement:{reading.id}",
            on=on,
            day=diary.day_of(reading.on),
            kind=reading.kind,
            value=value,
        )


def _symptoms(report: Report) -> Iterator[Finding]:
    for symptom in sorted(report.ticked & FLOORS.keys()):
        urgency = _urgency(symptom, report)
        yield report.found(symptom.value, urgency, **_context(symptom, report))


def _urgency(symptom: Symptom, report: Report) -> Urgency:
    raised = (each.urgency for each in RAISES if symptom in each.symptoms and each.holds(report))
    return min((FLOORS[symptom], *raised))


def _context(symptom: Symptom, report: Report) -> dict[str, object]:
    """What was also reported or measured and bears on the symptom."""
    others = sorted(other.value for other in report.that_day if other is not symptom)
    found: dict[str, object] = {"with": others, "pain": highest_pain(report.row)}
    if symptom in FEVER_SIGNS:
        found["temperature_c"] = _plain(report.diary, "temperature_c", report.row.date)
    if symptom is Symptom.CALF_SORE:
        found["calf_difference_cm"] = _plain(report.diary, "calf_difference_cm", report.row.date)
    return {name: value for name, value in found.items() if value not in (None, [])}


def _plain(diary: Diary, kind: str, on: date) -> float | None:
    value = diary.measured(kind, on, within=1)
    return None if value is None else float(value)


def _fall(report: Report) -> Iterator[Finding]:
    """A slip, fall or twist: same day with more pain or no load possible, else within 48 hours (clinical.md 7)."""
    row = report.row
    if row.fall is None or row.fall is Fall.NONE:
        return
    pain, before = band_pain(row), usual_or_last(report.diary, report.day)
    rise = None if pain is None or before is None else pain - before
    grave = row.can_load is False or (rise is not None and rise >= report.diary.numbers.fall_rise)
    evidence = {"kind": row.fall.value, "pain": pain, "before": before, "can_load": row.can_load}
    yield report.found("fall", Urgency.R1 if grave else Urgency.R2, **evidence)


def usual_or_last(diary: Diary, day: int) -> float | None:
    """The usual pain before a day; with too few answers for a median, the last one."""
    usual = diary.usual(day)
    return diary.last_before(day) if usual is None else usual


def _severe_pain(report: Report) -> Iterator[Finding]:
    """NRS 8 or more, or 7 that the prescribed drugs do not ease, after day 3 (clinical.md 4)."""
    numbers, pain = report.diary.numbers, highest_pain(report.row)
    if pain is None or report.day <= numbers.severe_after_day:
        return
    not_eased = report.row.pain_eased is False and pain >= numbers.severe_not_eased
    if pain >= numbers.severe or not_eased:
        yield report.found("severe_pain", Urgency.R1, pain=pain, eased=report.row.pain_eased)


def _temperature(reading: Measurement, diary: Diary) -> Urgency | None:
    if reading.value < diary.numbers.fever_c:
        return None
    shivering = Symptom.RIGORS in diary.symptoms_on(reading.on)
    return Urgency.R0 if shivering and reading.value >= diary.numbers.high_fever_c else Urgency.R1


def _hka_change(reading: Measurement, diary: Diary) -> Urgency | None:
    return Urgency.R2 if abs(reading.value) >= diary.numbers.hka_change_deg else None


def _wbl_change(reading: Measurement, diary: Diary) -> Urgency | None:
    return Urgency.R2 if abs(reading.value) >= diary.numbers.wbl_change_points else None


READINGS: dict[str, Callable[[Measurement, Diary], Urgency | None]] = {
    "temperature_c": _temperature,
    "hka_change_deg": _hka_change,
    "wbl_change_points": _wbl_change,
}
"""Kinds of measurement that raise something by themselves."""
