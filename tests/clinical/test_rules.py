"""The rules against the evidence: each row cites the line of clinical.md or of the design that it comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from tests.clinical.knees import (
    a_plan,
    cleared,
    codes,
    measured,
    on,
    quiet,
    refused,
    report,
    reports,
    steady,
    without,
)
from tracker.clinical.assessment import assess
from tracker.clinical.history import CheckIn, History, Hold, Limit
from tracker.clinical.terms import Analgesia, Fall, Gate, PainSite, ReportedLoad, Status

ALERT, BEHIND, STALE, ON_TRACK = Status.ALERT, Status.BEHIND, Status.STALE, Status.ON_TRACK
NO_ALERT = None


@dataclass(frozen=True)
class Row:
    """A history on a day, and every finding it gives: code and urgency, nothing more and nothing less."""

    cites: str
    says: str
    day: int
    expect: dict[str, str | None]
    status: Status
    rows: tuple[CheckIn, ...] = ()
    protocol: str = "mowhto_std"
    modifiers: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def one(cites: str, says: str, day: int, expect: dict[str, str | None], *symptoms: str, **answers: Any) -> Row:
    """A row whose history is one check-in, of that day."""
    alerts = any(urgency not in (NO_ALERT, "R4") for urgency in expect.values())
    return Row(cites, says, day, expect, ALERT if alerts else ON_TRACK, (report(day, *symptoms, **answers),))


HALF: dict[str, Any] = {"limit_percent": 50, "limit_kg": 42}
TOUCH: dict[str, Any] = {"limit_percent": 20, "limit_kg": 16}

SYMPTOMS = [
    one("clinical 7 PE; design 10.12", "newly breathless", 9, {"breathless": "R0"}, "breathless"),
    one("clinical 7 PE; design 10.12", "chest pain", 9, {"chest_pain": "R0"}, "chest_pain"),
    one("clinical 7 PE; design 10.12", "coughed blood", 30, {"cough_blood": "R0"}, "cough_blood"),
    one("clinical 7 PE; design 10.12", "fainted", 30, {"faint": "R0"}, "faint"),
    one("clinical 7 DVT; design 10.12", "calf sore", 9, {"calf_sore": "R1"}, "calf_sore"),
    one(
        "design law 5",
        "breathless and calf sore: both stand",
        9,
        {"breathless": "R0", "calf_sore": "R1"},
        "breathless",
        "calf_sore",
    ),
    one("design 10.12", "leg tight alone", 4, {"leg_tight": "R1"}, "leg_tight"),
    one("design 10.12", "toes numb alone", 4, {"toes_numb": "R2"}, "toes_numb"),
    one("clinical 7 compartment [est]", "stretch pain alone", 4, {"toe_stretch_pain": "R2"}, "toe_stretch_pain"),
    one(
        "clinical 7 compartment",
        "tight leg and numb toes",
        4,
        {"leg_tight": "R0", "toes_numb": "R2"},
        "leg_tight",
        "toes_numb",
    ),
    one(
        "clinical 7 compartment",
        "tight leg and stretch pain",
        6,
        {"leg_tight": "R0", "toe_stretch_pain": "R2"},
        "leg_tight",
        "toe_stretch_pain",
    ),
    one(
        "design 10.12: no day bound",
        "tight leg and numb toes on day 20",
        20,
        {"leg_tight": "R0", "toes_numb": "R2"},
        "leg_tight",
        "toes_numb",
    ),
    one("clinical 7 vessel; design 10.12", "foot cold", 2, {"foot_cold": "R0"}, "foot_cold"),
    one("clinical 7 vessel; design 10.12", "foot white", 2, {"foot_white": "R0"}, "foot_white"),
    one("clinical 7 nerve; design 10.12", "new foot drop", 3, {"foot_drop": "R1"}, "foot_drop"),
    one("clinical 7 infection; design 10.12", "fever", 12, {"fever": "R1"}, "fever"),
    one("clinical 7 infection [est]", "shivering alone", 12, {"rigors": "R1"}, "rigors"),
    one("clinical 7 infection; design 10.12", "redness spreading", 12, {"wound_red": "R1"}, "wound_red"),
    one("design 10.12", "wound leaks on day 7", 7, {"wound_leak": "R2"}, "wound_leak"),
    one("clinical 7 infection; design 10.12", "wound leaks on day 8", 8, {"wound_leak": "R1"}, "wound_leak"),
    one("clinical 4 night pain", "ooze with night pain", 5, {"wound_leak": "R1"}, "wound_leak", pain_night=3),
    one("clinical 4 rest pain", "ooze with rest pain", 5, {"wound_leak": "R1"}, "wound_leak", pain_rest=1),
    one("clinical 4; law 4", "ooze with pain 0 at rest", 5, {"wound_leak": "R2"}, "wound_leak", pain_rest=0),
    one("clinical 4 night pain with fever", "fever with night pain", 20, {"fever": "R1"}, "fever", pain_night=5),
    one("clinical 7 loss of correction; design 10.7", "leg shape changed", 30, {"leg_shape": "R2"}, "leg_shape"),
    one("clinical 7 implant; design 10.7", "new click", 30, {"new_click": "R2"}, "new_click"),
    one("clinical 7 low mood", "low mood", 30, {"low_mood": "R3"}, "low_mood"),
    one("clinical 4 plate pain; 7", "plate sore at week 12", 84, {"plate_sore": "R4"}, "plate_sore"),
    one("clinical 4 plate pain", "sore over the plate by site", 90, {"plate_sore": "R4"}, pain_site=PainSite.PLATE),
    one("clinical 4 plate pain", "plate sore before week 12", 83, {}, "plate_sore"),
    one("design 5: none of these", "no symptom at all", 9, {}),
    one("law 4", "symptoms not answered", 9, {}, symptoms=None),
]

READINGS = [
    Row(
        "clinical 7 infection",
        "38.0 measured",
        12,
        {"temperature": "R1"},
        ALERT,
        facts={"measurements": (measured(12, "temperature_c", "38.0"),)},
    ),
    Row(
        "clinical 7 infection",
        "37.9 measured",
        12,
        {},
        ON_TRACK,
        facts={"measurements": (measured(12, "temperature_c", "37.9"),)},
    ),
    Row(
        "clinical 7 infection",
        "38.5 with rigors",
        12,
        {"rigors": "R0", "temperature": "R0"},
        ALERT,
        (report(12, "rigors"),),
        facts={"measurements": (measured(12, "temperature_c", "38.5"),)},
    ),
    Row(
        "clinical 7 infection",
        "38.5 without rigors",
        12,
        {"fever": "R1", "temperature": "R1"},
        ALERT,
        (report(12, "fever"),),
        facts={"measurements": (measured(12, "temperature_c", "38.5"),)},
    ),
    Row(
        "clinical 7 DVT",
        "calf sore and 3 cm bigger",
        12,
        {"calf_sore": "R1"},
        ALERT,
        (report(12, "calf_sore"),),
        facts={"measurements": (measured(12, "calf_difference_cm", "3"),)},
    ),
    Row(
        "clinical 7 loss of correction; 9",
        "leg line moved 3 degrees",
        60,
        {"film_change": "R2"},
        ALERT,
        facts={"measurements": (measured(60, "hka_change_deg", "-3"),)},
    ),
    Row(
        "clinical 9",
        "leg line moved 2.9 degrees",
        60,
        {},
        ON_TRACK,
        facts={"measurements": (measured(60, "hka_change_deg", "2.9"),)},
    ),
    Row(
        "clinical 9",
        "weight line moved 10 points",
        60,
        {"film_change": "R2"},
        ALERT,
        facts={"measurements": (measured(60, "wbl_change_points", "10"),)},
    ),
]

FALLS = [
    one("clinical 7 fall", "fell, pain not answered", 20, {"fall": "R2"}, fall="fall"),
    one("clinical 7 fall", "slipped and cannot load", 20, {"fall": "R1"}, fall="slip", can_load=False),
    one("clinical 7 fall", "twisted, can load", 20, {"fall": "R2"}, fall="twist", can_load=True),
    one("design 5", "no fall", 20, {}, fall="none"),
    Row(
        "clinical 7 fall",
        "fell, 2 above the usual",
        20,
        {"fall": "R1"},
        ALERT,
        (*steady(range(14, 20), 2), report(20, pain_load=4, fall=Fall.FALL)),
    ),
    Row(
        "clinical 7 fall: no pain change",
        "fell, 1 above the usual",
        20,
        {"fall": "R2"},
        ALERT,
        (*steady(range(14, 20), 2), report(20, pain_load=3, fall=Fall.FALL)),
    ),
    Row(
        "clinical 7 fall",
        "fell, compared with the one answer there is",
        20,
        {"fall": "R1"},
        ALERT,
        (report(18, pain_load=2), report(20, pain_load=5, fall=Fall.FALL)),
    ),
    Row(
        "clinical 7 fall [est]",
        "worse two days after the fall",
        22,
        {"fall": "R2", "pain_after_fall": "R1"},
        ALERT,
        (*steady(range(14, 20), 2), report(20, pain_load=2, fall=Fall.FALL), report(22, pain_load=4)),
    ),
    Row(
        "clinical 7 fall [est]",
        "cannot load the day after the fall",
        21,
        {"fall": "R2", "pain_after_fall": "R1"},
        ALERT,
        (report(20, fall=Fall.SLIP), report(21, can_load=False)),
    ),
]

PAIN = [
    one("clinical 4 severe", "8 after day 3", 4, {"severe_pain": "R1"}, pain_load=8),
    one("clinical 4 severe", "8 on day 3", 3, {}, pain_load=8),
    one("clinical 4 severe", "7 not eased", 10, {"severe_pain": "R1"}, pain_worst=7, pain_eased=False),
    one("clinical 4 severe", "7 eased", 10, {}, pain_worst=7, pain_eased=True),
    one("clinical 4 severe; law 4", "7, whether eased not answered", 10, {}, pain_worst=7),
    one("design 10.16: highest answered", "night 9, load 2", 10, {"severe_pain": "R1"}, pain_load=2, pain_night=9),
    Row(
        "clinical 4 sustained rise",
        "2 above the median on 2 days",
        32,
        {"sustained_rise": "R2"},
        ALERT,
        (*steady(range(24, 31), 2), *steady((31, 32), 4)),
    ),
    Row(
        "clinical 4 sustained rise",
        "on one day",
        32,
        {},
        ON_TRACK,
        (*steady(range(24, 32), 2), report(32, pain_load=4)),
    ),
    Row(
        "clinical 4 sustained rise",
        "on two days, not consecutive",
        33,
        {},
        ON_TRACK,
        (*steady(range(24, 31), 2), *reports({31: 4, 32: None, 33: 4})),
    ),
    Row(
        "design 10.16: needs 3 values",
        "only two earlier answers",
        33,
        {},
        ON_TRACK,
        (*steady((28, 29), 2), *steady((32, 33), 4)),
    ),
    Row(
        "clinical 4 sustained rise: new step in X",
        "after the step of day 14",
        16,
        {"sustained_rise": "R1"},
        ALERT,
        (*steady(range(8, 15), 2), *steady((15, 16), 4)),
    ),
    Row(
        "clinical 4 sustained rise: after fall",
        "after a fall",
        33,
        {"sustained_rise": "R1", "fall": "R1", "pain_after_fall": "R1"},
        ALERT,
        (*steady(range(25, 32), 2), report(32, pain_load=4, fall=Fall.TWIST), report(33, pain_load=4)),
    ),
    Row(
        "clinical 4 sustained rise: cannot load",
        "cannot load",
        33,
        {"sustained_rise": "R1"},
        ALERT,
        (*steady(range(25, 32), 2), report(32, pain_load=4), report(33, pain_load=4, can_load=False)),
    ),
    Row(
        "clinical 4 loading soreness",
        "1 above the usual the day after a step",
        15,
        {"loading_soreness": NO_ALERT},
        ON_TRACK,
        (*steady(range(7, 14), 2), report(14, pain_load=2), report(15, pain_load=3)),
    ),
    Row(
        "clinical 4 loading soreness: gone in 24-48 h",
        "1 above the usual three days after a step",
        17,
        {},
        ON_TRACK,
        (*steady(range(7, 17), 2), report(17, pain_load=3)),
    ),
    Row(
        "clinical 4 plateau",
        "week 8, no fall in 28 days, above the upper quartile",
        60,
        {"plateau": "R3"},
        ALERT,
        steady(range(26, 61), 5),
    ),
    Row(
        "clinical 4 plateau",
        "fell by a point",
        60,
        {},
        ON_TRACK,
        (*steady(range(26, 40), 6), *steady(range(54, 61), 5)),
    ),
    Row("clinical 4 plateau", "flat but low", 60, {}, ON_TRACK, steady(range(26, 61), 3)),
    Row("clinical 4 plateau: week 6-12", "week 5", 34, {}, ON_TRACK, steady(range(7, 35), 5)),
    Row(
        "law 3: no band for the femur",
        "no plateau where there is no evidence",
        60,
        {},
        ON_TRACK,
        steady(range(26, 61), 5),
        protocol="mcwdfo_std",
    ),
    Row(
        "clinical 4 late load pain; 7 union",
        "week 12, 4 on load at the bone cut, flat",
        95,
        {"late_load_pain": "R3"},
        ALERT,
        (*steady(range(70, 95), 4), report(95, pain_load=4, pain_site=PainSite.BONE_CUT)),
    ),
    Row(
        "clinical 4 late load pain",
        "falling by a point",
        95,
        {},
        ON_TRACK,
        (*steady(range(70, 94), 5), report(95, pain_load=4, pain_site=PainSite.BONE_CUT)),
    ),
    one(
        "clinical 4 late load pain; law 4",
        "no earlier answers is not falling",
        95,
        {"late_load_pain": "R3"},
        pain_load=4,
        pain_site=PainSite.BONE_CUT,
    ),
    one("clinical 4 late load pain", "inside the joint", 95, {}, pain_load=4, pain_site=PainSite.INSIDE_JOINT),
    one("clinical 4 late load pain", "before week 12", 83, {}, pain_load=4, pain_site=PainSite.BONE_CUT),
    one("clinical 4 opioids; 7", "opioid on day 29", 29, {"opioid_long": "R3"}, analgesia=Analgesia.OPIOID),
    one("clinical 4 opioids", "opioid on day 28", 28, {}, analgesia=Analgesia.OPIOID),
    one("clinical 4 opioids", "simple medicine on day 60", 60, {}, analgesia=Analgesia.SIMPLE),
    Row(
        "clinical 7 status; design 10.16",
        "above the band 3 days apart",
        30,
        {"pain_above_band": NO_ALERT},
        BEHIND,
        (report(27, pain_load=7), report(30, pain_load=7)),
    ),
    Row(
        "design 10.16",
        "above the band 2 days apart",
        30,
        {},
        ON_TRACK,
        (report(28, pain_load=7), report(30, pain_load=7)),
    ),
    Row(
        "design 10.16: none inside between",
        "one inside between",
        30,
        {},
        ON_TRACK,
        reports({27: 7, 29: 5, 30: 7}),
    ),
    Row("clinical 7 status", "below the band is never a finding", 30, {}, ON_TRACK, steady(range(24, 31), 0)),
]

LOAD = [
    Row(
        "clinical 7 over-loading; design 10.15",
        "most of the weight on 2 of 7 days, half allowed",
        20,
        {"over_loading": "R2"},
        ALERT,
        (report(15, reported_load=ReportedLoad.MOST, **HALF), report(20, reported_load=ReportedLoad.FULL, **HALF)),
    ),
    Row(
        "design 10.15",
        "on one day",
        20,
        {},
        ON_TRACK,
        (report(18, reported_load=ReportedLoad.HALF, **HALF), report(20, reported_load=ReportedLoad.MOST, **HALF)),
    ),
    Row(
        "design 10.15: 2 of 7 days",
        "eight days apart",
        24,
        {},
        ON_TRACK,
        tuple(report(day, reported_load=ReportedLoad.MOST, **HALF) for day in (17, 24)),
    ),
    Row(
        "design 10.15: more than 10 percent over",
        "a quarter where a fifth is allowed",
        10,
        {},
        ON_TRACK,
        tuple(report(day, reported_load=ReportedLoad.QUARTER, **TOUCH) for day in (9, 10)),
    ),
    Row(
        "design 10.15: kilograms override",
        "60 kg where 42 are allowed, picture half",
        20,
        {"over_loading": "R2"},
        ALERT,
        tuple(report(day, reported_load=ReportedLoad.HALF, reported_load_kg=Decimal(60), **HALF) for day in (19, 20)),
    ),
    Row(
        "design 10.15",
        "50.4 kg is exactly 10 percent over, not more",
        20,
        {},
        ON_TRACK,
        tuple(report(day, reported_load_kg=Decimal("50.4"), **HALF) for day in (19, 20)),
    ),
    Row(
        "design 10.5: no known limit",
        "days before anyone signed are never judged",
        20,
        {},
        ON_TRACK,
        tuple(report(day, reported_load=ReportedLoad.FULL) for day in range(14, 21)),
    ),
    Row(
        "law 4",
        "load not answered",
        20,
        {},
        ON_TRACK,
        tuple(report(day, **HALF) for day in range(14, 21)),
    ),
    Row(
        "design 10.15",
        "full weight where full weight is allowed",
        70,
        {},
        ON_TRACK,
        tuple(report(day, reported_load=ReportedLoad.FULL, limit_percent=100) for day in range(64, 71)),
    ),
]

MOTION = [
    Row(
        "clinical 7 stiffness",
        "bend 89 at week 6",
        44,
        {"stiffness": "R3"},
        ALERT,
        facts={"measurements": (measured(43, "flexion", "89"),)},
    ),
    Row(
        "clinical 7 stiffness",
        "bend 90 at week 6",
        44,
        {},
        ON_TRACK,
        facts={"measurements": (measured(43, "flexion", "90"),)},
    ),
    Row(
        "clinical 7 stiffness",
        "bend 109 at week 12",
        86,
        {"stiffness": "R3"},
        ALERT,
        facts={"measurements": (measured(85, "flexion", "109"),)},
    ),
    Row(
        "clinical 7 stiffness; law 4",
        "an old number is not judged by today's limit",
        50,
        {},
        ON_TRACK,
        facts={"measurements": (measured(20, "flexion", "80"),)},
    ),
    Row(
        "clinical 7 stiffness",
        "11 degrees short of straight",
        30,
        {"stiffness": "R3"},
        ALERT,
        facts={"measurements": (measured(30, "extension_deficit", "11"),)},
    ),
    Row(
        "clinical 5 extension",
        "6 degrees short at week 6",
        43,
        {"extension_low": "R4"},
        ON_TRACK,
        facts={"measurements": (measured(43, "extension_deficit", "6"),)},
    ),
    Row(
        "clinical 5 extension",
        "6 degrees short before week 6",
        34,
        {},
        ON_TRACK,
        facts={"measurements": (measured(34, "extension_deficit", "6"),)},
    ),
    Row(
        "clinical 5 flexion: low limit",
        "bend 70 at week 3",
        22,
        {"flexion_low": "R4"},
        ON_TRACK,
        facts={"measurements": (measured(22, "flexion", "70"),)},
    ),
    Row(
        "law 3: no target for the femur",
        "bend 70 at week 3 after a femoral osteotomy",
        22,
        {},
        ON_TRACK,
        protocol="lowdfo_std",
        facts={"measurements": (measured(22, "flexion", "70"),)},
    ),
]

UNION = [
    Row(
        "clinical 7 delayed union; 3",
        "no union by day 270",
        271,
        {"union_overdue": "R3"},
        ALERT,
        missing=("UNION_XR",),
    ),
    Row("clinical 3", "day 270 is not late", 270, {}, ON_TRACK, missing=("UNION_XR",)),
    Row("clinical 2c smoker: + 90 d", "a smoker at day 271", 271, {}, ON_TRACK, modifiers=("smoker",)),
    Row(
        "clinical 7: G12 fail",
        "the 12-week gate refused",
        90,
        {"gate_refused": NO_ALERT, "union_refused": "R3"},
        ALERT,
        protocol="dlo_std",
        facts={"clearances": (cleared(Gate.G6, 42), refused(Gate.G12, 85))},
    ),
    Row(
        "clinical 7 status: past latest",
        "straight leg raise not reached at day 22",
        22,
        {"milestone_overdue": NO_ALERT},
        BEHIND,
        missing=("SLR_NOLAG", "QUAD_SET"),
    ),
    Row("clinical 3: after latest", "straight leg raise at day 21", 21, {}, ON_TRACK, missing=("SLR_NOLAG",)),
    Row(
        "clinical 3: personal goals [est]",
        "no exercise bike, no driving, no desk work at day 200",
        200,
        {},
        ON_TRACK,
        missing=(
            "BIKE",
            "POOL",
            "DRIVE_L",
            "DRIVE_R",
            "WORK_SED",
            "WORK_LIGHT",
            "WORK_MOD",
            "WORK_HEAVY",
            "LOW_IMPACT",
        ),
    ),
    Row(
        "clinical 3: brace off (if used)",
        "no brace after a tibial osteotomy",
        60,
        {},
        ON_TRACK,
        missing=("BRACE_OFF",),
    ),
    Row(
        "clinical 3: brace off",
        "brace of a femoral osteotomy still on at day 71",
        71,
        {"milestone_overdue": NO_ALERT},
        BEHIND,
        protocol="mcwdfo_std",
        missing=("BRACE_OFF",),
    ),
]

GATES = [
    Row("design 10.13: from 7 days before", "day 34", 34, {}, ON_TRACK, facts={"clearances": ()}),
    Row("design 10.13: book it", "day 35", 35, {"gate_soon": NO_ALERT}, ON_TRACK, facts={"clearances": ()}),
    Row("design 10.13: from the step's day", "day 42", 42, {"gate_due": NO_ALERT}, ON_TRACK, facts={"clearances": ()}),
    Row(
        "design 10.13",
        "refused",
        45,
        {"gate_refused": NO_ALERT},
        ON_TRACK,
        facts={"clearances": (refused(Gate.G6, 43),)},
    ),
    Row(
        "design 10.4: the latest decision stands",
        "cleared after a refusal",
        45,
        {},
        ON_TRACK,
        facts={"clearances": (refused(Gate.G6, 43), cleared(Gate.G6, 44))},
    ),
    Row(
        "design 10.4: gates in order",
        "G8 is not asked for while G6 is open",
        57,
        {"gate_due": NO_ALERT, "milestone_overdue": NO_ALERT},
        BEHIND,
        protocol="mcwdfo_std",
        facts={"clearances": ()},
        missing=("XR_6W",),
    ),
    Row(
        "design 10.3: late clearance shifts the ladder",
        "G6 at day 60, so G8 is not due before day 74",
        66,
        {},
        ON_TRACK,
        protocol="mcwdfo_std",
        facts={"clearances": (cleared(Gate.G6, 60),)},
    ),
    Row(
        "design 10.4: W11",
        "criteria gate on day 11, never to book",
        11,
        {"gate_due": NO_ALERT},
        ON_TRACK,
        protocol="mowhto_acc",
        facts={"clearances": ()},
    ),
    Row("design 10.4", "no booking of W11", 8, {}, ON_TRACK, protocol="mowhto_acc", facts={"clearances": ()}),
    Row(
        "design 10.5: before anyone signs",
        "no signed order",
        20,
        {"unsigned": NO_ALERT},
        ON_TRACK,
        facts={"signed": False, "orders": ()},
    ),
    Row(
        "design 10.7: a hold survives closing and ends by a signed release",
        "hold of a closed alert",
        20,
        {"held": NO_ALERT},
        ON_TRACK,
        facts={"holds": (Hold("h", "calf_sore", on(15), Limit(20)),)},
    ),
    Row(
        "design 10.7",
        "hold released",
        20,
        {},
        ON_TRACK,
        facts={"holds": (Hold("h", "calf_sore", on(15), Limit(20), released_on=on(18)),)},
    ),
]

SILENCE = [
    Row("design 10.14", "4 days", 24, {}, ON_TRACK, (report(20),)),
    Row("clinical 7 silence; design 10.14", "5 days", 25, {"silence": NO_ALERT}, STALE, (report(20),)),
    Row(
        "design 10.14: first silent day before 42",
        "last report on day 40",
        45,
        {"silence": NO_ALERT},
        STALE,
        (report(40),),
    ),
    Row("design 10.14: first silent day on 42", "last report on day 41", 46, {}, ON_TRACK, (report(41),)),
    Row("design 10.14: 14 days", "last report on day 60", 73, {}, ON_TRACK, (report(60),)),
    Row("clinical 7 silence; design 10.14", "14 days", 74, {"silence": NO_ALERT}, STALE, (report(60),)),
    Row(
        "design 10.14",
        "joined at day 21, nothing yet",
        25,
        {},
        ON_TRACK,
        (report(20),),
        facts={"check_ins": (), "started_on": on(21)},
    ),
    Row(
        "design 10.14",
        "joined at day 21, silent since",
        26,
        {"silence": NO_ALERT},
        STALE,
        facts={"check_ins": (), "started_on": on(21)},
    ),
]

TABLE = [*SYMPTOMS, *READINGS, *FALLS, *PAIN, *LOAD, *MOTION, *UNION, *GATES, *SILENCE]


def history_of(row: Row) -> History:
    plan = a_plan(row.protocol, *row.modifiers)
    return without(quiet(plan, row.day, *row.rows, **row.facts), *row.missing)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.cites}: {row.says}")
def test_the_evidence_gives_exactly_these_findings(row: Row) -> None:
    result = assess(history_of(row), a_plan(row.protocol, *row.modifiers), on(row.day))

    assert codes(result.findings) == row.expect
    assert result.status is row.status


def test_the_table_has_sixty_cases_and_each_cites_its_line() -> None:
    assert len(TABLE) >= 60
    assert all(row.cites.startswith(("clinical ", "design ", "law ")) for row in TABLE)
