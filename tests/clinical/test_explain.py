"""What patient and clinician read: reading level, advice and never a diagnosis, the leg, the units, the facts."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from tests.clinical.knees import a_plan, alert, cleared, measured, on, quiet, refused, report, signed
from tests.clinical.test_rules import TABLE, history_of
from tracker.clinical import explain
from tracker.clinical.allowance import Allowance, allowed
from tracker.clinical.assessment import assess
from tracker.clinical.explain.names import LABELS
from tracker.clinical.explain.patient import GATES, TOLD
from tracker.clinical.findings import PATTERNS, PLACES, Finding, finding
from tracker.clinical.history import History, Hold, Limit, Reached
from tracker.clinical.plan import Plan
from tracker.clinical.rules.symptoms import FLOORS
from tracker.clinical.terms import Aids, Attention, Gate, Modifier, Side, Symptom, Term, Urgency

DIAGNOSES = re.compile(
    r"thrombo|embol|clot|compartment|infect|fractur|broken|non-union|nonunion|sepsis|nerve damage|loss of correction|"
    r"depress|stiffness|DVT|\bPE\b",
    re.IGNORECASE,
)


def samples() -> list[Finding]:
    """One finding of every code and urgency that the table of the evidence gives, with its sentences."""
    found: dict[tuple[str, str | None], Finding] = {}
    for row in TABLE:
        for each in assess(history_of(row), a_plan(row.protocol, *row.modifiers), on(row.day)).findings:
            found.setdefault((each.code, each.urgency), each)
    more = [
        finding("unseen_tightening", None, "order:1", on=on(20).isoformat(), percent=10, kg=8),
        finding("unseen_loosening", None, "order:1", on=on(20).isoformat(), percent=50, kg=42),
        finding("not_evaluated", Urgency.R2, "check-in:1"),
    ]
    return [*found.values(), *(with_words(each) for each in more)]


def with_words(found: Finding) -> Finding:
    return replace(found, patient=explain.for_patient(found, side=Side.LEFT), clinician=explain.for_clinician(found))


SAMPLES = samples()
NAMES = [f"{each.code} {each.urgency or ''}".strip() for each in SAMPLES]
sample = pytest.mark.parametrize("found", SAMPLES, ids=NAMES)


def test_the_samples_are_of_every_code_there_is() -> None:
    codes = {each.code for each in SAMPLES}
    assert codes == LABELS.keys()
    assert {*FLOORS, *PATTERNS, *PLACES} <= codes


@sample
def test_a_patient_of_twelve_can_read_it(found: Finding) -> None:
    assert grade(found.patient) <= 6.5
    assert max(len(words(sentence)) for sentence in sentences(found.patient)) <= 22


@sample
def test_it_is_advice_and_never_a_diagnosis(found: Finding) -> None:
    assert not DIAGNOSES.search(found.patient)


@sample
def test_no_abbreviation_or_code_reaches_the_patient(found: Finding) -> None:
    assert not re.search(r"\b(NWB|TTWB|PWB|WBAT|FWB|NRS|G6|G12|R[0-4]|[A-Z]+_[A-Z0-9]+|None)\b", found.patient)


@sample
def test_the_leg_is_named_wherever_a_leg_is_spoken_of(found: Finding) -> None:
    for part in re.finditer(r"\b(\w+) (leg|knee|foot)\b", found.patient):
        assert part[1] == "left"
    right = explain.for_patient(found, side=Side.RIGHT)
    assert "left" not in right


@sample
def test_a_clinician_reads_one_short_sentence_with_a_full_stop(found: Finding) -> None:
    assert found.clinician.endswith(".")
    assert found.clinician[0].isupper() or found.clinician[0].isdigit()
    assert len(found.clinician) <= 140
    assert "None" not in found.clinician


@pytest.mark.parametrize("found", [each for each in SAMPLES if each.urgency == "R0"], ids=lambda each: each.code)
def test_an_emergency_starts_with_the_clinics_own_number(found: Finding) -> None:
    assert explain.for_patient(found, side=Side.LEFT, emergency="112").startswith("Call 112 now.")


@pytest.mark.parametrize("found", [each for each in SAMPLES if each.urgency == "R1"], ids=lambda each: each.code)
def test_a_same_day_matter_starts_with_whom_to_call_and_says_where_to_go_else(found: Finding) -> None:
    told = explain.for_patient(found, side=Side.LEFT, clinic="the clinic on 555 0100")
    assert told.startswith("Call the clinic on 555 0100 now.")
    assert "emergency department" in told


def test_every_symptom_that_raises_something_is_said_back() -> None:
    assert set(FLOORS) - {Symptom.LOW_MOOD} == set(TOLD)


def test_low_mood_names_the_emergency_number_too() -> None:
    found = finding("low_mood", Urgency.R3, "check-in:1")
    assert "call 112 now" in explain.for_patient(found, emergency="112")


@sample
def test_what_is_stored_as_json_is_said_in_the_same_words_again(found: Finding) -> None:
    stored = replace(found, evidence=json.loads(json.dumps(found.evidence)), patient="", clinician="")
    assert explain.for_clinician(stored) == found.clinician
    assert explain.for_patient(stored, side=Side.LEFT) == found.patient


# --- Reasons of the worklist, as drawn ---------------------------------------------------------------------------------


def reason(day: int, history: History, plan: Plan | None = None) -> str:
    return assess(history, plan or a_plan(), on(day)).reason


def test_symptoms_of_one_check_in_are_told_in_one_sentence() -> None:
    history = quiet(a_plan(), 9, report(9, "breathless", "calf_sore"))
    assert reason(9, history) == "Newly breathless, calf sore on 11 Mar."


def test_a_fall_names_day_rise_and_load() -> None:
    plan = a_plan()
    rows = (*(report(day, pain_load=2) for day in range(40, 48)), report(48, fall="fall", pain_load=2))
    history = quiet(plan, 50, *rows, report(50, pain_load=6, can_load=False))
    assert reason(50, history) == "Fell on 19 Apr; on 21 Apr pain up from 2 to 6, cannot load."


def test_a_milestone_names_day_limit_and_bend() -> None:
    plan = a_plan("lowdfo_std")
    history = quiet(plan, 38, measurements=(measured(37, "flexion", "70"),))
    late = replace(history, reached=tuple(row for row in history.reached if row.key != "SLR_NOLAG"))
    assert assess(late, plan, on(38)).reason == (
        "Straight-leg raise without lag not reached at day 38 (expected by day 35); bend 70°."
    )


def test_silence_names_last_pain_and_load() -> None:
    history = quiet(a_plan(), 33, report(27, pain_load=3, reported_load_kg=Decimal(35), limit_percent=50, limit_kg=42))
    assert reason(33, history) == "No check-in for 6 days; last pain 3, load as ordered."


def test_a_knee_that_needs_nobody_says_what_it_rests_on() -> None:
    assert reason(30, quiet(a_plan(), 30, report(30, pain_load=3))) == "Nothing stands out; pain 3, expected 1-6."
    assert reason(30, quiet(a_plan(), 30)) == "Nothing stands out; no pain reported yet."
    femur = a_plan("mcwdfo_std")
    assert reason(30, quiet(femur, 30, report(30, pain_load=3)), femur) == "Nothing stands out; pain 3."


def test_the_reason_is_that_of_the_most_urgent_thing_not_of_the_latest() -> None:
    plan = a_plan()
    history = quiet(plan, 30, report(28, "breathless"), report(30, "low_mood"))
    assert reason(30, history) == "Newly breathless on 30 Mar (day 28)."


def test_a_standing_alert_is_told_from_its_stored_evidence() -> None:
    plan = a_plan()
    stored = replace(alert("severe_pain", "R1", "refused:x"), evidence={"pain": 9, "on": on(12).isoformat(), "day": 12})
    assert reason(60, quiet(plan, 60, alerts=(stored,))) == "Pain 9 of 10 on 14 Mar (day 12)."
    broken = replace(stored, evidence={"nothing": "known"})
    assert reason(60, quiet(plan, 60, alerts=(broken,))) == "Severe pain: alert of 12 Mar is still open."


# --- The allowance -----------------------------------------------------------------------------------------------------


def today(plan: Plan, history: History, day: int) -> Allowance:
    return allowed(plan, history, clinic_date=on(day), patient_date=on(day))


@pytest.mark.parametrize(
    ("key", "day", "expected"),
    [
        ("mowhto_std", 21, "Put up to 42 kg through your left leg. That is half your weight."),
        ("mowhto_std", 5, "Put up to 16 kg through your left leg. That is a fifth of your weight."),
        ("mowhto_std", 45, "Put as much weight on your left leg as feels comfortable, with your crutches."),
        ("mowhto_std", 60, "You may put your full weight on your left leg."),
        ("mowhto_trad", 5, "Put no weight on your left leg."),
        ("lowdfo_std", 5, "Put up to 8 kg through your left leg. That is a touch: a tenth of your weight."),
        ("lcwhto_std", 30, "Put up to 63 kg through your left leg. That is three quarters of your weight."),
    ],
)
def test_the_level_names_kilograms_leg_and_share(key: str, day: int, expected: str) -> None:
    plan = a_plan(key)
    assert explain.allowance_for_patient(today(plan, quiet(plan, day), day), Side.LEFT) == expected


def test_a_cap_below_the_share_is_not_called_the_share() -> None:
    plan = a_plan("mowhto_std", weight=Decimal(130))
    told = explain.allowance_for_patient(today(plan, quiet(plan, 5), 5), Side.RIGHT)
    assert told == "Put up to 20 kg through your right leg. That is less than a fifth of your weight."


def test_before_anyone_signs_the_patient_reads_no_weight_and_whom_to_call() -> None:
    plan = a_plan()
    told = explain.allowance_for_patient(today(plan, History(), 20), Side.LEFT, clinic="555 0100")
    assert told == "Put no weight on your left leg. Call 555 0100: we cannot tell your level."


def next_step(plan: Plan, history: History, day: int) -> str:
    given = today(plan, history, day)
    return explain.next_step_for_patient(given.next_step, Side.LEFT, on_hold=given.frozen)


def test_the_next_step_names_the_date_the_condition_and_to_stay() -> None:
    plan = a_plan()
    history = quiet(plan, 21, orders=(signed(plan)[0], replace(signed(plan)[1], ends_on=None)))
    assert next_step(plan, history, 21) == (
        "Next: full weight, with crutches. Not before 13 April, and only after your six-week X-ray is checked and your "
        "surgeon says yes. Until then, keep your left leg at this level."
    )


def test_a_signed_step_has_a_date_and_a_refused_one_has_none() -> None:
    plan = a_plan()
    assert next_step(plan, quiet(plan, 5), 5) == "Next: half your weight. You may from 16 March."
    history = quiet(
        plan,
        45,
        orders=(signed(plan)[0], replace(signed(plan)[1], ends_on=None)),
        clearances=(refused(Gate.G6, 43),),
    )
    assert "not yet" in next_step(plan, history, 45)
    assert "April" not in next_step(plan, history, 45)


def test_on_hold_the_patient_reads_that_and_whom_to_ask() -> None:
    plan = a_plan()
    hold = Hold("h", "calf_sore", on(10), Limit(20, Decimal(20)))
    history = quiet(plan, 20, holds=(hold,))
    given = today(plan, history, 20)
    assert explain.hold_for_patient(given, Side.LEFT, clinic="555 0100") == (
        "On hold since 12 March. Keep your left leg at this level until 555 0100 says that you may go on."
    )
    assert "on hold" in next_step(plan, history, 20)


def test_at_full_weight_there_is_no_higher_step() -> None:
    plan = a_plan()
    assert next_step(plan, quiet(plan, 60), 60) == "There is no higher step for your left leg."


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        (0, "no weight"),
        (10, "a touch"),
        (20, "a fifth"),
        (25, "a quarter"),
        (50, "half"),
        (75, "three quarters"),
        (100, "full weight"),
        (23, "23 %"),
    ],
)
def test_levels_have_names(percent: int, expected: str) -> None:
    assert explain.level(percent) == expected


def test_every_term_aid_and_gate_has_plain_words() -> None:
    assert set(explain.TERMS) == set(Term)
    assert set(explain.AIDS) == set(Aids)
    assert set(GATES) == set(Gate)


def test_dates_are_in_words_whatever_the_machines_language() -> None:
    assert (explain.long_date(date(2026, 12, 14)), explain.short_date(date(2026, 3, 2))) == ("14 December", "2 Mar")


# --- You may / not yet -------------------------------------------------------------------------------------------------


def lists(plan: Plan, history: History, day: int) -> explain.Lists:
    return explain.may_do(plan, history, today(plan, history, day))


def test_at_day_21_as_drawn() -> None:
    plan = a_plan()
    may, not_yet = lists(plan, quiet(plan, 21, reached=(Reached("WOUND_DRY", on(13), confirmed=True),)), 21)
    assert {"Bend as far as is comfortable", "Exercise bike, no load", "Shower, the wound is dry"} <= set(may)
    assert {"Walk without crutches", "Drive: ask your clinic first", "Run"} <= set(not_yet)


def test_with_an_open_wound_neither_bike_nor_pool_nor_shower() -> None:
    plan = a_plan()
    may, not_yet = lists(plan, quiet(plan, 30, reached=()), 30)
    assert {"Exercise bike", "Pool or bath", "Get the wound wet"} <= set(not_yet)
    assert not any("Shower" in each or "bike" in each for each in may)


def test_nothing_may_be_done_that_the_level_does_not_carry() -> None:
    plan = a_plan("dlo_std")
    done = tuple(Reached(each.key, on(20), confirmed=True) for each in plan.milestones)
    may, not_yet = lists(plan, quiet(plan, 30, reached=done), 30)
    assert {"Walk without crutches", "Stairs, one foot per step", "Cycle outside or swim lanes"} <= set(not_yet)
    assert not {"Drive", "Walk without crutches"} & set(may)


def test_on_hold_only_bending_is_left() -> None:
    plan = a_plan()
    hold = Hold("h", "calf_sore", on(55), Limit(50))
    may, _ = lists(plan, quiet(plan, 60, holds=(hold,)), 60)
    assert set(may) <= {"Bend as far as is comfortable", "Shower, the wound is dry"}


def test_without_a_known_level_there_is_nothing_but_to_call() -> None:
    plan = a_plan()
    assert lists(plan, History(), 20) == ((), ("Any weight on the leg: call your clinic first",))


@pytest.mark.parametrize(
    ("modifier", "day", "phrase"),
    [
        (Modifier.ROOT_REPAIR, 20, "Bend beyond 90 degrees"),
        (Modifier.ROOT_REPAIR, 60, "Squat deeper than 90 degrees"),
        (Modifier.LHF_3, 20, "Bend beyond 90 degrees"),
    ],
)
def test_a_repair_limits_the_bend(modifier: Modifier, day: int, phrase: str) -> None:
    plan = a_plan("mowhto_std", modifier.value)
    history = quiet(plan, day, clearances=(cleared(Gate.G6, 42),) if day > 42 else ())
    assert phrase in lists(plan, history, day).not_yet


def test_driving_depends_on_the_side_and_waits_for_the_clinic() -> None:
    plan = a_plan()
    left, right = quiet(plan, 60), replace(quiet(plan, 60), side=Side.RIGHT)
    assert "Drive an automatic car" in lists(plan, left, 60).allowed
    assert "Drive: ask your clinic first" in lists(plan, right, 60).not_yet
    driving = replace(right, reached=(*right.reached, Reached("DRIVE_R", on(58), confirmed=True)))
    assert "Drive" in lists(plan, driving, 60).allowed


def test_both_lists_are_short_phrases_and_never_overlap() -> None:
    for key in ("mowhto_std", "dlo_std"):
        plan = a_plan(key)
        for day in range(0, 200, 7):
            may, not_yet = lists(plan, quiet(plan, day), day)
            assert not set(may) & set(not_yet)
            assert all(len(each) <= 45 for each in (*may, *not_yet))


@pytest.mark.parametrize(
    ("pain", "band", "expected"),
    [
        (3, "inside", "The pain in your left knee is in the expected range for day 21."),
        (9, "above", "The pain in your left knee is higher than we expect on day 21. Your clinic can see this."),
        (0, "below", "The pain in your left knee is low. The bone still needs its time: keep to your level."),
        (None, None, "You have not told us yet how your left knee feels."),
    ],
)
def test_how_it_is_going_never_says_ahead(pain: int | None, band: str | None, expected: str) -> None:
    assert explain.how_it_is_going(pain, band, 21, Side.LEFT) == expected


def test_without_a_reference_the_patient_is_told_so() -> None:
    told = explain.how_it_is_going(3, None, 21, Side.LEFT)
    assert told == "The pain in your left knee was 3 of 10. There are no published numbers for your operation."


def test_nothing_ever_says_ahead() -> None:
    said = [each.patient + each.clinician for each in SAMPLES]
    assert not any("ahead" in text for text in said)
    assert all(place.name != "AHEAD" for place in Attention)


# --- Reading level (Flesch-Kincaid) ------------------------------------------------------------------------------------


def sentences(text: str) -> list[str]:
    return [part for part in re.split(r"[.!?:]+\s*", text) if part.strip()]


def words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z']+", text)


def syllables(word: str) -> int:
    groups = len(re.findall(r"[aeiouy]+", word.lower().removesuffix("e")))
    return max(1, groups)


def grade(text: str) -> float:
    """Flesch-Kincaid school grade; 6 is a child of eleven to twelve."""
    every = words(text)
    return 0.39 * len(every) / len(sentences(text)) + 11.8 * sum(syllables(word) for word in every) / len(every) - 15.59
