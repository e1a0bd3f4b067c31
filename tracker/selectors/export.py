"""Everything that is stored about a patient, as plain values: a handful of statements, whatever the history.

Missing is null, never zero and never empty text. Instants are in UTC, dates are local, units stand in the names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Field, Model, Q, QuerySet, TextField
from django.db.models.functions import Cast

from tracker.models import AuditEvent, Episode, Note, Patient, walls
from tracker.selectors.export_rules import EPISODE, LOOKED, PATIENT, SECTIONS, Of, Section
from tracker.selectors.transfers import clinics_that_know

SCHEMA_VERSION = 1
"""Grows when a name goes or changes its meaning; a new name does not count."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a section: its name in the export, where it comes from, and whether it names a note."""

    name: str
    source: str
    note: bool


@cache
def columns(section: Section) -> tuple[Column, ...]:
    return tuple(map(_column, section.columns.split()))


def _column(text: str) -> Column:
    name, _, source = text.partition("=")
    return Column(name, (source or name).removesuffix("*"), source.endswith("*"))


def everything(patient: Patient, *, now: datetime) -> Row:
    """The whole export, in the shape that `shape` describes."""
    episodes = list(Episode.objects.filter(patient=patient).order_by("created_at").values_list("pk", flat=True))
    notes = dict(Note.objects.filter(patient=patient).values_list("digest", "text"))
    found: Row = {
        "schema_version": SCHEMA_VERSION,
        "made_at": _plain(now),
        "patient": _rows(PATIENT, {"pk": patient.pk}, notes)[0],
        "episodes": _rows(EPISODE, {"pk__in": episodes}, notes),
        "account": {},
    }
    for section in SECTIONS:
        if section.of is Of.PATIENT:
            found[section.name] = _rows(section, {section.to: patient.pk}, notes)
        elif section.of is Of.USER:
            found["account"][section.name] = _rows(section, {section.to: patient.user_id}, notes)
        else:
            _put(found["episodes"], section, _rows(section, {f"{section.to}__in": episodes}, notes, by=section.to))
    with walls.outside(walls.Why.LOOKED):
        found["looked"] = _values(LOOKED, looked(patient, episodes), {})
    return found


def looked(patient: Patient, episodes: Iterable[UUID]) -> QuerySet[AuditEvent]:
    """The lines of the trail about the patient: of their record, and of lists in which it stood."""
    ids = list(episodes)
    listed = Q()
    for episode in ids:
        listed |= Q(text__contains=str(episode))
    in_lists = Q(clinic__in=clinics_that_know(patient), episode=None) & listed if ids else Q(pk=None)
    rows = AuditEvent.objects.annotate(text=Cast("detail", TextField()))
    return rows.filter(Q(episode__in=ids) | in_lists)


def _put(episodes: list[Row], section: Section, rows: list[Row]) -> None:
    by_episode: dict[str, list[Row]] = {episode["id"]: [] for episode in episodes}
    for row in rows:
        by_episode[row.pop("_of")].append(row)
    for episode in episodes:
        episode[section.name] = by_episode[episode["id"]]


def _rows(section: Section, which: Mapping[str, Any], notes: Mapping[str, str], by: str = "") -> list[Row]:
    return _values(section, section.model._default_manager.filter(**which), notes, by)


def _values(section: Section, rows: QuerySet[Any], notes: Mapping[str, str], by: str = "") -> list[Row]:
    wanted = columns(section)
    sources = [column.source for column in wanted] + ([by] if by else [])
    names = [column.name for column in wanted] + (["_of"] if by else [])
    noted = {column.name for column in wanted if column.note}
    return [
        {
            name: _said(notes.get(value)) if name in noted else _plain(value)
            for name, value in zip(names, row, strict=True)
        }
        for row in rows.order_by(*section.order.split()).values_list(*sources)
    ]


def _said(text: str | None) -> str | None:
    return text or None


def _plain(value: Any) -> Any:
    """As JSON has it."""
    if value == "" or value is None:
        return None
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    return str(value) if isinstance(value, UUID) else value


# --- The shape, for the description of the API ----------------------------------------------------------------------

KINDS: dict[str, dict[str, Any]] = {
    "UUIDField": {"type": ["string", "null"], "format": "uuid"},
    "DateTimeField": {"type": ["string", "null"], "format": "date-time"},
    "DateField": {"type": ["string", "null"], "format": "date"},
    "TimeField": {"type": ["string", "null"], "format": "time"},
    "BooleanField": {"type": ["boolean", "null"]},
    "DecimalField": {"type": ["number", "null"]},
    "JSONField": {},
}
NUMBERS = ("IntegerField", "SmallIntegerField", "PositiveSmallIntegerField", "PositiveIntegerField", "BigAutoField")


def shape() -> dict[str, Any]:
    """The export as a JSON schema: every name, what it holds, and that it may be null."""
    of = {kind: [section for section in SECTIONS if section.of is kind] for kind in Of}
    episode = _object(EPISODE)
    episode["properties"] |= {section.name: _list(section) for section in of[Of.EPISODE]}
    account = {section.name: _list(section) for section in of[Of.USER]}
    parts = {
        "schema_version": {"type": "integer", "enum": [SCHEMA_VERSION]},
        "made_at": {"type": "string", "format": "date-time"},
        "patient": _object(PATIENT),
        "episodes": {"type": "array", "items": episode, "description": EPISODE.says},
        "account": {"type": "object", "properties": account, "description": "How the patient signs in."},
        **{section.name: _list(section) for section in (*of[Of.PATIENT], LOOKED)},
    }
    return {"type": "object", "properties": parts, "required": list(parts)}


def _list(section: Section) -> dict[str, Any]:
    return {"type": "array", "items": _object(section), "description": section.says}


def _object(section: Section) -> dict[str, Any]:
    fields = {column.name: _kind(section.model, column) for column in columns(section)}
    return {"type": "object", "properties": fields, "required": list(fields), "description": section.says}


def _kind(model: type[Model], column: Column) -> dict[str, Any]:
    name = "" if column.note else _field(model, column.source)
    return {"type": ["integer", "null"]} if name in NUMBERS else dict(KINDS.get(name, {"type": ["string", "null"]}))


def _field(model: type[Model], path: str) -> str:
    """The kind of field at the end of a path."""
    first, _, rest = path.partition("__")
    field: Any = model._meta.get_field(first.removesuffix("_id") if first.endswith("_id") else first)
    if isinstance(field, Field) and field.get_internal_type() == "JSONField" and rest:
        return "CharField"
    if field.is_relation and rest:
        return _field(field.related_model, rest)
    if field.is_relation:
        return str(field.target_field.get_internal_type())
    return str(field.get_internal_type())
