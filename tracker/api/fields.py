"""Strict shapes for what a client sends: a value of another JSON type is refused, never guessed at.

Every refusal names its field and says what to send instead, so that the sentence can be shown as it stands.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, NoReturn, cast
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LAYOUT = "\n\r\t"


class Named:
    """A field whose refusals carry its name."""

    default_error_messages = {
        "required": "Give {name}: it is missing.",
        "null": "Give {name} a value: it must not be null.",
    }
    field_name: str
    parent: Any
    error_messages: dict[str, str]

    @property
    def said_name(self) -> str:
        return self.field_name or getattr(self.parent, "field_name", "") or "value"

    def fail(self, key: str, **values: object) -> NoReturn:
        raise ValidationError(self.error_messages[key].format(name=self.said_name, **values), code=key)


class Whole(Named, serializers.IntegerField):
    """A JSON integer within its bounds: `true`, `"3"` and `3.0` are none."""

    default_error_messages = {"invalid": "Give {name} as a whole number from {low} to {high}, without quotes."}

    def __init__(self, *, low: int, high: int, **options: Any) -> None:
        self.low, self.high = low, high
        super().__init__(min_value=low, max_value=high, **options)

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int or not self.low <= data <= self.high:
            self.fail("invalid", low=self.low, high=self.high)
        return data


class Number(Named, serializers.DecimalField):
    """A finite JSON number within its bounds, as a Decimal."""

    default_error_messages = {
        "invalid": "Give {name} as a number from {low} to {high}, without quotes, with at most {places} decimals."
    }

    def __init__(self, *, low: Decimal, high: Decimal, places: int = 1, **options: Any) -> None:
        self.low, self.high = low, high
        super().__init__(max_digits=12, decimal_places=places, min_value=low, max_value=high, **options)

    def to_internal_value(self, data: Any) -> Decimal:
        number = exact(data)
        if number is None or not self.low <= number <= self.high or not self._fits(number):
            self.fail("invalid", low=self.low, high=self.high, places=self.decimal_places)
        return number

    def _fits(self, number: Decimal) -> bool:
        return number == round(number, self.decimal_places or 0)


def exact(data: object) -> Decimal | None:
    """The JSON number as a Decimal; None for anything that is not a finite number."""
    if isinstance(data, bool) or not isinstance(data, (int, float)) or not math.isfinite(data):
        return None
    return Decimal(str(data))


class Text(Named, serializers.CharField):
    """JSON text without control characters, trimmed."""

    default_error_messages = {
        "invalid": "Give {name} as text, in quotes.",
        "blank": "Give {name}: it is empty.",
        "too_long": "Shorten {name} to at most {most} characters.",
        "control": "Take the control characters out of {name}.",
    }

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text = data.strip()
        if self.max_length is not None and len(text) > self.max_length:
            self.fail("too_long", most=self.max_length)
        if not printable(text):
            self.fail("control")
        return text

    def run_validation(self, data: Any = serializers.empty) -> Any:
        value = serializers.Field.run_validation(self, data)
        if value == "" and not self.allow_blank:
            self.fail("blank")
        return value


def printable(text: str) -> bool:
    """Whether the text holds no control character beside line breaks and tabs, and no half of a surrogate pair."""
    return not any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in _LAYOUT for sign in text)


class Email(Text, serializers.EmailField):
    default_error_messages = {"invalid": "Give {name} as an e-mail address, such as name@example.org."}

    def run_validation(self, data: Any = serializers.empty) -> Any:
        try:
            return super().run_validation(data)
        except ValidationError as refusal:
            if refusal.get_codes() == ["invalid"]:
                self.fail("invalid")
            raise


class Code(Named, serializers.ChoiceField):
    """One code of a vocabulary."""

    default_error_messages = {"invalid_choice": "{name} cannot be {given}. Use one of: {known}."}

    def __init__(self, vocabulary: Iterable[str], **options: Any) -> None:
        self.members = {str(member): member for member in vocabulary}
        super().__init__(choices=list(self.members), **options)

    def to_internal_value(self, data: Any) -> str:
        if data == "" and self.allow_blank:
            return ""
        if not isinstance(data, str) or data not in self.members:
            self.fail("invalid_choice", given=said(data), known=", ".join(self.members))
        return self.members[data]


def said(data: object) -> str:
    """What was given, short enough to repeat in a sentence."""
    text = repr(data)
    return text if len(text) <= 40 else text[:37] + "..."


def _shown(key: str) -> str:
    """A key as any answer can carry it."""
    return key[:60].encode("utf-8", "replace").decode()


class Codes(Named, serializers.ListField):
    """A list of codes of a vocabulary."""

    default_error_messages = {
        "not_a_list": "Give {name} as a list, such as [{example}].",
        "max_length": "Shorten {name} to at most {max_length} entries.",
    }

    def __init__(self, vocabulary: type[StrEnum], **options: Any) -> None:
        self.most = 2 * len(vocabulary)
        self.first = next(iter(vocabulary)).value
        super().__init__(child=Code(vocabulary), **options)

    def to_internal_value(self, data: Any) -> list[str]:
        if not isinstance(data, list):
            self.fail("not_a_list", example=f'"{self.first}"')
        if len(data) > self.most:
            self.fail("max_length", max_length=self.most)
        return [self.child.run_validation(entry) for entry in data]


class Day(Named, serializers.DateField):
    """A calendar date, written year-month-day."""

    default_error_messages = {"invalid": 'Give {name} as a date, such as "2026-06-15".'}

    def to_internal_value(self, data: Any) -> date:
        try:
            return date.fromisoformat(data if _DATE.fullmatch(data) else "")
        except (TypeError, ValueError):
            self.fail("invalid")


class YesNo(Named, serializers.BooleanField):
    default_error_messages = {"invalid": "Give {name} as true or false, without quotes."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class Id(Named, serializers.UUIDField):
    default_error_messages = {"invalid": "Give {name} as an id, such as 3f0c2a52-7b7e-4a39-9d0c-0c3b0c2f9a11."}

    def to_internal_value(self, data: Any) -> UUID:
        try:
            return UUID(data)
        except (AttributeError, TypeError, ValueError):
            self.fail("invalid")


class Strict(Named, serializers.Serializer[Any]):
    """A JSON object in which every key is known."""

    default_error_messages = {"invalid": "Give {name} as an object, in braces."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, Mapping):
            self.fail("invalid")
        refusals = self._unknown(data)
        try:
            value = super().to_internal_value(data)
        except ValidationError as refusal:
            refusals.update(cast("dict[str, Any]", refusal.detail))
        if refusals:
            raise ValidationError(refusals)
        return value

    def _unknown(self, data: Mapping[str, object]) -> dict[str, Any]:
        known = ", ".join(self.fields)
        return {_shown(key): [self.refused_key(key, known)] for key in data if key not in self.fields}

    def refused_key(self, key: str, known: str) -> str:
        """The sentence about a key that has no place here."""
        return f"{said(key)} is not known here: take it out. Known are: {known or 'none'}."
