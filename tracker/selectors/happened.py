"""What happened in an episode: who did what and when, newest first, with the notes they left. One statement."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db.models import CharField, F, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, JSONObject

from tracker.clinical.terms import Role
from tracker.models import (
    Acknowledgement,
    AlertEvent,
    AuditEvent,
    CheckIn,
    Clearance,
    Closing,
    Episode,
    EpisodeFact,
    FactWithdrawal,
    Hold,
    HoldRelease,
    Measurement,
    MilestoneEvent,
    MilestoneRecord,
    Note,
    Reopening,
    Signature,
    StaffLook,
)
from tracker.selectors import caregivers

SHOWN = 40
"""Lines on the page before "show all"."""


class Line(NamedTuple):
    """One thing that happened. `facts` are its columns as stored, by name; `by` is empty for the program itself."""

    kind: str
    at: datetime
    by: str
    role: str
    note: str
    facts: Mapping[str, Any]


class _Kind(NamedTuple):
    """How the rows of one table become lines."""

    model: type[Model]
    path: str
    """From the row to its episode, as a lookup."""
    at: str
    facts: dict[str, str]
    digest: str = ""
    """The column that names the note, or nothing."""
    role: str = ""
    by: str = "by__name"
    only: Q = Q()


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


_ANSWERS = (
    "date",
    "pain_load",
    "pain_rest",
    "pain_worst",
    "pain_night",
    "reported_load",
    "reported_load_kg",
    "aids",
    "exercises",
    "swelling",
    "analgesia",
    "symptoms",
    "fall",
)

_KINDS: dict[str, _Kind] = {
    "check_in": _Kind(
        CheckIn, "episode", "entered_at", {**_same(*_ANSWERS), "amends": "amends_id"}, "note_digest", "role"
    ),
    "signature": _Kind(Signature, "episode", "signed_at", _same("id", "kind", "weight_kg"), "reason_digest", "role"),
    "clearance": _Kind(
        Clearance, "episode", "entered_at", _same("gate", "decision", "decided_on"), "basis_digest", "role"
    ),
    "hold": _Kind(Hold, "episode", "entered_at", _same("code", "max_percent"), by=""),
    "release": _Kind(HoldRelease, "hold__episode", "at", {"code": "hold__code"}, "basis_digest", "role"),
    "alert": _Kind(
        AlertEvent,
        "alert__episode",
        "at",
        {"kind": "kind", "outcome": "outcome", "code": "alert__code", "to": "to__name"},
        "note_digest",
    ),
    "measurement": _Kind(
        Measurement, "episode", "entered_at", _same("kind", "value", "unit", "measured_on"), role="role"
    ),
    "milestone": _Kind(MilestoneRecord, "episode", "entered_at", _same("key", "reached_on", "value"), role="role"),
    "milestone_event": _Kind(
        MilestoneEvent, "record__episode", "at", {"kind": "kind", "key": "record__key"}, "reason_digest"
    ),
    "fact": _Kind(EpisodeFact, "episode", "recorded_at", _same("kind", "value", "since"), "reason_digest"),
    "fact_withdrawn": _Kind(
        FactWithdrawal, "fact__episode", "at", {"kind": "fact__kind", "value": "fact__value"}, "reason_digest"
    ),
    "seen": _Kind(
        Acknowledgement,
        "restriction__episode",
        "at",
        {"term": "restriction__term", "percent": "restriction__max_percent"},
    ),
    "closing": _Kind(Closing, "episode", "at", _same("outcome"), "note_digest", "role"),
    "reopening": _Kind(Reopening, "closing__episode", "at", {"outcome": "closing__outcome"}, "reason_digest", "role"),
    "look": _Kind(StaffLook, "episode", "at", _same("next_look_on")),
    "review": _Kind(
        AuditEvent,
        "episode",
        "at",
        {"action": "action", "detail": "detail"},
        role="role",
        by="user__name",
        only=Q(action__startswith="review "),
    ),
}


REMARKABLE = ~Q(note_digest="") | ~Q(findings=[]) | Q(amends__isnull=False)
"""Check-ins worth a line of their own: with a note, with a finding, or correcting another."""


def happened(episode: Episode, *, most: int = SHOWN + 1, every: bool = False) -> list[Line]:
    """The newest `most` lines of the episode's story; ordinary check-ins, which the figures show, only with `every`."""
    kinds = _KINDS if every else {**_KINDS, "check_in": _KINDS["check_in"]._replace(only=REMARKABLE)}
    first, *rest = (_lines(kind, row, episode) for kind, row in kinds.items())
    found = first.union(*rest, all=True).order_by("-at_", "kind_")[:most]
    return _with_relations(
        episode,
        [
            Line(kind, _aware(at), by or "", role, note or "", _facts(facts))
            for kind, at, by, role, note, facts in found
        ],
    )


def _with_relations(episode: Episode, lines: list[Line]) -> list[Line]:
    """What a helper entered names what they are to the patient: "Sam (partner)"."""
    if all(line.role != Role.CAREGIVER for line in lines):
        return lines
    known = caregivers.named(episode.patient_id)
    return [
        line._replace(by=f"{line.by} ({known.get(line.by, caregivers.HELPER)})", role="")
        if line.role == Role.CAREGIVER
        else line
        for line in lines
    ]


def _lines(kind: str, row: _Kind, episode: Episode) -> QuerySet[Any, Any]:
    text = CharField()
    notes = Note.objects.filter(patient=episode.patient_id, digest=OuterRef(row.digest)) if row.digest else None
    columns: dict[str, Any] = {
        "kind_": Value(kind, text),
        "at_": F(row.at),
        "by_": F(row.by) if row.by else Value("", text),
        "role_": Cast(row.role, text) if row.role else Value("", text),
        "note_": Subquery(notes.values("text")[:1], output_field=text) if notes is not None else Value("", text),
        "facts_": JSONObject(**row.facts),
    }
    found: QuerySet[Any, Any] = row.model.objects.filter(row.only, **{row.path: episode.pk})  # type: ignore[attr-defined]
    lines: QuerySet[Any, Any] = found.order_by().annotate(**columns).values_list(*columns)
    return lines


def _aware(at: Any) -> datetime:
    found = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _facts(facts: Any) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(facts) if isinstance(facts, str) else facts
    return found
