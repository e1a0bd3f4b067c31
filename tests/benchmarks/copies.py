"""Multiplies the rows of knees in SQL, on either database.

A copied row's id is worked out from the id it was copied from and the number of the copy, so that copies refer to
copies without a lookup. Who entered a row is not copied: all copies name the person of the first. Alerts are not
copied either, as each names what caused it: a copy raises its own when it is next assessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.db import connection, transaction
from django.db.models import Field, ForeignKey, Model, UUIDField

from tracker.models import (
    Acknowledgement,
    Assessment,
    CheckIn,
    Clearance,
    Episode,
    EpisodeFact,
    MilestoneEvent,
    MilestoneRecord,
    Patient,
    ReminderPlan,
    Restriction,
    Review,
    Signature,
    User,
    triggers,
)

# Every table that holds a row of a knee, and the way from the row to its episode.
_COPIED: dict[type[Model], str] = {
    User: "patient__episodes",
    Patient: "episodes",
    Episode: "pk",
    EpisodeFact: "episode",
    Signature: "episode",
    Restriction: "episode",
    Acknowledgement: "restriction__episode",
    Clearance: "episode",
    CheckIn: "episode",
    MilestoneRecord: "episode",
    MilestoneEvent: "record__episode",
    Review: "episode",
    Assessment: "episode",
    ReminderPlan: "patient__episodes",
}
_AUTHORS = {"by", "created_by", "surgeon", "to"}
# What must not be the same twice, or reads better when it is not.
_OWN = {
    "tracker_user.email": "copy.number || '.' || source.email",
    "tracker_patient.family_name": "source.family_name || '-' || copy.number",
}
# Pain up to a point beside that of the original, so that no two knees are drawn alike.
_VARIED = {
    "postgresql": "least(10, greatest(0, source.pain_load + ascii(md5(source.id::text || copy.number)) %% 3 - 1))",
    "sqlite": "min(10, max(0, source.pain_load + unicode(md5(source.id || copy.number)) %% 3 - 1))",
}


@transaction.atomic
def multiply(made: Sequence[Episode], copies: int, *, vary: bool = False) -> None:
    """Adds `copies` copies of every row of these knees."""
    ids = [episode.pk for episode in made]
    if not ids or copies < 1:
        return
    with _trust(), connection.cursor() as cursor:
        for model, path in _COPIED.items():
            chosen = model._default_manager.filter(**{f"{path}__in": ids}).order_by().values("pk")
            inside, params = chosen.query.sql_with_params()
            cursor.execute(_copy(model, inside, vary), [copies, *params])


def _trust() -> AbstractContextManager[None]:
    """Spares the copies the checks that their originals have passed: half of the time, and SQLite minds their order."""
    if connection.vendor == "sqlite":
        return triggers.lifted()
    with connection.cursor() as cursor:
        cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
        if cursor.fetchone() == (True,):
            cursor.execute("SET LOCAL session_replication_role = replica")
    return nullcontext()


def _copy(model: type[Model], chosen: str, vary: bool) -> str:
    columns = [column for column in model._meta.concrete_fields if not _counts_itself(column)]
    quoted = ", ".join(f'"{column.column}"' for column in columns)
    own = _OWN | ({"tracker_checkin.pain_load": _VARIED[connection.vendor]} if vary else {})
    values = ", ".join(own.get(f"{model._meta.db_table}.{column.column}", _value(column)) for column in columns)
    return (
        "WITH RECURSIVE copy(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM copy WHERE number < %s) "
        f'INSERT INTO "{model._meta.db_table}" ({quoted}) '
        f'SELECT {values} FROM "{model._meta.db_table}" source CROSS JOIN copy '
        f'WHERE source."{model._meta.pk.column}" IN ({chosen})'
    )


def _counts_itself(column: Field[Any, Any]) -> bool:
    return column.primary_key and not isinstance(column, UUIDField | ForeignKey)


def _value(column: Field[Any, Any]) -> str:
    source = f'source."{column.column}"'
    return _own_id(source) if _is_copied(column) else source


def _is_copied(column: Field[Any, Any]) -> bool:
    """Whether the column holds the id of a row that is copied too."""
    if isinstance(column, ForeignKey):
        return column.related_model in _COPIED and column.name not in _AUTHORS
    return column.primary_key


def _own_id(source: str) -> str:
    if connection.vendor == "postgresql":
        return f"md5({source}::text || copy.number)::uuid"
    return f"md5({source} || copy.number)"
