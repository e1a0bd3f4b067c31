"""Operated knees: enrolling one, reading it, keeping contact and descriptive fields right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiExample, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.access import Actor, Do
from tracker.api.base import Endpoint, RowOut, listed, revised
from tracker.api.fields import Code, Codes, Day, Email, Number, Strict, Text, Whole, said
from tracker.api.idempotency import once
from tracker.api.parsing import body, revision
from tracker.api.schema import listing, operation
from tracker.clinical.terms import WEIGHT_RANGE, Compartment, Fixation, Indication, Modifier, Procedure, Sex, Side
from tracker.errors import Invalid
from tracker.models import Clinic, Episode, Patient
from tracker.selectors import api as rows
from tracker.services import episodes
from tracker.services.episodes import Enrolment

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


class EpisodeOut(RowOut[Episode]):
    """An operated knee. `surgery_date`, `protocol`, `modifiers` and the weight are the facts that stand now."""

    patient = serializers.SerializerMethodField()
    surgeon_name = serializers.SerializerMethodField()
    record_number = serializers.CharField(source="patient.record_number")
    surgery_date = serializers.DateField(source="basis.surgery_date", allow_null=True)
    protocol = serializers.CharField(source="basis.protocol")
    modifiers = serializers.ListField(child=serializers.ChoiceField(list(Modifier)), source="basis.modifiers")

    class Meta:
        model = Episode
        fields = (
            "id",
            "revision",
            "state",
            "patient",
            "procedure",
            "side",
            "surgery_date",
            "indication",
            "compartment",
            "protocol",
            "modifiers",
            "baseline_pain",
            "baseline_flexion",
            "surgeon",
            "surgeon_name",
            "record_number",
            "fixation",
            "plate",
            "graft",
            "correction_planned",
            "correction_achieved",
            "created_at",
        )
        read_only_fields = fields

    @extend_schema_field(str)
    def get_surgeon_name(self, row: Any) -> str:
        """A list has joined it in; a row just made knows its surgeon."""
        return row.surgeon_name if hasattr(row, "surgeon_name") else row.surgeon.name

    @extend_schema_field(KnownPatientOut)
    def get_patient(self, row: Any) -> dict[str, Any]:
        return PatientOut(row.patient).data | {"body_weight_kg": row.basis.body_weight_kg}


class Episodes(Endpoint):
    @listing("episode_list", "The knees you may know of: your own, or your clinic's", of=EpisodeOut)
    def get(self, request: Request) -> Response:
        found = access.episodes_of(request.user, Do.LIST).order_by("state", "-created_at", "pk")
        return listed(request, found, EpisodeOut, prepare=with_basis)

    @operation(
        "episode_enrol",
        "Take a patient on",
        takes=EnrolmentIn,
        gives=EpisodeOut,
        status=201,
        refuses=(409, 422),
        examples=[OpenApiExample("A left knee", ENROLMENT, request_only=True)],
    )
    def post(self, request: Request) -> HttpResponseBase:
        by = access.clinic_for(request.user, Do.ENROL)
        return once(request, lambda: self._enrol(by, body(request, EnrolmentIn)))

    @staticmethod
    def _enrol(by: Actor, sent: dict[str, Any]) -> Response:
        with fields_of_patient():
            row = episodes.enrol(by=by, enrolment=enrolment(sent, by.clinic))
        return answer(row, status=201)


class EpisodeRow(Endpoint):
    @operation("episode_read", "One knee", gives=EpisodeOut, ids=["episode"])
    def get(self, request: Request, episode: str) -> Response:
        return answer(access.episode_for(request.user, episode, Do.CONTACT).episode)

    @operation(
        "episode_details",
        "Put contact and descriptive fields right",
        takes=DetailsIn,
        gives=EpisodeOut,
        ids=["episode"],
        revised=True,
    )
    def patch(self, request: Request, episode: str) -> Response:
        door = access.episode_for(request.user, episode, Do.DETAILS)
        sent = body(request, DetailsIn, partial=True)
        with fields_of_patient():
            row = episodes.change_details(
                episode=door.episode, by=door.actor, changes=changes(sent), revision=revision(request)
            )
        return answer(row)


def answer(episode: Episode, status: int = 200) -> Response:
    return revised(Response(shown(episode), status=status), episode)


def shown(episode: Episode) -> Any:
    """The episode as programs see it."""
    return EpisodeOut(with_basis([episode])[0]).data


def with_basis(page: Sequence[Any]) -> Sequence[Any]:
    """Puts beside each episode what its plan rests on, in one statement."""
    found = rows.bases(page)
    for episode in page:
        episode.basis = found[episode.pk]
    return page


def changes(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The changed details by name; null empties a text."""
    numbers = ("correction_planned", "correction_achieved")
    return {name: "" if value is None and name not in numbers else value for name, value in flat(sent).items()}


def enrolment(sent: Mapping[str, Any], clinic: Clinic) -> Enrolment:
    given = {name: value for name, value in flat(sent).items() if value is not None}
    given["modifiers"] = tuple(dict.fromkeys(given.get("modifiers", ())))
    named = given.pop("surgeon", None)
    return Enrolment(**{"time_zone": clinic.time_zone} | given, surgeon_id=named and surgeon(named, clinic))


def flat(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The body without its inner object."""
    return {name: value for name, value in sent.items() if name != "patient"} | dict(sent.get("patient", {}))


def surgeon(given: str, clinic: Clinic) -> UUID:
    """The surgeon of the clinic by id or e-mail."""
    known = rows.surgeons(clinic)
    for user in known:
        if given.lower() in (str(user.pk), user.email.lower()):
            return user.pk
    names = "; ".join(f"{user.name}: {user.pk}" for user in known)
    raise Invalid({"surgeon": f"{said(given)} is no surgeon of this clinic. Use one of: {names or 'none yet'}."})


@contextmanager
def fields_of_patient() -> Iterator[None]:
    """Names a patient's own fields in a refusal as the body has them: `patient.phone`."""
    try:
        yield
    except Invalid as refusal:
        own = PatientIn().fields
        refusal.fields = {f"patient.{name}" if name in own else name: said for name, said in refusal.fields.items()}
        raise
