"""Many knees in little time: a few are made through the services, day by day, then their rows are multiplied in SQL.

    staff = seed.clinic()
    knees = seed.knees(staff, number=200, days=180)

A copied row's id is worked out from the id it was copied from and the number of the copy, so that copies refer to
copies without a lookup. Who entered a row is not copied: all copies name the person of the first. Alerts are not
copied either, as each names what caused it: a copy raises its own when it is next assessed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import Field, ForeignKey, Model, UUIDField

from tests import scenes
from tests.scenes import Staff
from tracker import clock
from tracker.clinical.terms import Gate, Procedure
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
from tracker.selectors import episodes as cases
from tracker.services import assessments, milestones, outbox, restrictions

# --- A few, through the services ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Story:
    """What makes one knee another than the next."""

    procedure: Procedure
    protocol: str
    worse: int = 0
    """Points of pain above what is usual."""
    silent: int = 0
    """Days since the last check-in, beside today."""
    reaches: bool = True
    """Whether milestones are reached when they are due."""
    waits_for: Gate | None = None
    """A gate that nobody decides on."""
    last: Mapping[str, Any] = field(default_factory=dict)
    """What the last check-in says beside its pain."""


STORIES = (
    Story(Procedure.MOWHTO, "mowhto_std"),
    Story(Procedure.MOWHTO, "mowhto_std", waits_for=Gate.G6),
    Story(Procedure.MOWHTO, "mowhto_trad", worse=2),
    Story(Procedure.LCWHTO, "lcwhto_std", silent=20),
    Story(Procedure.MCWDFO, "mcwdfo_std", reaches=False),
)
"""Told in turn: a clinic has some of each, and nobody in it has an alert yet."""

WITH_ALERTS = (
    *STORIES,
    Story(Procedure.LOWDFO, "lowdfo_std", last={"symptoms": ["calf_sore"]}),
    Story(Procedure.MOWHTO, "mowhto_acc", last={"fall": "fall"}),
)

_clinics = count(1)


def clinic() -> Staff:
    """One more clinic, with somebody in each role."""
    return scenes.clinic(f"Clinic {next(_clinics)}")


Act = tuple[int, Callable[[Episode], object]]
"""A post-operative day and what somebody does on it."""


def knee(staff: Staff, story: Story, days: int) -> Episode:
    """One knee operated `days` days ago, with a check-in on each of them up to yesterday."""
    today = clock.now().replace(hour=9, minute=0, second=0, microsecond=0)
    with clock.freeze(today - timedelta(days)) as stopped:
        episode = scenes.knee(staff, day=0, procedure=story.procedure, protocol=story.protocol)
        for day, act in sorted(_acts(staff, episode, story, days), key=lambda act: act[0]):
            stopped.set(today - timedelta(days - day))
            act(episode)
    _fill(episode, story, days, today)
    assessments.refresh(episode=episode, now=clock.now())
    outbox.expire(before=clock.now(), now=clock.now())
    return episode


def _acts(staff: Staff, episode: Episode, story: Story, days: int) -> Iterator[Act]:
    plan = cases.case(episode, now=clock.now()).plan
    yield 1, lambda knee: scenes.check_in(knee, pain_load=5, reported_load="touch", aids="two_crutches", symptoms=[])
    for gate in plan.gates:
        day = plan.gate_day(gate) or 0
        if gate is story.waits_for:
            break
        if day < days:
            yield day, lambda knee, gate=gate: scenes.clear(staff, knee, gate)
    for goal in plan.milestones if story.reaches else ():
        if goal.typical < days:
            yield goal.typical, lambda knee, key=goal.key: _reach(staff, knee, key)
    for day in range(1, days, 14):
        yield day, _see


def _reach(staff: Staff, knee: Episode, key: str) -> None:
    milestones.reach(episode=knee, by=staff.physiotherapist, key=key, reached_on=scenes.today(staff.clinic))


def _see(knee: Episode) -> None:
    """The patient confirms what stands."""
    for row in Restriction.objects.filter(episode=knee, superseded_by=None, acknowledgements=None):
        restrictions.acknowledge(restriction=row, by=scenes.patient(knee))


def _fill(episode: Episode, story: Story, days: int, today: datetime) -> None:
    """The days between the first check-in and the last, as rows like the first."""
    first, lot = CheckIn.objects.get(episode=episode), Random(days)
    rows = []
    for day in range(2, days - story.silent):
        at = today - timedelta(days - day)
        pain = max(0, min(6, round(5 - 4 * day / (day + 30)) + story.worse + lot.choice((-1, 0, 0, 0, 1))))
        rows.append(_like(first, at.date(), at, pain_load=pain, pain_worst=pain + 1, swelling="mild"))
    for name, said in story.last.items():
        setattr(rows[-1], name, said)
    CheckIn.objects.bulk_create(rows)


def _like(row: CheckIn, on: date, at: datetime, **answers: Any) -> CheckIn:
    kept = {field.attname: getattr(row, field.attname) for field in CheckIn._meta.concrete_fields}
    return CheckIn(**kept | {"id": uuid4(), "date": on, "entered_at": at} | answers)


# --- Multiplied -----------------------------------------------------------------------------------------------------

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


def knees(staff: Staff, *, number: int, days: int) -> list[Episode]:
    """`number` knees of the clinic with `days` days of history each, the copies of one as like as twins."""
    return _knees(staff, number, days, STORIES, vary=False)


def different(staff: Staff, *, number: int, days: int) -> list[Episode]:
    """The same, but each has pain of its own and is assessed by itself, and some have alerts."""
    made = _knees(staff, number, days, WITH_ALERTS, vary=True)
    for episode in made:
        assessments.refresh(episode=episode, now=clock.now())
    return made


def _knees(staff: Staff, number: int, days: int, stories: Sequence[Story], *, vary: bool) -> list[Episode]:
    made = [knee(staff, story, days) for story in stories[:number]]
    each, rest = divmod(number, len(made))
    multiply(made[:rest], each, vary=vary)
    multiply(made[rest:], each - 1, vary=vary)
    return list(Episode.objects.filter(clinic=staff.clinic).select_related("patient__user", "clinic"))


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
