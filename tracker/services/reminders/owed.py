"""Which date still has its reminder to come when plans are made anew, and since when it is due.

A patient who crosses the date line comes into a date that was over where they were before. What was taken back or had
expired there, before anything was handed over, is owed again.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import Exists, Max, Min, OuterRef, QuerySet

from tracker.models import Episode, Occurrence, OutboxMessage, Patient, ReminderPlan
from tracker.selectors.episodes import local_date
from tracker.selectors.localtime import due_instant, first_after
from tracker.services.kinds import CALENDAR, Audience, Rule

DAY = timedelta(days=1)
SWITCHED_OFF = "The reminder was switched off."
State = OutboxMessage.State


def zone_of(rule: Rule, patient: Patient) -> str:
    """Whose clock counts: the patient's, or that of the clinic when its staff are told."""
    return patient.time_zone if rule.audience == Audience.PATIENT else patient.clinic.time_zone


def standing(plan: ReminderPlan) -> QuerySet[Occurrence]:
    """What is planned of it, whatever became of the messages."""
    return Occurrence.objects.filter(patient=plan.patient, rule=plan.kind, state=Occurrence.State.PLANNED)


def first_owed(plan: ReminderPlan, now: datetime) -> date | None:
    """The first date up to today that has not had its reminder, or is about to lose it; None where there is none.

    What is not foreseen is looked for once more: what was told of it stands, and is not told again.
    """
    rule = CALENDAR[plan.kind]
    zone = zone_of(rule, plan.patient)
    today = local_date(now, zone)
    if not rule.foreseen or standing(plan).filter(local_date=today, messages__state=State.DUE).exists():
        return today
    taken_back, off = _taken_back(plan, today), _switched_off(plan, today)
    if taken_back is not None and (off is None or taken_back > off):
        return today
    last = standing(plan).aggregate(last=Max("local_date"))["last"] or _taken_on(plan.patient)
    if last is None or plan.next_due_at is None:
        return None
    next_one = local_date(plan.next_due_at + rule.ahead, zone)
    return max(last + DAY, next_one if off else next_one - DAY)  # who switched it on again begins with the next one


def make_room(plan: ReminderPlan, *, reason: str, now: datetime) -> None:
    """Takes back what expired unsent of the date that has begun again where the patient is now, if it is not too late
    there. One conditional UPDATE: nothing that expired can ever leave, so the date's next message is its only one.
    """
    rule, zone = CALENDAR[plan.kind], zone_of(CALENDAR[plan.kind], plan.patient)
    today = local_date(now, zone)
    at = due_instant(today, plan.at, zone)
    ends = None if at is None else rule.expires(at, zone)
    if not rule.foreseen or ends is None or ends <= now:
        return
    told = OutboxMessage.objects.filter(occurrence=OuterRef("pk"))
    unsent = standing(plan).filter(Exists(told), ~Exists(told.exclude(state=State.EXPIRED)), local_date=today)
    unsent.update(state=Occurrence.State.CANCELLED, reason=reason)


def look_at(plan: ReminderPlan, owed: date | None, now: datetime) -> datetime:
    """When to look at the plan next; an owed date that the zone left out passes the turn to the one after."""
    rule = CALENDAR[plan.kind]
    zone = zone_of(rule, plan.patient)
    day = owed
    while day is not None and day <= local_date(now, zone):
        if (at := due_instant(day, plan.at, zone)) is not None:
            return at - rule.ahead
        day += DAY
    return look_after(now, plan)


def look_after(now: datetime, plan: ReminderPlan) -> datetime:
    """When to look at the plan for its first hour after `now`."""
    rule = CALENDAR[plan.kind]
    return first_after(now, plan.at, zone_of(rule, plan.patient)) - rule.ahead


def _taken_back(plan: ReminderPlan, day: date) -> datetime | None:
    """When the date lost its reminder; None where it never had one, or has one again."""
    if standing(plan).filter(local_date=day).exists():
        return None
    return _latest(_cancelled(plan).filter(local_date=day))


def _switched_off(plan: ReminderPlan, since: date) -> datetime | None:
    """When the kind was last switched off with reminders of `since` or later planned."""
    return _latest(_cancelled(plan).filter(local_date__gte=since, reason=SWITCHED_OFF))


def _cancelled(plan: ReminderPlan) -> QuerySet[Occurrence]:
    return Occurrence.objects.filter(patient=plan.patient, rule=plan.kind, state=Occurrence.State.CANCELLED)


def _latest(taken_back: QuerySet[Occurrence]) -> datetime | None:
    latest: datetime | None = taken_back.aggregate(latest=Max("messages__finished_at"))["latest"]
    return latest


def _taken_on(patient: Patient) -> date | None:
    """The date, where the patient is now, on which the first of the recoveries that are open was taken on."""
    open_ones = Episode.objects.filter(patient=patient, state=Episode.State.OPEN)
    first: datetime | None = open_ones.aggregate(first=Min("created_at"))["first"]
    return None if first is None else local_date(first, patient.time_zone)
