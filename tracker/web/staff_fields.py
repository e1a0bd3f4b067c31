"""The kinds of field that staff fill in, each with its refusals in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

NOTE_LENGTH = 2000
NOT_STORABLE = "This holds a character that cannot be stored. Type it again."
DATES = ("%Y-%m-%d", "%d %b %Y", "%d %B %Y")
"""As browsers send a date, and as people write one. 10/11/2026 means two days, so it is not guessed at."""
WHAT_DATE = "Enter the date as day, month and year, such as 23 Nov 2026."


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **attrs: Any) -> None:
        super().__init__(attrs, format="%Y-%m-%d")


def note(label: str, missing: str, *, required: bool = True, rows: int = 2, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=NOTE_LENGTH,
        help_text=help_text,
        widget=forms.Textarea({"rows": rows}),
        error_messages={
            "required": missing,
            "max_length": f"Shorten this to {NOTE_LENGTH} characters.",
            "null_characters_not_allowed": NOT_STORABLE,
        },
    )


def words(
    label: str, length: int, missing: str = "", *, required: bool = False, help_text: str = "", **widget: str
) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        help_text=help_text,
        max_length=length,
        widget=forms.TextInput(widget),
        error_messages={
            "required": missing,
            "max_length": f"Shorten this to {length} characters.",
            "null_characters_not_allowed": NOT_STORABLE,
        },
    )


def day(label: str, missing: str = "", *, required: bool = True, help_text: str = "") -> forms.DateField:
    errors = {"required": missing or WHAT_DATE, "invalid": WHAT_DATE}
    return forms.DateField(
        label=label,
        required=required,
        help_text=help_text,
        widget=DateInput(),
        input_formats=DATES,
        error_messages=errors,
    )


def choice(
    label: str, choices: Iterable[tuple[str, str]], missing: str = "", *, required: bool = True, empty: str = "Choose…"
) -> forms.ChoiceField:
    listed = [("", empty), *((str(value), said) for value, said in choices)]
    errors = {"required": missing, "invalid_choice": "This is not one of the choices. Choose one from the list."}
    return forms.ChoiceField(label=label, choices=listed, required=required, error_messages=errors)


def whole(
    label: str,
    lowest: int,
    highest: int,
    unit: str,
    *,
    required: bool = False,
    missing: str = "",
    help_text: str = "",
) -> forms.IntegerField:
    said = f"Enter a whole number from {lowest} to {highest}{unit}."
    return forms.IntegerField(
        label=label,
        required=required,
        help_text=help_text,
        validators=[MinValueValidator(lowest, said), MaxValueValidator(highest, said)],
        widget=forms.NumberInput({"min": lowest, "max": highest, "step": 1, "inputmode": "numeric"}),
        error_messages={"invalid": said, "required": missing or said},
    )


def decimal(
    label: str,
    lowest: Decimal | int,
    highest: Decimal | int,
    unit: str,
    *,
    required: bool = False,
    step: str = "0.1",
    help_text: str = "",
) -> forms.DecimalField:
    said = f"Enter a number from {lowest} to {highest}{unit}."
    return forms.DecimalField(
        label=label,
        required=required,
        max_digits=7,
        decimal_places=len(step.partition(".")[2]),
        help_text=help_text,
        validators=[MinValueValidator(Decimal(lowest), said), MaxValueValidator(Decimal(highest), said)],
        widget=forms.NumberInput({"min": lowest, "max": highest, "step": step, "inputmode": "decimal"}),
        error_messages=dict.fromkeys(
            ("invalid", "required", "max_digits", "max_decimal_places", "max_whole_digits"), said
        ),
    )


def email(label: str) -> forms.EmailField:
    return forms.EmailField(
        label=label,
        required=False,
        max_length=254,
        help_text="Reminders go here.",
        error_messages={"invalid": "Enter an e-mail address, such as name@example.org, or leave it empty."},
    )


def time_zone() -> forms.CharField:
    """An IANA time zone by its name; the page offers the names as a list."""
    field = words(
        "Time zone",
        64,
        "Enter the time zone where the patient lives.",
        required=True,
        help_text="Such as Europe/London.",
        list="time-zones",
    )
    field.validators.append(_known_zone)
    return field


def _known_zone(zone: str) -> None:
    if zone not in time_zones():
        raise forms.ValidationError("There is no time zone of this name. Enter one such as Europe/London.")


@cache
def time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def time_zone_options() -> SafeString:
    """All of them, to choose from while typing: the same for everybody, so written once."""
    return format_html_join("", '<option value="{}">', ((zone,) for zone in sorted(time_zones())))
