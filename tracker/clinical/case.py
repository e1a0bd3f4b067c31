"""One knee's facts indexed by post-operative day, so that every rule reads them without a scan of its own.

A day without a current check-in is absent from every index: missing, never zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise

from tracker.clinical import limits
from tracker.clinical.findings import Alerts
from tracker.clinical.history import CheckIn, Clearance, History, Measurement, Order
from tracker.clinical.milestones import MilestoneStatus, states
from tracker.clinical.openings import Opening, latest, openings
from tracker.clinical.plan import Plan
from tracker.clinical.terms import Fall, Gate, Symptom
from tracker.clinical.thresholds import Thresholds


def band_pain(check_in: CheckIn) -> int | None:
    """Pain on load, else at rest: what bands and rises are judged by (design 10.16)."""
    return check_in.pain_rest if check_in.pain_load is None else check_in.pain_load


def highest_pain(check_in: CheckIn) -> int | None:
    """The highest of the four scores that was answered."""
    scores = (check_in.pain_rest, check_in.pain_load, check_in.pain_worst, check_in.pain_night)
    return max((score for score in scores if score is not None), default=None)


def fell(check_in: CheckIn) -> bool:
    return check_in.fall is not None and check_in.fall is not Fall.NONE


def median(values: Iterable[int]) -> float:
    """The middle value of at least one."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


class Diary:
    """What was reported and measured, by day after `surgery`. `numbers` are the thresholds it is judged by."""

    def __init__(self, history: History, surgery: date, numbers: Thresholds, upto: date = date.max) -> None:
        self.history = history
        self.surgery = surgery
        self.numbers = numbers
        self._upto = upto
        self._usual: dict[int, float | None] = {}

    def day_of(self, on: date) -> int:
        """The post-operative day of a date."""
        return on.toordinal() - self.surgery.toordinal()

    @cached_property
    def reports(self) -> dict[int, CheckIn]:
        """The current check-in of each day that has one, oldest day first."""
        first, upto = self.surgery.toordinal(), self._upto
        return {row.date.toordinal() - first: row for row in self.history.check_ins if row.current and row.date <= upto}

    @cached_property
    def pain(self) -> dict[int, int]:
        """Pain by day, as bands judge it; days without an answer are absent."""
        answered = {day: band_pain(row) for day, row in self.reports.items()}
        return {day: score for day, score in answered.items() if score is not None}

    def last_report(self, kind: Callable[[CheckIn], object]) -> CheckIn | None:
        """The latest day's current check-in of which something is known."""
        return next((row for row in reversed(self.reports.values()) if kind(row) is not None), None)

    @cached_property
    def falls(self) -> tuple[CheckIn, ...]:
        """Every row that reports a slip, a fall or a twist, also those a later entry replaced."""
        return tuple(row for row in self.history.check_ins if fell(row))

    def usual(self, before: int) -> float | None:
        """The median pain of the days before a day, which is not counted; None with too few answers."""
        if before not in self._usual:
            days = range(before - self.numbers.median_days, before)
            values = [self.pain[day] for day in days if day in self.pain]
            self._usual[before] = median(values) if len(values) >= self.numbers.median_values else None
        return self._usual[before]

    def last_before(self, day: int) -> int | None:
        """The last pain answered in the days before a day."""
        earlier = range(day - 1, day - 1 - self.numbers.median_days, -1)
        return next((self.pain[each] for each in earlier if each in self.pain), None)

    def symptoms_on(self, on: date) -> frozenset[Symptom]:
        """All symptoms that any row of the date reports."""
        rows = (row.symptoms for row in self.history.check_ins if row.date == on and row.symptoms)
        return frozenset().union(*rows)

    @cached_property
    def by_kind(self) -> dict[str, list[Measurement]]:
        """Measurements by kind, oldest first."""
        found: dict[str, list[Measurement]] = {}
        for row in self.history.measurements:
            found.setdefault(row.kind, []).append(row)
        for rows in found.values():
            rows.sort(key=lambda row: row.on)
        return found

    def measured(self, kind: str, on: date, within: int = 0) -> Decimal | None:
        """The highest value of a kind taken on the date or up to `within` days before."""
        since = on - timedelta(within) if within else on
        return max((row.value for row in self.by_kind.get(kind, ()) if since <= row.on <= on), default=None)

    def latest(self, kind: str) -> Measurement | None:
        """The last measurement of a kind up to now."""
        rows = [row for row in self.by_kind.get(kind, ()) if row.on <= self._upto]
        return rows[-1] if rows else None


class Case(Diary):
    """A diary with the plan it is held against and the day it is looked at.

    `today` is the clinic's date. A patient further east may already report for the day after, which counts; later
    rows do not. `now`, an aware instant, sharpens what is told in hours; without it only whole days count.
    """

    def __init__(self, history: History, plan: Plan, today: date, now: datetime | None = None) -> None:
        super().__init__(history, plan.surgery_date, plan.protocol.thresholds, today + timedelta(1))
        self.plan = plan
        self.today = today
        self.now = now
        self.day = self.day_of(today)

    @cached_property
    def alerts(self) -> Alerts:
        return Alerts(self.history.alerts)

    @cached_property
    def milestones(self) -> tuple[MilestoneStatus, ...]:
        return states(self.plan, self.history, self.day)

    @cached_property
    def openings(self) -> tuple[Opening, ...]:
        return openings(self.plan, self.history.clearances, self.history.holds)

    @cached_property
    def decisions(self) -> dict[Gate, Clearance]:
        """The decision that stands on each gate."""
        return latest(self.history.clearances)

    @cached_property
    def end(self) -> int:
        """The day the patterns look back from: today, or the patient's own date when that is ahead."""
        return max(self.day, max(self.reports, default=self.day))

    def last_days(self, count: int) -> Iterator[int]:
        """The last `count` days, latest first."""
        return iter(range(self.end, self.end - count, -1))

    @property
    def recent(self) -> Iterator[int]:
        """The days a pattern looks at, latest first: as many as the median takes."""
        return self.last_days(self.numbers.median_days)

    @cached_property
    def orders(self) -> tuple[Order, ...]:
        """The standing restrictions by their day, earliest first."""
        standing = (order for order in self.history.orders if not order.superseded)
        return tuple(sorted(standing, key=lambda order: order.starts_on))

    @cached_property
    def step_days(self) -> tuple[int, ...]:
        """The days on which a looser level came into force."""
        pairs = pairwise(self.orders)
        return tuple(
            self.day_of(after.starts_on) for before, after in pairs if limits.looser(after.limit, before.limit)
        )
