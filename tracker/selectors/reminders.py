"""What a patient will be told, what was sent, why something was not; and whether the engine is alive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet

from tracker.models import Clinic, Episode, Heartbeat, Kind, OutboxMessage, Patient, ReminderPlan
from tracker.selectors.episodes import local_date
from tracker.selectors.localtime import dates_until

State = OutboxMessage.State

WEEK = timedelta(days=7)
OPEN_STATES = (State.DUE, State.CLAIMED, State.SENDING)
TROUBLE = (State.FAILED, State.DEAD, State.UNCERTAIN)

WHY: dict[str, str] = {
    Kind.CHECK_IN: "Every day, unless you have checked in by then",
    Kind.SILENCE: "You have not checked in for two days",
    Kind.MILESTONES: "A goal on your plan is due",
    Kind.RESTRICTION_CHANGED: "Your clinic has changed your plan",
}


@dataclass(frozen=True, slots=True)
class Coming:
    """A message that is going to be sent. `at` is on the patient's clock; `planned` is false for a forecast."""

    at: datetime
    kind: str
    label: str
    channel: str
    why: str
    planned: bool


@dataclass(frozen=True, slots=True)
class Told:
    """A message that has come to its end. `at` is on the patient's clock; `reason` says why it was not sent."""

    at: datetime
    kind: str
    label: str
    channel: str
    state: str
    state_label: str
    reason: str


def plans(patient: Patient) -> list[ReminderPlan]:
    """The patient's own reminders, with hour, switch and channels; by hour."""
    return list(ReminderPlan.objects.filter(patient=patient, kind__in=WHY).order_by("at", "kind"))


def week_ahead(patient: Patient, *, now: datetime) -> list[Coming]:
    """What the patient will be told in the next seven days, earliest first."""
    waiting = _to_patient(patient).filter(state__in=OPEN_STATES, due_at__lte=now + WEEK).select_related("occurrence")
    planned = [_coming(message, patient) for message in waiting]
    days = _planned_days(patient, now)
    return sorted([*planned, *_forecast(patient, now, days)], key=lambda coming: coming.at)


def history(patient: Patient, *, limit: int = 50) -> list[Told]:
    """What the patient was told or not told, and why not; latest first."""
    ended = _to_patient(patient).exclude(state__in=OPEN_STATES).order_by("-finished_at", "-due_at")
    return [_told(message, patient) for message in ended[:limit]]


def trouble(clinic: Clinic, *, since: datetime) -> list[OutboxMessage]:
    """Messages of the clinic that were refused, given up or lost from sight since then, with patient and reader."""
    rows = OutboxMessage.objects.filter(clinic=clinic, state__in=TROUBLE, finished_at__gte=since)
    return list(rows.select_related("patient", "recipient").order_by("-finished_at"))


def waiting(now: datetime) -> Iterator[OutboxMessage]:
    """Every message that a sender would take at `now`, in the order it would."""
    rows = OutboxMessage.objects.filter(state=State.DUE, due_at__lte=now).order_by("-urgent", "due_at")
    return rows.select_related("occurrence", "patient", "clinic", "episode", "recipient").iterator(100)


def _to_patient(patient: Patient) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(patient=patient, recipient=None)


def _planned_days(patient: Patient, now: datetime) -> frozenset[date]:
    """Days whose check-in reminder is settled: waiting, sent or withheld."""
    today = local_date(now, patient.time_zone)
    standing = patient.occurrences.filter(rule=Kind.CHECK_IN, state="planned", local_date__gte=today)
    return frozenset(standing.values_list("local_date", flat=True))


def _forecast(patient: Patient, now: datetime, planned: frozenset[date]) -> Iterator[Coming]:
    """The check-in reminders beyond what is planned yet: they follow from the clock alone."""
    plan = ReminderPlan.objects.filter(patient=patient, kind=Kind.CHECK_IN, enabled=True).first()
    operated = Episode.objects.filter(patient=patient, state=Episode.State.OPEN).aggregate(
        Min("assessment__surgery_date")
    )
    day_zero = operated["assessment__surgery_date__min"]
    if plan is None or plan.next_due_at is None or day_zero is None:
        return
    first = max(local_date(now, patient.time_zone), day_zero + timedelta(days=1))
    for day, at in dates_until(first, now + WEEK, plan.at, patient.time_zone):
        if day not in planned and at > now:
            yield Coming(_local(at, patient), plan.kind, _label(plan.kind), plan.channels[0], WHY[plan.kind], False)


def _coming(message: OutboxMessage, patient: Patient) -> Coming:
    at = _local(message.due_at, patient)
    return Coming(at, message.kind, _label(message.kind), message.channel, WHY.get(message.kind, ""), True)


def _told(message: OutboxMessage, patient: Patient) -> Told:
    at = _local(message.finished_at or message.due_at, patient)
    label, state = _label(message.kind), State(message.state)
    return Told(at, message.kind, label, message.channel, state.value, str(state.label), message.reason)


def _label(kind: str) -> str:
    return str(Kind(kind).label) if kind in Kind.values else kind


def _local(at: datetime, patient: Patient) -> datetime:
    return at.astimezone(ZoneInfo(patient.time_zone))


# --- Is the engine alive --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pulse:
    """How the engine is doing. `heard_of` is how long ago each part finished a round; `ended` counts the last 7 days."""

    heard_of: dict[str, timedelta]
    oldest_due: timedelta | None
    ended: dict[str, int]
    last_sent: datetime | None
    without_plan: int
    behind: list[str]


def pulse(*, now: datetime) -> Pulse:
    """A handful of statements, whatever the number of patients and messages."""
    due = OutboxMessage.objects.filter(state=State.DUE, due_at__lte=now).aggregate(oldest=Min("due_at"))["oldest"]
    ended = OutboxMessage.objects.filter(state__in=TROUBLE, finished_at__gte=now - WEEK).values_list("state")
    sent = OutboxMessage.objects.filter(state=State.SENT).aggregate(latest=Max("finished_at"))["latest"]
    untold = Episode.objects.filter(state=Episode.State.OPEN, patient__reminder_plans=None)
    return Pulse(
        heard_of={part.name: now - part.at for part in Heartbeat.objects.all()},
        oldest_due=None if due is None else now - due,
        ended=dict(ended.annotate(Count("pk")).order_by()),
        last_sent=sent,
        without_plan=untold.values("patient").distinct().count(),
        behind=_behind(now),
    )


def _behind(now: datetime) -> list[str]:
    """Clinics that have open episodes and whose daily tick did not reach yesterday, so that a whole day is missing."""
    caring = Clinic.objects.filter(Exists(Episode.objects.filter(clinic=OuterRef("pk"), state=Episode.State.OPEN)))
    return [
        clinic.name
        for clinic in caring.order_by("name")
        if clinic.ticked_on is None or clinic.ticked_on < local_date(now, clinic.time_zone) - timedelta(days=1)
    ]
