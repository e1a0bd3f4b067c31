"""What clinicians do with alerts and with the worklist: acknowledge, hand over, close, look."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from tracker import clock
from tracker.errors import Conflict, Invalid
from tracker.models import Actor, Alert, AlertEvent, Episode, Membership, StaffLook, User
from tracker.selectors import episodes as cases
from tracker.services import assessments, audit, locks, notes, notices


@transaction.atomic
def acknowledge(*, alert: Alert, by: Actor, note: str) -> Alert:
    """Takes the alert on. A named clinician and a note are needed; a second acknowledgement adds its own line."""
    _say(alert, by, AlertEvent.Kind.ACKNOWLEDGED, note, missing="Say what you are going to do about it.")
    return alert


@transaction.atomic
def hand_over(*, alert: Alert, by: Actor, to: User, note: str) -> Alert:
    """Gives the alert to a named colleague of the clinic. Raises Invalid when they do not work there."""
    if not Membership.objects.filter(user=to, clinic=alert.episode.clinic_id).exists():
        raise Invalid({"to": "That person does not work in this clinic. Choose a colleague from the list."})
    _say(alert, by, AlertEvent.Kind.HANDED_OVER, note, missing="Say what your colleague needs to know.", to=to)
    return alert


@transaction.atomic
def close(*, alert: Alert, by: Actor, outcome: str, note: str) -> Alert:
    """Closes the alert with what came of it. What was held stays held until it is released."""
    if outcome not in AlertEvent.Outcome.values:
        raise Invalid({"outcome": f"Choose what came of it: {', '.join(AlertEvent.Outcome.values)}."})
    _say(alert, by, AlertEvent.Kind.CLOSED, note, missing="Say what was done.", outcome=outcome)
    return alert


@transaction.atomic
def look(*, episode: Episode, by: Actor, next_look_on: date | None = None) -> StaffLook:
    """Marks the patient as seen today, and when to look again. Raises Invalid for a day that is not ahead."""
    now = clock.now()
    if next_look_on is not None and next_look_on <= cases.local_date(now, episode.clinic.time_zone):
        raise Invalid({"next_look_on": "Choose a day after today for the next look."})
    return StaffLook.objects.create(episode=episode, by=by.user, at=now, next_look_on=next_look_on)


def _say(
    alert: Alert,
    by: Actor,
    kind: AlertEvent.Kind,
    note: str,
    *,
    missing: str,
    outcome: str = "",
    to: User | None = None,
) -> None:
    if not note.strip():
        raise Invalid({"note": missing})
    locks.hold(alert.episode)
    now = clock.now()
    if alert.events.filter(kind=AlertEvent.Kind.CLOSED).exists():
        raise Conflict("This alert was already closed.", code="closed", current=alert)
    event = AlertEvent.objects.create(
        alert=alert,
        kind=kind,
        outcome=outcome,
        note_digest=notes.keep(alert.episode.patient, note),
        by=by.user,
        to=to,
        at=now,
    )
    notices.taken_on(alert=alert, now=now)
    notices.handed_over(alert=alert, event=event, now=now)
    audit.note(by, f"alert {kind}", alert.episode, alert.pk, code=alert.code)
    assessments.settle(episode=alert.episode, now=now)
