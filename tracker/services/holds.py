"""Holds the load where a red flag found it. Only a signed release ends a hold (see `clearances`)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from tracker.clinical import holds as rules
from tracker.clinical import limits
from tracker.clinical.findings import Finding, Freeze, holds_for
from tracker.clinical.holds import Held
from tracker.models import Episode, Hold
from tracker.selectors import episodes as cases
from tracker.selectors.episodes import Case, local_date
from tracker.services import locks

logger = logging.getLogger(__name__)

UNKNOWN = Held(limits.NON, put_back=False)


def place(*, episode: Episode, found: Iterable[Finding], now: datetime) -> None:
    """Writes a hold for every finding that asks for one, at the level of that day or the one before it."""
    freezing = [(finding, freeze) for finding in found if (freeze := holds_for(finding))]
    if not freezing:
        return
    case = _case(episode, now)
    Hold.objects.bulk_create(
        [_row(episode, case, finding, freeze, now) for finding, freeze in freezing], ignore_conflicts=True
    )
    locks.move_on(episode)


def _case(episode: Episode, now: datetime) -> Case | None:
    try:
        with transaction.atomic():
            return cases.case(episode, now=now)
    except Exception:
        logger.exception("could not read the record of episode %s", episode.pk)
        return None


def _row(episode: Episode, case: Case | None, finding: Finding, freeze: Freeze, now: datetime) -> Hold:
    held = _held(case, freeze)
    return Hold(
        episode=episode,
        code=finding.code,
        cause=finding.cause,
        max_percent=held.limit.percent,
        cap_kg=held.limit.cap_kg,
        full=held.limit.full,
        put_back=held.put_back,
        since=case.clinic_date if case else local_date(now, episode.clinic.time_zone),
        entered_at=now,
    )


def _held(case: Case | None, freeze: Freeze) -> Held:
    """No weight where the level cannot be told: unknown is the strictest (law 2), and the red flag stands (law 5)."""
    if case is None:
        return UNKNOWN
    try:
        return rules.level(case.plan, case.history, sign=freeze.put_back, today=case.clinic_date)
    except Exception:
        logger.exception("could not work out the level of episode %s", case.episode.pk)
        return UNKNOWN
