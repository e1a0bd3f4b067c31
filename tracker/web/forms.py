"""The check-in as a form: what was answered, what needs another look, and what the service is to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from tracker.clinical.rules.symptoms import FLOORS, NERVE_SIGNS
from tracker.clinical.terms import PAIN_SCORES, Symptom, Urgency
from tracker.errors import Invalid
from tracker.web.questions import LEGENDS, NONE_OF_THESE, SCORES, SYMPTOMS, UNDER_MORE, WORDS


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose. `alarm` tells the page's script when to show the emergency number at once."""

    value: str
    label: str
    checked: bool
    alarm: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its answers. `before` is what was said yesterday, as text, never as a default."""

    name: str
    options: list[Option]
    errors: list[str]
    before: str = ""


@dataclass(slots=True)
class CheckInForm:
    """A check-in page. `given` holds the answers as they were typed, `wrong` the sentences by question."""

    given: dict[str, list[str]] = field(default_factory=dict)
    wrong: Mapping[str, list[str]] = field(default_factory=dict)
    before: Any = None
    """Yesterday's check-in, if there was one."""

    def __getitem__(self, name: str) -> Question:
        """A question by its name, as the template asks for it."""
        pairs = [(score, score) for score in SCORES] if name in PAIN_SCORES else WORDS[name]
        options = [Option(value, label, value in self.given.get(name, ())) for value, label in pairs]
        return Question(name, options, list(self.wrong.get(name, ())), said(name, self.before))

    @property
    def symptoms(self) -> list[tuple[str, list[Option]]]:
        chosen = self.given.get("symptoms", ())
        return [
            (group, [Option(code.value, label, code.value in chosen, _alarm(code)) for code, label in symptoms])
            for group, symptoms in SYMPTOMS
        ]

    @property
    def no_symptoms(self) -> bool:
        return NONE_OF_THESE in self.given.get("symptoms", ())

    @property
    def symptom_errors(self) -> list[str]:
        return list(self.wrong.get("symptoms", ()))

    @property
    def text(self) -> dict[str, str]:
        """The typed answers: note, kilograms, day."""
        return {name: values[0] for name, values in self.given.items() if values}

    @property
    def problems(self) -> list[tuple[str, str, str]]:
        """Where to look again, in the order of the page: question, its name in words, sentence."""
        known = [(name, sentence) for name in LEGENDS for sentence in self.wrong.get(name, ())]
        other = [(name, sentence) for name, said in self.wrong.items() if name not in LEGENDS for sentence in said]
        return [(name, LEGENDS.get(name, name), sentence) for name, sentence in known + other]

    @property
    def more_open(self) -> bool:
        """Whether the questions under "more" hold something that must not be hidden."""
        return any(self.given.get(name, [""])[0] or name in self.wrong for name in UNDER_MORE)


def _alarm(symptom: Symptom) -> str:
    """When ticking this calls for the emergency number: alone, or together with one of the named others."""
    if FLOORS.get(symptom) is Urgency.R0:
        return "now"
    if symptom is Symptom.LEG_TIGHT:
        return " ".join(sorted(NERVE_SIGNS))
    return ""


def said(name: str, row: Any) -> str:
    """An earlier answer in the words of the page; empty when it was not answered."""
    value = None if row is None else getattr(row, name)
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return dict(WORDS.get(name, ())).get(str(value), str(value)).lower()


def answered(row: Any, note: str = "") -> dict[str, list[str]]:
    """A stored check-in as typed answers, so that it can be put right."""
    given = {name: [_typed(getattr(row, name))] for name in LEGENDS if name not in ("symptoms", "note")}
    if row.symptoms is not None:
        given["symptoms"] = [str(code) for code in row.symptoms] or [NONE_OF_THESE]
    return {**given, "note": [note]}


def _typed(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def posted(data: QueryDict) -> dict[str, list[str]]:
    """What was typed, by question, to show it again."""
    return {name: data.getlist(name) for name in LEGENDS if name in data}


def raw(given: Mapping[str, list[str]]) -> dict[str, Any]:
    """Typed answers as the service reads them: numbers, yes or no, a list. An empty answer is no answer."""
    found: dict[str, Any] = {}
    for name, values in given.items():
        if name == "symptoms":
            found[name] = _symptoms(values)
        elif values and values[0].strip():
            found[name] = _value(name, values[0].strip())
    return found


def _symptoms(values: Iterable[str]) -> list[str] | None:
    chosen = [value for value in values if value]
    if not chosen:
        return None
    return [value for value in chosen if value != NONE_OF_THESE]


def _value(name: str, text: str) -> Any:
    if name in PAIN_SCORES and text.isascii() and text.isdigit() and len(text) < 4:
        return int(text)
    if name in ("can_load", "pain_eased"):
        return {"yes": True, "no": False}.get(text, text)
    return text.replace(",", ".") if name == "reported_load_kg" else text


def refuse_contradictions(given: Mapping[str, list[str]]) -> None:
    """Raises Invalid for what only a page can get wrong: "none of these" together with one of these."""
    symptoms = [value for value in given.get("symptoms", ()) if value]
    if NONE_OF_THESE in symptoms and len(symptoms) > 1:
        raise Invalid({"symptoms": "Choose either “none of these” or what you have, not both."})
