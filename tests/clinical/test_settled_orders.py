"""Design section 10, lines 1 to 9: how orders, gates, modifiers, holds and dates meet. One test or more a line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.clinical.desk import SURGERY, Desk
from tracker.clinical import limits, orders
from tracker.clinical.allowance import Allowance, allowed
from tracker.clinical.clearances import gate_criteria
from tracker.clinical.history import Alert, CheckIn, History, Hold, Limit, Measurement, Order, Reached
from tracker.clinical.terms import (
    Aids,
    Decision,
    Gate,
    Loading,
    Modifier,
    Phase,
    Role,
    StepState,
    Swelling,
    Symptom,
    Term,
    Urgency,
)

CLEARED, REFUSED = Decision.CLEARED, Decision.REFUSED
PHYSIO = Role.PHYSIOTHERAPIST


def ladder(desk: Desk, upto: int = 120) -> list[tuple[int, int, bool]]:
    """The allowance by day as the record stands: only the days on which it changes, as day, percent, full."""
    days = [
        (day, found.max_percent, found.limit.full) for day in range(desk.day, upto) for found in [desk.allowed(day)]
    ]
    return [one for at, one in enumerate(days) if at == 0 or one[1:] != days[at - 1][1:]]


def spans(desk: Desk) -> list[tuple[int, int | None, int]]:
    """The standing rows as first day, day after the last, percent."""
    return [
        ((row.starts_on - SURGERY).days, (row.ends_on - SURGERY).days if row.ends_on else None, row.limit.percent)
        for row in desk.standing()
    ]


def code(problem: Any) -> str | None:
    return None if problem is None else problem.code


def day_of(on: date) -> int:
    return (on - SURGERY).days


# --- The issue's own example ------------------------------------------------------------------------------------------


def test_must_show_2_half_the_weight_at_day_21_and_at_day_45_without_the_gate() -> None:
    desk = Desk(day=21).sign()
    for day in (21, 45):
        found = desk.allowed(day)
        assert (found.term, found.loading, found.max_percent, found.max_kg) == (Term.PWB, Loading.LIMITED, 50, 42)
        assert found.aids is Aids.TWO_CRUTCHES
        assert found.next_step is not None
        assert (found.next_step.gate, found.next_step.state) == (Gate.G6, StepState.WAITING)
        assert (day_of(found.next_step.on), found.next_step.term, found.next_step.max_percent) == (42, Term.WBAT, 100)
        assert (found.signed, found.known) == (True, True)


def test_must_show_2_with_lhf_2_the_limit_is_20_percent_to_day_41() -> None:
    desk = Desk(modifiers=["lhf_2"], day=21).sign()
    assert [desk.allowed(day).max_percent for day in (21, 41, 42, 60)] == [20, 20, 20, 20]
    desk.until(42).decide(Gate.G6, CLEARED)
    assert [desk.allowed(day).max_percent for day in (42, 83, 84, 200)] == [50, 50, 50, 50]


def test_must_show_2_clearing_g6_at_day_42_opens_the_step() -> None:
    desk = Desk(day=21).sign().until(42)
    assert desk.decide(Gate.G6, CLEARED) is None
    assert ladder(desk) == [(42, 100, False), (56, 100, True)]
    found = desk.allowed()
    assert (found.term, found.loading, found.max_kg, found.aids) == (
        Term.WBAT,
        Loading.UNRESTRICTED,
        None,
        Aids.ONE_CRUTCH,
    )
    assert found.next_step is not None
    assert (day_of(found.next_step.on), found.next_step.term, found.next_step.state) == (56, Term.FWB, StepState.SIGNED)


def test_must_show_2_refusing_g6_keeps_the_level_and_the_refusal_shows() -> None:
    desk = Desk(day=21).sign().until(42)
    assert desk.decide(Gate.G6, REFUSED) is None
    assert ladder(desk) == [(42, 50, False)]
    step = desk.allowed().next_step
    assert step is not None
    assert (step.gate, step.state) == (Gate.G6, StepState.HELD)


# --- 1. A new order -----------------------------------------------------------------------------------------------------


def test_10_1_a_new_order_supersedes_what_it_touches_and_lays_the_untouched_part_again_under_its_signature() -> None:
    desk = Desk().sign().until(20)
    before = {row.id: row for row in desk.standing()}
    assert desk.order(percent=25) is None
    first, cut, ordered = desk.standing()
    assert spans(desk) == [(0, 14, 20), (14, 20, 50), (20, None, 25)]
    assert first.id in before
    assert (cut.signed_by, cut.source, cut.authority) == ("A. Surgeon", "plan", True)
    assert ordered.source == "order"
    old = next(row for row in desk.history.orders if row.id in before and row.id != first.id)
    assert (old.superseded, old.ends_on) == (True, None)


def test_10_1_a_tightening_caps_every_later_signed_step_until_the_surgeon_signs_again() -> None:
    desk = Desk().sign().until(5)
    assert desk.order(percent=10) is None
    assert ladder(desk, 60) == [(5, 10, False)]
    desk.until(20).sign()
    assert ladder(desk, 60) == [(20, 50, False)]


def test_10_1_a_tightening_from_a_later_day_leaves_the_days_before_it() -> None:
    desk = Desk().sign().until(5)
    assert desk.order(percent=30, starts=21) is None
    assert ladder(desk, 60) == [(5, 20, False), (14, 50, False), (21, 30, False)]


def test_10_1_a_tightening_keeps_what_is_stricter_later_on() -> None:
    desk = Desk().sign().until(15)
    assert desk.order(percent=10, starts=25) is None
    assert desk.order(percent=30) is None
    assert spans(desk) == [(0, 14, 20), (14, 15, 50), (15, 25, 30), (25, None, 10)]


def test_10_1_a_loosening_lays_one_open_row_at_its_level() -> None:
    desk = Desk().sign().until(20)
    desk.order(percent=10)
    assert desk.until(24).order(percent=40) is None
    assert spans(desk) == [(0, 14, 20), (14, 20, 50), (20, 24, 10), (24, None, 40)]


def test_10_1_an_order_of_the_same_level_changes_no_level() -> None:
    desk = Desk().sign().until(20)
    assert desk.order(percent=50) is None
    assert spans(desk) == [(0, 14, 20), (14, None, 50)]


def test_10_1_an_order_above_the_plan_is_refused_for_everybody() -> None:
    desk = Desk().sign().until(20)
    assert code(desk.order(percent=75)) == "above_plan"
    assert code(desk.order(percent=75, role=PHYSIO)) == "above_plan"
    assert code(desk.order(percent=75, starts=42)) == "above_plan"
    desk.until(42).decide(Gate.G6, CLEARED)
    assert code(desk.order(percent=100, full=True)) == "above_plan"
    assert desk.order(percent=100, full=True, starts=56) is None


def test_10_1_an_order_starts_neither_before_today_nor_before_the_surgery() -> None:
    desk = Desk(day=10).sign()
    assert code(desk.order(percent=10, starts=9)) == "past"
    assert code(desk.order(percent=10, starts=-1)) == "before_surgery"


def test_10_1_only_surgeon_and_physiotherapist_give_orders() -> None:
    desk = Desk(day=10).sign()
    for role in (Role.PATIENT, Role.COORDINATOR, Role.AUDITOR):
        assert code(desk.order(percent=10, role=role)) == "role"


@pytest.mark.parametrize("weight", [60, 84, 130])
def test_10_1_a_cap_that_cannot_bind_does_not_make_a_stricter_order_looser(weight: int) -> None:
    desk = Desk(weight=weight).sign().until(5)
    assert desk.order(percent=10) is None
    assert desk.allowed().max_percent == 10


# --- 2. The strictest of all ---------------------------------------------------------------------------------------------


def test_10_2_a_modifier_added_tightens_at_once_and_supersedes_what_it_affects() -> None:
    desk = Desk().sign().until(20).add("lhf_2")
    assert desk.allowed().max_percent == 20
    assert spans(desk) == [(0, 14, 20), (14, 20, 50), (20, None, 20)]


def test_10_2_a_modifier_withdrawn_never_loosens_until_the_surgeon_signs_again() -> None:
    desk = Desk(modifiers=["lhf_2"], day=20).sign().withdraw("lhf_2")
    assert desk.allowed().max_percent == 20
    step = desk.allowed().next_step
    assert step is not None
    assert (step.max_percent, step.gate, step.state) == (50, None, StepState.WAITING)
    assert desk.sign().allowed().max_percent == 50


def test_10_2_a_modifier_added_keeps_a_tightening_that_stands() -> None:
    desk = Desk().sign().until(20)
    desk.order(percent=10)
    desk.add("lhf_2")
    assert ladder(desk, 60) == [(20, 10, False)]


def test_10_2_a_plan_stricter_than_the_order_holds_even_before_the_order_is_laid_anew() -> None:
    desk = Desk().sign().until(20)
    desk.modifiers.add(Modifier.ROOT_REPAIR)
    found = desk.allowed()
    assert (found.max_percent, found.max_kg) == (10, 8)


@pytest.mark.parametrize(
    ("key", "modifiers", "steps"),
    [
        ("mowhto_acc", ["smoker"], [(0, 20, ""), (14, 50, "W11"), (42, 100, "G6"), (84, "FWB", "G12")]),
        ("mowhto_acc", ["lhf_1"], [(0, 20, ""), (14, 50, "W11"), (42, 100, "G6"), (56, "FWB", "")]),
        ("mowhto_acc", ["root_repair"], [(0, 10, ""), (42, 50, "W11+G6"), (56, "FWB", "")]),
        ("mowhto_acc", ["lhf_2"], [(0, 20, ""), (42, 50, "W11+G6"), (84, "FWB", "G12")]),
        ("mowhto_std", ["lhf_2", "lhf_3"], [(0, 10, ""), (56, 50, "G6"), (84, "FWB", "G12")]),
        ("mowhto_std", ["smoker"], [(0, 20, ""), (14, 50, ""), (42, 100, "G6"), (84, "FWB", "G12")]),
        ("mowhto_trad", ["short_plate"], [(0, 0, ""), (42, 25, "G6"), (49, 50, ""), (56, 75, ""), (63, "FWB", "")]),
        ("mcwdfo_std", ["lhf_3"], [(0, 10, ""), (56, 50, "G6+G8"), (84, "FWB", "G12")]),
        ("lowdfo_std", ["smoker"], [(0, 10, ""), (42, 50, "G6"), (56, 75, ""), (70, 100, "G10"), (84, "FWB", "G12")]),
        ("dlo_std", ["smoker", "acl", "diabetes"], [(0, 10, ""), (42, 50, "G6"), (56, 75, ""), (84, "FWB", "G12")]),
    ],
)
def test_10_2_protocol_and_modifiers_make_one_ladder(
    key: str, modifiers: list[str], steps: list[tuple[Any, ...]]
) -> None:
    found = [
        (step.day, "FWB" if step.limit.full else step.limit.percent, "+".join(step.gates))
        for step in Desk(key, modifiers).plan.steps
    ]
    assert found == steps


# --- 3. Late clearances ----------------------------------------------------------------------------------------------------


def test_10_3_a_late_clearance_shifts_the_ladder_and_skips_no_step() -> None:
    desk = Desk().sign().until(50)
    desk.decide(Gate.G6, CLEARED)
    assert ladder(desk) == [(50, 100, False), (64, 100, True)]


def test_10_3_every_step_lasts_its_length_after_a_late_gate() -> None:
    desk = Desk("mowhto_trad").sign().until(70)
    desk.decide(Gate.G6, CLEARED)
    assert ladder(desk) == [(70, 25, False), (77, 50, False), (84, 75, False), (91, 100, True)]


def test_10_3_the_ladder_counts_from_the_decision_but_rows_start_when_it_is_signed() -> None:
    desk = Desk().sign().until(45)
    desk.decide(Gate.G6, CLEARED, on=42)
    assert ladder(desk) == [(45, 100, False), (56, 100, True)]
    assert spans(desk)[1:] == [(14, 45, 50), (45, 56, 100), (56, None, 100)]


def test_10_3_an_early_clearance_waits_for_the_steps_own_day() -> None:
    desk = Desk().sign().until(38)
    desk.decide(Gate.G6, CLEARED)
    assert ladder(desk) == [(38, 50, False), (42, 100, False), (56, 100, True)]


def test_10_3_an_early_clearance_leaves_a_tightening_until_the_freed_step() -> None:
    desk = Desk().sign().until(38)
    desk.order(percent=20, role=PHYSIO)
    desk.decide(Gate.G6, CLEARED)
    assert ladder(desk) == [(38, 20, False), (42, 100, False), (56, 100, True)]


def test_10_3_a_decision_lies_neither_in_the_future_nor_before_the_surgery() -> None:
    desk = Desk().sign().until(42)
    assert code(desk.decide(Gate.G6, CLEARED, on=43)) == "future"
    assert code(desk.decide(Gate.G6, CLEARED, on=-1)) == "before_surgery"
    assert desk.allowed().max_percent == 50


# --- 4. Gates ---------------------------------------------------------------------------------------------------------------


def test_10_4_gates_clear_in_order() -> None:
    desk = Desk("mcwdfo_std").sign().until(60)
    assert code(desk.decide(Gate.G8, CLEARED)) == "order"
    assert desk.decide(Gate.G6, CLEARED) is None
    assert desk.decide(Gate.G8, CLEARED) is None
    assert ladder(desk) == [(60, 75, False), (74, 100, True)]


def test_10_4_a_gate_the_plan_does_not_have_is_refused_by_name() -> None:
    desk = Desk().sign().until(60)
    problem = desk.decide(Gate.G10, CLEARED)
    assert problem is not None
    assert (problem.code, problem.field) == ("gate", "gate")
    assert "G6" in problem.sentence


def test_10_4_an_imaging_gate_is_the_surgeons() -> None:
    desk = Desk().sign().until(42)
    assert code(desk.decide(Gate.G6, CLEARED, role=PHYSIO)) == "role"
    assert code(desk.decide(Gate.G6, REFUSED, role=PHYSIO)) == "role"
    assert desk.allowed().max_percent == 50


def test_10_4_the_latest_decision_stands_and_refusing_takes_back_every_step_the_gate_freed() -> None:
    desk = Desk().sign().until(42)
    desk.decide(Gate.G6, CLEARED)
    desk.until(60).decide(Gate.G6, REFUSED)
    assert ladder(desk) == [(60, 50, False)]
    assert spans(desk)[-1] == (60, None, 50)
    desk.until(63).decide(Gate.G6, CLEARED)
    assert ladder(desk) == [(63, 100, False), (77, 100, True)]


def test_10_4_refusing_an_earlier_gate_closes_the_later_one_too() -> None:
    desk = Desk("mcwdfo_std").sign().until(60)
    desk.decide(Gate.G6, CLEARED, on=42)
    desk.decide(Gate.G8, CLEARED, on=56)
    assert desk.allowed().term is Term.FWB
    desk.decide(Gate.G6, REFUSED)
    assert ladder(desk) == [(60, 50, False)]


def test_10_4_a_gate_stays_shut_whatever_the_calendar_says() -> None:
    for key in ("mowhto_std", "mowhto_acc", "mowhto_trad", "lcwhto_std", "mcwdfo_std", "lowdfo_std", "dlo_std"):
        desk = Desk(key).sign()
        first = next(step for step in desk.plan.steps if step.gates)
        before = desk.plan.limit_on(first.day - 1)
        assert desk.allowed(400).limit == before


def test_10_4_in_the_accelerated_way_w11_opens_day_11_only_and_g6_opens_full_weight() -> None:
    desk = Desk("mowhto_acc").sign().until(11)
    assert (desk.allowed().max_percent, desk.allowed().max_kg, desk.allowed().term) == (23, 20, Term.PWB)
    assert desk.decide(Gate.W11, CLEARED) is None
    assert ladder(desk) == [(11, 100, False)]
    assert desk.allowed(60).aids is Aids.ONE_CRUTCH
    desk.until(42).decide(Gate.G6, CLEARED)
    assert ladder(desk) == [(42, 100, True)]


def check_in(day: int, **answers: Any) -> CheckIn:
    on = SURGERY + timedelta(days=day)
    return CheckIn(id=f"c{day}", date=on, entered_at=datetime.combine(on, datetime.min.time(), UTC), **answers)


DRY: frozenset[Symptom] = frozenset()
LEAK = frozenset({Symptom.WOUND_LEAK})


@pytest.mark.parametrize(
    ("reports", "physiotherapist", "surgeon"),
    [
        ([check_in(10, symptoms=DRY), check_in(11, symptoms=DRY, pain_load=4)], None, None),
        ([check_in(10, symptoms=DRY), check_in(11, symptoms=DRY, pain_load=5)], "surgeon", None),
        ([check_in(10, symptoms=LEAK), check_in(11, symptoms=DRY, pain_load=1)], "surgeon", None),
        ([check_in(10, symptoms=DRY), check_in(11, symptoms=LEAK, pain_load=1)], "surgeon", None),
    ],
)
def test_10_4_a_physiotherapist_clears_w11_only_while_no_criterion_fails(
    reports: list[CheckIn], physiotherapist: str | None, surgeon: str | None
) -> None:
    for role, expected in ((PHYSIO, physiotherapist), (Role.SURGEON, surgeon)):
        desk = Desk("mowhto_acc").sign().until(11)
        desk.history = replace(desk.history, check_ins=tuple(reports))
        assert code(desk.decide(Gate.W11, CLEARED, role=role)) == expected


def test_10_4_a_criterion_not_on_record_asks_for_a_reason() -> None:
    desk = Desk("mowhto_acc").sign().until(11)
    assert code(desk.decide(Gate.W11, CLEARED, role=PHYSIO, basis=" ")) == "basis"
    assert desk.decide(Gate.W11, CLEARED, role=PHYSIO, basis="wound seen, dry; pain 3") is None


def test_10_4_a_physiotherapist_does_not_clear_w11_over_an_order_below_the_plan() -> None:
    desk = Desk("mowhto_acc").sign().until(5)
    desk.order(percent=10)
    assert code(desk.until(11).decide(Gate.W11, CLEARED, role=PHYSIO)) == "surgeon"
    assert desk.allowed().max_percent == 10
    assert desk.decide(Gate.W11, CLEARED) is None
    assert desk.allowed().term is Term.WBAT


def test_10_4_a_physiotherapist_does_not_clear_w11_over_a_tightening_still_to_come() -> None:
    desk = Desk("mowhto_acc").sign().until(10)
    desk.order(percent=0, starts=12)
    assert code(desk.decide(Gate.W11, CLEARED, role=PHYSIO)) == "surgeon"
    assert desk.allowed(12).max_percent == 0


def test_10_4_refusing_and_clearing_w11_again_is_no_way_past_the_surgeons_order() -> None:
    desk = Desk("mowhto_acc").sign().until(11)
    assert desk.decide(Gate.W11, CLEARED, role=PHYSIO) is None
    desk.until(20).order(percent=50)
    assert desk.decide(Gate.W11, REFUSED, role=PHYSIO) is None
    assert code(desk.decide(Gate.W11, CLEARED, role=PHYSIO)) == "surgeon"
    assert desk.until(60).allowed().max_percent == 23


def test_10_4_a_physiotherapist_takes_the_own_clearance_back_and_gives_it_again() -> None:
    desk = Desk("mowhto_acc").sign().until(11)
    for decision in (CLEARED, REFUSED, CLEARED):
        assert desk.decide(Gate.W11, decision, role=PHYSIO) is None
    assert desk.allowed().term is Term.WBAT


def test_10_4_clearing_w11_again_gives_nothing_back_that_an_x_ray_freed() -> None:
    desk = Desk("mowhto_acc").sign().until(11)
    desk.decide(Gate.W11, CLEARED)
    desk.until(42).decide(Gate.G6, CLEARED)
    desk.until(50).decide(Gate.W11, REFUSED, role=PHYSIO)
    assert code(desk.decide(Gate.W11, CLEARED, role=PHYSIO)) == "surgeon"
    assert desk.decide(Gate.W11, CLEARED) is None


def test_10_4_a_smoker_stays_at_wbat_with_one_crutch_until_g12() -> None:
    desk = Desk(modifiers=["smoker"]).sign().until(42)
    desk.decide(Gate.G6, CLEARED)
    assert ladder(desk, 200) == [(42, 100, False)]
    assert (desk.allowed(90).term, desk.allowed(90).aids) == (Term.WBAT, Aids.ONE_CRUTCH)
    desk.until(84).decide(Gate.G12, CLEARED)
    assert desk.allowed().term is Term.FWB


def test_10_4_the_day_56_step_of_lhf_3_needs_g6() -> None:
    desk = Desk(modifiers=["lhf_3"]).sign().until(56)
    assert desk.allowed().max_percent == 10
    desk.decide(Gate.G6, CLEARED)
    assert ladder(desk, 200) == [(56, 50, False)]
    desk.until(84).decide(Gate.G12, CLEARED)
    assert desk.allowed().term is Term.FWB


def test_10_4_no_accelerated_on_a_running_accelerated_ladder_is_the_strictest_of_both_day_by_day() -> None:
    desk = Desk("mowhto_acc").sign().until(12)
    desk.decide(Gate.W11, CLEARED, on=11)
    assert desk.allowed().term is Term.WBAT
    desk.add("smoker")
    assert ladder(desk, 200) == [(12, 20, False), (14, 50, False)]


@pytest.mark.parametrize(
    ("key", "record", "met"),
    [
        ("pain_on_load", {"check_ins": (check_in(41, pain_load=4),)}, True),
        ("pain_on_load", {"check_ins": (check_in(41, pain_load=5),)}, False),
        ("pain_on_load", {"check_ins": (check_in(30, pain_load=1),)}, None),
        ("no_effusion_rise", {"check_ins": (check_in(40, swelling=Swelling.MILD), check_in(42, swelling=Swelling.MILD))}, True),
        ("no_effusion_rise", {"check_ins": (check_in(40, swelling=Swelling.NONE), check_in(42, swelling=Swelling.MILD))}, False),
        ("no_effusion_rise", {"check_ins": (check_in(42, swelling=Swelling.NONE),)}, None),
        ("extension", {"measurements": (Measurement("m", "extension_deficit", Decimal(5), SURGERY + timedelta(40)),)}, True),
        ("extension", {"measurements": (Measurement("m", "extension_deficit", Decimal(6), SURGERY + timedelta(40)),)}, False),
        ("extension", {"reached": (Reached("EXT_0", SURGERY + timedelta(30), True),)}, True),
        ("extension", {}, None),
        ("slr", {"measurements": (Measurement("m", "slr_lag", Decimal(0), SURGERY + timedelta(42)),)}, True),
        ("slr", {"measurements": (Measurement("m", "slr_lag", Decimal(0), SURGERY + timedelta(42), by_patient=True),)}, None),
        ("wound_dry", {"reached": (Reached("WOUND_DRY", SURGERY + timedelta(13), True),)}, True),
        ("wound_dry", {"check_ins": (check_in(42, symptoms=DRY),)}, None),
        ("no_red_flag", {}, True),
        ("no_red_flag", {"alerts": (Alert("a", "fall", Urgency.R1, "c", "acknowledged", datetime(2026, 3, 3, tzinfo=UTC)),)}, False),
        ("no_red_flag", {"alerts": (Alert("a", "fall", Urgency.R1, "c", "closed", datetime(2026, 3, 3, tzinfo=UTC)),)}, True),
        ("no_red_flag", {"holds": (Hold("h", "fall", SURGERY + timedelta(40), Limit(20)),)}, False),
        ("film_stable", {}, None),
    ],
)  # fmt: skip
def test_10_4_the_program_shows_which_criteria_hold(key: str, record: dict[str, Any], met: bool | None) -> None:
    criteria = {one.key: one for one in gate_criteria(Desk().plan, History(**record), Gate.G6, SURGERY + timedelta(42))}
    assert criteria[key].met is met
    assert criteria[key].evidence


# --- 5. Before and late ----------------------------------------------------------------------------------------------------


def test_10_5_before_anyone_signs_nothing_may_be_loaded() -> None:
    found = Desk(day=21).allowed()
    assert (found.term, found.max_percent, found.max_kg, found.aids) == (Term.NWB, 0, 0, Aids.TWO_CRUTCHES)
    assert (found.signed, found.known, found.next_step, found.since) == (False, False, None, None)


def test_10_5_signed_late_the_step_of_the_day_starts_today_and_the_days_before_are_not_recorded() -> None:
    desk = Desk(day=21).sign()
    assert spans(desk) == [(21, None, 50)]
    assert desk.allowed(20).known is False
    assert desk.allowed(20).term is Term.NWB


def test_10_5_signed_before_the_surgery_rows_start_on_its_day() -> None:
    desk = Desk(day=-3).sign()
    assert spans(desk) == [(0, 14, 20), (14, None, 50)]
    assert desk.allowed(-1).known is False


def test_10_5_signed_late_a_gate_still_bars_the_steps_behind_it() -> None:
    assert spans(Desk(day=90).sign()) == [(90, None, 50)]


# --- 6. A physiotherapist ------------------------------------------------------------------------------------------------------


def test_10_6_a_physiotherapist_tightens_and_loosens_the_own_order_inside_what_was_signed() -> None:
    desk = Desk().sign().until(20)
    assert desk.order(percent=20, role=PHYSIO) is None
    assert desk.order(percent=50, role=PHYSIO) is None
    assert desk.allowed().max_percent == 50


def test_10_6_a_physiotherapist_never_goes_above_the_surgeons_tightening() -> None:
    desk = Desk().sign().until(20)
    desk.order(percent=25)
    assert code(desk.order(percent=30, role=PHYSIO)) == "authority"
    assert desk.order(percent=10, role=PHYSIO) is None
    assert desk.order(percent=25, role=PHYSIO) is None
    assert code(desk.order(percent=26, role=PHYSIO)) == "authority"


def test_10_6_every_day_the_order_covers_is_looked_at() -> None:
    desk = Desk().sign().until(20)
    desk.order(percent=10, starts=30)
    assert code(desk.order(percent=20, role=PHYSIO)) == "authority"
    assert desk.order(percent=10, role=PHYSIO) is None


def test_10_6_a_physiotherapists_order_waits_while_a_hold_stands() -> None:
    desk = Desk().sign().until(20)
    hold = desk.hold()
    assert code(desk.order(percent=10, role=PHYSIO)) == "hold"
    assert desk.order(percent=10) is None
    desk.until(21).release(hold)
    assert desk.order(percent=5, role=PHYSIO) is None


def test_10_6_before_anyone_signed_a_physiotherapist_orders_nothing() -> None:
    assert code(Desk(day=5).order(percent=10, role=PHYSIO)) == "unsigned"


def test_10_6_a_modifier_withdrawn_does_not_let_a_physiotherapist_past_what_was_signed() -> None:
    desk = Desk(modifiers=["lhf_2"], day=20).sign().withdraw("lhf_2")
    assert code(desk.order(percent=50, role=PHYSIO)) == "authority"


# --- 7. Holds --------------------------------------------------------------------------------------------------------------------


def test_10_7_a_red_flag_keeps_the_level_of_that_day_and_steps_wait_for_the_release() -> None:
    desk = Desk().sign().until(10)
    hold = desk.hold()
    assert ladder(desk, 60) == [(10, 20, False)]
    assert (desk.allowed().frozen, desk.allowed().hold) != (False, None)
    step = desk.allowed(30).next_step
    assert step is not None
    assert (step.max_percent, step.state) == (50, StepState.HELD)
    assert desk.until(20).release(hold, role=PHYSIO) is None
    assert ladder(desk, 60) == [(20, 50, False)]
    assert desk.allowed().frozen is False


def test_10_7_a_fall_undoes_a_step_that_began_at_most_seven_days_ago() -> None:
    for day, percent, put_back in ((14, 20, True), (21, 20, True), (22, 50, False)):
        desk = Desk().sign().until(day)
        hold = desk.hold("fall", sign=True)
        assert (hold.limit.percent, hold.put_back) == (percent, put_back)
        assert desk.allowed().max_percent == percent


def test_10_7_after_the_release_the_step_put_back_opens_again_and_the_later_ones_keep_their_length() -> None:
    desk = Desk().sign().until(42)
    desk.decide(Gate.G6, CLEARED)
    hold = desk.until(45).hold("fall", sign=True)
    assert ladder(desk) == [(45, 50, False)]
    assert desk.until(50).release(hold) is None
    assert ladder(desk) == [(50, 100, False), (64, 100, True)]
    assert spans(desk)[-3:] == [(42, 56, 100), (56, 64, 100), (64, None, 100)]


def test_10_7_a_step_signed_late_counts_from_the_day_it_began() -> None:
    desk = Desk().sign().until(52)
    desk.decide(Gate.G6, CLEARED, on=42)
    assert desk.until(55).hold("fall", sign=True).limit.percent == 50


def test_10_7_a_hold_at_the_first_step_puts_nothing_back() -> None:
    desk = Desk().sign().until(3)
    hold = desk.hold("fall", sign=True)
    assert (hold.limit.percent, hold.put_back) == (20, False)


def test_10_7_a_second_fall_on_the_same_day_puts_back_no_further() -> None:
    desk = Desk().sign().until(45)
    desk.decide(Gate.G6, CLEARED)
    holds = [desk.hold("fall", sign=True), desk.hold("fall", sign=True)]
    assert desk.allowed().max_percent == 50
    for hold in holds:
        desk.until(50).release(hold)
    assert ladder(desk) == [(50, 100, False), (64, 100, True)]


def test_10_7_a_gate_cleared_under_a_hold_opens_its_step_on_the_release() -> None:
    desk = Desk().sign().until(40)
    hold = desk.hold()
    assert desk.until(45).decide(Gate.G6, CLEARED) is None
    assert ladder(desk) == [(45, 50, False)]
    desk.until(60).release(hold)
    assert ladder(desk) == [(60, 100, False), (74, 100, True)]


def test_10_7_where_an_imaging_gate_is_involved_the_surgeon_releases() -> None:
    desk = Desk().sign().until(42)
    desk.decide(Gate.G6, CLEARED)
    hold = desk.until(45).hold()
    assert code(desk.release(hold, role=PHYSIO)) == "surgeon"
    assert code(desk.release(hold, role=Role.PATIENT)) == "role"
    assert desk.release(hold) is None


def test_10_7_closing_an_earlier_gate_first_does_not_make_the_release_a_physiotherapists() -> None:
    desk = Desk("mowhto_acc").sign().until(11)
    desk.decide(Gate.W11, CLEARED)
    desk.until(42).decide(Gate.G6, CLEARED)
    hold = desk.until(45).hold("fall", sign=True)
    desk.decide(Gate.W11, REFUSED, role=PHYSIO)
    assert code(desk.release(hold, role=PHYSIO)) == "surgeon"


def test_10_6_a_word_that_stands_was_spoken_after_one_it_replaced_whatever_the_clocks_say() -> None:
    desk = Desk().sign().until(5)
    desk.order(percent=15)
    desk.order(percent=5)
    early = datetime(2026, 3, 1, tzinfo=UTC)
    standing = (row if row.superseded else replace(row, recorded_at=early) for row in desk.history.orders)
    desk.history = replace(desk.history, orders=tuple(standing))
    assert code(desk.order(percent=15, role=PHYSIO)) == "authority"


def test_10_7_a_hold_released_is_not_released_again() -> None:
    desk = Desk().sign().until(10)
    hold = desk.hold()
    desk.release(hold)
    assert code(desk.release(desk.history.holds[0])) == "released"


def test_10_7_releasing_one_of_two_holds_leaves_the_other() -> None:
    desk = Desk().sign().until(10)
    first, second = desk.hold(), desk.until(12).hold("wound_red")
    desk.until(20).release(first)
    assert desk.allowed().max_percent == 20
    desk.until(30).release(second)
    assert desk.allowed().max_percent == 50


def test_10_7_a_hold_before_anyone_signed_is_no_weight_and_outlives_the_signing() -> None:
    desk = Desk(day=5)
    hold = desk.hold()
    desk.sign()
    assert (desk.allowed().term, desk.allowed().known) == (Term.NWB, True)
    desk.release(hold)
    assert desk.allowed().max_percent == 20


def test_10_7_an_order_above_the_held_level_is_refused() -> None:
    desk = Desk().sign().until(14)
    desk.hold("fall", sign=True)
    assert code(desk.order(percent=50)) == "above_plan"


# --- 8. Kilograms, terms, aids -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("weight", "clinician", "patient", "kg"),
    [
        (84, None, None, 42),
        (84, 84, None, 42),
        (84, 90, None, 42),
        (84, 80, None, 40),
        (84, None, 79, 39),
        (84, None, 95, 42),
        (84, 83, 82, 41),
        ("83.9", None, None, 41),
        (30, None, None, 15),
        (250, None, None, 125),
    ],
)
def test_10_8_kilograms_are_the_least_of_signed_and_percent_of_the_lightest_weight(
    weight: int | str, clinician: int | None, patient: int | None, kg: int
) -> None:
    desk = Desk(weight=weight, day=20).sign()
    weights = [None if value is None else Decimal(value) for value in (clinician, patient)]
    desk.history = replace(desk.history, latest_weight=weights[0], patient_weight=weights[1])
    assert desk.allowed().max_kg == kg


@pytest.mark.parametrize(("weight", "kg"), [(60, 12), (84, 16), (100, 20), (104, 20), (150, 20)])
def test_10_8_the_cap_binds_only_a_heavy_body(weight: int, kg: int) -> None:
    found = Desk(weight=weight).sign().allowed()
    assert (found.max_percent, found.max_kg) == (20, kg)


@pytest.mark.parametrize(
    ("weight", "percent", "term"), [(84, 23, Term.PWB), (60, 33, Term.PWB), (120, 16, Term.TTWB), (30, 66, Term.PWB)]
)
def test_10_8_a_step_in_kilograms_alone_shows_its_percent_rounded_down(weight: int, percent: int, term: Term) -> None:
    found = Desk("mowhto_acc", weight=weight).sign().allowed()
    assert (found.max_percent, found.max_kg, found.term) == (percent, 20, term)


def test_10_8_an_order_in_kilograms_alone_stays_exactly_those_kilograms() -> None:
    desk = Desk(day=20).sign()
    desk.order(cap_kg=15)
    assert (desk.allowed().max_percent, desk.allowed().max_kg) == (17, 15)
    desk.history = replace(desk.history, patient_weight=Decimal(70))
    assert desk.allowed().max_kg == 15


@pytest.mark.parametrize(
    ("limit", "term", "loading", "aids"),
    [
        (Limit(0), Term.NWB, Loading.NON, Aids.TWO_CRUTCHES),
        (Limit(1), Term.TTWB, Loading.LIMITED, Aids.TWO_CRUTCHES),
        (Limit(20), Term.TTWB, Loading.LIMITED, Aids.TWO_CRUTCHES),
        (Limit(21), Term.PWB, Loading.LIMITED, Aids.TWO_CRUTCHES),
        (Limit(74), Term.PWB, Loading.LIMITED, Aids.TWO_CRUTCHES),
        (Limit(75), Term.PWB, Loading.LIMITED, Aids.ONE_CRUTCH),
        (Limit(99), Term.PWB, Loading.LIMITED, Aids.ONE_CRUTCH),
        (Limit(100), Term.WBAT, Loading.UNRESTRICTED, Aids.ONE_CRUTCH),
        (Limit(100, None, True), Term.FWB, Loading.UNRESTRICTED, Aids.ONE_CRUTCH),
        (Limit(100, Decimal(30)), Term.PWB, Loading.LIMITED, Aids.TWO_CRUTCHES),
        (Limit(50, Decimal(0)), Term.NWB, Loading.NON, Aids.TWO_CRUTCHES),
    ],
)
def test_10_8_terms_and_aids_go_by_percent(limit: Limit, term: Term, loading: Loading, aids: Aids) -> None:
    assert (limits.term(limit), limits.loading(limit), limits.aids(limit)) == (term, loading, aids)


def test_10_8_no_aid_only_at_full_weight_once_walking_unaided_is_confirmed() -> None:
    desk = Desk().sign().until(42)
    desk.decide(Gate.G6, CLEARED)
    walking = Reached("CRUTCH_FREE", SURGERY + timedelta(50), confirmed=True)
    assert desk.allowed(56).aids is Aids.ONE_CRUTCH
    desk.history = replace(desk.history, reached=(replace(walking, confirmed=False),))
    assert desk.allowed(56).aids is Aids.ONE_CRUTCH
    desk.history = replace(desk.history, reached=(walking,))
    assert (desk.allowed(55).aids, desk.allowed(56).aids) == (Aids.ONE_CRUTCH, Aids.NONE)


def test_10_8_an_order_may_ask_for_more_aids_than_the_level_but_never_for_fewer() -> None:
    desk = Desk(day=20).sign()
    more = orders.level(desk.weight, desk.today, percent=50, aids=Aids.NONE)
    assert more.aids is Aids.TWO_CRUTCHES
    desk.until(42).decide(Gate.G6, CLEARED)
    given = orders.level(desk.weight, desk.today, percent=100, aids=Aids.TWO_CRUTCHES)
    desk.store(orders.lay_order(desk.history.orders, given), authority=True, source="order")
    assert desk.allowed().aids is Aids.TWO_CRUTCHES


def test_10_8_unrestricted_is_100_percent_without_kilograms_and_unknown_is_never_that() -> None:
    desk = Desk().sign().until(56)
    desk.decide(Gate.G6, CLEARED, on=42)
    assert (desk.allowed().max_percent, desk.allowed().max_kg, desk.allowed().known) == (100, None, True)
    desk.history = replace(desk.history, orders=())
    assert (desk.allowed().max_percent, desk.allowed().max_kg, desk.allowed().known) == (0, 0, False)


ROW = Order("r", SURGERY, None, Limit(50), 42, Aids.TWO_CRUTCHES, datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (replace(ROW, superseded=True),),
        (replace(ROW, starts_on=SURGERY + timedelta(21)),),
        (replace(ROW, ends_on=SURGERY + timedelta(20)),),
        (ROW, replace(ROW, id="s", limit=Limit(20), kg=16)),
        (replace(ROW, kg=None),),
        (replace(ROW, kg=-1),),
        (replace(ROW, limit=Limit(101), kg=None),),
        (replace(ROW, limit=Limit(-5)),),
        (replace(ROW, limit=Limit(50, Decimal("NaN"))),),
        (replace(ROW, limit=Limit(50, Decimal(-1))),),
        (replace(ROW, limit=Limit(100), kg=42),),
    ],
)
def test_10_8_missing_lapsed_conflicting_and_unreadable_orders_show_no_weight(rows: tuple[Order, ...]) -> None:
    desk = Desk(day=20)
    desk.history = History(signed=True, orders=rows)
    found = desk.allowed()
    assert (found.term, found.max_percent, found.max_kg, found.known) == (Term.NWB, 0, 0, False)
    assert found.next_step is None


# --- 9. Two dates --------------------------------------------------------------------------------------------------------------------


def two(desk: Desk, clinic: int, patient: int) -> Allowance:
    dates = [SURGERY + timedelta(days=day) for day in (clinic, patient)]
    return allowed(desk.plan, desk.history, clinic_date=dates[0], patient_date=dates[1])


def test_10_9_a_loosening_comes_on_the_later_of_the_two_dates() -> None:
    desk = Desk().sign()
    assert [two(desk, *days).max_percent for days in ((14, 13), (13, 14), (14, 14))] == [20, 20, 50]
    step = two(desk, 14, 13).next_step
    assert step is not None
    assert (step.max_percent, step.state) == (50, StepState.SIGNED)


def test_10_9_a_tightening_comes_on_the_earlier_of_the_two_dates() -> None:
    desk = Desk().sign().until(20)
    desk.order(percent=10, starts=25)
    assert [two(desk, *days).max_percent for days in ((25, 24), (24, 25), (24, 24))] == [10, 10, 50]


def test_10_9_the_page_shows_the_patients_date() -> None:
    desk = Desk().sign()
    assert (two(desk, 14, 13).post_op_day, two(desk, 13, 14).post_op_day) == (13, 14)


def test_10_9_a_plan_signed_today_holds_where_the_patients_today_is_still_yesterday() -> None:
    desk = Desk(day=21).sign()
    found = two(desk, 21, 20)
    assert (found.known, found.max_percent) == (True, 50)
    assert two(desk, 20, 19).known is False


# --- Phases and braces -----------------------------------------------------------------------------------------------------------------


def test_the_phase_follows_the_load_and_then_what_was_reached() -> None:
    desk = Desk(day=0).sign()
    assert (desk.allowed(0).phase, desk.allowed(14).phase) == (Phase.PROTECT, Phase.BUILD)
    desk.until(42).decide(Gate.G6, CLEARED)
    reached = [Reached(key, SURGERY, True) for key in ("CRUTCH_FREE", "UNION_XR", "LSI_80")]
    phases = []
    for count in range(4):
        desk.history = replace(desk.history, reached=tuple(reached[:count]))
        phases.append(desk.allowed(60).phase)
    assert phases == [Phase.WALK, Phase.STRENGTHEN, Phase.STRENGTHEN, Phase.RETURN]


def test_the_brace_is_the_narrowest_of_plan_modifiers_and_order() -> None:
    desk = Desk("lowdfo_std").sign()
    assert [(desk.allowed(day).brace.needed, desk.allowed(day).brace.max_deg) for day in (0, 13, 14, 42, 43)] == [
        (True, 90), (True, 90), (True, None), (True, None), (False, None),
    ]  # fmt: skip
    assert Desk(modifiers=["root_repair"], day=30).sign().allowed().brace.max_deg == 90
    assert Desk(modifiers=["root_repair"]).plan.loaded_flexion_max_on(119) == 90
    assert Desk(modifiers=["root_repair"]).plan.loaded_flexion_max_on(120) is None
    desk.order(percent=10)
    given = orders.level(desk.weight, desk.today, percent=10, brace_min=10, brace_max=60)
    desk.store(orders.lay_order(desk.history.orders, given), authority=True, source="order")
    brace = desk.allowed().brace
    assert (brace.needed, brace.min_deg, brace.max_deg) == (True, 10, 60)
