"""One assessment of a knee: section 10 of the design line by line, and what must hold for every history."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.clinical.knees import a_plan, alert, at, codes, measured, on, quiet, refused, report, signed, steady, without
from tracker.clinical import rules
from tracker.clinical.assessment import assess
from tracker.clinical.findings import Freeze, holds_for, to_raise
from tracker.clinical.history import History, Limit, ReviewDone
from tracker.clinical.terms import Attention, Gate, ReportedLoad, Status, Symptom

ALERT, BEHIND, STALE, ON_TRACK = Status.ALERT, Status.BEHIND, Status.STALE, Status.ON_TRACK
HALF: dict[str, Any] = {"limit_percent": 50, "limit_kg": 42}


def test_design_10_10_symptom_rules_read_every_row_and_amending_closes_nothing() -> None:
    plan = a_plan()
    first = report(20, "calf_sore", id="first", current=False)
    amended = report(20, id="second", entered_at=at(20, 9))
    history = quiet(plan, 20, first, amended)

    result = assess(history, plan, on(20))

    assert [(each.code, each.cause) for each in result.to_raise] == [("calf_sore", "check-in:first")]
    standing = replace(history, alerts=(alert("calf_sore", "R1", "check-in:first"),))
    assert assess(standing, plan, on(20)).status is ALERT


def test_design_10_10_patterns_read_only_the_current_row_of_a_day() -> None:
    plan = a_plan()
    full: dict[str, Any] = {"reported_load": ReportedLoad.FULL, "current": False, **HALF}
    over = tuple(report(day, id=f"old{day}", **full) for day in (19, 20))
    right = tuple(report(day, id=f"new{day}", reported_load=ReportedLoad.HALF, **HALF) for day in (19, 20))

    assert codes(assess(quiet(plan, 20, *right, *over), plan, on(20)).findings) == {}


def test_design_10_11_a_refused_check_in_still_raises_its_red_flags() -> None:
    raw = {"date": "2026-03-20", "pain_load": 99, "symptoms": ["breathless", "calf_sore", "low_mood", "nonsense"]}

    found = rules.red_flags_in(raw, 18)

    assert codes(found) == {"breathless": "R0", "calf_sore": "R1"}
    assert {each.cause for each in found} == {rules.red_flags_in(dict(raw), 18)[0].cause}
    assert found[0].evidence["answers"] == raw | {"symptoms": ["breathless", "calf_sore", "low_mood", "(words)"]}


def test_design_10_11_another_refused_check_in_is_another_alert() -> None:
    causes = {
        rules.red_flags_in({"symptoms": ["faint"], "date": when}, day)[0].cause
        for when, day in (("2026-03-20", 18), ("2026-03-21", 19), (None, 19))
    }
    assert len(causes) == 3


@pytest.mark.parametrize(
    "raw",
    [
        {},
        {"symptoms": None},
        {"symptoms": 7},
        {"symptoms": [None, 3, {"a": 1}, ["breathless"]]},
        {"pain_load": float("nan"), "pain_rest": True, "date": "2026-99-99", "fall": ["fall"]},
        {"note": "breathless"},
        [],
        "breathless",
    ],
)
def test_design_10_11_nothing_urgent_in_senseless_answers(raw: Any) -> None:
    assert rules.red_flags_in(raw, 18) == ()


def test_design_10_11_words_in_place_of_an_answer_are_not_kept_as_they_may_name_people() -> None:
    said = {"pain_rest": "ask my wife Ada Quist", "date": "20.3.2026", "pain_load": "7,5", "fall": "Slip"}
    found = rules.red_flags_in({"symptoms": ["breathless", "Dr Osei knows"], **said}, 18)
    assert found[0].evidence["answers"] == {
        "symptoms": ["breathless", "(words)"],
        "pain_rest": "(words)",
        "date": "20.3.2026",
        "pain_load": "7,5",
        "fall": "Slip",
    }


def test_design_10_11_text_that_no_database_stores_is_cleaned() -> None:
    found = rules.red_flags_in({"symptoms": "breathless", "date": "\0\ud800", "can_load": "x" * 9000}, None)

    kept = found[0].evidence["answers"]
    assert isinstance(kept, dict)
    assert "\0" not in kept["date"]
    assert kept["date"].encode()
    assert len(kept["can_load"]) < 100


def test_design_10_11_a_day_not_known_is_judged_as_a_late_one() -> None:
    assert codes(rules.red_flags_in({"symptoms": ["wound_leak"]}, None)) == {"wound_leak": "R1"}
    assert codes(rules.red_flags_in({"symptoms": ["wound_leak"]}, 3)) == {}


def test_design_10_12_the_same_cause_never_opens_again_and_a_new_one_is_a_new_alert() -> None:
    plan = a_plan()
    history = quiet(plan, 21, report(20, "calf_sore"), report(21, "calf_sore"))
    closed = replace(history, alerts=(alert("calf_sore", "R1", "check-in:c20", "closed"),))

    assert [each.cause for each in assess(history, plan, on(21)).to_raise] == ["check-in:c20", "check-in:c21"]
    assert [each.cause for each in assess(closed, plan, on(21)).to_raise] == ["check-in:c21"]
    assert [each.cause for each in assess(closed, plan, on(21)).findings] == ["check-in:c21"]


@pytest.mark.parametrize("symptom", Symptom)
def test_design_10_12_every_symptom_alone_has_a_floor(symptom: Symptom) -> None:
    plan = a_plan()
    found = assess(quiet(plan, 90, report(90, symptom.value)), plan, on(90)).findings
    assert [each.code for each in found] == [symptom.value]


def test_design_10_12_combinations_are_also_seen_across_the_rows_of_a_day() -> None:
    plan = a_plan()
    first = report(4, "leg_tight", id="first", current=False)
    second = report(4, "toes_numb", id="second", entered_at=at(4, 10))

    assert codes(rules.symptoms(second, plan, quiet(plan, 4, first))) == {"toes_numb": "R0"}
    assert codes(rules.symptoms(first, plan, quiet(plan, 4, second))) == {"leg_tight": "R0"}


def test_design_10_12_what_gets_more_urgent_later_is_raised_again_beside_the_old_alert() -> None:
    plan = a_plan()
    warm = (measured(12, "temperature_c", "38.6"),)
    known = (alert("fever", "R1", "check-in:c12"), alert("rigors", "R1", "check-in:c12", "closed"))
    history = quiet(plan, 12, report(12, "fever", "rigors"), measurements=warm, alerts=known)

    raised = {each.code: each.cause for each in assess(history, plan, on(12)).to_raise}

    assert raised["fever"] == raised["rigors"] == "check-in:c12:R0"
    again = tuple(alert(code, "R0", "check-in:c12:R0") for code in ("fever", "rigors"))
    after = replace(history, alerts=(*known, *again))
    assert {each.code for each in assess(after, plan, on(12)).to_raise} == {"temperature"}


def test_design_10_12_a_pattern_with_a_standing_alert_raises_no_second_one() -> None:
    plan = a_plan()
    rows = tuple(report(day, reported_load=ReportedLoad.MOST, **HALF) for day in (18, 19, 20))
    standing = quiet(plan, 20, *rows, alerts=(alert("over_loading", "R2", "check-in:c19"),))
    closed = quiet(plan, 20, *rows, alerts=(alert("over_loading", "R2", "check-in:c19", "closed"),))

    assert assess(standing, plan, on(20)).to_raise == ()
    assert [each.cause for each in assess(closed, plan, on(20)).to_raise] == ["check-in:c20"]


def test_design_10_12_a_lower_alert_of_a_pattern_does_not_hide_a_higher_one() -> None:
    plan = a_plan()
    rows = (*steady(range(25, 32), 2), report(32, pain_load=4), report(33, pain_load=4, can_load=False))
    history = quiet(plan, 33, *rows, alerts=(alert("sustained_rise", "R2", "check-in:c33"),))

    raised = assess(history, plan, on(33)).to_raise

    assert [(each.urgency, each.cause) for each in raised] == [("R1", "check-in:c33:R1")]


def test_design_10_13_status_is_alert_before_behind_before_stale() -> None:
    plan = a_plan()
    late = without(quiet(plan, 30, report(20)), "SLR_NOLAG", "QUAD_SET")
    states = {
        state: assess(replace(late, alerts=(alert("fever", "R1", "check-in:x", state),)), plan, on(30)).status
        for state in ("open", "acknowledged", "closed")
    }

    assert assess(quiet(plan, 30, report(20)), plan, on(30)).status is STALE
    assert assess(late, plan, on(30)).status is BEHIND
    assert states == {"open": ALERT, "acknowledged": ALERT, "closed": BEHIND}


def test_design_10_13_the_worklist_runs_from_emergency_to_on_track() -> None:
    plan = a_plan()
    first, second, *_ = signed(plan)
    tighter = replace(second, acknowledged_at=None, limit=Limit(10), kg=8)
    over = tuple(report(day, reported_load=ReportedLoad.MOST, **HALF) for day in (19, 20))
    knees = [
        (20, quiet(plan, 20, report(20, "breathless"))),
        (20, quiet(plan, 20, report(20, "calf_sore"))),
        (20, quiet(plan, 20, alerts=(alert("not_evaluated", "R2", "check-in:x"),))),
        (20, quiet(plan, 20, report(20, "new_click"))),
        (44, quiet(plan, 44, clearances=())),
        (20, quiet(plan, 20, *over)),
        (20, quiet(plan, 20, orders=(first, tighter))),
        (20, quiet(plan, 20, report(20, "low_mood"))),
        (24, without(quiet(plan, 24), "SLR_NOLAG", "QUAD_SET")),
        (30, quiet(plan, 30, report(24))),
        (24, quiet(plan, 24, measurements=(measured(24, "flexion", "70"),))),
        (20, quiet(plan, 20)),
    ]

    assert [assess(history, plan, on(day)).attention for day, history in knees] == list(Attention)


def test_design_10_13_gate_due_has_a_place_but_is_no_status() -> None:
    plan = a_plan()
    due = assess(quiet(plan, 44, clearances=()), plan, on(44))
    assert (due.status, due.attention) == (ON_TRACK, Attention.GATE_DUE)


def test_design_10_14_silence_names_the_first_missing_day_as_its_cause() -> None:
    plan = a_plan()
    (found,) = assess(quiet(plan, 25, report(20)), plan, on(25)).findings
    assert (found.code, found.cause, found.evidence["days"]) == ("silence", f"silence:{on(21).isoformat()}", 5)


def test_design_10_14_a_patient_already_on_tomorrow_is_not_silent() -> None:
    plan = a_plan()
    assert codes(assess(quiet(plan, 25, report(20), report(26)), plan, on(25)).findings) == {}


def test_design_10_15_over_loading_names_the_most_beside_its_limit() -> None:
    plan = a_plan()
    loads = {18: ReportedLoad.MOST, 19: ReportedLoad.HALF, 20: ReportedLoad.MOST}
    rows = tuple(report(day, reported_load=load, pain_load=2, **HALF) for day, load in loads.items())

    result = assess(quiet(plan, 20, *rows), plan, on(20))

    assert result.reason == "Put about three quarters through the leg on 2 of 7 days; order is half. Pain is low."
    assert (result.load.over_days, result.load.judged_days) == (2, 3)


def test_design_10_16_rises_use_pain_on_load_and_at_rest_only_without_it() -> None:
    plan = a_plan()
    on_load = (*steady(range(24, 31), 2, pain_rest=4), *steady((31, 32), 2, pain_rest=6))
    at_rest = tuple(report(day, pain_rest=2 if day < 31 else 4) for day in range(24, 33))

    assert "sustained_rise" not in codes(assess(quiet(plan, 32, *on_load), plan, on(32)).findings)
    assert "sustained_rise" in codes(assess(quiet(plan, 32, *at_rest), plan, on(32)).findings)


def test_design_10_16_the_median_leaves_out_every_day_of_the_rise() -> None:
    plan = a_plan()
    rows = (*steady(range(23, 27), 2), *steady(range(27, 33), 4))
    found = {each.code: each for each in assess(quiet(plan, 32, *rows), plan, on(32)).findings}
    assert found["sustained_rise"].cause == "check-in:c32"
    assert found["sustained_rise"].evidence["first"] == on(27).isoformat()


# --- Holds, unseen orders, reasons ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("symptom", "expected"),
    [
        ("breathless", Freeze(False)),
        ("calf_sore", Freeze(False)),
        ("leg_shape", Freeze(True)),
        ("new_click", Freeze(True)),
        ("toes_numb", None),
        ("low_mood", None),
    ],
)
def test_design_10_7_which_symptoms_write_a_hold(symptom: str, expected: Freeze | None) -> None:
    (found,) = rules.symptoms(report(20, symptom), a_plan(), History())
    assert holds_for(found) == expected


def test_design_10_7_a_fall_that_hurts_puts_the_step_back_and_one_that_does_not_holds_nothing() -> None:
    (grave,) = rules.symptoms(report(20, fall="fall", can_load=False), a_plan(), History())
    (light,) = rules.symptoms(report(20, fall="fall"), a_plan(), History())
    assert holds_for(grave) == Freeze(True)
    assert holds_for(light) is None


@pytest.mark.parametrize(
    ("hours", "percent", "expected"),
    [
        (3, 20, {}),
        (4, 20, {"unseen_tightening": None}),
        (23, 75, {}),
        (24, 75, {"unseen_loosening": None}),
        (500, 50, {}),
    ],
)
def test_a_tightening_counts_as_unseen_after_4_hours_and_a_step_up_after_24(
    hours: int, percent: int, expected: dict[str, str | None]
) -> None:
    plan = a_plan()
    first, second, *_ = signed(plan)
    changed: dict[str, Any] = {
        "id": "new",
        "starts_on": on(20),
        "ends_on": None,
        "recorded_at": at(20),
        "acknowledged_at": None,
    }
    new = replace(second, limit=Limit(percent), kg=8, **changed)
    history = quiet(plan, 20, orders=(first, replace(second, ends_on=on(20)), new))

    found = assess(history, plan, on(20), at(20) + timedelta(hours=hours)).findings

    assert codes(found) == expected
    assert all(each.cause == "order:new" for each in found)


def test_a_symptom_finding_needs_no_history_and_no_other_rule() -> None:
    assert codes(rules.symptoms(report(9, "breathless"), a_plan(), History())) == {"breathless": "R0"}


def test_an_alert_whose_finding_no_longer_fires_still_gives_place_and_reason() -> None:
    plan = a_plan()
    result = assess(quiet(plan, 60, alerts=(alert("sustained_rise", "R2", "check-in:old", day=40),)), plan, on(60))
    assert result.attention is Attention.SOON
    assert result.reason == "Pain rising: alert of 11 Apr is still open."


def test_of_milestones_that_wait_for_each_other_only_the_first_is_told() -> None:
    plan = a_plan()
    late = without(quiet(plan, 130), "FWB_OK", "CRUTCH_FREE", "CRUTCH_1", "STAIRS_ALT", "SL_STANCE")
    result = assess(replace(late, clearances=(refused(Gate.G6, 44),)), plan, on(130))
    assert {each.cause for each in result.findings if each.code == "milestone_overdue"} == {
        "milestone:FWB_OK",
        "milestone:CRUTCH_1",
    }


def test_a_closed_union_alert_leaves_the_knee_behind() -> None:
    plan = a_plan()
    closed = alert("union_overdue", "R3", "milestone:UNION_XR", "closed")
    result = assess(without(quiet(plan, 280, alerts=(closed,)), "UNION_XR"), plan, on(280))
    assert result.status is BEHIND
    assert codes(result.findings) == {"milestone_overdue": None}


def test_what_is_no_alert_is_not_raised() -> None:
    plan = a_plan()
    found = assess(quiet(plan, 25, report(20)), plan, on(25)).findings
    assert found
    assert to_raise(found, ()) == ()


def test_a_gate_with_its_film_in_waits_for_the_decision() -> None:
    plan = a_plan()
    orders = (*signed(plan)[:1], replace(signed(plan)[1], ends_on=None))
    history = quiet(plan, 44, clearances=(), orders=orders, reviews=(ReviewDone("xray", on(41)),))
    assert assess(history, plan, on(44)).reason == (
        "6-week X-ray is in: waiting for the surgeon's decision for 2 days; stays at half (42 kg)."
    )
