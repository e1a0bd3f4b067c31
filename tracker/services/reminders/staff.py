"""What the clinic's staff are told, and whom they are to phone: what asks for it, and why it is no longer wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Q

from tracker.models import Acknowledgement, CheckIn, Kind, Restriction
from tracker.selectors.calls import STRICTER
from tracker.selectors.episodes import local_date
from tracker.selectors.localtime import start_of
from tracker.services import crossings, invites, notices, reach
from tracker.services.reminders import morning
from tracker.services.reminders.look import (
    Look,
    Subject,
    Want,
    due_gates,
    enrolled_on,
    kept,
    key_in,
    operated_on,
    slot_of,
)

SILENT_DAYS = 2

INVITES = (Kind.PATIENT_INVITE, Kind.CAREGIVER_INVITE, Kind.STAFF_INVITE)
CROSSINGS = (
    *(Kind.EMERGENCY_OPENED, Kind.EMERGENCY_NOTICE, Kind.MOVED, Kind.TAKEN_OVER),
    *(Kind.PROPOSAL_ANSWERED, Kind.TRANSFER_ANSWERED),
)
WHATEVER_BECOMES_OF_THE_RECOVERY = frozenset(
    {*notices.KINDS, Kind.MORNING_LIST, Kind.RECORD_REQUEST, Kind.TRANSFER_OFFERED, *INVITES, *CROSSINGS}
)
"""Kinds that need no open recovery: a clinic's list, an alert, which ends by somebody's word alone, and a way in."""


# --- What asks for it -----------------------------------------------------------------------------------------------


def silence(look: Look, day: date, at: datetime) -> Iterator[Want]:
    """Once a run of silent days, on its second. The run is named by its first day.

    `day` is the clinic's. Where the patient is still in the day before, that one counts: it may yet be reported.
    """
    day = min(day, local_date(at, look.episodes[0].patient.time_zone))
    begun = min(max(enrolled_on(episode), operated_on(episode)) for episode in look.episodes)
    first_silent = max(look.last_check_in or begun, begun) + timedelta(days=1)
    silent = (day - first_silent).days + 1
    if silent >= SILENT_DAYS and (first_silent, "") not in look.standing:
        yield Want(first_silent, "", at, look.episodes[0])


def gate_due(look: Look, day: date, at: datetime) -> Iterator[Want]:
    """Once a gate, from the day of its step."""
    for episode in look.episodes:
        for gate in due_gates(kept(episode)):
            if not look.told(slot := slot_of(episode, gate)):
                yield Want(day, slot, at, episode)


# --- Why it is no longer wanted, or nothing -------------------------------------------------------------------------


def silence_stands(of: Subject) -> str:
    """Whatever day a report was about: nobody wants to hear of silence on the day they wrote."""
    patient = of.episodes[0].patient
    day = of.occurrence.local_date
    since = Q(date__gte=day) | Q(entered_at__gte=start_of(day, patient.time_zone))
    spoke = CheckIn.objects.filter(since, episode__patient=patient).exists()
    return "You have checked in." if spoke else ""


def gate_stands(of: Subject) -> str:
    waiting = due_gates(of.assessment)
    return "" if key_in(of.occurrence.slot) in waiting else "It has been decided since, or is due later."


def unseen_stands(of: Subject) -> str:
    rows = Restriction.objects.filter(signature=UUID(of.occurrence.slot.removesuffix(STRICTER)))
    if Acknowledgement.objects.filter(restriction__in=rows).exists():
        return "You have seen the change."
    return "" if rows.filter(superseded_by=None).exists() else "The plan was changed again since."


def unreachable_stands(of: Subject) -> str:
    patient, channel = of.occurrence.patient, of.occurrence.slot.partition(":")[0]
    return "" if patient is not None and reach.fails(patient, channel) else reach.CORRECTED


def alert_stands(of: Subject) -> str:
    return notices.SOMEBODY_HAS_IT if notices.answered(of.occurrence.slot) else ""


def invite_stands(of: Subject) -> str:
    invite = of.message.invite
    return "" if invite is not None and invites.is_live(invite) else invites.VOIDED


def request_stands(_: Subject) -> str:
    """Until the coordinator decides: that settles it."""
    return ""


def crossing_stands(_: Subject) -> str:
    """That somebody else read or took over a record, or answered, is told whatever came after."""
    return ""


def asking_stands(of: Subject) -> str:
    return "" if crossings.waits(of.message.kind, of.occurrence.slot) else crossings.ANSWERED


STAFF_FINDERS: dict[str, Callable[[Look, date, datetime], Iterator[Want]]] = {
    Kind.SILENCE: silence,
    Kind.GATE_DUE: gate_due,
}

STAFF_STILL_WANTED: dict[str, Callable[[Subject], str]] = {
    **dict.fromkeys(CROSSINGS, crossing_stands),
    **dict.fromkeys((Kind.PROPOSAL_WAITS, Kind.TRANSFER_OFFERED), asking_stands),
    Kind.SILENCE: silence_stands,
    Kind.GATE_DUE: gate_stands,
    Kind.UNSEEN: unseen_stands,
    Kind.UNREACHABLE: unreachable_stands,
    Kind.MORNING_LIST: morning.nothing_waits,
    Kind.RECORD_REQUEST: request_stands,
    **dict.fromkeys(notices.KINDS, alert_stands),
    **dict.fromkeys(INVITES, invite_stands),
}
