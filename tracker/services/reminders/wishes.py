"""What a patient wants to be told, at what hour, by which ways, and when there is to be quiet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time

from django.db import transaction
from django.db.models import Count, Q

from tracker import channels
from tracker.errors import Invalid
from tracker.models import Clinic, Episode, Kind, Occurrence, OutboxMessage, Patient, Reach, ReminderPlan
from tracker.selectors import ways
from tracker.selectors.episodes import local_date
from tracker.selectors.localtime import due_instant
from tracker.selectors.standing import workable
from tracker.selectors.ways import OUTWARD
from tracker.services import outbox
from tracker.services.kinds import CALENDAR, CHANNELS, OPTIONAL, USUAL_HOUR, Audience, Rule
from tracker.services.outbox import Telling
from tracker.services.reminders import owed

# --- Which reminders, when and how ----------------------------------------------------------------------------------


def start(*, patient: Patient, now: datetime) -> None:
    """Gives a patient the usual reminders. Safe to repeat: whoever has some keeps them as they are.

    Only what has no hour that a patient chooses is put to the hour that it should have.
    """
    plans = {plan.kind: plan for plan in ReminderPlan.objects.filter(patient=patient)}
    begun = []
    for kind, rule in CALENDAR.items():
        hour = _hour(rule, plans.get(Kind.CHECK_IN))
        plan = plans.get(kind) or ReminderPlan(patient=patient, kind=kind, at=hour, channels=list(OUTWARD))
        moves = plan.at != hour and not _is_chosen(rule)
        if moves or (plan.enabled and plan.next_due_at is None):
            plan.at = hour if moves else plan.at
            plan.next_due_at = owed.look_after(now, plan) if plan.enabled else None
            begun.append(plan)
    ReminderPlan.objects.bulk_create(
        begun, update_conflicts=True, unique_fields=["patient", "kind"], update_fields=["at", "next_due_at"]
    )


def start_all(*, clinic: Clinic, now: datetime) -> None:
    """The same for everybody in care who lacks one: taken on by another way, or before there was such a kind."""
    in_care = Episode.objects.filter(workable(), clinic=clinic, state=Episode.State.OPEN).values("patient")
    known = Count("reminder_plans", filter=Q(reminder_plans__kind__in=list(CALENDAR)))
    lacking = Patient.objects.filter(pk__in=in_care).annotate(known=known).filter(known__lt=len(CALENDAR))
    for patient in lacking.select_related("clinic"):
        start(patient=patient, now=now)


@transaction.atomic
def change(
    *,
    patient: Patient,
    kind: str,
    now: datetime,
    at: time | None = None,
    enabled: bool | None = None,
    channels: Sequence[str] | None = None,
) -> ReminderPlan:
    """Moves a reminder to another hour, switches it off or on, or sets its channels, the preferred one first.

    What is not given stays, and what changes nothing does nothing. What was planned and has not left is taken back
    and planned anew. What comes with the check-in moves with it. Raises Invalid.
    """
    if kind not in OPTIONAL:
        raise Invalid({"kind": f"Choose one of: {', '.join(OPTIONAL)}."})
    if channels is not None and not (channels and set(channels) <= set(CHANNELS)):
        raise Invalid({"channels": f"Choose at least one of: {', '.join(CHANNELS)}."})
    start(patient=patient, now=now)
    plans = {plan.kind: plan for plan in _locked(patient)}
    plan = plans[kind]
    before = (plan.at, plan.enabled, plan.channels)
    plan.at = plan.at if at is None else at.replace(second=0, microsecond=0)
    if OPTIONAL[kind].with_check_in and plan.at != before[0]:
        raise Invalid({"at": "This one comes together with your check-in reminder. Move that one."})
    plan.enabled = plan.enabled if enabled is None else enabled
    plan.channels = plan.channels if channels is None else list(channels)
    if (plan.at, plan.enabled, plan.channels) != before:
        _plan_anew(plan, reason=_reason(plan, before[0]), now=now, was_on=before[1])
        if kind == Kind.CHECK_IN and (plan.at, plan.enabled) != before[:2]:
            _once_more_today(plan, now)
            _take_along(plan, plans, now)
    return plan


@transaction.atomic
def rezone(*, patient: Patient, now: datetime) -> None:
    """Plans everything anew after the patient moved to another time zone; the wall-clock hours stay."""
    for plan in _locked(patient):
        if plan.kind in CALENDAR and CALENDAR[plan.kind].audience == Audience.PATIENT:
            reason = f"The time zone is now {patient.time_zone}."
            owed.make_room(plan, reason=reason, now=now)
            _plan_anew(plan, reason=reason, now=now, was_on=plan.enabled)


@transaction.atomic
def moved(*, patient: Patient, now: datetime) -> None:
    """Plans everything anew after another clinic has taken the patient over: its hours count now."""
    for plan in _locked(patient):
        if plan.kind in CALENDAR:
            _plan_anew(plan, reason="Another clinic looks after you now.", now=now, was_on=plan.enabled)


# --- The patient's ways and hours, whatever the kind ----------------------------------------------------------------


def allow(*, patient: Patient, channel: str, allowed: bool, now: datetime) -> Reach:
    """Switches one way of being told on or off, for every kind. What waits goes by another. Raises Invalid."""
    if channel not in OUTWARD:
        raise Invalid({"channel": f"Choose one of: {', '.join(OUTWARD)}."})
    row, _ = Reach.objects.update_or_create({"allowed": allowed}, patient=patient, channel=channel)
    return row


def quiet(*, patient: Patient, quiet_from: time | None, quiet_until: time | None, now: datetime) -> None:
    """Sets the hours, on the patient's clock, in which nothing but what is urgent is sent; None for both: the clinic's.

    Raises Invalid.
    """
    if (quiet_from is None) != (quiet_until is None):
        missing = "quiet_from" if quiet_from is None else "quiet_until"
        raise Invalid({missing: "Say from when and until when, or leave both empty."})
    if quiet_from is not None and quiet_from == quiet_until:
        raise Invalid({"quiet_until": "Choose an hour that differs from the first, or leave both empty."})
    patient.quiet_from, patient.quiet_until = quiet_from, quiet_until
    patient.save(update_fields=["quiet_from", "quiet_until"])


# --- Planned anew ---------------------------------------------------------------------------------------------------


def _hour(rule: Rule, reminder: ReminderPlan | None) -> time:
    return reminder.at if reminder is not None and rule.with_check_in else rule.at or USUAL_HOUR


def _is_chosen(rule: Rule) -> bool:
    """Whether the hour is the patient's to choose."""
    return rule.optional and not rule.with_check_in


def _locked(patient: Patient) -> list[ReminderPlan]:
    rows = list(ReminderPlan.objects.select_for_update().filter(patient=patient).order_by("pk"))
    for plan in rows:
        plan.patient = patient
    return rows


def _reason(plan: ReminderPlan, hour_before: time) -> str:
    if not plan.enabled:
        return owed.SWITCHED_OFF
    if plan.at != hour_before:
        return f"The reminder was moved to {plan.at:%H:%M}."
    return "You chose another way for this reminder."


def _take_along(reminder: ReminderPlan, plans: dict[str, ReminderPlan], now: datetime) -> None:
    """What comes with the check-in has its hour; the nudge that follows it depends on it."""
    for plan in plans.values():
        moves = plan.kind in CALENDAR and CALENDAR[plan.kind].with_check_in and plan.at != reminder.at
        if moves or plan.kind == Kind.NUDGE:
            hour_before, plan.at = plan.at, reminder.at if moves else plan.at
            reason = _reason(plan, hour_before) if moves else _reason(reminder, hour_before)
            _plan_anew(plan, reason=reason, now=now, was_on=plan.enabled)


def _plan_anew(plan: ReminderPlan, *, reason: str, now: datetime, was_on: bool) -> None:
    """A day whose reminder is taken back gets it at the new hour, at once where that has passed: never none, never two."""
    first = owed.first_owed(plan, now) if was_on else None
    outbox.cancel(owed.standing(plan), reason=reason, now=now)
    plan.next_due_at = owed.look_at(plan, first, now) if plan.enabled else None
    plan.save()


def _once_more_today(plan: ReminderPlan, now: datetime) -> None:
    """Whoever had today's reminder and moves it to an hour still to come wants to be reminded then: once an hour."""
    today = local_date(now, plan.patient.time_zone)
    at = due_instant(today, plan.at, plan.patient.time_zone)
    if not plan.enabled or at is None or at <= now:
        return
    of_today = Occurrence.objects.filter(
        patient=plan.patient, rule=plan.kind, local_date=today, state=Occurrence.State.PLANNED
    ).exclude(messages__state=OutboxMessage.State.CANCELLED)
    first, slot = of_today.first(), f"{plan.at:%H:%M}"
    if first is None or of_today.filter(slot=slot).exists():
        return
    again = Occurrence(
        patient=plan.patient,
        episode_id=first.episode_id,
        rule=plan.kind,
        local_date=today,
        slot=slot,
        due_at=at,
        created_at=now,
    )
    open_ways = ways.usable([plan.patient], installed=channels.installed())[plan.patient_id]
    channel = ways.preferred(plan.channels, open_ways)[0]
    outbox.enqueue([Telling(again, plan.patient.clinic, channel=channel)], now=now)
