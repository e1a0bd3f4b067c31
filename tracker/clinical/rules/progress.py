"""Motion, union and milestones against the plan."""

from __future__ import annotations

from collections.abc import Iterator

from tracker.clinical import bands, milestones
from tracker.clinical.case import Case
from tracker.clinical.findings import Finding, finding
from tracker.clinical.history import Measurement
from tracker.clinical.milestones import MilestoneStatus
from tracker.clinical.terms import Decision, Gate, MilestoneState, Urgency


def stiffness(case: Case) -> Iterator[Finding]:
    """Flexion under 90 at week 6 or under 110 at week 12, or more than 10 degrees missing to straight: within 7 days
    (clinical.md 7). Judged by what was measured then, never by an older number."""
    bend, missing = case.latest("flexion"), case.latest("extension_deficit")
    wanted = _least_flexion(case, bend)
    if bend and wanted and bend.value < wanted:
        yield _measured(case, "stiffness", Urgency.R3, bend, wanted=wanted)
    elif missing and missing.value > case.numbers.stiff_extension_deficit:
        yield _measured(case, "stiffness", Urgency.R3, missing, wanted=case.numbers.stiff_extension_deficit)


def _least_flexion(case: Case, bend: Measurement | None) -> int | None:
    numbers, day = case.numbers, case.day_of(bend.on) if bend else -1
    if day >= numbers.stiff_late_day:
        return numbers.stiff_late_flexion
    return numbers.stiff_early_flexion if day >= numbers.stiff_early_day else None


def slow_motion(case: Case) -> Iterator[Finding]:
    """A bend under the low limit of its day, or more than 5 degrees missing to straight from week 6: routine
    (clinical.md 5). Silent where the same measurement already counts as stiff."""
    bend, missing = case.latest("flexion"), case.latest("extension_deficit")
    target = bands.flexion(case.plan, case.day_of(bend.on), case.history.baseline_flexion) if bend else None
    if bend and target and target.low is not None and bend.value < target.low and _least_flexion(case, bend) is None:
        yield _measured(case, "flexion_low", Urgency.R4, bend, wanted=target.low)
    numbers = case.numbers
    late = missing is not None and case.day_of(missing.on) >= numbers.extension_day
    if missing and late and numbers.extension_deficit < missing.value <= numbers.stiff_extension_deficit:
        yield _measured(case, "extension_low", Urgency.R4, missing, wanted=numbers.extension_deficit)


def _measured(case: Case, code: str, urgency: Urgency, row: Measurement, **evidence: object) -> Finding:
    on, day, value = row.on.isoformat(), case.day_of(row.on), float(row.value)
    return finding(code, urgency, f"measurement:{row.id}", on=on, day=day, kind=row.kind, value=value, **evidence)


def union_concern(case: Case) -> Iterator[Finding]:
    """The bone not healed by the latest day, or the 12-week gate refused: within 7 days (clinical.md 7)."""
    decision = case.decisions.get(Gate.G12)
    if decision is not None and decision.decision is Decision.REFUSED:
        cause = f"gate:{Gate.G12}:refused:{decision.id}"
        yield finding("union_refused", Urgency.R3, cause, on=decision.decided_on.isoformat())
    for status in case.milestones:
        if status.key == milestones.UNION_XR and status.state is MilestoneState.OVERDUE:
            yield finding("union_overdue", Urgency.R3, f"milestone:{status.key}", **_window(case, status))


def overdue(case: Case) -> Iterator[Finding]:
    """A milestone past its latest day: behind (design 10.13). Personal goals leave nobody behind; what waits for
    another overdue milestone is told by that one."""
    late = {status.key: status for status in case.milestones if status.state is MilestoneState.OVERDUE}
    for status in late.values():
        told_elsewhere = status.personal or status.key == milestones.UNION_XR
        if not told_elsewhere and not any(need in late for need in status.needs):
            yield finding("milestone_overdue", None, f"milestone:{status.key}", **_window(case, status))


def _window(case: Case, status: MilestoneStatus) -> dict[str, object]:
    bend = case.latest("flexion")
    return {
        "key": status.key,
        "name": status.name,
        "day": case.day,
        "latest": status.latest,
        "flexion": None if bend is None else float(bend.value),
    }
