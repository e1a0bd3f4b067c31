"""What the patient reports for a day, and at once what it means and whom to call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.access import Actor, Do
from tracker.api import emergencies
from tracker.api.base import Endpoint, RowOut, listed, within
from tracker.api.emergencies import EmergencyOut, UrgentError
from tracker.api.fields import Code, Codes, Day, Number, Strict, Text, Whole, YesNo
from tracker.api.idempotency import key_of, once
from tracker.api.parsing import body
from tracker.api.schema import listing, operation
from tracker.clinical import explain, rules
from tracker.clinical.explain import Voice
from tracker.clinical.findings import Finding
from tracker.clinical.terms import (
    Aids,
    Analgesia,
    Exercises,
    Fall,
    PainSite,
    ReportedLoad,
    Swelling,
    Symptom,
    Urgency,
)
from tracker.errors import Conflict, Problem
from tracker.models import CheckIn
from tracker.selectors import api as rows
from tracker.services import checkins
from tracker.services.checkins import Answers

NOTE = 2000
HEAVIEST = Decimal(250)
ANSWERS = {
    "date": "2026-06-15",
    "pain_load": 3,
    "pain_worst": 4,
    "reported_load": "half",
    "aids": "two_crutches",
    "exercises": "all",
    "symptoms": ["breathless"],
}
RECORDED = {
    "emergency": {"number": "112", "text": "Call 112 now. Do not wait for us."},
    "id": "8c1d2f7e-5f0e-4c52-9a3e-2f6f1a0f6b11",
    **ANSWERS,
    "pain_rest": None,
    "pain_night": None,
    "pain_site": None,
    "reported_load_kg": None,
    "swelling": None,
    "analgesia": None,
    "pain_eased": None,
    "can_load": None,
    "fall": None,
    "note": "",
    "findings": [
        {
            "code": "breathless",
            "urgency": "R0",
            "patient": "Call 112 now. Do not wait for us. You told us: you are newly short of breath.",
        }
    ],
    "entered_at": "2026-06-15T08:12:00Z",
    "by": "Ada Quist",
    "role": "patient",
    "amends": None,
    "earlier": None,
    "current": True,
    "limit_percent": 50,
    "limit_kg": 42,
}
EXAMPLES = (
    OpenApiExample("Short of breath", ANSWERS, request_only=True),
    OpenApiExample("The emergency stands first", RECORDED, response_only=True, status_codes=["201"]),
)


def _score(asked: str) -> Whole:
    return Whole(low=0, high=10, required=False, allow_null=True, help_text=f"Pain {asked}, 0 none to 10 the worst.")


class CheckInIn(Strict):
    """Every answer but the day may be left out, which means: not answered."""

    date = Day(help_text="The day on the patient's calendar. Patients may report up to 7 days back.")
    pain_rest = _score("at rest")
    pain_load = _score("on load")
    pain_worst = _score("at its worst")
    pain_night = _score("at night")
    pain_site = Code(PainSite, required=False, allow_null=True)
    reported_load = Code(ReportedLoad, required=False, allow_null=True, help_text="The load actually used.")
    reported_load_kg = Number(low=Decimal(0), high=HEAVIEST, required=False, allow_null=True)
    aids = Code(Aids, required=False, allow_null=True)
    exercises = Code(Exercises, required=False, allow_null=True)
    swelling = Code(Swelling, required=False, allow_null=True)
    analgesia = Code(Analgesia, required=False, allow_null=True)
    pain_eased = YesNo(required=False, allow_null=True)
    can_load = YesNo(required=False, allow_null=True)
    symptoms = Codes(
        Symptom, required=False, allow_null=True, help_text="[] means none of these; left out means not answered."
    )
    fall = Code(Fall, required=False, allow_null=True)
    note = Text(max_length=NOTE, required=False, allow_blank=True, allow_null=True)


class SaidOut(serializers.Serializer[Any]):
    """What the check-in raised by itself, in the patient's words."""

    code = serializers.CharField()
    urgency = serializers.ChoiceField(list(Urgency), allow_null=True)
    patient = serializers.CharField()


_ROW = (
    "id",
    *CheckInIn().fields,
    "findings",
    "entered_at",
    "by",
    "role",
    "amends",
    "earlier",
    "current",
    "limit_percent",
    "limit_kg",
)


_CODES = frozenset(name for name, field in CheckInIn().fields.items() if isinstance(field, Code))


class CheckInOut(RowOut[CheckIn]):
    """Null is "not answered"; `symptoms` [] is "none of these"."""

    by = serializers.CharField(source="by_name")
    note = serializers.CharField()
    symptoms = serializers.ListField(child=serializers.ChoiceField(list(Symptom)), allow_null=True)
    current = serializers.BooleanField(help_text="Whether this is the day's latest entry, which counts.")
    findings = serializers.SerializerMethodField()

    class Meta:
        model = CheckIn
        fields: tuple[str, ...] = _ROW
        read_only_fields = fields

    def to_representation(self, row: CheckIn) -> dict[str, Any]:
        shown = super().to_representation(row)
        return {name: None if value == "" and name in _CODES else value for name, value in shown.items()}

    @extend_schema_field(SaidOut(many=True))
    def get_findings(self, row: CheckIn) -> list[dict[str, Any]]:
        voice = emergencies.voice(row.episode)
        return [
            {"code": found.code, "urgency": found.urgency, "patient": in_words(found, voice)}
            for found in map(emergencies.stored, row.findings)
        ]


class RecordedOut(CheckInOut):
    """A check-in just saved: whom to call stands first."""

    emergency = serializers.SerializerMethodField()

    class Meta(CheckInOut.Meta):
        fields = ("emergency", *_ROW)
        read_only_fields = fields

    @extend_schema_field(EmergencyOut(allow_null=True))
    def get_emergency(self, row: CheckIn) -> dict[str, str] | None:
        return emergencies.emergency(row.episode, [found["urgency"] for found in row.findings])


def in_words(found: Finding, voice: Voice) -> str:
    return explain.for_patient(found, side=voice.side, emergency=voice.emergency, clinic=voice.clinic)


class CheckIns(Endpoint):
    @listing("check_in_list", "The check-ins of a knee, the latest day first", of=CheckInOut, ids=["episode"])
    def get(self, request: Request, episode: str) -> Response:
        door = access.episode_for(request.user, episode, Do.READ)
        return listed(request, rows.check_ins(door.episode), CheckInOut)

    @operation(
        "check_in_record",
        "Record a check-in",
        takes=CheckInIn,
        gives=RecordedOut,
        status=201,
        ids=["episode"],
        refuses=(409, 422),
        examples=EXAMPLES,
    )
    def post(self, request: Request, episode: str) -> HttpResponseBase:
        door = access.episode_for(request.user, episode, Do.CHECK_IN)
        with red_flags_kept(request, door):
            return once(request, lambda: self._record(request, door))

    @staticmethod
    def _record(request: Request, door: access.Door) -> Response:
        said = answers(request)
        row = checkins.record(episode=door.episode, by=door.actor, answers=said, client_key=key_of(request))
        return recorded(row, door.actor, said)


class CheckInRow(Endpoint):
    @operation("check_in_read", "One check-in", gives=CheckInOut, ids=["episode", "check_in"])
    def get(self, request: Request, episode: str, check_in: str) -> Response:
        door = within(access.check_in_for(request.user, check_in, Do.READ), episode)
        return Response(shown(door.row))


class Amend(Endpoint):
    @operation(
        "check_in_amend",
        "Correct a check-in by a new one, which names it",
        takes=CheckInIn,
        gives=RecordedOut,
        status=201,
        ids=["episode", "check_in"],
        refuses=(409, 422),
    )
    def post(self, request: Request, episode: str, check_in: str) -> HttpResponseBase:
        door = within(access.check_in_for(request.user, check_in, Do.AMEND), episode)
        with red_flags_kept(request, door):
            return once(request, lambda: self._amend(request, door))

    @staticmethod
    def _amend(request: Request, door: access.RowDoor[CheckIn]) -> Response:
        said = answers(request)
        row = checkins.amend(check_in=door.row, by=door.actor, answers=said)
        return recorded(row, door.actor, said)


def shown(row: CheckIn) -> Any:
    return CheckInOut(rows.check_ins(row.episode).get(pk=row.pk)).data


def answers(request: Request) -> Answers:
    """The answers that were sent, each of its JSON type."""
    return checkins.parse(body(request, CheckInIn))


def recorded(row: CheckIn, by: Actor, said: Answers) -> Response:
    """The row as it was just saved, without reading it again: a phone waits for this answer."""
    row.by_name, row.note, row.current = by.user.name, said.note, True  # type: ignore[attr-defined]
    return Response(RecordedOut(row).data, status=201)


@contextmanager
def red_flags_kept(request: Request, door: access.Door | access.RowDoor[CheckIn]) -> Iterator[None]:
    """What was refused but sounds urgent still raises its alert, and the refusal says whom to call (design 10.11)."""
    try:
        yield
    except (Problem, ValidationError) as refusal:
        urgent = _keep(request, door)
        if urgent is None:
            raise
        raise UrgentError(refusal, urgent) from refusal


def _keep(request: Request, door: access.Door | access.RowDoor[CheckIn]) -> dict[str, str] | None:
    raw = request.data if isinstance(request.data, Mapping) else {}
    try:
        urgent = [alert.urgency for alert in checkins.keep_red_flags(episode=door.episode, by=door.actor, raw=raw)]
    except Conflict:  # nothing can be stored in a closed episode, but whom to call can still be said
        urgent = [found.urgency or "" for found in rules.red_flags_in(raw, None)]
    return emergencies.emergency(door.episode, urgent)
