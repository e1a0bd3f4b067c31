"""Which reminders a patient has, and at what hour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time

from django.db import transaction

from tracker.errors import Invalid
from tracker.models import Occurrence, OutboxMessage, Patient, ReminderPlan
from tracker.selectors.episodes import local_date
from tracker.selectors.localtime import due_instant, first_after
from tracker.services import outbox
from tracker.services.kinds import CALENDAR, CHANNELS, OPTIONAL, USUAL_HOUR, Audience, Rule


def start(*, patient: Patient, now: datetime) -> None:
    """Gives a patient the usual reminders. Safe to repeat: whoever has some keeps them as they are."""
    plans = {plan.kind: plan for plan in ReminderPlan.objects.filter(patient=patient)}
    begun = []
    for kind, rule in CALENDAR.items():
        plan = plans.get(kind) or ReminderPlan(patient=patient, kind=kind, at=rule.at or USUAL_HOUR)
        if plan.enabled and plan.next_due_at is None:
            plan.next_due_at = _after(now, plan, rule)
            begun.append(plan)
    ReminderPlan.objects.bulk_create(
        begun, update_conflicts=True, unique_fields=["patient", "kind"], update_fields=["next_due_at"]
    )


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
    and planned anew. Raises Invalid.
    """
    if kind not in OPTIONAL:
        raise Invalid({"kind": f"Choose one of: {', '.join(OPTIONAL)}."})
    if channels is not None and not (channels and set(channels) <= set(CHANNELS)):
        raise Invalid({"channels": f"Choose at least one of: {', '.join(CHANNELS)}."})
    start(patient=patient, now=now)
    plan = ReminderPlan.objects.select_for_update().get(patient=patient, kind=kind)
    before = (plan.at, plan.enabled, plan.channels)
    plan.at = plan.at if at is None else at
    plan.enabled = plan.enabled if enabled is None else enabled
    plan.channels = plan.channels if channels is None else list(channels)
    if (plan.at, plan.enabled, plan.channels) == before:
        return plan
    moved = f"The reminder was moved to {plan.at:%H:%M}."
    _plan_anew(plan, reason=moved if plan.enabled else "The reminder was switched off.", now=now)
    return plan


@transaction.atomic
def rezone(*, patient: Patient, now: datetime) -> None:
    """Plans everything anew after the patient moved to another time zone; the wall-clock hours stay."""
    for plan in _of_patients(ReminderPlan.objects.select_for_update().filter(patient=patient)):
        plan.patient = patient
        _plan_anew(plan, reason=f"The time zone is now {patient.time_zone}.", now=now)


def zone_of(rule: Rule, patient: Patient) -> str:
    """Whose clock counts: the patient's, or that of the clinic when its staff are told."""
    return patient.time_zone if rule.audience == Audience.PATIENT else patient.clinic.time_zone


def _of_patients(plans: Iterable[ReminderPlan]) -> list[ReminderPlan]:
    return [plan for plan in plans if plan.kind in CALENDAR and CALENDAR[plan.kind].audience == Audience.PATIENT]


def _plan_anew(plan: ReminderPlan, *, reason: str, now: datetime) -> None:
    """A day whose reminder is taken back gets it at the new hour, at once where that has passed: never none, never two."""
    rule = CALENDAR[plan.kind]
    today = local_date(now, zone_of(rule, plan.patient))
    planned = Occurrence.objects.filter(patient=plan.patient, rule=plan.kind, state=Occurrence.State.PLANNED)
    waiting = planned.filter(local_date=today, messages__state=OutboxMessage.State.DUE).exists()
    outbox.cancel(planned, reason=reason, now=now)
    plan.next_due_at = _look(plan, rule, now, today_too=waiting) if plan.enabled else None
    plan.save()


def _look(plan: ReminderPlan, rule: Rule, now: datetime, *, today_too: bool) -> datetime:
    zone = zone_of(rule, plan.patient)
    todays = due_instant(local_date(now, zone), plan.at, zone) if today_too else None
    return _after(now, plan, rule) if todays is None else todays - rule.ahead


def _after(now: datetime, plan: ReminderPlan, rule: Rule) -> datetime:
    return first_after(now, plan.at, zone_of(rule, plan.patient)) - rule.ahead
