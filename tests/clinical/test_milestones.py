"""Milestone states against clinical.md section 3: every key, both families, the day before and after each edge."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.clinical.knees import a_plan, cleared, measured, on, quiet, refused
from tracker.clinical import protocol
from tracker.clinical.history import History, Reached
from tracker.clinical.milestones import MilestoneStatus, states
from tracker.clinical.plan import Plan
from tracker.clinical.terms import Gate, MilestoneState

DONE, UPCOMING, OPEN, DUE, OVERDUE = (
    MilestoneState.DONE,
    MilestoneState.UPCOMING,
    MilestoneState.OPEN,
    MilestoneState.DUE,
    MilestoneState.OVERDUE,
)

# Key, then earliest / typical / latest for HTO (mowhto_std) and for DFO (mcwdfo_std), as clinical.md 3 has them.
# The closing-wedge column stands for the femur; opening wedge and double level differ where the table says so.
EVIDENCE: list[tuple[str, tuple[int, int, int | None], tuple[int, int, int | None]]] = [
    ("QUAD_SET", (0, 2, 7), (0, 3, 10)),
    ("SLR_NOLAG", (1, 7, 21), (3, 14, 35)),
    ("WOUND_DRY", (7, 13, 21), (7, 13, 21)),
    ("EXT_0", (1, 14, 42), (1, 21, 42)),
    ("FLEX_90", (7, 21, 42), (14, 28, 56)),
    ("FLEX_120", (28, 49, 84), (35, 63, 98)),
    ("BRACE_OFF", (14, 42, 56), (42, 42, 70)),
    ("XR_6W", (35, 42, 49), (35, 42, 49)),
    ("FWB_OK", (42, 56, 84), (56, 63, 98)),
    ("CRUTCH_1", (42, 49, 70), (56, 70, 105)),
    ("CRUTCH_FREE", (42, 60, 91), (56, 77, 126)),
    ("STAIRS_ALT", (49, 70, 112), (63, 84, 126)),
    ("BIKE", (14, 28, 56), (42, 49, 84)),
    ("POOL", (21, 42, 84), (42, 56, 98)),
    ("DRIVE_L", (14, 21, 56), (14, 28, 70)),
    ("DRIVE_R", (42, 49, 84), (56, 63, 98)),
    ("WORK_SED", (7, 30, 56), (21, 44, 70)),
    ("WORK_LIGHT", (14, 33, 70), (28, 47, 84)),
    ("WORK_MOD", (42, 73, 120), (70, 101, 148)),
    ("WORK_HEAVY", (84, 100, 183), (112, 128, 211)),
    ("SL_STANCE", (56, 84, 126), (70, 98, 140)),
    ("LOW_IMPACT", (84, 112, 183), (98, 126, 196)),
    ("UNION_XR", (84, 105, 270), (90, 120, 365)),
    ("ALIGN_XR", (42, 90, 183), (56, 90, 183)),
    ("LSI_80", (120, 168, 270), (140, 182, 300)),
    ("RUN", (120, 182, 365), (140, 196, 365)),
    ("RTS_LOW", (112, 168, 270), (126, 198, 365)),
    ("RTS_HIGH", (183, 265, 425), (200, 290, 540)),
    ("PROM_3M", (70, 84, 98), (70, 84, 98)),
    ("PROM_6M", (152, 182, 212), (152, 182, 212)),
    ("PROM_12M", (320, 365, 410), (320, 365, 410)),
    ("PROM_24M", (670, 730, 790), (670, 730, 790)),
    ("HW_REMOVAL", (365, 540, None), (365, 540, None)),
]

VARIANTS = [
    ("mowhto_acc", "FWB_OK", (11, 14, 42)),
    ("mowhto_acc", "CRUTCH_FREE", (28, 48, 70)),
    ("lowdfo_std", "FWB_OK", (70, 77, 112)),
    ("dlo_std", "FWB_OK", (84, 98, 126)),
]

CELLS = [
    *[("mowhto_std", key, window) for key, window, _ in EVIDENCE],
    *[("mcwdfo_std", key, window) for key, _, window in EVIDENCE],
    *VARIANTS,
]


def status(plan: Plan, key: str, day: int, history: History | None = None) -> MilestoneStatus:
    return next(each for each in states(plan, history or History(), day) if each.key == key)


@pytest.mark.parametrize(("name", "key", "window"), CELLS, ids=lambda value: str(value))
def test_the_state_changes_on_the_days_of_the_evidence(
    name: str, key: str, window: tuple[int, int, int | None]
) -> None:
    plan, (earliest, typical, latest) = a_plan(name), window

    def state(day: int) -> MilestoneState:
        return status(plan, key, day).state

    assert state(earliest - 1) is UPCOMING
    assert state(earliest) is (OPEN if earliest < typical else DUE)
    assert state(typical - 1) is (OPEN if earliest < typical else UPCOMING)
    assert state(typical) is (OPEN if latest is None else DUE)
    if latest is None:
        assert state(5000) is OPEN
    else:
        assert (state(latest), state(latest + 1)) == (DUE, OVERDUE)


@pytest.mark.parametrize("key", protocol.shipped())
def test_every_protocol_has_every_milestone_of_the_evidence(key: str) -> None:
    assert {each.key for each in states(a_plan(key), History(), 0)} == {row[0] for row in EVIDENCE}


@pytest.mark.parametrize(("name", "key", "window"), CELLS, ids=lambda value: str(value))
def test_a_record_makes_a_milestone_done_whatever_the_day(
    name: str, key: str, window: tuple[int, int, int | None]
) -> None:
    plan = a_plan(name)
    history = History(reached=(Reached(key, on(window[1]), confirmed=False),))
    for day in (0, window[0], 2000):
        found = status(plan, key, day, history)
        assert (found.state, found.reached_on, found.confirmed) == (DONE, on(window[1]), False)


@pytest.mark.parametrize(
    ("kind", "short", "enough", "key"),
    [
        ("slr_lag", "6", "5", "SLR_NOLAG"),
        ("extension_deficit", "6", "5", "EXT_0"),
        ("flexion", "89", "90", "FLEX_90"),
        ("flexion", "119", "120", "FLEX_120"),
        ("single_leg_stance_s", "29", "30", "SL_STANCE"),
        ("quad_lsi", "79.9", "80", "LSI_80"),
    ],
)
def test_a_measurement_at_the_threshold_shows_the_milestone(kind: str, short: str, enough: str, key: str) -> None:
    plan = a_plan()
    before = History(measurements=(measured(50, kind, short),))
    reached = History(measurements=(measured(40, kind, short), measured(50, kind, enough), measured(60, kind, enough)))
    assert status(plan, key, 60, before).state is not DONE
    assert status(plan, key, 60, reached).reached_on == on(50)


def test_the_patients_own_measurement_is_not_confirmed() -> None:
    plan = a_plan()
    own = History(measurements=(measured(20, "flexion", "95", by_patient=True),))
    assert status(plan, "FLEX_90", 30, own).confirmed is False


def test_a_record_stands_before_a_measurement() -> None:
    plan = a_plan()
    both = History(reached=(Reached("FLEX_90", on(18), confirmed=True),), measurements=(measured(15, "flexion", "95"),))
    assert status(plan, "FLEX_90", 30, both).reached_on == on(18)


def test_the_six_week_film_is_done_when_its_gate_is_decided_either_way() -> None:
    plan = a_plan()
    assert status(plan, "XR_6W", 50, History(clearances=(refused(Gate.G6, 44),))).reached_on == on(44)
    assert status(plan, "XR_6W", 50, History(clearances=(cleared(Gate.G6, 43),))).reached_on == on(43)


def test_full_weight_is_allowed_only_when_every_gate_before_it_is_cleared() -> None:
    plan = a_plan("dlo_std")
    first = History(clearances=(cleared(Gate.G6, 42),))
    both = History(clearances=(cleared(Gate.G6, 42), cleared(Gate.G12, 86)))
    taken_back = replace(both, clearances=(*both.clearances, refused(Gate.G12, 90)))
    assert status(plan, "FWB_OK", 100, first).state is DUE
    assert status(plan, "FWB_OK", 100, both).reached_on == on(86)
    assert status(plan, "FWB_OK", 100, taken_back).state is DUE


def test_walking_unaided_shows_what_came_before_but_clears_no_gate() -> None:
    plan = a_plan()
    walking = History(reached=(Reached("STAIRS_ALT", on(70), confirmed=True),))
    assert status(plan, "CRUTCH_FREE", 95, walking).state is DONE
    assert status(plan, "CRUTCH_1", 95, walking).state is DONE
    assert status(plan, "FWB_OK", 95, walking).state is OVERDUE
    assert status(plan, "XR_6W", 95, walking).state is OVERDUE


@pytest.mark.parametrize(
    ("modifier", "key", "latest"),
    [("smoker", "UNION_XR", 360), ("cartilage_repair", "RTS_LOW", 331), ("cartilage_repair", "RTS_HIGH", 486)],
)
def test_a_modifier_moves_the_window(modifier: str, key: str, latest: int) -> None:
    assert status(a_plan("mowhto_std", modifier), key, 0).latest == latest


def test_acl_reconstruction_puts_off_running_and_pivoting() -> None:
    plan = a_plan("mowhto_std", "acl")
    assert status(plan, "RUN", 0).earliest >= 120
    assert status(plan, "RTS_HIGH", 0).earliest == 270


def test_brace_off_is_nobodys_goal_without_a_brace() -> None:
    assert status(a_plan(), "BRACE_OFF", 80).personal is True
    assert status(a_plan("dlo_std"), "BRACE_OFF", 80).personal is False
    braced = quiet(a_plan(), 80)
    order = replace(braced.orders[-1], brace_min=0, brace_max=90)
    assert status(a_plan(), "BRACE_OFF", 80, replace(braced, orders=(order,))).personal is False


# --- Taken on late --------------------------------------------------------------------------------------------------

BEFORE = MilestoneState.NOT_RECORDED


def states_of_a_late_one(joined: int, day: int, **facts: Any) -> dict[str, MilestoneState]:
    """Nothing is known of this knee but that its record began on the day it joined."""
    history = replace(History(started_on=on(joined)), **facts)
    return {status.key: status.state for status in states(a_plan(), history, day)}


def test_what_was_over_before_the_record_began_is_not_recorded_rather_than_overdue() -> None:
    found = states_of_a_late_one(43, 60)
    assert found["FLEX_90"] is BEFORE, "by day 42"
    assert found["XR_6W"] is OVERDUE, "by day 49"
    assert states_of_a_late_one(42, 60)["FLEX_90"] is OVERDUE, "its last day could still be recorded"
    assert found["FLEX_120"] is DUE


def test_recorded_or_measured_it_is_known_again() -> None:
    reached = Reached(key="FLEX_90", on=on(30), confirmed=True)
    assert states_of_a_late_one(43, 60, reached=(reached,))["FLEX_90"] is DONE
    assert states_of_a_late_one(43, 60, measurements=(measured(50, "flexion", "95"),))["FLEX_90"] is DONE
    assert states_of_a_late_one(43, 60, measurements=(measured(50, "flexion", "70"),))["FLEX_90"] is OVERDUE


def test_a_bone_is_never_taken_as_healed_unseen() -> None:
    assert states_of_a_late_one(300, 301)["UNION_XR"] is OVERDUE
