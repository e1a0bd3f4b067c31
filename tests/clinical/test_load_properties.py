"""No sequence of orders, decisions, modifiers, holds and days loosens a level past the strictest that applies.

Every act is done twice: at the desk, by the program's rules, and in the plain model. After each act the two must say
the same for every day, and the standing rows must lie without a gap or an overlap.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.clinical.desk import SURGERY, Desk
from tests.clinical.plain_model import (
    HORIZON,
    NOTHING,
    Held,
    Knee,
    Level,
    allows_more,
    in_kilograms,
    kilograms,
    shown,
    strictest,
)
from tracker.clinical import limits, openings, orders, protocol
from tracker.clinical.allowance import allowed
from tracker.clinical.history import Clearance, History, Limit, Order
from tracker.clinical.terms import Aids, Decision, Gate, Modifier, Role

PROTOCOLS = sorted(protocol.shipped())
MODIFIERS = st.sets(st.sampled_from(list(Modifier)).map(str), max_size=3)
WEIGHTS = st.decimals(30, 250, places=1)
ROLES = st.sampled_from([Role.SURGEON, Role.PHYSIOTHERAPIST])
LOOK_AHEAD = (0, 1, 6, 13, 14, 28, 45, 90)


def plain(limit: Limit) -> Level:
    return Fraction(limit.percent), None if limit.cap_kg is None else Fraction(limit.cap_kg), limit.full


class OneKnee(RuleBasedStateMachine):
    @initialize(
        key=st.sampled_from(PROTOCOLS),
        modifiers=st.just(set()) | MODIFIERS,
        weight=st.integers(40, 150),
        day=st.sampled_from([0, 0, -2, 9, 21, 50]),
        signed=st.sampled_from([True, True, True, False]),
    )
    def enrol(self, key: str, modifiers: set[str], weight: int, day: int, signed: bool) -> None:
        self.desk = Desk(key, modifiers, weight, day)
        self.model = Knee(key, Fraction(weight), set(modifiers))
        if signed:
            self.the_surgeon_signs()

    @precondition(lambda self: self.desk.day < 150)
    @rule(days=st.sampled_from([1, 1, 3, 7, 14, 30]))
    def days_pass(self, days: int) -> None:
        self.desk.today += timedelta(days=days)

    @precondition(lambda self: self.desk.day < 150)
    @rule()
    def the_next_step_comes(self) -> None:
        coming = [step.day for step in self.desk.plan.steps if step.day > self.desk.day]
        self.desk.until(coming[0] if coming else self.desk.day + 1)

    @precondition(lambda self: self.desk.day < 150 and any(step.gates for step in self.desk.plan.steps))
    @rule(late=st.sampled_from([0, 0, 4, -4]))
    def the_next_gate_is_cleared(self, late: int) -> None:
        shut = [gate for gate in self.desk.plan.gates if self.model.gates.get(gate) is None]
        if shut:
            self.desk.until(max(self.desk.day, 0, (self.desk.plan.gate_day(shut[0]) or 0) + late))
            assert self.desk.decide(shut[0], Decision.CLEARED) is None
            self.model.clear(shut[0], self.desk.day, self.desk.day)

    @rule()
    def the_surgeon_signs(self) -> None:
        self.desk.sign()
        self.model.sign(self.desk.day)

    @precondition(lambda self: self.desk.plan.gates and self.desk.day >= 0)
    @rule(data=st.data(), ago=st.sampled_from([0, 0, 2, 5]), role=ROLES)
    def a_gate_is_decided(self, data: st.DataObject, ago: int, role: Role) -> None:
        gate = data.draw(st.sampled_from(self.desk.plan.gates))
        decision = data.draw(st.sampled_from([Decision.CLEARED, Decision.CLEARED, Decision.REFUSED]))
        decided = self.desk.day - ago
        problem = self.desk.decide(gate, decision, on=decided, role=role)
        earlier = self.desk.plan.gates[: self.desk.plan.gates.index(gate)]
        open_before = [one for one in earlier if self.model.gates.get(one) is None]
        others = decided < 0 or (role is Role.PHYSIOTHERAPIST and gate is not Gate.W11)
        if others or (decision is Decision.CLEARED and open_before):
            assert problem
        elif role is Role.SURGEON:
            assert problem is None
        if problem is None and decision is Decision.CLEARED:
            self.model.clear(gate, decided, self.desk.day)
        elif problem is None:
            self.model.gates[gate] = None
            surgeon = role is Role.SURGEON
            self.model.tighten(self.desk.day, self.model.walk(released_only=True), authority=surgeon)

    @precondition(lambda self: self.desk.day >= 0)
    @rule(percent=st.integers(0, 100), full=st.booleans(), later=st.sampled_from([0, 0, 0, 5, 20]), role=ROLES)
    def an_order_is_given(self, percent: int, full: bool, later: int, role: Role) -> None:
        self._order(
            (Fraction(percent), None, full and percent == 100), self.desk.day + later, role, percent=percent, full=full
        )

    @precondition(lambda self: self.desk.day >= 0)
    @rule(kg=st.integers(0, 60), later=st.sampled_from([0, 0, 5]), role=ROLES)
    def an_order_in_kilograms_is_given(self, kg: int, later: int, role: Role) -> None:
        self._order(in_kilograms(Fraction(kg), self.model.weight), self.desk.day + later, role, cap_kg=kg)

    def _order(self, level: Level, start: int, role: Role, **given: int | bool) -> None:
        problem = self.desk.order(**given, role=role, starts=start)
        weight = self.model.weight
        coming = range(start, HORIZON)
        too_much = any(allows_more(level, self.model.live(day), weight) for day in (start, start + 7, HORIZON - 1))
        if role is Role.PHYSIOTHERAPIST and not too_much:
            words = [self.model.authority.get(day) for day in coming]
            too_much = any(word is None or allows_more(level, word, weight) for word in words)
            too_much = too_much or any(hold.on(self.desk.day) for hold in self.model.holds)
        assert (problem is not None) == too_much
        if problem is None:
            self.model.order(start, level, authority=role is Role.SURGEON)

    @rule(modifier=st.sampled_from(list(Modifier)).map(str))
    def a_modifier_is_found(self, modifier: str) -> None:
        self.desk.add(modifier)
        self.model.modifiers.add(modifier)
        self._meet_plan()

    @precondition(lambda self: self.desk.modifiers)
    @rule(data=st.data())
    def a_modifier_is_withdrawn(self, data: st.DataObject) -> None:
        modifier = data.draw(st.sampled_from(sorted(self.desk.modifiers)))
        self.desk.withdraw(modifier)
        self.model.modifiers.discard(modifier)
        self._meet_plan()

    def _meet_plan(self) -> None:
        self.model.tighten(max(0, self.desk.day), self.model.walk(released_only=True), authority=True)

    @precondition(lambda self: self.desk.day >= 0)
    @rule(sign=st.booleans())
    def a_red_flag_writes_a_hold(self, sign: bool) -> None:
        before = self.desk.allowed()
        hold = self.desk.hold("fall" if sign else "calf_sore", sign=sign)
        assert not limits.looser(hold.limit, before.limit)
        assert sign or not hold.put_back
        self.model.holds.append(Held(self.desk.day, plain(hold.limit), hold.put_back))

    @precondition(lambda self: any(hold.until is None for hold in self.model.holds))
    @rule(data=st.data(), role=ROLES)
    def a_hold_is_released(self, data: st.DataObject, role: Role) -> None:
        open_ = [at for at, hold in enumerate(self.model.holds) if hold.until is None]
        at = data.draw(st.sampled_from(open_))
        if self.desk.release(self.desk.history.holds[at], role=role) is None:
            self.model.holds[at].until = self.desk.day
            self._meet_plan()

    def days(self) -> list[int]:
        return [day for day in (self.desk.day + ahead for ahead in LOOK_AHEAD) if 0 <= day < HORIZON]

    @invariant()
    def program_and_plain_model_allow_the_same(self) -> None:
        for day in self.days():
            assert plain(self.desk.allowed(day).limit) == shown(self.model.allowed(day)), day

    @invariant()
    def nothing_is_looser_than_calendar_gates_holds_or_the_signed_word(self) -> None:
        for day in self.days():
            found = plain(self.desk.allowed(day).limit)
            held = [hold.level for hold in self.model.holds if hold.on(day)]
            word = self.model.words.get(day, NOTHING)
            for bound in (self.model.calendar(day), self.model.gated(day), word, *held):
                assert not allows_more(found, bound, self.model.weight), day

    @invariant()
    def the_kilograms_shown_never_exceed_the_level(self) -> None:
        for day in self.days():
            found = self.desk.allowed(day)
            most = kilograms(plain(found.limit), self.model.weight + self.model.weight / 100)
            assert (found.max_kg is None) == (most is None)
            alone = found.limit.cap_kg is not None and found.max_kg == found.limit.cap_kg
            assert most is None or alone or (found.max_kg is not None and found.max_kg <= most)

    @invariant()
    def standing_rows_leave_no_gap_and_no_overlap(self) -> None:
        rows = self.desk.standing()
        for before, after in pairwise(rows):
            assert before.starts_on < after.starts_on == before.ends_on
        assert not rows or rows[-1].ends_on is None

    @invariant()
    def the_signed_word_of_every_day_is_the_standing_row(self) -> None:
        for day in self.days():
            on = SURGERY + timedelta(days=day)
            rows = [
                row for row in self.desk.standing() if row.starts_on <= on and (row.ends_on is None or on < row.ends_on)
            ]
            assert [plain(row.limit) for row in rows] == (
                [shown(self.model.words[day])] if day in self.model.words else []
            )

    @invariant()
    def two_dates_are_never_looser_than_either(self) -> None:
        for day in self.days()[:3]:
            clinic, patient = SURGERY + timedelta(days=day), SURGERY + timedelta(days=day + 1)
            both = allowed(self.desk.plan, self.desk.history, clinic_date=clinic, patient_date=patient)
            if both.known:
                assert not limits.looser(both.limit, self.desk.allowed(day + 1).limit)
                assert not allows_more(plain(both.limit), self.model.live(day), self.model.weight)


def test_no_sequence_of_acts_allows_more_than_the_strictest_that_applies() -> None:
    run_state_machine_as_test(
        OneKnee, settings=settings(max_examples=80, stateful_step_count=20, deadline=None, phases=[Phase.generate])
    )


@given(key=st.sampled_from(PROTOCOLS), modifiers=MODIFIERS, weight=WEIGHTS)
def test_a_plan_is_the_strictest_of_all_ladders_on_every_day_and_only_rises(
    key: str, modifiers: set[str], weight: Decimal
) -> None:
    plan, model = Desk(key, modifiers, str(weight)).plan, Knee(key, Fraction(weight), modifiers)
    assert [(step.day, set(map(str, step.gates))) for step in plan.steps] == [
        (rung[0], rung[2]) for rung in model.rungs()
    ]
    for day in range(0, 130, 3):
        assert not allows_more(plain(plan.limit_on(day)), model.calendar(day), model.weight)
    for before, after in pairwise(plan.steps):
        assert limits.exceeds(after.limit, before.limit, weight)
        assert not limits.exceeds(before.limit, after.limit, weight)
    assert plan.steps[-1].limit == limits.FULL


@given(key=st.sampled_from(PROTOCOLS), modifiers=MODIFIERS)
def test_milestones_never_come_due_before_the_load_they_presuppose(key: str, modifiers: set[str]) -> None:
    plan = Desk(key, modifiers).plan
    free = next(step.day for step in plan.steps if limits.unrestricted(step.limit))
    for milestone in plan.milestones:
        assert milestone.earliest <= milestone.typical <= (milestone.latest or milestone.typical)
        if milestone.load in ("unrestricted", "full"):
            assert milestone.earliest >= free


LIMITS = st.builds(
    Limit, st.integers(0, 100), st.none() | st.decimals(0, 250, places=1), st.booleans()
)  # fmt: skip


@given(st.lists(LIMITS, min_size=1, max_size=5), st.randoms())
def test_the_strictest_is_a_meet(found: list[Limit], order: object) -> None:
    met = limits.strictest(*found)
    assert all(not limits.looser(met, limit) for limit in found)
    assert limits.strictest(met, *found) == met == limits.strictest(*reversed(found))
    assert plain(met) == strictest(*map(plain, found))


@given(limit=LIMITS, weight=WEIGHTS)
def test_kilograms_are_rounded_down_from_percent_and_cap(limit: Limit, weight: Decimal) -> None:
    exact = kilograms(plain(limit), Fraction(weight))
    found = limits.kg(limit, weight)
    assert found == (None if exact is None else int(exact))


DATES = st.integers(-5, 120).map(lambda day: SURGERY + timedelta(days=day))
CORRUPT = st.builds(
    lambda start, end, percent, cap, full, kg, gone: Order(
        "r", start, end, Limit(percent, cap, full), kg, Aids.NONE, SIGNED_AT, superseded=gone
    ),
    DATES, st.none() | DATES, st.integers(-300, 300), st.none() | st.decimals(allow_nan=True, allow_infinity=True),
    st.booleans(), st.none() | st.integers(-50, 300), st.booleans(),
)  # fmt: skip
SIGNED_AT = Desk().sign().history.orders[0].recorded_at


@given(rows=st.lists(CORRUPT, max_size=4), day=st.integers(0, 120), signed=st.booleans())
def test_corrupt_orders_never_show_more_than_the_least_that_stands(rows: list[Order], day: int, signed: bool) -> None:
    desk = Desk(day=day)
    named = tuple(replace(row, id=str(at)) for at, row in enumerate(rows))
    desk.history = History(signed=signed, orders=named)
    found = desk.allowed()
    standing = [
        row
        for row in named
        if not row.superseded and row.starts_on <= desk.today < (row.ends_on or desk.today + timedelta(1))
    ]
    if not signed or len(standing) != 1:
        assert (found.known, found.max_percent, found.max_kg) == (False, 0, 0)
    else:
        assert found.max_percent <= max(0, standing[0].limit.percent)
        assert not limits.exceeds(found.limit, desk.plan.limit_on(day), desk.weight)


@given(
    entries=st.lists(
        st.tuples(st.sampled_from(list(Gate)), st.sampled_from(list(Decision)), st.integers(0, 120)), max_size=8
    ),
    key=st.sampled_from(PROTOCOLS),
    modifiers=MODIFIERS,
)
def test_steps_open_in_order_each_after_the_length_of_the_one_before(
    entries: list[tuple[Gate, Decision, int]], key: str, modifiers: set[str]
) -> None:
    plan = Desk(key, modifiers).plan
    clearances = [
        Clearance(gate, decision, SURGERY + timedelta(days=day), SIGNED_AT + timedelta(seconds=at))
        for at, (gate, decision, day) in enumerate(entries)
    ]
    opened = openings.openings(plan, clearances, ())
    last = {gate: (decision, day) for gate, decision, day in entries}
    for before, after in pairwise(opened):
        if after.opens_on is None:
            continue
        assert before.opens_on is not None
        assert (after.opens_on - before.opens_on).days >= after.step.day - before.step.day
        assert after.day >= after.step.day
        assert all(last[gate][0] is Decision.CLEARED and last[gate][1] <= after.day for gate in after.step.gates)


@pytest.mark.parametrize("cap", [True, False])
@given(data=st.data())
def test_laying_changes_no_day_before_its_first(data: st.DataObject, cap: bool) -> None:
    desk = Desk(data.draw(st.sampled_from(PROTOCOLS))).sign()
    start = data.draw(st.integers(0, 90))
    given_ = orders.level(desk.weight, SURGERY + timedelta(days=start), percent=data.draw(st.integers(0, 100)))
    before = [plain(row.limit) for day in range(start) for row in desk.standing() if day_in(row, day)]
    standing = {day: row.limit for day in range(150) for row in desk.standing() if day_in(row, day)}
    desk.store(orders.lay(desk.history.orders, [given_], cap=cap), authority=True, source="order")
    after = [plain(row.limit) for day in range(start) for row in desk.standing() if day_in(row, day)]
    assert before == after
    for day in range(start, 150):
        (row,) = [row for row in desk.standing() if day_in(row, day)]
        assert row.limit == (limits.strictest(standing[day], given_.limit) if cap else given_.limit)


def day_in(row: Order, day: int) -> bool:
    on = SURGERY + timedelta(days=day)
    return row.starts_on <= on and (row.ends_on is None or on < row.ends_on)
