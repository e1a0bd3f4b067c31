"""What the leg may carry today, always worked out live, and what must happen before the next step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from drf_spectacular.utils import OpenApiExample
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access, clock
from tracker.access import Do
from tracker.api import emergencies
from tracker.api.base import Endpoint, revised
from tracker.api.emergencies import EmergencyOut
from tracker.api.schema import operation
from tracker.clinical import allowance, explain
from tracker.clinical.allowance import Allowance
from tracker.clinical.terms import Aids, Gate, Loading, Phase, Role, Side, StepState, Term
from tracker.models import Episode
from tracker.selectors import api as rows
from tracker.selectors import episodes as cases
from tracker.selectors import today as selector

EXAMPLE = {
    "date": "2026-06-15",
    "post_op_day": 21,
    "phase": 2,
    "loading": "limited",
    "term": "PWB",
    "max_percent": 50,
    "max_kg": 42,
    "aids": "two_crutches",
    "brace": {"needed": False, "min_deg": None, "max_deg": None, "text": "Optional, for comfort."},
    "since": "2026-06-15",
    "set_by": "Mr Okafor",
    "set_by_role": "surgeon",
    "next_step": {"on": "2026-07-06", "term": "WBAT", "max_percent": 100, "gate": "G6", "state": "waiting"},
    "side": "left",
    "signed": True,
    "known": True,
    "hold": None,
    "frozen": False,
    "emergency": None,
    "weight_used": 84.0,
    "valid_until": "2026-06-15T23:00:00Z",
    "acknowledged": False,
    "restriction": "0b0a3a0e-61c5-4d0b-9f3d-5e0c9a1c7d3e",
    "text": "Put up to 42 kg through your left leg. That is half your weight.",
}


class BraceOut(serializers.Serializer[Any]):
    """Degrees of bend that the brace leaves; null where it leaves all."""

    needed = serializers.BooleanField()
    min_deg = serializers.IntegerField(allow_null=True)
    max_deg = serializers.IntegerField(allow_null=True)
    text = serializers.CharField()


class NextStepOut(serializers.Serializer[Any]):
    """signed = dated and freed; waiting = no decision on its gate yet; held = refused, or a hold stands."""

    on = serializers.DateField(help_text="The earliest day, which may have passed.")
    term = serializers.ChoiceField(list(Term))
    max_percent = serializers.IntegerField()
    gate = serializers.ChoiceField(list(Gate), allow_null=True, help_text="What must be cleared first.")
    state = serializers.ChoiceField(list(StepState))


class HoldingOut(serializers.Serializer[Any]):
    """What holds the level, and since when."""

    code = serializers.CharField()
    since = serializers.DateField()


class TodayOut(serializers.Serializer[Any]):
    """Unrestricted is `max_percent` 100 with `max_kg` null; unknown is NWB with `known` false, never null."""

    date = serializers.DateField(help_text="The patient's own date.")
    post_op_day = serializers.IntegerField()
    phase = serializers.ChoiceField([phase.value for phase in Phase])
    loading = serializers.ChoiceField(list(Loading))
    term = serializers.ChoiceField(list(Term))
    max_percent = serializers.IntegerField(help_text="Of body weight.")
    max_kg = serializers.IntegerField(allow_null=True)
    aids = serializers.ChoiceField(list(Aids))
    brace = BraceOut()
    since = serializers.DateField(allow_null=True)
    set_by = serializers.CharField(allow_blank=True, help_text="Empty before anyone signed.")
    set_by_role = serializers.ChoiceField(list(Role), allow_null=True)
    next_step = NextStepOut(allow_null=True)
    side = serializers.ChoiceField(list(Side))
    signed = serializers.BooleanField()
    known = serializers.BooleanField()
    hold = HoldingOut(allow_null=True)
    frozen = serializers.BooleanField(help_text="No step goes up while a hold stands.")
    emergency = EmergencyOut(allow_null=True, help_text="While an alert of R0 or R1 is not closed.")
    weight_used = serializers.DecimalField(
        max_digits=5, decimal_places=1, allow_null=True, help_text="In kg; null only where the record cannot be read."
    )
    valid_until = serializers.DateTimeField(help_text="The next midnight of clinic or patient: ask again then.")
    acknowledged = serializers.BooleanField(help_text="Whether the patient has said that they saw this order.")
    restriction = serializers.UUIDField(allow_null=True, help_text="The order in force, to acknowledge it.")
    text = serializers.CharField(help_text="The level in the patient's words.")


class Today(Endpoint):
    @operation(
        "today",
        "What the leg may carry today",
        gives=TodayOut,
        ids=["episode"],
        examples=[OpenApiExample("Three weeks after surgery", EXAMPLE, response_only=True, status_codes=["200"])],
    )
    def get(self, request: Request, episode: str) -> Response:
        door = access.episode_for(request.user, episode, Do.READ)
        now = clock.now()
        case = selector.readable(door.episode, now=now)
        allowed = _unknown(door.episode, now) if case is None else cases.allowance(case)
        return revised(Response(TodayOut(shown(door.episode, allowed, now)).data), door.episode)


def _unknown(episode: Episode, now: datetime) -> Allowance:
    """No weight, on the day after surgery that the kept assessment tells; day 0 where there is none."""
    kept, on = getattr(episode, "assessment", None), cases.local_date(now, episode.patient.time_zone)
    return allowance.unknown(on, (on - kept.surgery_date).days if kept else 0)


def shown(episode: Episode, allowed: Allowance, now: datetime) -> dict[str, Any]:
    plain = {name: getattr(allowed, name) for name in TodayOut().get_fields() if hasattr(allowed, name)}
    open_alerts = [alert.urgency for alert in rows.open_alerts([episode.pk]).get(episode.pk, [])]
    return plain | {
        "side": episode.side,
        "emergency": emergencies.emergency(episode, open_alerts),
        "valid_until": valid_until(now, [episode.clinic.time_zone, episode.patient.time_zone]),
        "weight_used": allowed.weight_used or None,
        "acknowledged": allowed.acknowledged_at is not None,
        "restriction": allowed.order_id,
        "text": explain.allowance_for_patient(allowed, Side(episode.side)),
    }


def valid_until(now: datetime, zones: Iterable[str]) -> datetime:
    """The earliest next midnight of the zones, in UTC."""
    return min(_next_midnight(now, ZoneInfo(zone)) for zone in zones)


def _next_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    tomorrow: date = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)
