"""The last moment before sending: is it still wanted? Each check is a small function; the first objection counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from uuid import UUID

from tracker.models import (
    Acknowledgement,
    CheckIn,
    Episode,
    Kind,
    Occurrence,
    OutboxMessage,
    ReminderPlan,
    Restriction,
    Review,
)
from tracker.selectors import duty
from tracker.selectors.wanted import (
    booking,
    coming_step,
    goals_of_the_week,
    in_care_since,
    kept,
    open_questionnaires,
    visit_day,
)
from tracker.services.kinds import OPTIONAL
from tracker.services.outbox import EXPIRED
from tracker.services.reminders import calm, ways
from tracker.services.reminders.look import Subject, key_in
from tracker.services.reminders.staff import STAFF_STILL_WANTED, WHATEVER_BECOMES_OF_THE_RECOVERY
from tracker.services.reminders.verdicts import Postponed, Withheld

State = OutboxMessage.State

NUDGE_AFTER = timedelta(hours=2)
"""At least so long after the reminder; one that itself came late is enough."""
ENDED = "The recovery it was about has ended."
RESTRICTED = "The record is restricted, so nothing is sent."
OF_ALL_KNEES = (Kind.CHECK_IN, Kind.NUDGE, Kind.MILESTONES, Kind.SILENCE)
"""What one message tells of every knee of the patient."""


def objection(message: OutboxMessage, *, now: datetime) -> Withheld | Postponed | None:
    """Why the message should not be sent any more, or not now, or not by its channel; or None."""
    if message.expires_at is not None and message.expires_at <= now:
        return Withheld(State.EXPIRED, EXPIRED)
    if message.occurrence is None or message.kind not in STILL_WANTED:
        return Withheld(State.FAILED, "This program does not know what the message is about.")
    if reason := _no_longer_wanted(message, message.occurrence, now):
        return Withheld(State.CANCELLED, reason)
    return ways.closed(message) or calm.quiet(message, now) or calm.enough(message, now)


def _no_longer_wanted(message: OutboxMessage, occurrence: Occurrence, now: datetime) -> str:
    if occurrence.state == Occurrence.State.CANCELLED:
        return occurrence.reason
    if message.patient is not None and (message.patient.restricted_at or message.patient.erased_at):
        return RESTRICTED
    if ways.is_to_patient(message) and message.patient and message.patient.consent_withdrawn_at:
        return "You have withdrawn your consent."
    if _is_switched_off(message):
        return "The reminder was switched off."
    if _has_lost_its_reader(message):
        return "The reader no longer works in the clinic."
    episodes = _open_episodes(occurrence)
    if not episodes and occurrence.rule not in (*WHATEVER_BECOMES_OF_THE_RECOVERY, Kind.TEST):
        return ENDED
    return STILL_WANTED[message.kind](Subject(message, occurrence, episodes, now))


def _is_switched_off(message: OutboxMessage) -> bool:
    """A nudge follows the reminder, so it goes with it."""
    if message.kind not in OPTIONAL:
        return False
    kinds = {message.kind, Kind.CHECK_IN if message.kind == Kind.NUDGE else message.kind}
    return ReminderPlan.objects.filter(patient=message.patient, kind__in=kinds, enabled=False).exists()


def _has_lost_its_reader(message: OutboxMessage) -> bool:
    if message.recipient is None or message.clinic is None:
        return False
    if message.kind == Kind.EMERGENCY_NOTICE:
        return not duty.oversees(message.recipient, message.clinic)
    return not duty.works_in(message.recipient, message.clinic)


def _open_episodes(occurrence: Occurrence) -> list[Episode]:
    """Every knee of the patient that is looked after, or the one that the occurrence is about."""
    rows = Episode.objects.filter(patient=occurrence.patient_id, state=Episode.State.OPEN)
    found = list(rows.select_related("assessment", "clinic", "patient").order_by("created_at"))
    if occurrence.rule in OF_ALL_KNEES:
        return found
    return [episode for episode in found if episode.pk == occurrence.episode_id]


# --- By kind: why it is no longer wanted, or nothing ----------------------------------------------------------------


def check_in(of: Subject) -> str:
    """Only when every knee has its check-in of that day."""
    reported = CheckIn.objects.filter(episode__in=of.episodes, date=of.occurrence.local_date)
    done = reported.values("episode").distinct().count() == len(of.episodes)
    return "You had already checked in for that day." if done else ""


def nudge(of: Subject) -> str:
    """Some hours after the reminder, and only on the first silent day of a run: on the second the clinic takes over."""
    if done := check_in(of):
        return done
    if not _reminded(of.message.patient_id, of.occurrence.local_date, before=of.now - NUDGE_AFTER):
        return "The reminder itself came late that day, or not at all."
    day_before = of.occurrence.local_date - timedelta(days=1)
    spoke = CheckIn.objects.filter(episode__in=of.episodes, date__gte=day_before)
    first = day_before <= in_care_since(of.episodes) or spoke.exists()
    return "" if first else "One nudge is enough. Your clinic will call."


def _reminded(patient_id: UUID | None, day: date, *, before: datetime) -> bool:
    asked = OutboxMessage.objects.filter(patient=patient_id, kind=Kind.CHECK_IN, occurrence__local_date=day)
    return asked.filter(state__in=(State.SENT, State.UNCERTAIN), finished_at__lte=before).exists()


def next_step(of: Subject) -> str:
    stands = coming_step(of.assessment) == (of.occurrence.local_date, key_in(of.occurrence.slot))
    return "" if stands else "The next step has moved, or waits for something else now."


def review_tomorrow(of: Subject) -> str:
    review = Review.objects.filter(pk=UUID(of.occurrence.slot.partition(":")[0]), done_on=None).first()
    if review is None or visit_day(review, of.episodes[0]) != of.occurrence.local_date:
        return "The appointment was moved, or has taken place."
    return "" if booking(review) == of.occurrence.slot else "The appointment was moved to another hour."


def milestones(of: Subject) -> str:
    monday = of.occurrence.local_date
    left = any(goals_of_the_week(kept(episode), monday) for episode in of.episodes)
    return "" if left else "The goals of the week were reached, or come later."


def questionnaire(of: Subject) -> str:
    wanted = key_in(of.occurrence.slot) in open_questionnaires(of.assessment)
    return "" if wanted else "It was filled in, or its time has passed."


def restriction_changed(of: Subject) -> str:
    standing = Restriction.objects.filter(signature=UUID(of.occurrence.slot), superseded_by=None)
    if not standing.exists():
        return "The plan was changed again since."
    seen = Acknowledgement.objects.filter(restriction__in=standing).exists()
    return "You had already seen the change." if seen else ""


def test(_: Subject) -> str:
    return ""


STILL_WANTED: dict[str, Callable[[Subject], str]] = {
    Kind.CHECK_IN: check_in,
    Kind.NUDGE: nudge,
    Kind.NEXT_STEP: next_step,
    Kind.REVIEW_TOMORROW: review_tomorrow,
    Kind.MILESTONES: milestones,
    Kind.QUESTIONNAIRE: questionnaire,
    Kind.RESTRICTION_CHANGED: restriction_changed,
    Kind.TEST: test,
    **STAFF_STILL_WANTED,
}
