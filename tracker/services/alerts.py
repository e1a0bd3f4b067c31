"""Opens alerts, and with an urgent one the notice to the staff on duty. `triage` closes them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from tracker.clinical import explain, findings
from tracker.clinical.findings import Finding
from tracker.clinical.terms import Attention, Urgency
from tracker.models import Alert, AlertEvent, CheckIn, Episode
from tracker.services import notices

logger = logging.getLogger(__name__)

LONGEST_SENTENCE = 300


def raise_all(
    *, episode: Episode, found: Sequence[Finding], now: datetime, check_in: CheckIn | None = None
) -> list[Alert]:
    """Opens an alert for each finding. The same code and cause is never opened twice, whoever asks."""
    if not found:
        return []
    opened = Alert.objects.bulk_create(
        [_row(episode, finding, now, check_in) for finding in found], ignore_conflicts=True
    )
    for alert in opened:
        if notices.is_urgent(alert):
            notices.urgent(alert=alert, now=now)
    return opened


def not_evaluated(cause: str) -> Finding:
    """Stands where something was recorded and the program could not work out what it means (law 5)."""
    return Finding(
        code=findings.NOT_EVALUATED,
        urgency=Urgency.R2,
        attention=Attention.NOT_EVALUATED,
        cause=cause,
        evidence={},
        alert=True,
        clinician="The program could not evaluate what was recorded. Read it yourself.",
    )


def source_changed(*, check_in: CheckIn, now: datetime) -> None:
    """Marks the alerts of a check-in that was amended. Amending never closes one."""
    AlertEvent.objects.bulk_create(
        [
            AlertEvent(alert=alert, kind=AlertEvent.Kind.SOURCE_CHANGED, at=now)
            for alert in Alert.objects.filter(check_in=check_in)
        ]
    )


def _row(episode: Episode, finding: Finding, now: datetime, check_in: CheckIn | None) -> Alert:
    return Alert(
        episode=episode,
        code=finding.code,
        urgency=finding.urgency or Urgency.R3,
        cause=finding.cause,
        evidence=dict(finding.evidence),
        sentence=_sentence(finding)[:LONGEST_SENTENCE],
        check_in=check_in,
        opened_at=now,
    )


def _sentence(finding: Finding) -> str:
    """What the clinician reads. An alert is never lost for want of words (law 5)."""
    try:
        return finding.clinician or explain.for_clinician(finding)
    except Exception:
        logger.exception("could not put the finding %s in words", finding.code)
        return f"{finding.code}: the program could not put this in words. Read what was recorded."
