"""Goals reached, confirmed and withdrawn. A milestone never loosens a restriction by itself."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from tracker import clock
from tracker.clinical.terms import REPORTERS
from tracker.errors import Conflict, Invalid
from tracker.models import Actor, Episode, MilestoneEvent, MilestoneRecord
from tracker.selectors import episodes as cases
from tracker.selectors.episodes import Case
from tracker.services import assessments, audit, dates, locks, notes


@transaction.atomic
def reach(*, episode: Episode, by: Actor, key: str, reached_on: date, value: Decimal | None = None) -> MilestoneRecord:
    """Records that a goal was reached; a clinician's own entry is confirmed at once. Raises Invalid, Conflict."""
    locks.hold(episode)
    now = clock.now()
    case = cases.case(episode, now=now)
    _check(case, by, key, reached_on, value)
    row = MilestoneRecord.objects.create(
        episode=episode, key=key, reached_on=reached_on, value=value, entered_at=now, by=by.user, role=by.role
    )
    audit.note(by, "milestone reached", episode, row.pk, key=key)
    if by.role not in REPORTERS:
        _event(row, MilestoneEvent.Kind.CONFIRMED, by, now)
    assessments.settle(episode=episode, now=now)
    return row


@transaction.atomic
def confirm(*, record: MilestoneRecord, by: Actor) -> MilestoneRecord:
    """A clinician agrees with what the patient reported. Confirming twice changes nothing."""
    locks.hold(record.episode)
    now = clock.now()
    kinds = set(record.events.values_list("kind", flat=True))
    if MilestoneEvent.Kind.WITHDRAWN in kinds:
        raise Conflict("This milestone was withdrawn. Record it again if it has been reached.", code="withdrawn")
    if MilestoneEvent.Kind.CONFIRMED not in kinds:
        _event(record, MilestoneEvent.Kind.CONFIRMED, by, now)
        audit.note(by, "milestone confirmed", record.episode, record.pk, key=record.key)
        assessments.settle(episode=record.episode, now=now)
    return record


@transaction.atomic
def withdraw(*, record: MilestoneRecord, by: Actor, reason: str) -> MilestoneRecord:
    """Takes a record back, with the reason; the record itself stays. Raises Invalid, Conflict."""
    locks.hold(record.episode)
    now = clock.now()
    if not reason.strip():
        raise Invalid({"reason": "Say why the milestone is withdrawn."})
    try:
        with transaction.atomic():
            _event(record, MilestoneEvent.Kind.WITHDRAWN, by, now, notes.keep(record.episode.patient, reason))
    except IntegrityError:
        raise Conflict("This milestone was already withdrawn.", code="withdrawn") from None
    audit.note(by, "milestone withdrawn", record.episode, record.pk, key=record.key)
    assessments.settle(episode=record.episode, now=now)
    return record


def _check(case: Case, by: Actor, key: str, reached_on: date, value: Decimal | None) -> None:
    known = {milestone.key for milestone in case.plan.milestones}
    if key not in known:
        raise Invalid({"key": f"This plan has no milestone {key}. Use one of: {', '.join(sorted(known))}."})
    dates.check_day("reached_on", reached_on, case, by)
    if value is not None and not value.is_finite():
        raise Invalid({"value": "The value must be an ordinary number."})
    if any(reached.key == key for reached in case.history.reached):
        raise Conflict("This milestone is already recorded. Withdraw it first to correct it.", code="stands")


def _event(row: MilestoneRecord, kind: MilestoneEvent.Kind, by: Actor, now: datetime, reason_digest: str = "") -> None:
    MilestoneEvent.objects.create(record=row, kind=kind, at=now, by=by.user, reason_digest=reason_digest)
