"""By which ways a patient can be reached, and what becomes of one that fails: somebody phones and asks."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from tracker import channels
from tracker.models import ChannelName, Episode, Kind, Occurrence, OutboxMessage, Patient, Reach
from tracker.selectors import ways
from tracker.selectors.episodes import local_date
from tracker.services import notices, outbox
from tracker.services.outbox import Telling

State = OutboxMessage.State

CAME_BACK = "It came back"
CORRECTED = "The address was changed since."
LONGEST_REASON, LONGEST_DETAIL = 120, 300


def installed() -> tuple[str, ...]:
    """The ways out of the house that this installation has, in the order of ChannelName."""
    return tuple(name for name in channels.installed() if name in ways.OUTWARD)


def usable(patient: Patient) -> list[str]:
    """The ways that the patient allows, has an address for, and that did not fail there; the own list comes last."""
    return ways.usable([patient], installed=channels.installed())[patient.pk]


@transaction.atomic
def failed(*, patient: Patient, channel: str, detail: str, now: datetime) -> None:
    """Notes that a way leads nowhere, and puts the patient on the call list. Once an address."""
    where = address(patient, channel)
    Reach.objects.get_or_create(patient=patient, channel=channel)
    row = Reach.objects.select_for_update().get(patient=patient, channel=channel)
    if not where or fails_at(row, where):
        return
    row.address, row.failed_at, row.failure = where, now, detail[:LONGEST_DETAIL]
    row.save(update_fields=["address", "failed_at", "failure"])
    if channel != ChannelName.PUSH or usable(patient) == [ChannelName.APP]:
        _lay_call(patient, channel, now)


def address_changed(*, patient: Patient, now: datetime) -> None:
    """Settles the calls about an address that the patient no longer has."""
    for row in Reach.objects.filter(patient=patient, failed_at__isnull=False):
        if not fails_at(row, address(patient, row.channel)):
            notices.take_back(_calls(patient, row.channel), reason=CORRECTED, now=now)


def fails(patient: Patient, channel: str) -> bool:
    """Whether that way is known to lead nowhere, at the address that the patient has now."""
    row = Reach.objects.filter(patient=patient, channel=channel).first()
    return row is not None and fails_at(row, address(patient, channel))


def fails_at(row: Reach, where: str) -> bool:
    """A failure counts only at the address where it happened."""
    return row.failed_at is not None and row.address == where


def address(patient: Patient, channel: str) -> str:
    return ways.address(patient, channel, ways.newest_devices([patient]))


@transaction.atomic
def bounced(*, message_id: str, detail: str, now: datetime) -> list[OutboxMessage]:
    """Takes back that whatever left under this Message-ID arrived. Returns those messages, now failed.

    `bounces.take` also sends them by another way.
    """
    if not message_id:
        return []
    gone = OutboxMessage.objects.filter(message_id=message_id, state__in=(State.SENT, State.UNCERTAIN))
    rows = list(gone.select_for_update(of=("self",)).select_related("patient", "clinic", "occurrence", "recipient"))
    reason = f"{CAME_BACK}: {' '.join(detail.split())}"[:LONGEST_REASON]
    gone.filter(pk__in=[row.pk for row in rows]).update(
        state=State.FAILED, reason=reason, last_error=detail[:LONGEST_DETAIL], finished_at=now
    )
    for row in rows:
        row.state, row.reason = State.FAILED, reason
    for patient, channel in {(row.patient, row.channel) for row in rows if row.recipient_id is None and row.patient}:
        failed(patient=patient, channel=channel, detail=detail, now=now)
    return rows


def _lay_call(patient: Patient, channel: str, now: datetime) -> None:
    """The row of the way is locked, so that the number is nobody else's."""
    number = _calls(patient, channel).count() + 1
    occurrence = Occurrence(
        patient=patient,
        episode=Episode.objects.filter(patient=patient).order_by("-state", "-created_at").first(),
        rule=Kind.UNREACHABLE,
        local_date=local_date(now, patient.clinic.time_zone),
        slot=f"{channel}:{number}",
        due_at=now,
        created_at=now,
    )
    outbox.enqueue([Telling(occurrence, patient.clinic, channel=ChannelName.CALLS)], now=now)


def _calls(patient: Patient, channel: str) -> QuerySet[Occurrence]:
    return Occurrence.objects.filter(patient=patient, rule=Kind.UNREACHABLE, slot__startswith=f"{channel}:")
