"""What a check-in may say: every answer with what it may be, and the sentence for what it may not."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any

from tracker.clinical.terms import (
    PAIN_SCORES,
    Aids,
    Analgesia,
    Exercises,
    Fall,
    PainSite,
    ReportedLoad,
    Swelling,
    Symptom,
)
from tracker.errors import Invalid

NOTE_LENGTH = 2000
HEAVIEST_LOAD = 250


@dataclass(frozen=True, slots=True)
class Answers:
    """One day's answers. None is "not answered"; `symptoms` () is "none of these"."""

    date: date
    pain_rest: int | None = None
    pain_load: int | None = None
    pain_worst: int | None = None
    pain_night: int | None = None
    pain_site: PainSite | None = None
    reported_load: ReportedLoad | None = None
    reported_load_kg: Decimal | None = None
    aids: Aids | None = None
    exercises: Exercises | None = None
    swelling: Swelling | None = None
    analgesia: Analgesia | None = None
    pain_eased: bool | None = None
    can_load: bool | None = None
    symptoms: tuple[Symptom, ...] | None = None
    fall: Fall | None = None
    note: str = ""

    @property
    def empty(self) -> bool:
        return all(getattr(self, field.name) in (None, "") for field in fields(self) if field.name != "date")


def parse(raw: Mapping[str, Any]) -> Answers:
    """Reads answers of JSON types: whole numbers, texts, true or false, lists. Absent or null is "not answered".

    Raises Invalid with a sentence for every field that cannot be right.
    """
    wrong = {key: "There is no such question. Leave it out." for key in raw if key not in _READERS}
    given: dict[str, Any] = {}
    for name, reader in _READERS.items():
        if raw.get(name) is None:
            continue
        try:
            given[name] = reader(raw[name])
        except ValueError as said:
            wrong[name] = str(said)
    if "date" not in given and "date" not in wrong:
        wrong["date"] = "Say which day this is for, as year-month-day."
    if wrong:
        raise Invalid(wrong)
    return _not_empty(Answers(**given))


def _not_empty(answers: Answers) -> Answers:
    if answers.empty:
        raise Invalid({"pain_load": "Answer at least one question, so that the day is not saved empty."})
    return answers


def _score(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= 10:
        raise ValueError("Choose a whole number from 0, no pain, to 10, the worst you can imagine.")
    return value


def _date(value: Any) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("Write the day as year-month-day, for example 2026-03-09.") from None


def _kg(value: Any) -> Decimal:
    said = f"Write the load in kilograms, from 0 to {HEAVIEST_LOAD}, for example 42."
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise ValueError(said)
    try:
        kilograms = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(said) from None
    if not kilograms.is_finite() or not 0 <= kilograms <= HEAVIEST_LOAD:
        raise ValueError(said)
    return kilograms.quantize(Decimal("0.1"))


def _yes_or_no(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError("Answer true or false, or leave it out.")
    return value


def _one_of(vocabulary: type[StrEnum]) -> Callable[[Any], StrEnum]:
    known = ", ".join(vocabulary)

    def read(value: Any) -> StrEnum:
        if not isinstance(value, str) or value not in list(vocabulary):
            raise ValueError(f"Choose one of: {known}.")
        return vocabulary(value)

    return read


def _symptoms(value: Any) -> tuple[StrEnum, ...]:
    if not isinstance(value, (list, tuple)):
        raise ValueError("Give a list of symptoms; an empty list says that there are none.")
    read = _one_of(Symptom)
    return tuple(dict.fromkeys(read(one) for one in value))


def _note(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("Write the note as text.")
    text = value.strip()
    if len(text) > NOTE_LENGTH:
        raise ValueError(f"The note is {len(text)} letters long. Shorten it to at most {NOTE_LENGTH}.")
    if any(unicodedata.category(letter) == "Cc" and letter not in "\n\r\t" for letter in text):
        raise ValueError("The note holds a hidden control character. Type it again instead of pasting it.")
    return text


_READERS: dict[str, Callable[[Any], Any]] = {
    "date": _date,
    **dict.fromkeys(PAIN_SCORES, _score),
    "pain_site": _one_of(PainSite),
    "reported_load": _one_of(ReportedLoad),
    "reported_load_kg": _kg,
    "aids": _one_of(Aids),
    "exercises": _one_of(Exercises),
    "swelling": _one_of(Swelling),
    "analgesia": _one_of(Analgesia),
    "pain_eased": _yes_or_no,
    "can_load": _yes_or_no,
    "symptoms": _symptoms,
    "fall": _one_of(Fall),
    "note": _note,
}
