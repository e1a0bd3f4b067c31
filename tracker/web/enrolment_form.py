"""Who the patient is, which knee was operated and how: read from one page into one enrolment."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast
from uuid import UUID

from django import forms
from django.forms.boundfield import BoundField

from tracker.clinical.terms import WEIGHT_RANGE, Modifier, Procedure, Side
from tracker.services.episodes import Enrolment
from tracker.web import staff_fields as fields
from tracker.web.staff_forms import StaffForm, protocol_choices
from tracker.web.staff_words import (
    COMPARTMENTS,
    FIXATIONS,
    INDICATIONS,
    PROCEDURES,
    SEXES,
    SIDES,
    modifier_names,
)

LIGHTEST, HEAVIEST = WEIGHT_RANGE
WIDEST_BEND = 160
MOST_CORRECTION = 30

GROUPS = (
    ("Patient", ("family_name", "given_name", "birth_date", "sex", "record_number")),
    ("How to reach them", ("phone", "email", "time_zone")),
    ("Operation", ("procedure", "side", "surgery_date", "surgeon", "indication", "compartment")),
    ("Plate and correction", ("fixation", "plate", "graft", "correction_planned")),
    ("What the plan rests on", ("protocol", "body_weight_kg", "modifiers")),
    ("Before surgery", ("baseline_pain", "baseline_flexion")),
)
"""The fields as the page groups them."""


class Enrol(StaffForm):
    family_name = fields.words("Family name", 80, "Write the patient's family name.", required=True)
    given_name = fields.words("Given name", 80, "Write the patient's given name.", required=True)
    birth_date = fields.day("Date of birth", "Enter the date of birth.")
    sex = fields.choice("Sex", SEXES.items(), "Choose the sex.")
    record_number = fields.words("Record number", 40)
    phone = fields.words("Phone", 40, type="tel")
    email = fields.email("E-mail")
    time_zone = fields.time_zone()
    procedure = fields.choice("Procedure", PROCEDURES.items(), "Choose the procedure.")
    side = fields.choice("Knee", SIDES.items(), "Choose the knee.")
    surgery_date = fields.day("Date of surgery", "Enter the date of surgery.")
    surgeon = forms.CharField(widget=forms.Select)
    indication = fields.choice("Indication", INDICATIONS.items(), required=False, empty="Not recorded")
    compartment = fields.choice("Side of the joint", COMPARTMENTS.items(), required=False, empty="Not recorded")
    fixation = fields.choice("Fixation", FIXATIONS.items(), required=False, empty="Not recorded")
    plate = fields.words("Plate", 80)
    graft = fields.words("Graft or filler", 80)
    correction_planned = fields.decimal("Planned correction, degrees", 0, MOST_CORRECTION, " degrees")
    protocol = fields.choice("Protocol", (), "Choose the protocol.")
    body_weight_kg = fields.decimal(
        "Body weight, kg", LIGHTEST, HEAVIEST, " kg", required=True, help_text="Limits in kilograms rest on it."
    )
    modifiers = forms.MultipleChoiceField(
        label="Risk factors and findings",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Each only tightens the plan.",
        error_messages={"invalid_choice": "This is not one of the known risk factors. Tick those in the list."},
    )
    baseline_pain = fields.whole("Pain before surgery, 0 to 10", 0, 10, "")
    baseline_flexion = fields.whole("Bend before surgery, degrees", 0, WIDEST_BEND, " degrees")

    def __init__(self, data: Any = None, *, surgeons: Iterable[tuple[str, str]] = (), **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["surgeon"] = fields.choice("Surgeon", surgeons, "Choose the surgeon who operated.")
        cast(forms.ChoiceField, self.fields["protocol"]).choices = [("", "Choose…"), *protocol_choices()]
        cast(forms.ChoiceField, self.fields["modifiers"]).choices = list(modifier_names().items())

    @property
    def groups(self) -> list[tuple[str, list[BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in GROUPS]

    def enrolment(self) -> Enrolment:
        """What was typed, once it is valid."""
        given = dict(self.cleaned_data)
        surgeon = given.pop("surgeon")
        return Enrolment(
            **{
                **given,
                "procedure": Procedure(given["procedure"]),
                "side": Side(given["side"]),
                "modifiers": tuple(Modifier(key) for key in given["modifiers"]),
                "surgeon_id": UUID(surgeon),
            }
        )
