"""Many knees in little time: a few are made through the services, day by day, then their rows are multiplied.

staff = seed.clinic()
knees = seed.knees(staff, number=200, days=180)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from random import Random
from typing import Any
from uuid import uuid4

from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat

from tests import scenes
from tests.benchmarks.copies import multiply
from tests.scenes import Staff
from tracker import clock
from tracker.clinical.terms import Gate, Procedure
from tracker.models import CheckIn, Episode, Patient, Restriction
from tracker.selectors import episodes as cases
from tracker.services import assessments, milestones, outbox, restrictions


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
            yield day, partial(_clear, staff, gate)
    for goal in plan.milestones if story.reaches else ():
        if goal.typical < days:
            yield goal.typical, partial(_reach, staff, goal.key)
    for day in range(1, days, 14):
        yield day, _see


def _clear(staff: Staff, gate: Gate, knee: Episode) -> None:
    scenes.clear(staff, knee, gate)


def _reach(staff: Staff, key: str, knee: Episode) -> None:
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


def knees(staff: Staff, *, number: int, days: int) -> list[Episode]:
    """`number` knees of the clinic with `days` days of history each, the copies of one as like as twins."""
    return _knees(staff, number, days, STORIES, vary=False)


def different(staff: Staff, *, number: int, days: int) -> list[Episode]:
    """The same, but each has pain of its own and is assessed by itself, and some have alerts."""
    made = _knees(staff, number, days, WITH_ALERTS, vary=True)
    for episode in made:
        assessments.refresh(episode=episode, now=clock.now())
    return made


def crowd(staff: Staff, *, number: int, **changes: Any) -> None:
    """`number` knees signed 21 days after the operation, without history, each patient with an address of their own."""
    knee = scenes.knee(staff, **changes)
    multiply([knee], number - 1)
    own = Concat(Value("patient-"), Cast("pk", CharField()), Value("@example.org"), output_field=CharField())
    Patient.objects.filter(clinic=staff.clinic).update(email=own)


def _knees(staff: Staff, number: int, days: int, stories: Sequence[Story], *, vary: bool) -> list[Episode]:
    made = [knee(staff, story, days) for story in stories[:number]]
    each, rest = divmod(number, len(made))
    multiply(made[:rest], each, vary=vary)
    multiply(made[rest:], each - 1, vary=vary)
    return list(Episode.objects.filter(clinic=staff.clinic).select_related("patient__user", "clinic"))
