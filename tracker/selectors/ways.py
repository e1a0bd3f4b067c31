"""By which ways a patient can be reached: allowed, with an address, and not known to fail there."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from tracker.models import ChannelName, Patient, PushSubscription, Reach

OUTWARD = (ChannelName.EMAIL.value, ChannelName.SMS.value, ChannelName.PUSH.value)
"""They leave the house: by those a patient is disturbed, and they can fail."""


def usable(patients: Collection[Patient], *, installed: Collection[str]) -> dict[UUID, list[str]]:
    """The ways to each patient, of those `installed`, in the order of ChannelName; the list in the product comes last.

    Two statements, however many patients.
    """
    known = {(row.patient_id, row.channel): row for row in Reach.objects.filter(patient__in=patients)}
    devices = newest_devices(patients)
    return {
        patient.pk: [
            *(name for name in OUTWARD if name in installed and _is_open(patient, name, known, devices)),
            ChannelName.APP.value,
        ]
        for patient in patients
    }


def newest_devices(patients: Collection[Patient]) -> dict[object, str]:
    """By user the id of the device that was added last: a new one makes an old failure count no longer."""
    rows = PushSubscription.objects.filter(user__patient__in=patients).order_by("created_at")
    return {user: str(device) for user, device in rows.values_list("user", "pk")}


def address(patient: Patient, channel: str, devices: Mapping[object, str]) -> str:
    """Where messages by that channel go now, to be compared with where they failed; empty where there is nowhere."""
    known = {
        ChannelName.EMAIL.value: patient.email,
        ChannelName.SMS.value: patient.phone,
        ChannelName.PUSH.value: devices.get(patient.user_id, ""),
    }
    return known.get(channel, "")


def preferred(chosen: Sequence[str] | None, open_ways: Sequence[str]) -> list[str]:
    """The open ways in the order that was chosen, without those that were not; the product's own list is the last.

    None where there was nothing to choose: every open way.
    """
    outward = open_ways if chosen is None else [name for name in chosen if name in open_ways]
    return [*(name for name in outward if name != ChannelName.APP), ChannelName.APP.value]


def _is_open(
    patient: Patient, channel: str, known: Mapping[tuple[UUID, str], Reach], devices: Mapping[object, str]
) -> bool:
    where, row = address(patient, channel, devices), known.get((patient.pk, channel))
    if not where or row is None:
        return bool(where)
    return row.allowed and (row.failed_at is None or row.address != where)
