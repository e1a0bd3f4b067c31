"""The whole record of one episode in one statement, whatever the history.

All rows of a kind become one JSON array, all kinds are one UNION ALL, and the text of that statement is worked out
once: a check-in must not pay for building a dozen queries.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Aggregate, Model, Q, QuerySet, TextField, Value
from django.db.models.sql.compiler import SQLCompiler

from tracker.models import (
    Acknowledgement,
    Alert,
    AlertEvent,
    CheckIn,
    Clearance,
    EpisodeFact,
    Hold,
    Measurement,
    MilestoneEvent,
    MilestoneRecord,
    Restriction,
    Review,
)

Rows = Mapping[str, Sequence[dict[str, Any]]]
"""Plain rows by kind. Times, dates and ids are text, exactly as the database gave them."""

# Stand-ins that the statement is built with and that every call replaces.
_EPISODE = UUID(int=0)
_SINCE = date(1, 1, 1)

ANSWERS = (
    "date entered_at pain_rest pain_load pain_worst pain_night pain_site reported_load reported_load_kg aids exercises "
    "swelling analgesia pain_eased can_load symptoms fall limit_percent limit_kg"
)

# kind: model, path to its episode, columns, further columns under another name
_KINDS: dict[str, tuple[type[Model], str, str, dict[str, str]]] = {
    "fact": (EpisodeFact, "episode", "id kind value protocol_id since recorded_at", {"gone": "withdrawal__at"}),
    "order": (
        Restriction,
        "episode",
        (
            "id signature_id max_percent cap_kg full max_kg aids brace_min brace_max starts_on ends_on source gate "
            "origin_id recorded_at superseded_by_id"
        ),
        {
            "authority": "signature__authority",
            "role": "signature__role",
            "weight": "signature__weight_kg",
            "by": "signature__by__name",
            "signed_at": "signature__signed_at",
            "reason": "signature__reason_digest",
        },
    ),
    "seen": (Acknowledgement, "restriction__episode", "restriction_id at", {}),
    "clearance": (Clearance, "episode", "id gate decision decided_on entered_at basis_digest", {}),
    "hold": (
        Hold,
        "episode",
        "id code since max_percent cap_kg full put_back",
        {"released_on": "release__released_on"},
    ),
    "alert": (Alert, "episode", "id code urgency cause opened_at evidence sentence", {}),
    "alert_event": (AlertEvent, "alert__episode", "alert_id kind at", {}),
    "measurement": (Measurement, "episode", "id kind value measured_on entered_at role", {}),
    "milestone": (MilestoneRecord, "episode", "id key reached_on value", {}),
    "milestone_event": (MilestoneEvent, "record__episode", "record_id kind", {}),
    "review": (Review, "episode", "key kind booked_at done_on result window_from window_to", {}),
    "check_in": (CheckIn, "episode", f"id {ANSWERS}", {}),
}


class Packed(Aggregate):
    """All rows as one JSON array of arrays."""

    output_field = TextField()
    template = "JSON_GROUP_ARRAY(JSON_ARRAY(%(expressions)s))"

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, Sequence[Any]]:
        return self.as_sql(compiler, connection, template="JSON_AGG(JSON_BUILD_ARRAY(%(expressions)s))")


def rows(episode_id: UUID, since: date) -> Rows:
    """Every row of the episode by kind; check-ins from `since` on, in no order."""
    sql, params = _statement(connection.vendor)
    known: dict[Any, Any] = {
        _EPISODE: episode_id,
        _EPISODE.hex: episode_id.hex,  # as SQLite keeps it
        _SINCE: since,
        _SINCE.isoformat(): since.isoformat(),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, [known.get(param, param) for param in params])
        return {kind: _unpacked(kind, body) for kind, body in cursor.fetchall()}


@cache
def _statement(vendor: str) -> tuple[str, tuple[Any, ...]]:
    first, *rest = _queries()
    return first.union(*rest, all=True).query.sql_with_params()


def _queries() -> Iterator[QuerySet[Any, Any]]:
    for kind, (model, path, columns, renamed) in _KINDS.items():
        wanted = Q(**{path: _EPISODE})
        if kind == "check_in":
            wanted &= Q(date__gte=_SINCE)
        packed = Packed(*columns.split(), *renamed.values())
        named = model._default_manager.filter(wanted).order_by().annotate(row_kind=Value(kind)).values("row_kind")
        yield named.annotate(packed=packed).values_list("row_kind", "packed")


def _unpacked(kind: str, body: Any) -> Sequence[dict[str, Any]]:
    names = _names(kind)
    packed = json.loads(body, parse_float=str) if isinstance(body, str) else body
    return [dict(zip(names, values, strict=True)) for values in packed or ()]


@cache
def _names(kind: str) -> tuple[str, ...]:
    _, _, columns, renamed = _KINDS[kind]
    return (*columns.split(), *renamed)
