"""An export laid out for reading: what is allowed day by day first, then what was reported, then all else."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

Row = Mapping[str, Any]
Said = Callable[[Row], str]

TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
FOOTER = "Not for diagnosis. Shows what was entered beside the limits the clinic set. A dash means: not recorded."
NOTE = (
    "This is a copy of everything that the clinic keeps about you here, on the day it was made. "
    "The restrictions of each knee come first. A dash means that nothing was recorded. It is not a zero."
)
NONE = "–"  # noqa: RUF001 - as a table shows it


def paper(export: Row) -> dict[str, Any]:
    """What the template prints: texts alone."""
    patient = export["patient"]
    zone = ZoneInfo(patient["time_zone"])
    made_at = datetime.fromisoformat(export["made_at"]).astimezone(zone)
    return {
        "title": _text(f"Record of {patient['given_name']} {patient['family_name']}"),
        "clinic": _text(patient["clinic"]),
        "made_on": f"Made on {made_at:%-d %B %Y}",
        "footer": FOOTER,
        "note": NOTE,
        "person": _person(patient),
        "knees": [_knee(episode, zone) for episode in export["episodes"]],
        "parts": _parts(export, zone),
    }


def _person(patient: Row) -> list[tuple[str, str]]:
    names = (
        ("Born", "birth_date"),
        ("Record number", "record_number"),
        ("E-mail", "email"),
        ("Phone", "phone"),
        ("Time zone", "time_zone"),
        ("Clinic", "clinic"),
        ("Phone of the clinic", "clinic_phone"),
    )
    return [(name, _day(patient[key]) if key == "birth_date" else _text(patient[key])) for name, key in names]


# --- One knee -------------------------------------------------------------------------------------------------------


def _knee(episode: Row, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "title": f"{str(episode['side']).capitalize()} knee, {episode['procedure']}",
        "facts": [
            ("Surgeon", _text(episode["surgeon"])),
            ("Clinic", _text(episode["clinic"])),
            ("Recovery", _text(episode["state"])),
            ("Fixation", _words(episode["fixation"])),
            ("Plate", _text(episode["plate"])),
            ("Graft", _text(episode["graft"])),
            ("Pain before surgery, 0-10", _text(episode["baseline_pain_0_10"])),
            ("Bend before surgery, degrees", _text(episode["baseline_flexion_degrees"])),
        ],
        "parts": [part(episode, zone) for part in KNEE],
    }


def _sheet(title: str, rows: Iterable[Row], columns: Sequence[tuple[str, str, Said]], says: str = "") -> dict[str, Any]:
    return {
        "title": title,
        "says": says,
        "empty": "Nothing was recorded.",
        "heads": [head for head, _, _ in columns],
        "widths": [width for _, width, _ in columns],
        "rows": [[_text(said(row)) for _, _, said in columns] for row in rows],
    }


def _restrictions(episode: Row, zone: ZoneInfo) -> dict[str, Any]:
    columns: list[tuple[str, str, Said]] = [
        ("From", "auto", lambda row: _day(row["starts_on"])),
        ("Until", "auto", lambda row: _day(row["ends_on"], "further notice")),
        ("Load", "auto", _load),
        ("Aids", "auto", lambda row: _words(row["aids"])),
        ("Brace, degrees", "auto", _brace),
        ("Signed by", "2", lambda row: f"{_text(row['signed_by'])}, {_time(row['signed_at'], zone)}"),
        ("Why, and what became of it", "3", lambda row: _reason(row, zone)),
    ]
    return _sheet("Restrictions, day by day", episode["restrictions"], columns, "Until is not included.")


def _load(row: Row) -> str:
    share = f"{row['term']}, {row['max_percent_of_body_weight']} % of body weight"
    return share if row["max_kg"] is None else f"{share}, at most {row['max_kg']} kg"


def _brace(row: Row) -> str:
    if row["brace_from_degrees"] is None and row["brace_to_degrees"] is None:
        return NONE
    return f"{_text(row['brace_from_degrees'])} to {_text(row['brace_to_degrees'])}"


def _reason(row: Row, zone: ZoneInfo) -> str:
    replaced = f"Replaced {_time(row['superseded_at'], zone)}." if row["superseded_at"] else ""
    return " ".join(filter(None, (row["reason"], replaced))) or NONE


def _check_ins(episode: Row, zone: ZoneInfo) -> dict[str, Any]:
    columns: list[tuple[str, str, Said]] = [
        ("Day", "auto", lambda row: _day(row["date"])),
        ("At rest", "auto", lambda row: _text(row["pain_rest_0_10"])),
        ("On load", "auto", lambda row: _text(row["pain_load_0_10"])),
        ("Worst", "auto", lambda row: _text(row["pain_worst_0_10"])),
        ("At night", "auto", lambda row: _text(row["pain_night_0_10"])),
        ("Load used", "auto", _used),
        ("Aids", "auto", lambda row: _words(row["aids"])),
        ("Exercises", "auto", lambda row: _words(row["exercises"])),
        ("Symptoms", "2", _symptoms),
        ("Note", "3", lambda row: _text(row["note"])),
        ("Entered", "2", lambda row: f"{_time(row['entered_at'], zone)}, {row['role']}"),
    ]
    return _sheet(
        "Check-ins", episode["check_ins"], columns, "Pain from 0 (none) to 10: at rest, on load, the worst, at night."
    )


def _used(row: Row) -> str:
    kg = row["reported_load_kg"]
    return _words(row["reported_load"]) if kg is None else f"{_words(row['reported_load'])}, {kg:g} kg"


def _symptoms(row: Row) -> str:
    if row["symptoms"] is None:
        return NONE
    return ", ".join(map(_words, row["symptoms"])) or "none of these"


def _milestones(episode: Row, zone: ZoneInfo) -> dict[str, Any]:
    events: dict[str, list[str]] = {}
    for event in episode["milestone_events"]:
        said = f"{event['kind']} by {_text(event['by'])} {_time(event['at'], zone)}"
        events.setdefault(event["milestone"], []).append(said)
    columns: list[tuple[str, str, Said]] = [
        ("Goal", "2", lambda row: _words(row["key"])),
        ("Reached", "auto", lambda row: _day(row["reached_on"])),
        ("Value", "auto", lambda row: _number(row["value"])),
        ("Entered by", "2", lambda row: f"{_text(row['by'])}, {row['role']}"),
        ("What became of it", "3", lambda row: "; ".join(events.get(row["id"], [])) or NONE),
    ]
    return _sheet("Milestones", episode["milestones"], columns)


def _measurements(episode: Row, zone: ZoneInfo) -> dict[str, Any]:
    columns: list[tuple[str, str, Said]] = [
        ("Day", "auto", lambda row: _day(row["measured_on"])),
        ("What", "2", lambda row: _words(row["kind"])),
        ("Value", "auto", lambda row: f"{_number(row['value'])} {_text(row['unit'])}"),
        ("Taken by", "2", lambda row: f"{_text(row['by'])}, {row['role']}"),
        ("Entered", "auto", lambda row: _time(row["entered_at"], zone)),
    ]
    return _sheet("Measurements", episode["measurements"], columns)


def _alerts(episode: Row, zone: ZoneInfo) -> dict[str, Any]:
    events: dict[str, list[str]] = {}
    for event in episode["alert_events"]:
        said = (f"{_words(event['kind'])} {_time(event['at'], zone)}", event["by"], event["outcome"], event["note"])
        events.setdefault(event["alert"], []).append(", ".join(map(str, filter(None, said))))
    columns: list[tuple[str, str, Said]] = [
        ("Opened", "auto", lambda row: _time(row["opened_at"], zone)),
        ("Urgency", "auto", lambda row: _text(row["urgency"])),
        ("What the clinic read", "3", lambda row: _text(row["sentence"])),
        ("What became of it", "3", lambda row: "; ".join(events.get(row["id"], [])) or "open"),
    ]
    return _sheet("Alerts", episode["alerts"], columns)


def _decisions(episode: Row, zone: ZoneInfo) -> dict[str, Any]:
    columns: list[tuple[str, str, Said]] = [
        ("Decided", "auto", lambda row: _day(row["decided_on"])),
        ("Step", "auto", lambda row: _text(row["gate"])),
        ("Decision", "auto", lambda row: _text(row["decision"])),
        ("By", "2", lambda row: f"{_text(row['by'])}, {row['role']}"),
        ("On what basis", "3", lambda row: _text(row["basis"])),
    ]
    return _sheet("Decisions on the next steps", episode["clearances"], columns)


def _facts(episode: Row, zone: ZoneInfo) -> dict[str, Any]:
    withdrawn = {row["fact"]: f"taken back {_time(row['at'], zone)}" for row in episode["facts_withdrawn"]}
    columns: list[tuple[str, str, Said]] = [
        ("Since", "auto", lambda row: _day(row["since"])),
        ("What", "2", lambda row: _words(row["kind"])),
        ("Value", "2", lambda row: _words(row["value"])),
        ("By", "2", lambda row: _text(row["by"])),
        ("Why", "3", lambda row: "; ".join(filter(None, (row["reason"], withdrawn.get(row["id"])))) or NONE),
    ]
    return _sheet("What the plan rests on", episode["facts"], columns)


def _reviews(episode: Row, zone: ZoneInfo) -> dict[str, Any]:
    columns: list[tuple[str, str, Said]] = [
        ("Appointment", "2", lambda row: _words(row["key"])),
        ("Between", "auto", lambda row: f"{_day(row['window_from'])} and {_day(row['window_to'])}"),
        ("Booked", "auto", lambda row: _time(row["booked_at"], zone)),
        ("Done", "auto", lambda row: _day(row["done_on"])),
        ("Result", "3", lambda row: _text(row["result"])),
    ]
    return _sheet("Appointments", episode["reviews"], columns)


KNEE = (_restrictions, _check_ins, _milestones, _measurements, _alerts, _decisions, _facts, _reviews)


# --- Of the patient -------------------------------------------------------------------------------------------------


def _parts(export: Row, zone: ZoneInfo) -> list[dict[str, Any]]:
    return [_messages(export, zone), _caregivers(export, zone), _consents(export, zone), _looked(export, zone)]


def _messages(export: Row, zone: ZoneInfo) -> dict[str, Any]:
    columns: list[tuple[str, str, Said]] = [
        ("When", "auto", lambda row: _time(row["finished_at"] or row["due_at"], zone)),
        ("About", "2", lambda row: _words(row["kind"])),
        ("By", "auto", lambda row: _words(row["channel"])),
        ("To", "2", _reader),
        ("What became of it", "3", lambda row: ": ".join(filter(None, (_words(row["state"]), row["reason"])))),
    ]
    return _sheet("Messages", export["messages"], columns)


def _reader(row: Row) -> str:
    return _text(row["colleague"]) if row["colleague"] else "the clinic" if row["channel"] == "calls" else "you"


def _caregivers(export: Row, zone: ZoneInfo) -> dict[str, Any]:
    columns: list[tuple[str, str, Said]] = [
        ("Who", "2", lambda row: _text(row["name"])),
        ("E-mail", "2", lambda row: _text(row["email"])),
        ("Relation", "auto", lambda row: _words(row["relation"])),
        ("From", "auto", lambda row: _time(row["made_at"], zone)),
        ("Until", "auto", lambda row: _time(row["ended_at"] or row["expires_at"], zone)),
    ]
    return _sheet("Who may help", export["caregivers"], columns)


def _consents(export: Row, zone: ZoneInfo) -> dict[str, Any]:
    columns: list[tuple[str, str, Said]] = [
        ("When", "auto", lambda row: _time(row["at"], zone)),
        ("Version of the text", "2", lambda row: _text(row["version"])),
        ("What", "2", lambda row: "agreed" if row["given"] else "taken back"),
    ]
    return _sheet("Consent", export["consents"], columns)


def _looked(export: Row, zone: ZoneInfo) -> dict[str, Any]:
    """By person: the file for programs has every single look."""
    times: dict[tuple[str, str, str], list[str]] = {}
    for row in export["looked"]:
        who = (row["who"] or "The program", row["role"] or NONE, row["clinic"] or NONE)
        times.setdefault(who, []).append(row["at"])
    counted = Counter({who: len(seen) for who, seen in times.items()})
    rows = [
        {"who": who, "role": role, "clinic": clinic, "times": times[who, role, clinic]}
        for (who, role, clinic), _ in counted.most_common()
    ]
    columns: list[tuple[str, str, Said]] = [
        ("Who", "2", lambda row: row["who"]),
        ("As", "auto", lambda row: row["role"]),
        ("Clinic", "2", lambda row: row["clinic"]),
        ("Times", "auto", lambda row: str(len(row["times"]))),
        ("First", "auto", lambda row: _time(min(row["times"]), zone)),
        ("Last", "auto", lambda row: _time(max(row["times"]), zone)),
    ]
    return _sheet("Who looked, or changed something", rows, columns, "Each single time stands in the other file.")


# --- Words ----------------------------------------------------------------------------------------------------------


def _text(value: object) -> str:
    """Without what cannot be seen and can turn the letters round it about."""
    if value is None:
        return NONE
    return "".join(" " if letter in "\n\t" else letter for letter in str(value) if not _is_hidden(letter))


def _is_hidden(letter: str) -> bool:
    return letter in TURNING or (letter not in "\n\t" and unicodedata.category(letter) == "Cc")


def _words(value: object) -> str:
    return _text(value).replace("_", " ")


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:g}"


def _day(text: str | None, otherwise: str = NONE) -> str:
    return f"{date.fromisoformat(text):%-d %b %Y}" if text else otherwise


def _time(text: str | None, zone: ZoneInfo) -> str:
    if not text:
        return NONE
    return f"{datetime.fromisoformat(text).replace(tzinfo=UTC).astimezone(zone):%-d %b %Y, %H:%M}"
