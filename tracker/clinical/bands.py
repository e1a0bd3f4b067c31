"""What is expected on a day: pain, bend, load; and the same after joint replacement, always as another operation.

No band stands where there is no evidence: femur and double level have no published pain series and no bend targets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from statistics import NormalDist

from tracker.clinical import protocol
from tracker.clinical.expected import Comparator, FlexionTarget, PainModel, PainPoint
from tracker.clinical.plan import Plan
from tracker.clinical.terms import Family

LAST_DAY = 365
"""The published pain points end a year after surgery; there is no band beyond."""

NO_REFERENCE = "No published reference for this operation"
"""What is said in place of a band."""

PAIN_LOWEST, PAIN_HIGHEST = 0.0, 10.0


@dataclass(frozen=True, slots=True)
class Band:
    """Expected pain (NRS 0-10) on a post-operative day: 10th centile, mean and 90th centile, and the source."""

    day: int
    low: float
    mid: float
    high: float
    source: str


@dataclass(frozen=True, slots=True)
class Target:
    """Bend in degrees aimed at on a day; under `low` the clinic is told. `day` is the target's own."""

    day: int
    low: int | None
    target_low: int
    target_high: int
    source: str


@dataclass(frozen=True, slots=True)
class Point:
    """A value on a post-operative day, for a chart and its table."""

    day: int
    value: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Recovery after another operation, by day: pain (NRS), load (percent of body weight), bend (degrees)."""

    key: str
    label: str
    pain: tuple[Point, ...]
    load: tuple[Point, ...]
    flexion: tuple[Point, ...]


def pain(plan: Plan, baseline: int | None, day: int) -> Band | None:
    """The expected pain of this plan on a day, shifted by the pain before surgery; None without evidence."""
    found = _mean_and_sd(plan.protocol.pain, baseline, day)
    if found is None:
        return None
    (mean, sd), numbers = found, plan.protocol.thresholds
    low, high = mean + z(numbers.band_low_percentile) * sd, mean + z(numbers.band_high_percentile) * sd
    return Band(day, _clip(low), _clip(mean), _clip(high), pain_source(plan))


def centile(plan: Plan, baseline: int | None, day: int, percentile: int) -> float | None:
    """The pain under which `percentile` percent are expected on a day; None without evidence."""
    found = _mean_and_sd(plan.protocol.pain, baseline, day)
    return None if found is None else _clip(found[0] + z(percentile) * found[1])


def pain_series(plan: Plan, baseline: int | None, upto: int) -> tuple[Band, ...]:
    """The band of every day from surgery to `upto`; empty without evidence."""
    bands = (pain(plan, baseline, day) for day in range(min(upto, LAST_DAY) + 1))
    return tuple(band for band in bands if band is not None)


def pain_source(plan: Plan) -> str:
    """The source of the band in words, or that there is none."""
    return plan.protocol.pain.source if plan.protocol.pain else NO_REFERENCE


def _mean_and_sd(model: PainModel | None, baseline: int | None, day: int) -> tuple[float, float] | None:
    if model is None or not 0 <= day <= LAST_DAY:
        return None
    mean, sd = _between(model.points, day)
    return mean + personal(model, baseline, day) - personal(model, None, day), sd


def personal(model: PainModel, baseline: int | None, day: int) -> float:
    """The model's pain on a day for a pain before surgery; None takes the published baseline."""
    start = model.baseline if baseline is None else baseline
    return model.floor + (start - model.floor) * math.exp(-model.rate_per_month * day / model.days_per_month)


def _between(points: Sequence[PainPoint], day: int) -> tuple[float, float]:
    """Mean and standard deviation on a day, on the straight line between the points around it."""
    before = points[0]
    for point in points:
        if point.day >= day:
            share = (day - before.day) / (point.day - before.day) if point.day > before.day else 0.0
            return _mix(before.mean, point.mean, share), _mix(before.sd or 0.0, point.sd or 0.0, share)
        before = point
    return before.mean, before.sd or 0.0


def _mix(one: float, other: float, share: float) -> float:
    return one + (other - one) * share


def _clip(score: float) -> float:
    return min(PAIN_HIGHEST, max(PAIN_LOWEST, score))


@cache
def z(percentile: int) -> float:
    """Standard deviations from the mean of a normal distribution."""
    return NormalDist().inv_cdf(percentile / 100)


def flexion(plan: Plan, day: int, baseline: int | None = None) -> Target | None:
    """The bend aimed at on a day: the last target reached by then, never more than what is allowed.

    `baseline` is the bend before surgery in degrees, which the targets from half a year on start from.
    """
    due = [target for target in plan.protocol.flexion if target.day <= day and _usable(target, baseline)]
    if not due:
        return None
    target, allowed = due[-1], plan.flexion_max_on(day)
    start = baseline if target.of_baseline and baseline is not None else 0

    def capped(degrees: int) -> int:
        return degrees + start if allowed is None else min(degrees + start, allowed)

    low = None if target.low is None else capped(target.low)
    return Target(target.day, low, capped(target.target_low), capped(target.target_high), target.source)


def _usable(target: FlexionTarget, baseline: int | None) -> bool:
    return baseline is not None or not target.of_baseline


def flexion_series(plan: Plan, upto: int, baseline: int | None = None) -> tuple[Target, ...]:
    """The target of each day on which one begins, up to a day."""
    days = (target.day for target in plan.protocol.flexion if target.day <= upto)
    targets = (flexion(plan, day, baseline) for day in days)
    return tuple(target for target in targets if target is not None)


def comparison(key: str) -> Comparison:
    """Another operation's recovery: "uka" (partial) or "tka" (total knee replacement)."""
    other = protocol.comparators()[key]
    return Comparison(key, other.label, _means(other), _loads(other), _bends(other))


def comparison_words(key: str, family: Family) -> tuple[tuple[str, str, str], ...]:
    """Rows of the comparison in words: what, after this operation, after the other one."""
    facts = protocol.comparators()[key].facts
    return tuple((fact.name, fact.hto if family is Family.HTO else fact.dfo, fact.text) for fact in facts)


def _means(other: Comparator) -> tuple[Point, ...]:
    return tuple(Point(point.day, point.mean) for point in other.pain)


def _loads(other: Comparator) -> tuple[Point, ...]:
    return tuple(Point(point.day, point.percent) for point in other.load)


def _bends(other: Comparator) -> tuple[Point, ...]:
    return tuple(Point(point.day, point.mean) for point in other.flexion)
