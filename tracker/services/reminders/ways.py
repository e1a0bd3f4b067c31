"""By which way a message goes, as things stand when it leaves: what was corrected counts for what was planned before."""

from __future__ import annotations

from tracker import channels
from tracker.channels import Device
from tracker.models import ChannelName, Kind, OutboxMessage, Patient, PushSubscription, Reach, ReminderPlan
from tracker.selectors import ways
from tracker.selectors.ways import OUTWARD
from tracker.services.kinds import OPTIONAL, RULES, Audience
from tracker.services.reminders.verdicts import Withheld

State = OutboxMessage.State

NO_ADDRESS = {
    "email": "There is no e-mail address to send it to.",
    "sms": "There is no telephone number to send it to.",
    "push": "No phone or browser is set up for notifications.",
}
SWITCHED_OFF = {
    "email": "E-mails were switched off.",
    "sms": "Text messages were switched off.",
    "push": "Notifications were switched off.",
}
FAILS = {
    "email": "E-mails do not arrive at this address.",
    "sms": "Text messages do not arrive at this number.",
    "push": "Notifications do not arrive at this phone or browser.",
}


def address_of(message: OutboxMessage) -> str:
    """What the channel goes by: an e-mail address, a telephone number; for a list of the product's own, nothing."""
    if message.invite is not None:
        return message.invite.email if message.channel == ChannelName.EMAIL else ""
    if message.recipient is not None:
        return message.recipient.email if message.channel == ChannelName.EMAIL else ""
    known = {} if message.patient is None else {"email": message.patient.email, "sms": message.patient.phone}
    return known.get(message.channel, "")


def devices_of(message: OutboxMessage) -> tuple[Device, ...]:
    """The browsers of the patient that agreed to show notifications; none for any other channel."""
    if message.channel != ChannelName.PUSH or message.patient is None or message.recipient is not None:
        return ()
    rows = PushSubscription.objects.filter(user=message.patient.user_id).order_by("created_at")
    return tuple(Device(row.endpoint, row.p256dh, row.auth) for row in rows)


def is_to_patient(message: OutboxMessage) -> bool:
    return message.recipient_id is None and RULES[message.kind].audience == Audience.PATIENT


def closed(message: OutboxMessage) -> Withheld | None:
    """Why the message cannot go by its channel, and by which it goes instead."""
    if message.channel not in OUTWARD:
        return None
    if RULES[message.kind].audience == Audience.CALL_LIST:
        return Withheld(State.CANCELLED, "Your clinic calls instead.")
    if not is_to_patient(message) or message.patient is None:
        return None if address_of(message) else Withheld(State.FAILED, NO_ADDRESS["email"])
    found = _closed(message, message.patient)
    if found is None:
        return None
    state, reason = found
    return Withheld(state, reason, next_channel(message) or "")


def next_channel(message: OutboxMessage) -> str | None:
    """The next way to the patient that the occurrence has not been sent by; the list in the product is the last.

    None for what goes to staff, and for a test, which is about one channel.
    """
    if message.patient is None or not is_to_patient(message) or message.kind == Kind.TEST:
        return None
    used = set(OutboxMessage.objects.filter(occurrence=message.occurrence_id).values_list("channel", flat=True))
    open_ways = ways.usable([message.patient], installed=channels.installed())[message.patient.pk]
    left = [name for name in ways.preferred(_chosen(message), open_ways) if name not in used]
    return left[0] if left else None


def _closed(message: OutboxMessage, patient: Patient) -> tuple[State, str] | None:
    channel = message.channel
    where = ways.address(patient, channel, ways.newest_devices([patient]) if channel == ChannelName.PUSH else {})
    if not where:
        return State.FAILED, NO_ADDRESS[channel]
    if message.kind == Kind.TEST:
        return None
    chosen = _chosen(message)
    if chosen is not None and channel not in chosen:
        return State.CANCELLED, "You chose another way for this reminder."
    row = Reach.objects.filter(patient=patient, channel=channel).first()
    if row is not None and not row.allowed:
        return State.CANCELLED, SWITCHED_OFF[channel]
    if row is not None and row.failed_at is not None and row.address == where:
        return State.FAILED, FAILS[channel]
    return None


def _chosen(message: OutboxMessage) -> list[str] | None:
    """The channels that the patient chose for this kind; None where there is nothing to choose."""
    if message.kind not in OPTIONAL:
        return None
    plan = ReminderPlan.objects.filter(patient=message.patient_id, kind=message.kind).first()
    return None if plan is None else plan.channels
