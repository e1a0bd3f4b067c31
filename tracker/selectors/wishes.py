"""What a patient has chosen to be told, by which ways, and what stands in the way of each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from tracker.models import ChannelName, Patient, PushSubscription, Reach, ReminderPlan
from tracker.selectors import ways


@dataclass(frozen=True, slots=True)
class Way:
    """One way of being told. `address` is empty where the clinic has none; `fails` where messages do not arrive there."""

    channel: str
    address: str
    allowed: bool
    fails: bool


@dataclass(frozen=True, slots=True)
class Wishes:
    """The plans by kind, the ways in the order in which they are tried, and the hours of quiet, if the patient set any."""

    plans: Mapping[str, ReminderPlan]
    ways: Sequence[Way]
    quiet_from: time | None
    quiet_until: time | None


def wishes(patient: Patient, *, installed: Collection[str]) -> Wishes:
    """Three statements. `installed` are the ways that this installation has."""
    plans = {plan.kind: plan for plan in ReminderPlan.objects.filter(patient=patient)}
    known = {row.channel: row for row in Reach.objects.filter(patient=patient)}
    devices = list(PushSubscription.objects.filter(user=patient.user_id).order_by("created_at"))
    found = [_way(patient, name, known.get(name), devices) for name in ways.OUTWARD if name in installed]
    return Wishes(plans, found, patient.quiet_from, patient.quiet_until)


def _way(patient: Patient, channel: str, row: Reach | None, devices: Sequence[PushSubscription]) -> Way:
    newest: dict[object, str] = {patient.user_id: str(devices[-1].pk)} if devices else {}
    where = ways.address(patient, channel, newest)
    fails = row is not None and row.failed_at is not None and row.address == where
    shown = ", ".join(map(str, devices)) if channel == ChannelName.PUSH else where
    return Way(channel, shown, row is None or row.allowed, bool(where) and fails)
