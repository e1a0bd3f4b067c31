"""Records a number taken by a clinician or the patient."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction

from tracker import clock
from tracker.clinical import findings, rules
from tracker.clinical.findings import Finding
from tracker.clinical.terms import MEASUREMENTS, PATIENT_MEASURES, REPORTERS
from tracker.errors import Forbidden, Invalid
from tracker.models import Actor, Episode, Measurement
from tracker.selectors import episodes as cases
from tracker.selectors import facts
from tracker.selectors.episodes import Case
from tracker.services import alerts, assessments, audit, dates, locks

logger = logging.getLogger(__name__)


@transaction.atomic
def record(*, episode: Episode, by: Actor, kind: str, value: Decimal, measured_on: date) -> Measurement:
    """Stores the measurement and assesses the knee anew. Raises Invalid, Forbidden."""
    locks.hold(episode)
    now = clock.now()
    _check(by, kind, value)
    case = cases.case(episode, now=now)
    dates.check_day("measured_on", measured_on, case, by)
    row = Measurement.objects.create(
        episode=episode,
        kind=kind,
        value=value,
        unit=MEASUREMENTS[kind].unit,
        measured_on=measured_on,
        entered_at=now,
        by=by.user,
        role=by.role,
    )
    audit.note(by, "measurement", episode, row.pk, kind=kind)
    assessments.open_alerts(episode=episode, found=_own_findings(row, case), now=now)
    assessments.settle(episode=episode, now=now)
    return row


def _own_findings(row: Measurement, case: Case) -> Sequence[Finding]:
    """What the number raises by itself, such as a fever, whatever becomes of the assessment (law 5)."""
    try:
        return findings.to_raise(rules.reading(facts.measurement_of(row), case.plan, case.history), case.history.alerts)
    except Exception:
        logger.exception("could not judge the measurement %s", row.pk)
        return [alerts.not_evaluated(f"measurement:{row.pk}")]


def _check(by: Actor, kind: str, value: Decimal) -> None:
    if kind not in MEASUREMENTS:
        raise Invalid({"kind": f"There is no measurement {kind}. Use one of: {', '.join(MEASUREMENTS)}."})
    if by.role in REPORTERS and kind not in PATIENT_MEASURES:
        raise Forbidden("This one needs a clinician's hand. Ask at your next visit.")
    known = MEASUREMENTS[kind]
    if not value.is_finite() or not known.lowest <= value <= known.highest:
        raise Invalid(
            {"value": f"{known.label} must be from {known.lowest} to {known.highest} {known.unit}. Check the number."}
        )
