"""Takes what the patient reports for a day, and says at once what it means."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from tracker import clock
from tracker.clinical import assessment, findings, history, rules
from tracker.clinical.allowance import Allowance
from tracker.clinical.findings import Finding
from tracker.errors import Conflict, Invalid
from tracker.models import Actor, Alert, AlertEvent, CheckIn, Episode
from tracker.selectors import episodes as cases
from tracker.selectors import facts
from tracker.selectors.episodes import Case
from tracker.services import alerts, assessments, audit, dates, locks, notes, reminders
from tracker.services.answers import Answers, parse

__all__ = ["Answers", "amend", "keep_red_flags", "parse", "record"]

logger = logging.getLogger(__name__)


@transaction.atomic
def record(*, episode: Episode, by: Actor, answers: Answers, client_key: UUID | None = None) -> CheckIn:
    """Saves a check-in, with its alerts in the same transaction. Raises Invalid, Conflict.

    A second check-in of a day becomes the day's current one and names the earlier. The same client key with the same
    answers returns the row it made the first time; with other answers it is another check-in, so that none is lost.
    """
    locks.hold(episode)
    now = clock.now()
    if client_key is not None:
        under_key = CheckIn.objects.filter(episode=episode, client_key=client_key)
        made = under_key.first() if under_key.exists() else None  # nearly every key is new
        if made is not None and _says(made, answers):
            return made
        if made is not None:
            return record(episode=episode, by=by, answers=answers, client_key=uuid5(client_key, repr(answers)))
    return _save(episode, by, answers, now, client_key=client_key)


@transaction.atomic
def amend(*, check_in: CheckIn, by: Actor, answers: Answers) -> CheckIn:
    """Corrects a check-in by a new row that names it; what it raised stays raised. Raises Invalid, Conflict."""
    locks.hold(check_in.episode)
    now = clock.now()
    if answers.date != check_in.date:
        raise Invalid({"date": "A correction is for the same day. Make a new check-in for another day."})
    newer = CheckIn.objects.filter(amends=check_in).first()
    if newer is not None:
        raise Conflict("This check-in was already corrected. Correct the newer one.", code="amended", current=newer)
    row = _save(check_in.episode, by, answers, now, amends=check_in)
    alerts.source_changed(check_in=check_in, now=now)
    return row


@transaction.atomic
def keep_red_flags(*, episode: Episode, by: Actor, raw: Mapping[str, Any]) -> list[Alert]:
    """Keeps the urgent part of a check-in that was refused: an alert with the raw answers (design 10.11).

    Returns the alerts opened; none when nothing in it was urgent.
    """
    locks.hold(episode)
    now = clock.now()
    found = _not_closed(episode, rules.red_flags_in(raw, _post_operative_day(episode, now)))
    opened = assessments.open_alerts(episode=episode, found=found, now=now)
    if opened:
        assessments.settle(episode=episode, now=now)
    return opened


def _not_closed(episode: Episode, found: Sequence[Finding]) -> Sequence[Finding]:
    """The findings, under a cause of their own where a clinician has closed what the same answers raised before."""
    if not found:
        return found
    told = Alert.objects.filter(episode=episode, cause__startswith=found[0].cause)
    times = told.filter(events__kind=AlertEvent.Kind.CLOSED).values("cause").distinct().count()
    return [replace(each, cause=f"{each.cause}:{times}") for each in found] if times else found


def _save(
    episode: Episode,
    by: Actor,
    answers: Answers,
    now: datetime,
    *,
    client_key: UUID | None = None,
    amends: CheckIn | None = None,
) -> CheckIn:
    """1 read the case, 2 check the day, 3 write the row, 4 raise its own alerts, 5 assess inside a savepoint."""
    case = _case(episode, now)
    if case is not None:
        dates.check_day("date", answers.date, case, by)
    row = _row(episode, by, answers, now, case)
    row.client_key, row.amends = client_key, amends
    own = _own_findings(row, case)
    row.findings = [
        {"code": finding.code, "urgency": finding.urgency, "evidence": dict(finding.evidence)} for finding in own
    ]
    row.save(force_insert=True)
    audit.note(by, "check-in amended" if amends else "check-in", episode, row.pk)
    opened = assessments.open_alerts(episode=episode, found=own, now=now, check_in=row)
    assessments.settle(
        episode=episode, now=now, check_in=row, case=None if opened or case is None else _with(case, row)
    )
    _stop_asking(row, now)
    return row


def _stop_asking(row: CheckIn, now: datetime) -> None:
    """Whatever becomes of it, the check-in stands: what still waits is asked about once more before it leaves."""
    try:
        with transaction.atomic():
            reminders.checked_in(episode=row.episode, day=row.date, now=now)
    except Exception:
        logger.exception("the reminders of check-in %s could not be taken back", row.pk)


def _case(episode: Episode, now: datetime) -> Case | None:
    """The case, or None where the record cannot be read: the check-in is saved all the same (law 5)."""
    try:
        with transaction.atomic():
            return cases.case(episode, now=now)
    except Exception:
        logger.exception("could not read the record of episode %s", episode.pk)
        return None


def _row(episode: Episode, by: Actor, answers: Answers, now: datetime, case: Case | None) -> CheckIn:
    known = _known_limit(case, answers) if case else None
    earlier = _fact_of_day(case, answers) if case else None
    return CheckIn(
        episode=episode,
        **_columns(answers),
        note_digest=notes.keep(episode.patient, answers.note),
        entered_at=now,
        by=by.user,
        role=by.role,
        earlier_id=UUID(earlier.id) if earlier else None,
        limit_percent=known.max_percent if known else None,
        limit_kg=known.max_kg if known else None,
        core_version=assessment.CORE_VERSION,
    )


def _columns(answers: Answers) -> dict[str, Any]:
    """The answers as a row keeps them, without the note."""
    return {
        "date": answers.date,
        "pain_rest": answers.pain_rest,
        "pain_load": answers.pain_load,
        "pain_worst": answers.pain_worst,
        "pain_night": answers.pain_night,
        "pain_site": answers.pain_site or "",
        "reported_load": answers.reported_load or "",
        "reported_load_kg": answers.reported_load_kg,
        "aids": answers.aids or "",
        "exercises": answers.exercises or "",
        "swelling": answers.swelling or "",
        "analgesia": answers.analgesia or "",
        "pain_eased": answers.pain_eased,
        "can_load": answers.can_load,
        "symptoms": None if answers.symptoms is None else [symptom.value for symptom in answers.symptoms],
        "fall": answers.fall or "",
    }


def _says(row: CheckIn, answers: Answers) -> bool:
    """Whether the row was made of these answers."""
    same = all(getattr(row, name) == value for name, value in _columns(answers).items())
    return same and row.note_digest == notes.digest(row.episode.patient, answers.note)


def _known_limit(case: Case, answers: Answers) -> Allowance | None:
    """What the orders known now allowed on that day; None where nothing was signed for it (design 10.5)."""
    try:
        allowed = cases.allowance_on(case, answers.date)
    except Exception:
        logger.exception("could not work out the limit of episode %s", case.episode.pk)
        return None
    return allowed if allowed.signed and allowed.known else None


def _fact_of_day(case: Case, answers: Answers) -> history.CheckIn | None:
    return next((row for row in case.history.check_ins if row.current and row.date == answers.date), None)


def _own_findings(row: CheckIn, case: Case | None) -> list[Finding]:
    """What the check-in raises by itself, whatever becomes of the rest: by its bare answers where the core fails."""
    if case is not None:
        try:
            found = rules.symptoms(facts.check_in_of(row), case.plan, case.history)
            return list(findings.to_raise(found, case.history.alerts))
        except Exception:
            logger.exception("could not judge the check-in %s", row.pk)
    return _by_bare_answers(row)


def _by_bare_answers(row: CheckIn) -> list[Finding]:
    cause = f"check-in:{row.pk}"
    raw = {name: getattr(row, name) for name in rules.KEPT if name != "date"}
    day = _post_operative_day(row.episode, row.entered_at)
    return [*rules.red_flags_in(raw, day, cause=cause), alerts.not_evaluated(cause)]


def _post_operative_day(episode: Episode, now: datetime) -> int | None:
    """By the kept assessment, which needs no reading of the record; None where there is none."""
    kept = getattr(episode, "assessment", None)
    today = cases.local_date(now, episode.patient.time_zone)
    return (today - kept.surgery_date).days if kept else None


def _with(case: Case, row: CheckIn) -> Case:
    """The case with the new row in it, so that the record is not read twice."""
    others = tuple(
        replace(other, current=False) if other.date == row.date else other for other in case.history.check_ins
    )
    ordered = sorted([*others, facts.check_in_of(row)], key=lambda each: (each.date, each.entered_at))
    return replace(case, history=replace(case.history, check_ins=tuple(ordered)))
