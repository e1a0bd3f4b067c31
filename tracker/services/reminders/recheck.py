"""The last moment before sending: is it still wanted? Each check is a small function; the first objection counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tracker.clinical.terms import MilestoneState
from tracker.models import (
    Acknowledgement,
    CheckIn,
    Episode,
    Kind,
    Occurrence,
    OutboxMessage,
    ReminderPlan,
    Restriction,
)
from tracker.selectors import duty
from tracker.services.kinds import OPTIONAL
from tracker.services.outbox import EXPIRED
from tracker.services.reminders.look import Subject, key_in
from tracker.services.reminders.staff import STAFF_STILL_WANTED, WHATEVER_BECOMES_OF_THE_RECOVERY

State = OutboxMessage.State
LEFT = (State.SENDING, State.SENT, State.UNCERTAIN)


@dataclass(frozen=True, slots=True)
class Withheld:
    """A message that is not to be sent: what becomes of it, and why, in words the patient could read."""

    state: OutboxMessage.State
    reason: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """A message whose time has been put off: until when, and why, in words the patient could read."""

    until: datetime
    reason: str


def objection(message: OutboxMessage, *, now: datetime) -> Withheld | Postponed | None:
    """Why the message should not be sent any more, or not now; or None."""
    if message.expires_at is not None and message.expires_at <= now:
        return Withheld(State.EXPIRED, EXPIRED)
    if message.occurrence is None or message.kind not in STILL_WANTED:
        return Withheld(State.FAILED, "This program does not know what the message is about.")
    if reason := _no_longer_wanted(message, message.occurrence, now):
        return Withheld(State.CANCELLED, reason)
    return None if address_of(message) else Withheld(State.FAILED, "There is no e-mail address to send it to.")


def address_of(message: OutboxMessage) -> str:
    """Where it goes, as it stands now: a corrected address counts for what was planned before."""
    if message.recipient is not None:
        return message.recipient.email
    return message.patient.email if message.patient is not None else ""


def _no_longer_wanted(message: OutboxMessage, occurrence: Occurrence, now: datetime) -> str:
    if occurrence.state == Occurrence.State.CANCELLED:
        return occurrence.reason
    if _is_switched_off(message):
        return "The reminder was switched off."
    if _has_lost_its_reader(message):
        return "The reader no longer works in the clinic."
    episodes = _open_episodes(occurrence)
    if not episodes and occurrence.rule not in WHATEVER_BECOMES_OF_THE_RECOVERY:
        return "The recovery it was about has ended."
    return STILL_WANTED[message.kind](Subject(message, occurrence, episodes, now))


def _is_switched_off(message: OutboxMessage) -> bool:
    if message.kind not in OPTIONAL:
        return False
    return ReminderPlan.objects.filter(patient=message.patient, kind=message.kind, enabled=False).exists()


def _has_lost_its_reader(message: OutboxMessage) -> bool:
    if message.recipient is None or message.clinic is None:
        return False
    return not duty.works_in(message.recipient, message.clinic)


def _open_episodes(occurrence: Occurrence) -> list[Episode]:
    """Every knee of the patient that is looked after, or the one that the occurrence is about."""
    rows = Episode.objects.filter(patient=occurrence.patient_id, state=Episode.State.OPEN).select_related("assessment")
    if occurrence.rule in (Kind.CHECK_IN, Kind.SILENCE):
        return list(rows)
    return [episode for episode in rows if episode.pk == occurrence.episode_id]


# --- By kind: why it is no longer wanted, or nothing ----------------------------------------------------------------


def check_in(of: Subject) -> str:
    """Only when every knee has its check-in of that day."""
    reported = CheckIn.objects.filter(episode__in=of.episodes, date=of.occurrence.local_date)
    done = reported.values("episode").distinct().count() == len(of.episodes)
    return "You had already checked in for that day." if done else ""


def milestones(of: Subject) -> str:
    """One message a day is enough to send a patient to the goals."""
    states = {row["key"]: row["state"] for row in (of.assessment.milestones if of.assessment else ())}
    if states.get(key_in(of.occurrence.slot)) not in (MilestoneState.DUE, MilestoneState.OVERDUE):
        return "The goal was reached, or is due later."
    others = OutboxMessage.objects.filter(
        patient=of.occurrence.patient_id, kind=Kind.MILESTONES, occurrence__local_date=of.occurrence.local_date
    )
    told = others.exclude(pk=of.message.pk).filter(state__in=LEFT).exists()
    return "Another message of that day already pointed to your goals." if told else ""


def restriction_changed(of: Subject) -> str:
    standing = Restriction.objects.filter(signature=UUID(of.occurrence.slot), superseded_by=None)
    if not standing.exists():
        return "The plan was changed again since."
    seen = Acknowledgement.objects.filter(restriction__in=standing).exists()
    return "You had already seen the change." if seen else ""


STILL_WANTED: dict[str, Callable[[Subject], str]] = {
    Kind.CHECK_IN: check_in,
    Kind.MILESTONES: milestones,
    Kind.RESTRICTION_CHANGED: restriction_changed,
    **STAFF_STILL_WANTED,
}
