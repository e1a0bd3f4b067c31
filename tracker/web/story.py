"""What happened, line by line, in the clinic's words."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from tracker.clinical.explain.clinician import SYMPTOMS, label
from tracker.clinical.explain.words import short_date
from tracker.clinical.terms import MEASUREMENTS, Ending, FactKind
from tracker.models import AlertEvent
from tracker.selectors.episodes import Case
from tracker.selectors.facts import day, instant, name, nested
from tracker.selectors.happened import Line
from tracker.web.staff_words import ENDINGS, FACT_KINDS, modifier_names

Facts = Mapping[str, Any]
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Told:
    at: datetime
    kind: str
    text: str
    by: str
    note: str


def tell(lines: Iterable[Line], case: Case | None) -> list[Told]:
    """Each line as a sentence; the note of whoever wrote it stands beside it.

    Without a case it is told by codes alone. A line that cannot be read takes no other with it.
    """
    return [Told(line.at, line.kind, _sentence(line, case), _who(line), line.note) for line in lines]


def _who(line: Line) -> str:
    return f"{line.by}, {line.role}" if line.by and line.role else line.by


def _sentence(line: Line, case: Case | None) -> str:
    try:
        return _text(line, case)
    except (ValueError, TypeError, LookupError):
        logger.exception("could not read a line of the story")
        return f"{_humble(line.kind)}: cannot be read"


def _text(line: Line, case: Case | None) -> str:
    if line.kind == "signature":
        return _signature(line.facts, case)
    if line.kind in ("milestone", "milestone_event"):
        return _milestone(line.facts, case)
    if line.kind == "review":
        return _review(line.facts, case)
    return SENTENCES[line.kind](line.facts)


def _check_in(said: Facts) -> str:
    about = "corrected check-in" if said["amends"] else "check-in"
    answers = [*_pains(said), *_load(said), *_events(said)]
    return f"{about} for {_short(said['date'])}: {', '.join(answers) or 'no numbers'}"


def report(case: Case) -> Told | None:
    """The latest report of the patient, whatever it says."""
    row = max(case.rows["check_in"], key=lambda each: (each["date"], each["entered_at"]), default=None)
    if row is None:
        return None
    return Told(instant(row["entered_at"]), "check_in", _check_in({**row, "amends": None}), "", "")


def _pains(said: Facts) -> list[str]:
    names = (("pain_load", "on load"), ("pain_rest", "at rest"), ("pain_worst", "at worst"), ("pain_night", "at night"))
    told = [f"{said[key]} {where}" for key, where in names if said[key] is not None]
    return [f"pain {', '.join(told)}"] if told else []


def _load(said: Facts) -> list[str]:
    told = []
    if said["reported_load_kg"] is not None:
        told.append(f"load {_number(said['reported_load_kg'])} kg")
    elif said["reported_load"]:
        told.append(f"load {said['reported_load']}")
    if said["aids"]:
        told.append(_humble(said["aids"]) if said["aids"] != "none" else "no walking aid")
    return told


def _events(said: Facts) -> list[str]:
    symptoms = nested(said["symptoms"])
    told = [SYMPTOMS.get(code, _humble(code)) for code in symptoms or ()]
    if said["fall"] and said["fall"] != "none":
        told.append(_humble(said["fall"]))
    return told


def _signature(said: Facts, case: Case | None) -> str:
    orders = case.rows["order"] if case else ()
    rows = [row for row in orders if name(row["signature_id"]) == name(said["id"])]
    levels = [_level(row) for row in sorted(rows, key=lambda row: str(row["starts_on"]))]
    signed = {"plan": "plan signed", "order": "restriction signed"}.get(
        said["kind"], f"steps signed after {said['kind']}"
    )
    return f"{signed}: {'; '.join(dict.fromkeys(levels))}" if levels else signed


def _level(row: Facts) -> str:
    kg = "" if row["max_kg"] is None else f", {row['max_kg']} kg"
    return f"{row['max_percent']} %{kg} from {_short(row['starts_on'])}"


def _milestone(said: Facts, case: Case | None) -> str:
    names = {milestone.key: milestone.name for milestone in case.plan.milestones} if case else {}
    goal = names.get(said["key"], said["key"])
    if "kind" in said:
        return f"milestone {said['kind']}: {goal}"
    return f"milestone reached on {_short(said['reached_on'])}: {goal}"


def _clearance(said: Facts) -> str:
    return f"{said['gate']} {said['decision']}, decided {_short(said['decided_on'])}"


def _alert(said: Facts) -> str:
    outcome = f", {AlertEvent.Outcome(said['outcome']).label.lower()}" if said["outcome"] else ""
    to = f" to {said['to']}" if said["to"] else ""
    return f"alert {_humble(said['kind'])}{to}: {label(said['code'])}{outcome}"


def _measurement(said: Facts) -> str:
    known = MEASUREMENTS.get(said["kind"])
    what = known.label if known else _humble(said["kind"])
    unit = {"deg": "°", "C": " °C"}.get(said["unit"], f" {said['unit']}")
    return f"{what} {_number(said['value'])}{unit} on {_short(said['measured_on'])}"


def _fact(said: Facts) -> str:
    return f"{FACT_KINDS.get(said['kind'], said['kind'])}: {fact_value(said['kind'], said['value'])}"


def _withdrawn(said: Facts) -> str:
    return f"withdrawn: {_fact(said)}"


def _look(said: Facts) -> str:
    return f"seen, next look {_short(said['next_look_on'])}" if said["next_look_on"] else "seen"


def _review(said: Facts, case: Case | None) -> str:
    key = (nested(said["detail"]) or {}).get("key", "")
    names = {review.key: review.name for review in case.plan.reviews} if case else {}
    return f"{said['action']}: {names.get(key, _humble(key).lower())}"


SENTENCES: Mapping[str, Callable[[Facts], str]] = {
    "check_in": _check_in,
    "clearance": _clearance,
    "hold": lambda said: f"held at {said['max_percent']} %: {label(said['code'])}",
    "release": lambda said: f"hold released: {label(said['code'])}",
    "alert": _alert,
    "measurement": _measurement,
    "fact": _fact,
    "fact_withdrawn": _withdrawn,
    "seen": lambda said: f"restriction seen by the patient: {said['term']} {said['percent']} %",
    "look": _look,
    "closing": lambda said: f"recovery closed: {ENDINGS[Ending(said['outcome'])].lower()}",
    "reopening": lambda said: "recovery reopened",
}


def fact_value(kind: str, value: str) -> str:
    """A fact's value in words."""
    if kind == FactKind.MODIFIER:
        return modifier_names().get(value, value)
    if kind == FactKind.SURGERY_DATE:
        on = date.fromisoformat(value)
        return f"{short_date(on)} {on.year}"
    return f"{_number(value)} kg" if kind == FactKind.BODY_WEIGHT else value


def _short(text: Any) -> str:
    on = day(str(text))
    return short_date(on) if on else ""


def _number(value: Any) -> str:
    text = str(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _humble(code: Any) -> str:
    return str(code).replace("_", " ")
