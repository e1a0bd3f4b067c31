"""The shapes of a check-in: what a patient may answer, and what is answered back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers

from tracker.api import emergencies
from tracker.api.base import RowOut
from tracker.api.emergencies import EmergencyOut
from tracker.api.fields import Code, Codes, Day, Number, Strict, Text, Whole, YesNo
from tracker.clinical import explain
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
from tracker.models import CheckIn

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
