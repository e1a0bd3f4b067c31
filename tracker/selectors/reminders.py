"""What a patient will be told and why, what was sent, why something was not, and what waits in their list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from tracker.models import ChannelName, Kind, Occurrence, OutboxMessage, Patient, ReminderPlan
from tracker.selectors import ways
from tracker.selectors.episodes import local_date
from tracker.selectors.localtime import dates_until, quiet_until
from tracker.selectors.wanted import FINDERS, Look, Want, look_at

State = OutboxMessage.State

WEEK = timedelta(days=7)
OPEN_STATES = (State.DUE, State.CLAIMED, State.SENDING)

WHY: dict[str, str] = {
    Kind.CHECK_IN: "Every day, unless you have checked in by then",
    Kind.NUDGE: "Only if you have not checked in by then",
    Kind.NEXT_STEP: "The next step of your plan may come on {day}",
    Kind.REVIEW_TOMORROW: "You have an appointment on {day}",
    Kind.MILESTONES: "On Mondays, when there is a goal to look at in the week",
    Kind.QUESTIONNAIRE: "Your clinic's questionnaires can be filled in now",
    Kind.RESTRICTION_CHANGED: "Your clinic has changed your plan",
    Kind.TEST: "You asked for it",
}
WAITS = "It waits for the end of your quiet hours."
NOT_SENT = "It falls into your quiet hours and would come too late after them, so it will not be sent."


@dataclass(frozen=True, slots=True)
class Coming:
    """A message that is going to be sent. `at` is on the patient's clock; `planned` is false for a forecast.

    `channel` is the one that would be used as things stand; `reason` says why it was put off, if it was.
    """

    at: datetime
    kind: str
    label: str
    channel: str
    why: str
    planned: bool
    reason: str = ""


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


@dataclass(frozen=True, slots=True)
class Entry:
    """An open entry of the patient's list in the product; `at` is on the patient's clock."""

    id: UUID
    at: datetime
    kind: str
    label: str
    why: str


def plans(patient: Patient) -> list[ReminderPlan]:
    """The patient's own reminders, with hour, switch and channels; by hour."""
    return list(ReminderPlan.objects.filter(patient=patient, kind__in=FINDERS).order_by("at", "kind"))


def history(patient: Patient, *, now: datetime, limit: int = 50) -> list[Told]:
    """What the patient was told or not told, and why not; latest first.

    What was taken back and whose time has not come yet is left out: the week ahead shows what stands in its place.
    """
    ended = _to_patient(patient).exclude(state__in=OPEN_STATES).order_by("-finished_at", "-due_at")
    ended = ended.exclude(occurrence__state=Occurrence.State.CANCELLED, due_at__gt=now).select_related("occurrence")
    return [_told(message, patient) for message in ended[:limit]]


def entries(patient: Patient, *, now: datetime) -> list[Entry]:
    """What waits to be read in the patient's list, latest first; what has become pointless is left out."""
    rows = _to_patient(patient).filter(channel=ChannelName.APP, state=State.SENT, settled_at=None)
    current = rows.filter(Q(expires_at=None) | Q(expires_at__gt=now)).select_related("occurrence")
    return [
        Entry(row.pk, _local(row.due_at, patient), row.kind, _label(row.kind), _why(row.kind, _about(row)))
        for row in current.order_by("-finished_at")
    ]


def waiting(now: datetime) -> Iterator[OutboxMessage]:
    """Every message that a sender would take at `now`, in the order it would."""
    rows = OutboxMessage.objects.filter(state=State.DUE, due_at__lte=now).order_by("-urgent", "due_at")
    return rows.select_related("occurrence", "patient", "clinic", "episode", "recipient").iterator(100)


def _to_patient(patient: Patient) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(patient=patient, recipient=None).exclude(channel=ChannelName.CALLS)


# --- The next seven days --------------------------------------------------------------------------------------------


def week_ahead(patient: Patient, *, now: datetime, usable: Sequence[str] | None = None) -> list[Coming]:
    """Everything the patient will be told in the next seven days, planned or to be expected, earliest first.

    `usable` are the ways to the patient that are open; left out, every way is taken to be installed.
    """
    if patient.consent_withdrawn_at is not None or patient.restricted_at is not None:
        return []
    if usable is None:
        usable = ways.usable([patient], installed=ways.OUTWARD)[patient.pk]
    own = plans(patient)
    chosen = {plan.kind: ways.preferred(plan.channels, usable)[0] for plan in own}
    waiting = _to_patient(patient).filter(state__in=OPEN_STATES, due_at__lte=now + WEEK).select_related("occurrence")
    found = [_planned(message, patient, chosen, usable) for message in waiting]
    found += _forecast(patient, own, chosen, now)
    return sorted(found, key=lambda coming: coming.at)


def _planned(message: OutboxMessage, patient: Patient, chosen: dict[str, str], usable: Sequence[str]) -> Coming:
    channel = message.channel if message.channel in usable else chosen.get(message.kind, usable[0])
    why = _why(message.kind, _about(message))
    at = _local(message.due_at, patient)
    coming = Coming(at, message.kind, _label(message.kind), channel, why, planned=True, reason=message.reason)
    return coming if message.urgent or message.reason else _calm(coming, patient)


def _forecast(patient: Patient, own: Sequence[ReminderPlan], chosen: dict[str, str], now: datetime) -> Iterator[Coming]:
    """What the planner would find if the patient's state stayed as it is."""
    enabled = [plan for plan in own if plan.enabled and plan.next_due_at is not None]
    for plan, look in zip(enabled, look_at(enabled, now=now), strict=True):
        told: set[tuple[date, str]] = set()
        for want in _wants(plan, look, patient, now) if look.episodes else ():
            if (want.local_date, want.slot) not in told:
                told.add((want.local_date, want.slot))
                why, at = _why(plan.kind, want.local_date), _local(want.due_at, patient)
                yield _calm(Coming(at, plan.kind, _label(plan.kind), chosen[plan.kind], why, planned=False), patient)


def _wants(plan: ReminderPlan, look: Look, patient: Patient, now: datetime) -> Iterator[Want]:
    today = local_date(now, patient.time_zone)
    for day, at in dates_until(today, now + WEEK, plan.at, patient.time_zone):
        if at > now:
            yield from FINDERS[plan.kind](look, day, at)


def _calm(coming: Coming, patient: Patient) -> Coming:
    """The same after the patient's own quiet hours. What is about a day is pointless on the next."""
    if patient.quiet_from is None or patient.quiet_until is None or coming.channel not in ways.OUTWARD:
        return coming
    until = quiet_until(coming.at, patient.quiet_from, patient.quiet_until, patient.time_zone)
    if until is None:
        return coming
    at = _local(until, patient)
    if coming.kind in FINDERS and at.date() != coming.at.date():
        return replace(coming, reason=NOT_SENT)
    return replace(coming, at=at, reason=WAITS)


# --- In words -------------------------------------------------------------------------------------------------------


def _told(message: OutboxMessage, patient: Patient) -> Told:
    taken_back = message.occurrence is not None and message.occurrence.state == Occurrence.State.CANCELLED
    at = _local(message.due_at if taken_back else message.finished_at or message.due_at, patient)
    label, state = _label(message.kind), State(message.state)
    listed = message.channel == ChannelName.APP and state == State.SENT
    said = "In your list" if listed else str(state.label)
    return Told(at, message.kind, label, message.channel, state.value, said, message.reason)


def _why(kind: str, about: date | None) -> str:
    day = "" if about is None else f"{about:%A} {about.day} {about:%B}"
    return WHY.get(kind, "").format(day=day)


def _about(message: OutboxMessage) -> date | None:
    return None if message.occurrence is None else message.occurrence.local_date


def _label(kind: str) -> str:
    return str(Kind(kind).label) if kind in Kind.values else kind


def _local(at: datetime, patient: Patient) -> datetime:
    return at.astimezone(ZoneInfo(patient.time_zone))
