"""Closing a recovery, and taking it up again. Closing lifts nothing: what was signed last stays what is shown."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tracker import clock
from tracker.clinical.closings import finished_problem
from tracker.clinical.terms import Ending
from tracker.errors import Conflict, Invalid
from tracker.models import Actor, Closing, Episode, Hold, Proposal, Reopening, Transfer
from tracker.selectors import episodes as cases
from tracker.services import assessments, audit, locks, notes, notices, reminders, transfers

ALERT = "An urgent alert of this knee is still open, and nobody would see it any more. Close the alert first."
HOLD = "The load is still on hold after a red flag. Release the hold first."
PROPOSAL = "A proposal for this knee waits for a second clinician. Agree to it or refuse it first."
TRANSFER = "The patient is offered to another clinic. Wait for the answer, or take the offer back first."
TAKEN = "Another recovery of the same knee is open. Close that one first, or go on there."


@transaction.atomic
def close(*, episode: Episode, by: Actor, outcome: str, note: str = "", revision: int | None = None) -> Closing:
    """Ends a recovery with what became of it. Its reminders stop, and nothing more is recorded in it.

    Raises Invalid, Conflict while something urgent stands or, for "finished", the ladder is not at its end.
    """
    locks.hold(episode, revision)
    now = clock.now()
    if outcome not in list(Ending):
        raise Invalid({"outcome": f"Choose what became of it: {', '.join(Ending)}."})
    _check_nothing_stands(episode)
    if outcome == Ending.FINISHED:
        _check_finished(episode, now)
    row = Closing.objects.create(
        episode=episode,
        outcome=outcome,
        note_digest=notes.keep(episode.patient, note),
        closed_on=cases.local_date(now, episode.clinic.time_zone),
        at=now,
        by=by.user,
        role=by.role,
    )
    audit.note(by, "recovery closed", episode, row.pk, outcome=outcome)
    _put(episode, Episode.State.CLOSED)
    reminders.ended(episode=episode, now=now)
    return row


@transaction.atomic
def reopen(*, episode: Episode, by: Actor, reason: str, revision: int | None = None) -> Reopening:
    """Takes up a closed recovery. Reminders are planned from the next one on. Raises Invalid, Conflict."""
    locks.hold_closed(episode, revision)
    now = clock.now()
    if not reason.strip():
        raise Invalid({"reason": "Say why this recovery is taken up again."})
    closing = Closing.objects.filter(episode=episode, reopening=None).order_by("-at").first()
    if closing is None:
        raise Conflict("This recovery was not closed by anybody, so it cannot be reopened.", code="not_closed")
    _check_knee_is_free(episode)
    row = Reopening.objects.create(
        closing=closing, at=now, by=by.user, role=by.role, reason_digest=notes.keep(episode.patient, reason)
    )
    audit.note(by, "recovery reopened", episode, closing.pk)
    _put(episode, Episode.State.OPEN)
    reminders.begun_again(episode=episode, now=now)
    assessments.settle(episode=episode, now=now)
    return row


def _put(episode: Episode, state: Episode.State) -> None:
    episode.state = state
    episode.save(update_fields=["state"])
    locks.move_on(episode)


def _check_nothing_stands(episode: Episode) -> None:
    if any(notices.is_urgent(alert) for alert in transfers.open_alerts(episode)):
        raise Conflict(ALERT, code="alert_open")
    if Hold.objects.filter(episode=episode, release=None).exists():
        raise Conflict(HOLD, code="hold")
    if Proposal.objects.filter(episode=episode, agreed=None).exists():
        raise Conflict(PROPOSAL, code="proposal")
    if Transfer.objects.filter(patient=episode.patient_id, accepted=None).exists():
        raise Conflict(TRANSFER, code="transfer")


def _check_finished(episode: Episode, now: datetime) -> None:
    case = cases.case(episode, now=now)
    problem = finished_problem(case.plan, case.history, cases.allowance(case))
    if problem is not None:
        raise Conflict(problem.sentence, code=problem.code)


def _check_knee_is_free(episode: Episode) -> None:
    others = Episode.objects.filter(patient=episode.patient_id, side=episode.side, state=Episode.State.OPEN)
    if others.exists():
        raise Conflict(TAKEN, code="open_episode")
