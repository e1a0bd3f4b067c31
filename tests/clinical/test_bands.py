"""What is expected, against the tables of clinical.md sections 4, 5 and 6."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.clinical.knees import SURGERY, a_plan, quiet, report, signed
from tracker.clinical import bands, loads, protocol
from tracker.clinical.terms import Family, ReportedLoad

PAIN = [
    (0, 5.1, 2.5, 7.7),
    (1, 5.5, 2.7, 8.3),
    (7, 4.7, 2.2, 7.3),
    (14, 4.4, 1.8, 6.9),
    (28, 3.8, 1.2, 6.4),
    (42, 3.4, 0.8, 5.9),
    (56, 3.0, 0.5, 5.6),
    (84, 2.5, 0.0, 5.1),
    (182, 1.9, 0.0, 4.0),
    (364, 1.8, 0.0, 4.0),
]
"""Day, mean, P10 and P90 of HTO pain (clinical.md 4)."""


@pytest.mark.parametrize(("day", "mean", "low", "high"), PAIN)
def test_the_band_is_that_of_the_evidence(day: int, mean: float, low: float, high: float) -> None:
    band = bands.pain(a_plan(), None, day)
    assert band is not None
    assert band.mid == pytest.approx(mean, abs=0.001)
    assert (band.low, band.high) == (pytest.approx(low, abs=0.1), pytest.approx(high, abs=0.1))


@pytest.mark.parametrize(("weeks", "observed"), [(8, 3.0), (26, 1.9)])
def test_the_model_predicts_what_was_observed(weeks: int, observed: float) -> None:
    """The check that clinical.md 4 makes of the model."""
    model = protocol.shipped()["mowhto_std"].pain
    assert model is not None
    assert bands.personal(model, None, weeks * 7) == pytest.approx(observed, abs=0.1)


def test_the_models_half_life_is_39_days() -> None:
    model = protocol.shipped()["mowhto_std"].pain
    assert model is not None
    half = model.floor + (model.baseline - model.floor) / 2
    assert bands.personal(model, None, 39) == pytest.approx(half, abs=0.02)


@given(st.integers(0, 10), st.integers(0, 365))
def test_the_band_follows_the_pain_before_surgery_and_keeps_its_spread(baseline: int, day: int) -> None:
    plan = a_plan()
    own, usual = bands.pain(plan, baseline, day), bands.pain(plan, None, day)
    assert own is not None
    assert usual is not None
    model = plan.protocol.pain
    assert model is not None
    shift = (baseline - model.baseline) * math.exp(-model.rate_per_month * day / model.days_per_month)
    expected = min(10, max(0, usual.mid + shift))
    assert own.mid == pytest.approx(expected)
    assert 0 <= own.low <= own.mid <= own.high <= 10


@given(st.integers(0, 10))
def test_the_band_has_no_jump_from_day_to_day(baseline: int) -> None:
    series = bands.pain_series(a_plan(), baseline, 400)
    assert [band.day for band in series] == list(range(366))
    assert all(abs(one.mid - other.mid) < 1 for one, other in pairwise(series))


@pytest.mark.parametrize("key", ["mcwdfo_std", "lowdfo_std", "dlo_std"])
def test_femur_and_double_level_have_no_band_and_say_so(key: str) -> None:
    plan = a_plan(key)
    assert bands.pain(plan, 5, 20) is None
    assert bands.centile(plan, 5, 20, 75) is None
    assert bands.pain_series(plan, 5, 100) == ()
    assert bands.flexion(plan, 42) is None
    assert bands.pain_source(plan) == "No published reference for this operation"


@pytest.mark.parametrize("day", [-1, 366, 2000])
def test_there_is_no_band_before_surgery_or_beyond_a_year(day: int) -> None:
    assert bands.pain(a_plan(), 5, day) is None


def test_the_upper_quartile_lies_between_mean_and_90th_centile() -> None:
    plan, band = a_plan(), bands.pain(a_plan(), None, 60)
    quartile = bands.centile(plan, None, 60, 75)
    assert band is not None
    assert quartile is not None
    assert band.mid < quartile < band.high
    assert quartile == pytest.approx(band.mid + 0.6745 * 2.0, abs=0.01)


@pytest.mark.parametrize(
    ("day", "low", "target"),
    [(7, 60, (80, 90)), (14, 60, (80, 90)), (21, 75, (90, 90)), (42, 90, (110, 120)), (84, 110, (120, 130))],
)
def test_the_bend_aimed_at_is_that_of_the_evidence(day: int, low: int, target: tuple[int, int]) -> None:
    found = bands.flexion(a_plan(), day)
    assert found is not None
    assert (found.low, (found.target_low, found.target_high)) == (low, target)
    assert found.source


def test_from_half_a_year_the_bend_aimed_at_is_the_own_one_before_surgery() -> None:
    own, unknown = bands.flexion(a_plan(), 200, 128), bands.flexion(a_plan(), 200)
    assert own is not None
    assert unknown is not None
    assert (own.target_low, own.target_high, own.low) == (123, 133, None)
    assert unknown.day == 84


def test_no_bend_is_aimed_at_in_the_first_week_nor_beyond_what_a_repair_allows() -> None:
    assert bands.flexion(a_plan(), 6) is None
    repaired = bands.flexion(a_plan("mowhto_std", "root_repair"), 41)
    assert repaired is not None
    assert repaired.target_high <= 90
    assert [each.day for each in bands.flexion_series(a_plan(), 50)] == [7, 14, 21, 42]


@pytest.mark.parametrize(("key", "week_12", "year"), [("uka", 2.0, 1.8), ("tka", 2.4, 2.2)])
def test_joint_replacement_is_another_operation_and_takes_full_weight_at_once(
    key: str, week_12: float, year: float
) -> None:
    other = bands.comparison(key)
    pain = {point.day: point.value for point in other.pain}
    assert "different operation" in other.label
    assert (pain[84], pain[364]) == (week_12, year)
    assert other.load[0].value == 100


def test_the_comparison_in_words_is_of_this_family_beside_the_other_operation() -> None:
    tibia = {name: (own, other) for name, own, other in bands.comparison_words("tka", Family.HTO)}
    femur = {name: (own, other) for name, own, other in bands.comparison_words("tka", Family.DFO)}
    assert tibia.keys() == femur.keys()
    assert tibia["Days of no or touch weight"][1] == "0"
    assert tibia["Days of no or touch weight"][0] != femur["Days of no or touch weight"][0]


def test_the_load_ladder_has_plan_order_and_report_side_by_side() -> None:
    plan = a_plan()
    rows = (
        report(3, reported_load=ReportedLoad.TOUCH, limit_percent=20, limit_kg=16),
        report(5),
        report(20, reported_load_kg=Decimal(63), limit_percent=50, limit_kg=42),
        report(21, reported_load=ReportedLoad.FULL),
    )
    history = quiet(plan, 21, *rows)

    assert [(step.day, step.percent, step.gated) for step in loads.planned(plan, 50)] == [
        (0, 20, False),
        (14, 50, False),
        (42, 100, True),
    ]
    ladder = [(row.day, row.until, row.percent, row.kg) for row in loads.ordered(signed(plan), SURGERY)]
    assert ladder[:2] == [(0, 14, 20, 16), (14, 42, 50, 42)]
    assert ladder[-1][1] is None
    assert [(row.day, row.percent, row.over) for row in loads.reported(history.check_ins, plan)] == [
        (3, 10, False),
        (20, 75, True),
        (21, 100, None),
    ]


def test_a_replaced_report_and_a_superseded_order_are_not_drawn() -> None:
    plan = a_plan()
    old = report(20, reported_load=ReportedLoad.FULL, current=False)
    assert loads.reported((old,), plan) == ()
    assert loads.ordered([replace(row, superseded=True) for row in signed(plan)], SURGERY) == ()


@pytest.mark.parametrize(
    ("percent", "kg", "expected"),
    [
        (50, 42, 50),
        (20, 16, 20),  # 16.8 rounded down is no stricter limit
        (20, 10, Decimal(1000) / 84),  # a cap that binds
        (None, 42, 50),
        (None, None, None),
        (100, None, 100),
    ],
)
def test_the_known_limit_in_percent(percent: int | None, kg: int | None, expected: Decimal | None) -> None:
    row = report(10, limit_percent=percent, limit_kg=kg)
    assert loads.known_limit(row, Decimal(84)) == expected
