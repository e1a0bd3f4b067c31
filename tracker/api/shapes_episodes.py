"""The shapes of an episode: who and which knee when enrolling, what may be put right later, and what is answered."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from tracker.api.base import RowOut, in_shape
from tracker.api.fields import Code, Codes, Day, Email, Number, Strict, Text, Whole, said
from tracker.clinical.terms import WEIGHT_RANGE, Compartment, Fixation, Indication, Modifier, Procedure, Role, Sex, Side
from tracker.models import Episode, Patient

LIGHTEST, HEAVIEST = WEIGHT_RANGE
MOST_CORRECTION = Decimal(30)
MOST_FLEXION = 160
ENROLMENT = {
    "patient": {
        "given_name": "Ada",
        "family_name": "Quist",
        "birth_date": "1971-03-09",
        "sex": "female",
        "email": "ada@example.org",
        "time_zone": "Europe/London",
        "body_weight_kg": 84,
    },
    "procedure": "MOWHTO",
    "side": "left",
    "surgery_date": "2026-05-25",
    "indication": "osteoarthritis",
    "compartment": "medial",
    "protocol": "mowhto_std",
    "modifiers": ["smoker"],
    "baseline_pain": 5,
}


class Correction(Number):
    """Degrees of correction."""

    def __init__(self, **options: Any) -> None:
        super().__init__(low=Decimal(0), high=MOST_CORRECTION, help_text="Degrees.", **options)


class Zone(Text):
    """An IANA time zone."""

    default_error_messages = {"unknown": "Give {name} as the name of a time zone, such as Europe/London."}

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=64, **options)

    def to_internal_value(self, data: Any) -> str:
        name = super().to_internal_value(data)
        if name not in zones():
            self.fail("unknown")
        return name


@cache
def zones() -> frozenset[str]:
    return frozenset(available_timezones())


class ContactIn(Strict):
    """Who the patient is and how to reach them."""

    given_name = Text(max_length=80)
    family_name = Text(max_length=80)
    sex = Code(Sex)
    email = Email(required=False, allow_blank=True, allow_null=True)
    phone = Text(max_length=40, required=False, allow_blank=True, allow_null=True)
    time_zone = Zone(required=False, help_text="Left out when enrolling: the clinic's.")


class PatientIn(ContactIn):
    birth_date = Day()
    body_weight_kg = Number(low=LIGHTEST, high=HEAVIEST, help_text="Limits in kilograms rest on it.")


class KneeIn(Strict):
    """What describes the operation and changes nothing that is allowed."""

    indication = Code(Indication, required=False, allow_blank=True, allow_null=True)
    compartment = Code(Compartment, required=False, allow_blank=True, allow_null=True)
    record_number = Text(max_length=40, required=False, allow_blank=True, allow_null=True)
    fixation = Code(Fixation, required=False, allow_blank=True, allow_null=True)
    plate = Text(max_length=80, required=False, allow_blank=True, allow_null=True)
    graft = Text(max_length=80, required=False, allow_blank=True, allow_null=True)
    correction_planned = Correction(required=False, allow_null=True)


class DetailsIn(KneeIn):
    """What may be put right at any time. What the plan rests on is changed by a fact instead."""

    patient = ContactIn(required=False)
    correction_achieved = Correction(required=False, allow_null=True)

    def refused_key(self, key: str, known: str) -> str:
        return f"{said(key)} cannot be changed here: take it out, and record a fact instead. Known are: {known}."


class EnrolmentIn(KneeIn):
    patient = PatientIn()
    procedure = Code(Procedure)
    side = Code(Side)
    surgery_date = Day()
    protocol = Text(max_length=40, help_text="A key of protocols/.")
    modifiers = Codes(Modifier, required=False, allow_null=True)
    baseline_pain = Whole(low=0, high=10, required=False, allow_null=True, help_text="Pain before surgery.")
    baseline_flexion = Whole(low=0, high=MOST_FLEXION, required=False, allow_null=True, help_text="Degrees, before.")
    surgeon = Text(
        max_length=254,
        required=False,
        allow_null=True,
        help_text="Id or e-mail of a surgeon of the clinic; may be left out where there is one.",
    )


class PatientOut(RowOut[Patient]):
    class Meta:
        model = Patient
        fields = ("id", "given_name", "family_name", "birth_date", "sex", "email", "phone", "time_zone", "language")
        read_only_fields = fields


class KnownPatientOut(PatientOut):
    """`body_weight_kg` is the weight that the plan rests on."""

    body_weight_kg = serializers.DecimalField(max_digits=5, decimal_places=1, allow_null=True)

    class Meta(PatientOut.Meta):
        fields = (*PatientOut.Meta.fields, "body_weight_kg")
        read_only_fields = fields


class EpisodeContactOut(RowOut[Episode]):
    """An operated knee as a coordinator sees it: whose it is, how to reach them, what appointments count from."""

    patient: Any = PatientOut()
    surgeon_name = serializers.CharField(source="surgeon.name")
    record_number = serializers.CharField(source="patient.record_number")
    surgery_date = serializers.DateField(source="basis.surgery_date", allow_null=True)

    class Meta:
        model = Episode
        fields: tuple[str, ...] = (
            "id",
            "revision",
            "state",
            "patient",
            "procedure",
            "side",
            "surgery_date",
            "surgeon",
            "surgeon_name",
            "record_number",
            "created_at",
        )
        read_only_fields = fields


class EpisodeOut(EpisodeContactOut):
    """An operated knee. `surgery_date`, `protocol`, `modifiers` and the weight are the facts that stand now."""

    patient = serializers.SerializerMethodField()
    protocol = serializers.CharField(source="basis.protocol")
    modifiers = serializers.ListField(child=serializers.ChoiceField(list(Modifier)), source="basis.modifiers")

    class Meta(EpisodeContactOut.Meta):
        fields = (
            *EpisodeContactOut.Meta.fields,
            "indication",
            "compartment",
            "protocol",
            "modifiers",
            "baseline_pain",
            "baseline_flexion",
            "fixation",
            "plate",
            "graft",
            "correction_planned",
            "correction_achieved",
        )
        read_only_fields = fields

    @extend_schema_field(KnownPatientOut)
    def get_patient(self, row: Any) -> dict[str, Any]:
        return PatientOut(row.patient).data | {"body_weight_kg": row.basis.body_weight_kg}


SHAPES: dict[Role, type[EpisodeContactOut]] = {
    **dict.fromkeys((Role.PATIENT, Role.CAREGIVER, Role.PHYSIOTHERAPIST, Role.SURGEON), EpisodeOut),
    Role.COORDINATOR: EpisodeContactOut,
}
"""What each role reads of an episode. A role that is not here reads no episode."""

CLINICAL = frozenset(EpisodeOut.Meta.fields) - frozenset(EpisodeContactOut.Meta.fields)
"""What only those read who treat the patient, and the patient."""


class EpisodeByRole(serializers.Serializer[Any]):
    """An operated knee in the shape of whoever asks, whom the door wrote on the row as `staff_role`."""

    ways = (EpisodeOut, EpisodeContactOut)

    def to_representation(self, row: Any) -> Any:
        return in_shape(row, SHAPES[Role(row.staff_role or Role.PATIENT)])
