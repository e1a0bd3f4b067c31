"""Not at night, and not too often: quiet hours and the most messages a day."""

from __future__ import annotations

from datetime import datetime, time

from django.db.models import Q

from tracker.models import ChannelName, Kind, OutboxMessage, Patient
from tracker.selectors.episodes import local_date
from tracker.selectors.localtime import quiet_until, start_of
from tracker.selectors.ways import OUTWARD
from tracker.services.kinds import CALENDAR, MOST_A_DAY, RULES
from tracker.services.reminders.verdicts import Postponed, Withheld
from tracker.services.reminders.ways import is_to_patient

State = OutboxMessage.State
LEFT = (State.SENT, State.UNCERTAIN)

TOO_LATE = "It fell into the quiet hours, and after them it would have come too late."


def quiet(message: OutboxMessage, now: datetime) -> Postponed | Withheld | None:
    """Puts off what comes in the quiet hours, to their end; what would be pointless by then ends at once."""
    if message.urgent or message.channel not in OUTWARD:
        return None
    hours = _hours(message)
    until = None if hours is None else quiet_until(now, *hours)
    if until is None:
        return None
    if message.expires_at is not None and message.expires_at <= until:
        return Withheld(State.EXPIRED, TOO_LATE)
    return Postponed(until, "It waits for the end of the quiet hours.")


def enough(message: OutboxMessage, now: datetime) -> Withheld | None:
    """What would be one too many on the patient's day goes into their list instead."""
    rule = RULES[message.kind]
    if message.patient is None or message.urgent or not rule.counted or message.channel not in OUTWARD:
        return None
    if not is_to_patient(message) or (had := _had_today(message.patient, now)) < MOST_A_DAY:
        return None
    reason = f"You already had {had} messages today. It is in your list."
    return Withheld(State.CANCELLED, reason, ChannelName.APP)


def _hours(message: OutboxMessage) -> tuple[time, time, str] | None:
    """From when to when, on whose clock. The clinic's hours do not move what has an hour of its own."""
    patient, clinic = message.patient, message.clinic
    if is_to_patient(message) and patient is not None:
        if patient.quiet_from is not None and patient.quiet_until is not None:
            return patient.quiet_from, patient.quiet_until, patient.time_zone
        if message.kind in CALENDAR or clinic is None:
            return None
        return clinic.quiet_from, clinic.quiet_until, patient.time_zone
    if clinic is None or message.kind == Kind.MORNING_LIST:
        return None
    return clinic.quiet_from, clinic.quiet_until, clinic.time_zone


def _had_today(patient: Patient, now: datetime) -> int:
    """Letters that left today on the patient's calendar, or are leaving; a bundle is one."""
    midnight = start_of(local_date(now, patient.time_zone), patient.time_zone)
    counted = [kind for kind, rule in RULES.items() if rule.counted]
    rows = OutboxMessage.objects.filter(patient=patient, recipient=None, channel__in=OUTWARD, kind__in=counted)
    left = rows.filter(Q(state__in=LEFT, finished_at__gte=midnight) | Q(state=State.SENDING)).exclude(message_id="")
    return left.values("message_id").distinct().count()
