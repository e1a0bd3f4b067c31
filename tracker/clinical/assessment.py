"""Actual against expected on a day: status, place on the worklist, one sentence of reason, findings, milestones.

Pure: the same facts on the same day give the same answer, and time comes in as an argument.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from tracker.clinical import bands, explain, loads, rules
from tracker.clinical.bands import Band
from tracker.clinical.case import Case
from tracker.clinical.findings import Alerts, Finding, finding, place
from tracker.clinical.history import Alert, History
from tracker.clinical.milestones import MilestoneStatus
from tracker.clinical.plan import Plan
from tracker.clinical.terms import Attention, Status, Urgency

CORE_VERSION = "1.1.0"
"""Stored with what was worked out. Raised whenever the same facts could give another answer."""

BEHIND = frozenset({"milestone_overdue", "union_overdue", "pain_above_band"})
"""What makes a knee behind (design 10.13, 10.16)."""


@dataclass(frozen=True, slots=True)
class Pain:
    """The last pain answered (NRS 0-10) beside what was expected on its day.

    `band` is inside, above or below; None without an answer or without evidence, which `source` then says.
    """

    value: int | None = None
    on: date | None = None
    low: float | None = None
    mid: float | None = None
    high: float | None = None
    band: str | None = None
    usual: float | None = None
    source: str = bands.NO_REFERENCE


@dataclass(frozen=True, slots=True)
class Flexion:
    """The last bend and missing extension (degrees) beside the target of its day. `low` is where the clinic is told."""

    value: float | None = None
    on: date | None = None
    low: int | None = None
    target_low: int | None = None
    target_high: int | None = None
    extension_deficit: float | None = None
    source: str = bands.NO_REFERENCE


@dataclass(frozen=True, slots=True)
class Load:
    """The last load reported beside the limit known for its day (percent of body weight), and the days over it.

    `over_days` of `judged_days` in the last `window` days; days without report or known limit are not judged.
    """

    percent: float | None
    on: date | None
    limit_percent: int | None
    limit_kg: int | None
    over: bool | None
    over_days: int
    judged_days: int
    window: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """How one knee is doing on the clinic's date `as_of`, post-operative `day`.

    `findings` are those that stand, each with its sentences: what a clinician has closed is left out. `to_raise` are
    the alerts that have to be opened, with the causes to store.
    """

    as_of: date
    core_version: str
    day: int
    status: Status
    attention: Attention
    reason: str
    findings: tuple[Finding, ...]
    milestones: tuple[MilestoneStatus, ...]
    pain: Pain
    flexion: Flexion
    load: Load
    to_raise: tuple[Finding, ...]


def assess(history: History, plan: Plan, today: date, now: datetime | None = None) -> Assessment:
    """Assess one knee on the clinic's date `today`.

    `now`, an aware instant, sharpens what is told in hours (an unseen restriction); without it only what is sure on
    the date counts.
    """
    case = Case(history, plan, today, now)
    found = tuple(_worded(each, history) for each in _standing(rules.evaluate(case), case.alerts))
    new = case.alerts.new(found)
    pain = _pain(case)
    return Assessment(
        as_of=today,
        core_version=CORE_VERSION,
        day=case.day,
        status=_status(found, case.alerts.open, new),
        attention=_attention(found, case.alerts.open),
        reason=explain.reason(found, case.alerts.open, explain.on_track(pain.value, pain.low, pain.high)),
        findings=found,
        milestones=case.milestones,
        pain=pain,
        flexion=_flexion(case),
        load=_load(case),
        to_raise=new,
    )


def _standing(found: Iterable[Finding], alerts: Alerts) -> Iterator[Finding]:
    """The findings without those a clinician has closed. A milestone stays overdue after its alert is closed."""
    for each in found:
        if not alerts.settled(each):
            yield each
        elif each.code in BEHIND:
            yield finding("milestone_overdue", None, each.cause, **each.evidence)


def _worded(found: Finding, history: History) -> Finding:
    return replace(found, patient=explain.for_patient(found, side=history.side), clinician=explain.for_clinician(found))


def _status(found: Sequence[Finding], open_alerts: Sequence[Alert], new: Sequence[Finding]) -> Status:
    """Any alert of R0 to R3 not closed; else behind; else stale; else on track (design 10.13)."""
    if new or any(alert.urgency is not Urgency.R4 for alert in open_alerts):
        return Status.ALERT
    codes = {each.code for each in found}
    if codes & BEHIND:
        return Status.BEHIND
    return Status.STALE if "silence" in codes else Status.ON_TRACK


def _attention(found: Iterable[Finding], open_alerts: Iterable[Alert]) -> Attention:
    """The most urgent place of any finding or standing alert; nothing lower hides it."""
    places = [each.attention for each in found] + [place(alert.code, alert.urgency) for alert in open_alerts]
    return min(places, default=Attention.ON_TRACK)


def _pain(case: Case) -> Pain:
    day = max(case.pain, default=None)
    source = bands.pain_source(case.plan)
    if day is None:
        return Pain(source=source)
    value, band = case.pain[day], bands.pain(case.plan, case.history.baseline_pain, day)
    on, usual = case.plan.date_of(day), case.usual(day)
    if band is None:
        return Pain(value, on, usual=usual, source=source)
    low, mid, high = (round(edge, 1) for edge in (band.low, band.mid, band.high))
    return Pain(value, on, low, mid, high, _beside(value, band), usual, source)


def _beside(value: int, band: Band) -> str:
    return "above" if value > band.high else "below" if value < band.low else "inside"


def _flexion(case: Case) -> Flexion:
    bend, missing = case.latest("flexion"), case.latest("extension_deficit")
    deficit = None if missing is None else float(missing.value)
    day = case.day if bend is None else case.day_of(bend.on)
    target = bands.flexion(case.plan, day, case.history.baseline_flexion)
    value, on = (None, None) if bend is None else (float(bend.value), bend.on)
    if target is None:
        return Flexion(value, on, extension_deficit=deficit)
    return Flexion(value, on, target.low, target.target_low, target.target_high, deficit, target.source)


def _load(case: Case) -> Load:
    numbers, weight = case.numbers, case.plan.weight
    judged = [
        over
        for day in case.last_days(numbers.over_window)
        if day in case.reports and (over := loads.over(case.reports[day], weight, numbers.over_percent)) is not None
    ]
    row = case.last_report(lambda each: loads.reported_percent(each, weight))
    if row is None:
        return Load(None, None, None, None, None, sum(judged), len(judged), numbers.over_window)
    return Load(
        percent=round(float(loads.reported_percent(row, weight) or 0), 1),
        on=row.date,
        limit_percent=row.limit_percent,
        limit_kg=row.limit_kg,
        over=loads.over(row, weight, numbers.over_percent),
        over_days=sum(judged),
        judged_days=len(judged),
        window=numbers.over_window,
    )
