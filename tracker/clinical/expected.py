"""What may be expected by day, as published: pain, flexion, and the same after joint replacement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from tracker.clinical.tables import Between, Day, Sourced

Degrees = Annotated[int, Between(-20, 160)]
Pain = Annotated[float, Between(0, 10)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PainPoint(Sourced):
    """Published or interpolated pain on a day: mean, standard deviation, 10th and 90th centile (NRS 0-10)."""

    day: Day
    mean: Pain
    sd: Pain | None = None
    low: Pain | None = None
    high: Pain | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PainModel(Sourced):
    """Underlying pain falls from its baseline P0 to a floor: P(t) = floor + (P0 - floor) exp(-rate t), t in months."""

    floor: Pain
    rate_per_month: Annotated[float, Between(0.01, 10)]
    rate_low: Annotated[float, Between(0.01, 10)]
    rate_high: Annotated[float, Between(0.01, 10)]
    days_per_month: Annotated[float, Between(28, 31)]
    baseline: Pain
    baseline_coefficient: Annotated[float, Between(-2, 2)]
    points: tuple[PainPoint, ...]

    @property
    def spread(self) -> tuple[tuple[int, float], ...]:
        """Standard deviation by day."""
        return tuple((point.day, point.sd) for point in self.points if point.sd is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexionTarget(Sourced):
    """Flexion in degrees to be reached by `day`, and the low limit under which the clinic is told.

    With `of_baseline` the numbers are added to the flexion before surgery.
    """

    day: Day
    low: Degrees | None = None
    target_low: Degrees
    target_high: Degrees
    of_baseline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPoint(Sourced):
    """Percent of body weight from a day on."""

    day: Day
    percent: Annotated[int, Between(0, 100)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexionPoint(Sourced):
    """Mean flexion in degrees on a day."""

    day: Day
    mean: Degrees


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact(Sourced):
    """One line of the comparison, in words. `text` is the other operation's, `hto` and `dfo` this one's."""

    key: str
    name: str
    text: str
    hto: str
    dfo: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparator:
    """The recovery after another operation. Shown only as another operation, never as what is expected here."""

    key: str
    name: str
    label: str
    pain: tuple[PainPoint, ...]
    load: tuple[LoadPoint, ...]
    flexion: tuple[FlexionPoint, ...] = ()
    facts: tuple[Fact, ...] = ()
