"""A message on trial: the patient sees whether one way works."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from tracker import channels
from tracker.errors import Invalid
from tracker.models import ChannelName, Kind, Occurrence, OutboxMessage, Patient
from tracker.selectors import ways
from tracker.selectors.episodes import local_date
from tracker.services import outbox
from tracker.services.kinds import CHANNELS
from tracker.services.outbox import Telling

WAIT = timedelta(minutes=1)
JUST_SENT = "A test is on its way already. Wait a minute, then try again."
NO_ADDRESS = {
    "email": "Your clinic has no e-mail address for you. Ask them to add it.",
    "sms": "Your clinic has no telephone number for you. Ask them to add it.",
    "push": "Allow notifications on this phone or computer first.",
}


def test(*, patient: Patient, channel: str, now: datetime) -> OutboxMessage:
    """Sends the patient a message now, by that way alone. At most one a minute and way. Raises Invalid."""
    if channel not in CHANNELS or channel not in channels.installed():
        raise Invalid({"channel": "Your clinic does not send messages this way. Choose another."})
    if channel != ChannelName.APP and not ways.address(patient, channel, ways.newest_devices([patient])):
        raise Invalid({"channel": NO_ADDRESS[channel]})
    sent = OutboxMessage.objects.filter(patient=patient, kind=Kind.TEST, channel=channel)
    if sent.filter(created_at__gt=now - WAIT, created_at__lte=now).exists():
        raise Invalid({"channel": JUST_SENT})
    return sent.get(occurrence=_lay(patient, channel, now))


def _lay(patient: Patient, channel: str, now: datetime) -> Occurrence:
    """Of two at the same moment the database takes one."""
    occurrence = Occurrence(
        patient=patient,
        rule=Kind.TEST,
        local_date=local_date(now, patient.time_zone),
        slot=f"{channel}:{now:%H:%M}",
        due_at=now,
        created_at=now,
    )
    try:
        with transaction.atomic():
            outbox.enqueue([Telling(occurrence, patient.clinic, channel=channel)], now=now)
    except IntegrityError as error:
        raise Invalid({"channel": JUST_SENT}) from error
    return occurrence
