"""Very many patients, with no more rows than the reminder engine reads: one is made, the rest are copied in SQL.

crowds.made(100_000, now)                          # in a clinic of their own, with plans, occurrences, messages
crowds.spread_plans(now, timedelta(hours=47))      # the planner's next looks, from a minute on
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Field, ForeignKey, Min, Model, Q

from tests import scenes
from tests.benchmarks import copies, seed
from tracker import clock
from tracker.models import Assessment, Episode, Kind, Occurrence, OutboxMessage, Patient, ReminderPlan
from tracker.services import outbox, reminders, ticks

TABLES: dict[type[Model], str] = {
    Patient: "episodes",
    Episode: "pk",
    Assessment: "episode",
    ReminderPlan: "patient__episodes",
    Occurrence: "patient__episodes",
    OutboxMessage: "patient__episodes",
}
"""And from each the way to the knee."""
OWN = {
    "tracker_patient.email": "copy.number || '.' || source.email",
    "tracker_patient.family_name": "source.family_name || '-' || copy.number",
    "tracker_outboxmessage.dedupe_key": "source.dedupe_key || '-' || copy.number",
}
"""What must not be the same twice."""
AT_ONCE = 10_000
"""Copies a transaction."""
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def made(number: int, now: datetime) -> Episode:
    """So many patients who have been looked after for a day: what was due by now has been sent."""
    with clock.freeze(now - DAY):
        knee = scenes.knee(seed.clinic())
        Patient.objects.filter(pk=knee.patient_id).update(user=None)
        ticks.daily(now=clock.now())
        reminders.plan(now=clock.now())
    ticks.daily(now=now)
    reminders.plan(now=now)
    outbox.expire(before=now, now=now)
    for first in range(0, number - 1, AT_ONCE):
        copy(knee, first + 1, min(first + AT_ONCE, number - 1))
    return knee


@transaction.atomic
def copy(knee: Episode, first: int, last: int) -> None:
    """The copies of the knee with these numbers; no check that the original has passed is made again."""
    with copies._trust(), connection.cursor() as cursor:
        for model, path in TABLES.items():
            chosen = model._default_manager.filter(**{path: knee.pk}).order_by().values("pk")
            inside, params = chosen.query.sql_with_params()
            cursor.execute(_statement(model, inside, OWN), [first, last, *params])


def spread_plans(now: datetime, over: timedelta) -> None:
    """Lets the planner's looks come minute by minute, from the one after `now` on."""
    minutes = over // MINUTE
    later = {
        "postgresql": "%s + (1 + id %% %s) * interval '1 minute'",
        "sqlite": "datetime(%s, '+' || (1 + id %% %s) || ' minutes')",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE tracker_reminderplan SET next_due_at = {later}", [now, minutes])


def only_check_in_waits() -> None:
    """One message a patient waits, for the next day; the others are as if they had been sent."""
    state, check_in = OutboxMessage.State, Q(kind=Kind.CHECK_IN)
    others = OutboxMessage.objects.filter(state=state.DUE)
    first = others.filter(check_in).aggregate(first=Min("due_at"))["first"]
    others.exclude(check_in, due_at=first).update(state=state.SENT, finished_at=first - DAY, settled_at=first - DAY)


def make_due(at: datetime, *, over: timedelta = timedelta(seconds=1), most: int | None = None) -> None:
    """Lets what waits fall due from `at` on, evenly over some seconds."""
    seconds = over // timedelta(seconds=1)
    waiting = OutboxMessage.objects.filter(state=OutboxMessage.State.DUE).order_by("pk")
    chosen = list(waiting.values_list("pk", flat=True)[:most])
    for second in range(seconds):
        due = at + timedelta(seconds=second)
        OutboxMessage.objects.filter(pk__in=chosen[second::seconds]).update(due_at=due, expires_at=due + DAY)


def take_back() -> None:
    """What was sent of what waited waits again, for the next day."""
    tomorrow = clock.now() + DAY
    sent = OutboxMessage.objects.filter(state=OutboxMessage.State.SENT, attempts__gt=0)
    sent.update(state=OutboxMessage.State.DUE, due_at=tomorrow, finished_at=None, attempts=0, message_id="")


def _statement(model: type[Model], chosen: str, own: Mapping[str, str]) -> str:
    table = model._meta.db_table
    columns = [column for column in model._meta.concrete_fields if not copies._counts_itself(column)]
    quoted = ", ".join(f'"{column.column}"' for column in columns)
    values = ", ".join(own.get(f"{table}.{column.column}") or _value(column) for column in columns)
    return (
        "WITH RECURSIVE copy(number) AS (SELECT CAST(%s AS integer) UNION ALL SELECT number + 1 FROM copy WHERE number < %s) "
        f'INSERT INTO "{table}" ({quoted}) SELECT {values} FROM "{table}" source CROSS JOIN copy '
        f'WHERE source."{model._meta.pk.column}" IN ({chosen})'
    )


def _value(column: Field[Any, Any]) -> str:
    source = f'source."{column.column}"'
    copied = column.related_model in TABLES if isinstance(column, ForeignKey) else column.primary_key
    return copies._own_id(source) if copied else source
