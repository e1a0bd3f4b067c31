"""Keeps the assessment of an episode up to date: from the record, through the pure core, into one row."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.db import transaction

from tracker.clinical import assessment as core
from tracker.clinical import bands
from tracker.clinical.allowance import Allowance
from tracker.clinical.case import band_pain
from tracker.clinical.findings import Finding
from tracker.clinical.sparkline import corners, sparkline
from tracker.clinical.terms import Attention, Status, Term, Urgency
from tracker.models import Alert, AlertEvent, Assessment, CheckIn, Clinic, Episode
from tracker.selectors import episodes as cases
from tracker.selectors.episodes import Case
from tracker.selectors.standing import workable
from tracker.services import alerts, holds

logger = logging.getLogger(__name__)

LONGEST_REASON = 300
BATCH = 20
"""Episodes a transaction of the tick, so that SQLite never keeps a check-in waiting (design 10.17)."""


PLACES = {Urgency.R0: Attention.EMERGENCY, Urgency.R1: Attention.SAME_DAY}
NOT_READ = "The record cannot be worked out: open it."


@dataclass(frozen=True, slots=True)
class Ticked:
    """What a tick did: episodes looked at, assessments written, episodes that could not be evaluated."""

    seen: int
    written: int
    failed: int


def settle(
    *,
    episode: Episode,
    now: datetime,
    case: Case | None = None,
    check_in: CheckIn | None = None,
    cause: str = "",
    compare: bool = False,
) -> bool:
    """Assesses the knee anew without ever losing what was just recorded.

    When that fails, everything it did is taken back to the savepoint and a "could not evaluate" alert stands instead
    (law 5). Returns whether it went well.
    """
    try:
        with transaction.atomic():
            refresh(episode=episode, now=now, case=case, check_in=check_in, compare=compare)
    except Exception:
        logger.exception("could not evaluate episode %s", episode.pk)
        known_as = f"check-in:{check_in.pk}" if check_in else cause or f"write:{now.isoformat()}"
        open_alerts(episode=episode, found=[alerts.not_evaluated(known_as)], now=now, check_in=check_in)
        _give_up(episode, now)
        return False
    return True


def _give_up(episode: Episode, now: datetime) -> None:
    """What is kept of the knee says that it could not be evaluated, and no weight, as its patient is told.

    Its place on the worklist comes from its open alerts alone, which need no reading of the record.
    """
    standing = Alert.objects.exclude(events__kind=AlertEvent.Kind.CLOSED).filter(episode=episode).order_by("urgency")
    urgent = standing.filter(urgency__in=PLACES).first()
    Assessment.objects.filter(episode=episode).update(
        status=Status.ALERT,
        attention=PLACES[Urgency(urgent.urgency)] if urgent else Attention.NOT_EVALUATED,
        reason=f"{urgent.sentence} {NOT_READ}"[:LONGEST_REASON] if urgent else NOT_READ,
        term=Term.NWB,
        max_percent=0,
        max_kg=0,
        next_step=None,
        open_alerts=standing.count(),
        fingerprint="",
        computed_at=now,
    )


def refresh(
    *,
    episode: Episode,
    now: datetime,
    case: Case | None = None,
    check_in: CheckIn | None = None,
    compare: bool = False,
) -> None:
    """Works the assessment out and keeps it, opening alerts on the way.

    `case` saves reading the record again; it must hold everything written so far. With `compare` a row that would
    stay as it is, is not written; who has just recorded something need not ask.
    """
    case = case or cases.case(episode, now=now)
    result = core.assess(case.history, case.plan, case.clinic_date, now)
    if open_alerts(episode=episode, found=result.to_raise, now=now, check_in=check_in):
        case = cases.case(episode, now=now)
        result = core.assess(case.history, case.plan, case.clinic_date, now)
    row = _row(case, result, now)
    if not (compare and _stands(row)):
        _keep(row)


def open_alerts(
    *, episode: Episode, found: Sequence[Finding], now: datetime, check_in: CheckIn | None = None
) -> list[Alert]:
    """Opens an alert for each finding, and holds the load where one asks for it. Returns the new alerts."""
    opened = alerts.raise_all(episode=episode, found=found, now=now, check_in=check_in)
    holds.place(episode=episode, found=found, now=now)
    return opened


def tick(*, clinic: Clinic, now: datetime, anew: bool = False) -> Ticked:
    """Assesses every open episode whose kept assessment is older than the clinic's today, or `anew` every one.

    Safe to repeat: a row is written only where something about it has changed.
    """
    today = cases.local_date(now, clinic.time_zone)
    seen = written = failed = 0
    for batch in _batches(_open(clinic, current=None if anew else today.isoformat())):
        with transaction.atomic():
            for episode in _locked(batch):
                went_well = settle(episode=episode, now=now, cause=f"day:{today}", compare=anew)
                seen, written, failed = seen + 1, written + went_well, failed + (not went_well)
    return Ticked(seen, written, failed)


def _open(clinic: Clinic, *, current: str | None) -> list[UUID]:
    """The clinic's open episodes, without those whose assessment is as of the date `current` or later."""
    open_ones = Episode.objects.filter(workable(), clinic=clinic, state=Episode.State.OPEN)
    if current is not None:
        kept = Assessment.objects.filter(clinic=clinic, as_of__gte=current)
        open_ones = open_ones.exclude(pk__in=kept.values("episode"))
    return list(open_ones.order_by("pk").values_list("pk", flat=True))


def _locked(batch: list[UUID]) -> Iterator[Episode]:
    rows = Episode.objects.select_related("patient", "clinic").filter(pk__in=batch, state=Episode.State.OPEN)
    yield from rows.select_for_update(of=("self",), no_key=True).order_by("pk")


def _batches(ids: list[UUID]) -> Iterator[list[UUID]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def _stands(row: Assessment) -> bool:
    return Assessment.objects.filter(pk=row.episode_id, fingerprint=row.fingerprint).exists()


def _keep(row: Assessment) -> None:
    """One upsert."""
    columns = [field.attname for field in Assessment._meta.concrete_fields if not field.primary_key]
    Assessment.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["episode"],
        update_fields=[name.removesuffix("_id") for name in columns],
    )


def _row(case: Case, result: core.Assessment, now: datetime) -> Assessment:
    allowed = cases.allowance(case)
    last = case.history.check_ins[-1] if case.history.check_ins else None
    told = ("findings", "milestones", "pain", "flexion", "load")
    worked_out: dict[str, Any] = {
        **{name: getattr(result, name) for name in told},
        "as_of": result.as_of,
        "core_version": result.core_version,
        "status": result.status,
        "attention": result.attention,
        "reason": result.reason[:LONGEST_REASON],
        "surgery_date": case.surgery_date,
        "phase": allowed.phase,
        "term": allowed.term,
        "max_percent": allowed.max_percent,
        "max_kg": allowed.max_kg,
        "next_step": _next_step(allowed),
        "seen": _seen(allowed),
        "open_alerts": sum(alert.state != "closed" for alert in case.history.alerts),
        "sparkline": _sparkline(case, result.day),
        "last_check_in": last.date if last else None,
        "last_check_in_at": max((row.entered_at for row in case.history.check_ins), default=None),
    }
    text = json.dumps(worked_out, sort_keys=True, default=_as_json)
    plain = json.loads(text)
    return Assessment(
        episode=case.episode,
        clinic=case.clinic,
        computed_at=now,
        fingerprint=hashlib.sha256(text.encode()).hexdigest(),
        **worked_out | {name: plain[name] for name in told},
    )


def _as_json(value: Any) -> Any:
    """Dataclasses, dates, numbers and codes as JSON has them."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: getattr(value, name) for name in _names(type(value))}
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    return str(value)


@cache
def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _next_step(allowed: Allowance) -> dict[str, str | None] | None:
    """`on`, `gate` and `state` as JSON has them: what the reminder of it needs to know."""
    step = allowed.next_step
    return None if step is None else {"on": step.on.isoformat(), "gate": step.gate, "state": step.state}


def _seen(allowed: Allowance) -> bool | None:
    return None if not allowed.signed else allowed.acknowledged_at is not None


def _sparkline(case: Case, day: int) -> dict[str, object]:
    points = [((row.date - case.surgery_date).days, band_pain(row)) for row in case.history.check_ins if row.current]
    expected = (bands.pain(case.plan, case.history.baseline_pain, corner) for corner in corners(day))
    return sparkline(points, [(band.day, band.low, band.high) for band in expected if band], day)
