"""Whatever is signed, cleared, refused, held, released, amended or let pass: the leg is never allowed too much.

Random histories run through the services on a real database. After every step an independent model, written from
the protocol tables alone, says the most that could be allowed on each day; the product must never be above it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import scenes
from tests.conftest import A_MONDAY_MORNING
from tests.scenes import Staff
from tracker import clock as clocks
from tracker.clinical import protocol as protocols
from tracker.clinical.history import Limit
from tracker.clinical.protocol import Step
from tracker.clinical.terms import Modifier, Symptom
from tracker.errors import Problem
from tracker.models import Episode, Hold, HoldRelease, Restriction
from tracker.selectors import episodes as cases
from tracker.services import checkins, clearances, episodes, measurements, restrictions

pytestmark = pytest.mark.django_db

EXAMPLES = int(os.environ.get("PROPERTY_EXAMPLES", "25"))
HORIZON = 130
WEIGHT = Decimal(84)

Action = tuple[str, dict[str, Any]]


def action(name: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Action]:
    return st.tuples(st.just(name), st.fixed_dictionaries(fields))


ACTIONS = st.one_of(
    action("days_pass", days=st.integers(1, 25)),
    action("days_pass", days=st.integers(1, 3)),
    action("sign"),
    action(
        "order",
        who=st.sampled_from(["surgeon", "physiotherapist"]),
        percent=st.integers(0, 100),
        ahead=st.integers(0, 9),
    ),
    action(
        "decide", gate=st.sampled_from(["W11", "G6", "G8", "G10", "G12"]), cleared=st.booleans(), ago=st.integers(0, 9)
    ),
    action("decide", gate=st.just("G6"), cleared=st.just(True), ago=st.integers(0, 3)),
    action("modifier", value=st.sampled_from(list(Modifier))),
    action("withdraw_modifier"),
    action(
        "check_in",
        symptom=st.sampled_from([None, Symptom.FEVER, Symptom.NEW_CLICK, Symptom.CALF_SORE]),
        ago=st.integers(0, 3),
    ),
    action("amend"),
    action("release", who=st.sampled_from(["surgeon", "physiotherapist"])),
    action("weigh", kg=st.integers(60, 110)),
)


class World:
    """One knee and its people; every verb is one thing somebody does."""

    def __init__(self, protocol: str, clock: clocks.StoppedClock) -> None:
        self.clock = clock
        self.staff: Staff = scenes.clinic()
        procedure = protocols.shipped()[protocol].procedures[0]
        self.surgery = self.today
        self.knee: Episode = scenes.knee(self.staff, signed=False, day=0, protocol=protocol, procedure=procedure)

    @property
    def today(self) -> date:
        return scenes.today(self.staff.clinic)

    def actor(self, who: str) -> Any:
        return getattr(self.staff, who)

    def days_pass(self, days: int) -> None:
        self.clock.advance(days=days)

    def sign(self) -> None:
        episodes.sign_plan(episode=self.knee, by=self.staff.surgeon)

    def order(self, who: str, percent: int, ahead: int) -> None:
        starts_on = self.today + timedelta(days=ahead)
        new = restrictions.NewOrder(starts_on=starts_on, reason="because", max_percent=percent)
        restrictions.order(episode=self.knee, by=self.actor(who), order=new)

    def decide(self, gate: str, cleared: bool, ago: int) -> None:
        clearances.decide(
            episode=self.knee,
            by=self.staff.surgeon,
            gate=gate,
            decision="cleared" if cleared else "refused",
            basis="the film",
            decided_on=self.today - timedelta(days=ago),
            second=self.staff.physiotherapist,
        )

    def modifier(self, value: Modifier) -> None:
        episodes.record_fact(episode=self.knee, by=self.staff.physiotherapist, kind="modifier", value=value)

    def withdraw_modifier(self) -> None:
        fact = self.knee.facts.filter(kind="modifier", withdrawal=None).order_by("recorded_at").first()
        if fact:
            agreed = self.staff.surgeon
            episodes.withdraw_fact(fact=fact, by=self.staff.physiotherapist, reason="not so", second=agreed)

    def check_in(self, symptom: Symptom | None, ago: int) -> None:
        scenes.check_in(self.knee, days_ago=ago, pain_load=3, symptoms=[symptom] if symptom else [])

    def amend(self) -> None:
        row = self.knee.check_ins.filter(amended_by=None).order_by("entered_at").last()
        if row:
            answers = checkins.parse({"date": row.date.isoformat(), "pain_load": 2, "symptoms": []})
            checkins.amend(check_in=row, by=self.staff.physiotherapist, answers=answers)

    def release(self, who: str) -> None:
        for hold in Hold.objects.filter(episode=self.knee, release=None):
            clearances.release(hold=hold, by=self.actor(who), basis="seen")

    def weigh(self, kg: int) -> None:
        measurements.record(
            episode=self.knee,
            by=self.staff.physiotherapist,
            kind="body_weight_kg",
            value=Decimal(kg),
            measured_on=self.today,
        )


# --- The independent model ------------------------------------------------------------------------------------------


def ladders(knee: Episode, protocol: str) -> list[tuple[Step, ...]]:
    rules = [
        protocols.modifiers()[Modifier(fact.value)] for fact in knee.facts.filter(kind="modifier", withdrawal=None)
    ]
    shipped = protocols.shipped()
    found = [shipped[protocol].steps, *(rule.steps for rule in rules if rule.steps)]
    if protocol == "mowhto_acc" and any(rule.no_accelerated for rule in rules):
        found.append(shipped["mowhto_std"].steps)
    return found


def calendar(ladder: tuple[Step, ...], day: int) -> tuple[Decimal, Decimal]:
    """Percent and kilograms of one ladder by the calendar alone."""
    step = [step for step in ladder if step.day <= day][-1]
    return as_numbers(step.limit(WEIGHT))


def as_numbers(limit: Limit) -> tuple[Decimal, Decimal]:
    cap = limit.cap_kg if limit.cap_kg is not None else Decimal(1000)
    return Decimal(limit.percent) + (Decimal("0.5") if limit.full else 0), cap


def least(pairs: list[tuple[Decimal, Decimal]]) -> tuple[Decimal, Decimal]:
    return min(percent for percent, _ in pairs), min(cap for _, cap in pairs)


def closed_gate_days(world: World, found: list[tuple[Step, ...]]) -> list[int]:
    """The days of steps whose gate no standing clearance opens, or whose earlier gate is closed."""
    cleared: dict[str, bool] = {}
    for row in world.knee.clearances.order_by("entered_at"):
        cleared[row.gate] = row.decision == "cleared"
    return [step.day for ladder in found for step in ladder for gate in step.gates if not cleared.get(gate)]


def most(world: World, protocol: str, on: date) -> tuple[Decimal, Decimal]:
    """The most percent and kilograms that anything could allow on a day."""
    found = ladders(world.knee, protocol)
    day = (on - world.surgery).days
    days = [day, *(closed - 1 for closed in closed_gate_days(world, found) if closed <= day)]
    bounds = [calendar(ladder, each) for ladder in found for each in days]
    bounds += [as_numbers(Limit(hold.max_percent, hold.cap_kg, hold.full)) for hold in standing_holds(world, on)]
    rows = Restriction.objects.filter(episode=world.knee, superseded_by=None, starts_on__lte=on)
    bounds += [
        as_numbers(Limit(row.max_percent, row.cap_kg, row.full))
        for row in rows
        if row.ends_on is None or row.ends_on > on
    ]
    return least(bounds)


def standing_holds(world: World, on: date) -> Iterator[Hold]:
    released = dict(HoldRelease.objects.filter(hold__episode=world.knee).values_list("hold_id", "released_on"))
    for hold in Hold.objects.filter(episode=world.knee, since__lte=on):
        if hold.pk not in released or released[hold.pk] > on:
            yield hold


# --- What must hold after every step --------------------------------------------------------------------------------


def rows_follow_each_other(world: World) -> None:
    rows = list(Restriction.objects.filter(episode=world.knee, superseded_by=None).order_by("starts_on"))
    for row, after in pairwise(rows):
        assert row.ends_on == after.starts_on, "a gap or an overlap"
    assert not rows or rows[-1].ends_on is None, "the last row must be open"


def never_too_much(world: World, protocol: str) -> None:
    case = cases.case(world.knee, now=world.clock.instant)
    for ahead in (0, 1, 7, 14, 30, 60, 100):
        on = world.today + timedelta(days=ahead)
        allowed = cases.allowance_on(case, on)
        percent, cap = as_numbers(allowed.limit)
        most_percent, most_cap = most(world, protocol, on)
        assert percent <= most_percent, f"{percent} % on {on}, at most {most_percent}"
        assert cap <= most_cap
        if allowed.max_kg is not None and allowed.signed:
            assert allowed.max_kg <= min(most_cap, (most_percent + 1) * WEIGHT / 100), (
                "percent of a limit in kg is rounded down"
            )


def nothing_rises_while_nobody_signs(world: World, before: dict[date, Limit], act: str) -> None:
    """A day's level may only rise by a signature: signing, an order, a decision, a release (law 1)."""
    if act in ("sign", "order", "decide", "release"):
        return
    for on, limit in before.items():
        now = as_numbers(level_on(world, on))
        assert now[0] <= as_numbers(limit)[0], f"{act} raised {on}"


def level_on(world: World, on: date) -> Limit:
    return cases.allowance_on(cases.case(world.knee, now=world.clock.instant), on).limit


def check_deferred() -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def attempt(act: Callable[[], object]) -> None:
    """Does it, or is refused in words; a refusal leaves nothing behind."""
    with suppress(Problem), transaction.atomic():
        act()


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    protocol=st.sampled_from(sorted(protocols.shipped())),
    history=st.lists(ACTIONS, min_size=3, max_size=14),
)
def test_no_history_ever_allows_more_than_the_strictest_rule(protocol: str, history: list[Action]) -> None:
    with clocks.freeze(A_MONDAY_MORNING) as clock, transaction.atomic():
        world = World(protocol, clock)
        for name, fields in [("sign", {}), *history]:
            clock.advance(minutes=1)
            watched = [world.today + timedelta(days=ahead) for ahead in (26, 40, 60, 90)]
            before = {on: level_on(world, on) for on in watched}
            attempt(lambda: getattr(world, name)(**fields))  # noqa: B023 - called at once
            check_deferred()
            rows_follow_each_other(world)
            never_too_much(world, protocol)
            nothing_rises_while_nobody_signs(world, before, name)
        transaction.set_rollback(True)
