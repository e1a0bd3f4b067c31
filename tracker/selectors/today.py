"""What Today shows a patient: the live allowance, and what stands in the way."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime

from tracker.clinical import bands
from tracker.clinical.allowance import Allowance
from tracker.clinical.bands import Band
from tracker.clinical.case import band_pain
from tracker.clinical.findings import Finding, as_finding
from tracker.clinical.history import Alert, CheckIn
from tracker.clinical.terms import Urgency
from tracker.models import Episode
from tracker.selectors import episodes
from tracker.selectors.episodes import Case

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Today:
    """A knee as its patient sees it on a day."""

    case: Case
    allowed: Allowance
    checked_in: CheckIn | None
    """The day's current check-in, if there is one."""
    urgent: tuple[Finding, ...]
    """What was told that is an emergency or needs help the same day and that no clinician has closed, R0 first."""

    @property
    def emergency(self) -> bool:
        return any(finding.urgency is Urgency.R0 for finding in self.urgent)


def today(episode: Episode, *, now: datetime) -> Today | None:
    """The page in one statement beside the door's; None where the record cannot be read (law 2)."""
    case = readable(episode, now=now)
    if case is None:
        return None
    return Today(case, episodes.allowance(case), check_in_on(case, case.patient_date), urgent(case.history.alerts))


def readable(episode: Episode, *, now: datetime, window: int | None = episodes.WINDOW_DAYS) -> Case | None:
    """The case, or None where the record cannot be read, which must keep no patient from a number to call."""
    try:
        return episodes.case(episode, now=now, window=window)
    except Exception:
        logger.exception("could not read the record of episode %s", episode.pk)
        return None


def check_in_on(case: Case, on: date) -> CheckIn | None:
    """The current check-in of a date."""
    return next((row for row in case.history.check_ins if row.current and row.date == on), None)


def urgent(alerts: tuple[Alert, ...]) -> tuple[Finding, ...]:
    """Open and acknowledged alerts of R0 and R1, as findings to be said again, the most urgent first."""
    wanted = (Urgency.R0, Urgency.R1)
    standing = [alert for alert in alerts if alert.state != "closed" and alert.urgency in wanted]
    return tuple(as_finding(alert) for alert in sorted(standing, key=lambda alert: alert.urgency))


def pain_points(case: Case) -> list[tuple[int, float]]:
    """Pain by post-operative day as the band judges it; days without an answer are absent."""
    answered = ((case.plan.day(row.date), band_pain(row)) for row in case.history.check_ins if row.current)
    return [(day, float(score)) for day, score in answered if score is not None]


def pain_band(case: Case, upto: int) -> tuple[Band, ...]:
    """The expected pain of this plan, day by day; empty where there is no evidence for it."""
    return bands.pain_series(case.plan, case.history.baseline_pain, upto)


def last_shown(day: int) -> int:
    """The last day of a figure: twelve weeks at first, then at least two weeks ahead, in whole fortnights."""
    return max(84, -(-(day + 14) // 14) * 14)
