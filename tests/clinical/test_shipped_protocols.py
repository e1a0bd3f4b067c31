"""The shipped data says what the clinical evidence says, every number with its source."""

from __future__ import annotations

import json
import tomllib
from decimal import Decimal
from typing import Any

import pytest

from tracker.clinical import protocol, shelf
from tracker.clinical.terms import Gate, Modifier, Procedure, Role

FULL = "FWB"

# Evidence 2b, read cell by cell: (day, percent or kilograms or FWB, gates before the step).
LADDERS = {
    "mowhto_std": [(0, "20 20kg", ""), (14, 50, ""), (42, 100, "G6"), (56, FULL, "")],
    "mowhto_acc": [(0, "20kg", ""), (11, 100, "W11"), (42, FULL, "G6")],
    "mowhto_trad": [(0, 0, ""), (42, 25, "G6"), (49, 50, ""), (56, 75, ""), (63, FULL, "")],
    "lcwhto_std": [(0, "20 20kg", ""), (14, 50, ""), (28, 75, ""), (42, FULL, "G6")],
    "mcwdfo_std": [(0, "20 20kg", ""), (28, 50, ""), (42, 75, "G6"), (56, FULL, "G8")],
    "lowdfo_std": [(0, 10, ""), (42, 50, "G6"), (56, 75, ""), (70, FULL, "G10")],
    "dlo_std": [(0, 10, ""), (42, 50, "G6"), (56, 75, ""), (84, FULL, "G12")],
}

# Evidence 2c.
MODIFIERS = {
    "lhf_1": [(0, 100, ""), (42, FULL, "G6")],
    "lhf_2": [(0, 20, ""), (42, 50, "G6"), (84, FULL, "G12")],
    "lhf_3": [(0, 10, ""), (56, 50, "G6"), (84, FULL, "G12")],
    "root_repair": [(0, 10, ""), (42, 50, "G6"), (56, FULL, "")],
    "cartilage_repair": [(0, 20, ""), (42, 50, "G6"), (56, FULL, "")],
    "acl": [],
    "smoker": [(0, 100, ""), (84, FULL, "G12")],
    "bmi_35": [],
    "diabetes": [],
    "short_plate": [(0, 10, ""), (42, 50, "G6"), (56, FULL, "")],
    "large_correction": [],
}

# Evidence 3: earliest, typical, latest for tibia and femur; None is never overdue.
MILESTONES = {
    "QUAD_SET": ((0, 2, 7), (0, 3, 10)),
    "SLR_NOLAG": ((1, 7, 21), (3, 14, 35)),
    "WOUND_DRY": ((7, 13, 21), (7, 13, 21)),
    "EXT_0": ((1, 14, 42), (1, 21, 42)),
    "FLEX_90": ((7, 21, 42), (14, 28, 56)),
    "FLEX_120": ((28, 49, 84), (35, 63, 98)),
    "BRACE_OFF": ((14, 42, 56), (42, 42, 70)),
    "XR_6W": ((35, 42, 49), (35, 42, 49)),
    "FWB_OK": ((42, 56, 84), (56, 63, 98)),
    "CRUTCH_1": ((42, 49, 70), (56, 70, 105)),
    "CRUTCH_FREE": ((42, 60, 91), (56, 77, 126)),
    "STAIRS_ALT": ((49, 70, 112), (63, 84, 126)),
    "BIKE": ((14, 28, 56), (42, 49, 84)),
    "POOL": ((21, 42, 84), (42, 56, 98)),
    "DRIVE_L": ((14, 21, 56), (14, 28, 70)),
    "DRIVE_R": ((42, 49, 84), (56, 63, 98)),
    "WORK_SED": ((7, 30, 56), (21, 44, 70)),
    "WORK_LIGHT": ((14, 33, 70), (28, 47, 84)),
    "WORK_MOD": ((42, 73, 120), (70, 101, 148)),
    "WORK_HEAVY": ((84, 100, 183), (112, 128, 211)),
    "SL_STANCE": ((56, 84, 126), (70, 98, 140)),
    "LOW_IMPACT": ((84, 112, 183), (98, 126, 196)),
    "UNION_XR": ((84, 105, 270), (90, 120, 365)),
    "ALIGN_XR": ((42, 90, 183), (42, 90, 183)),
    "LSI_80": ((120, 168, 270), (140, 182, 300)),
    "RUN": ((120, 182, 365), (140, 196, 365)),
    "RTS_LOW": ((112, 168, 270), (126, 198, 365)),
    "RTS_HIGH": ((183, 265, 425), (200, 290, 540)),
    "PROM_3M": ((70, 84, 98), (70, 84, 98)),
    "PROM_6M": ((152, 182, 212), (152, 182, 212)),
    "PROM_12M": ((320, 365, 410), (320, 365, 410)),
    "PROM_24M": ((670, 730, 790), (670, 730, 790)),
    "HW_REMOVAL": ((365, 540, None), (365, 540, None)),
}

OWN_WINDOWS = {
    ("mowhto_acc", "FWB_OK"): (11, 14, 42),
    ("mowhto_acc", "CRUTCH_FREE"): (28, 48, 70),
    ("mcwdfo_std", "FWB_OK"): (56, 63, 98),
    ("lowdfo_std", "FWB_OK"): (70, 77, 112),
    ("dlo_std", "FWB_OK"): (84, 98, 126),
}

NEEDS = {
    "SLR_NOLAG": ("QUAD_SET",), "FLEX_120": ("FLEX_90",), "BRACE_OFF": ("SLR_NOLAG",), "FWB_OK": ("XR_6W",),
    "CRUTCH_1": ("XR_6W",), "CRUTCH_FREE": ("FWB_OK",), "STAIRS_ALT": ("CRUTCH_FREE",), "BIKE": ("WOUND_DRY",),
    "POOL": ("WOUND_DRY",), "DRIVE_R": ("FWB_OK",), "WORK_MOD": ("CRUTCH_FREE",), "WORK_HEAVY": ("CRUTCH_FREE",),
    "SL_STANCE": ("FWB_OK",), "LOW_IMPACT": ("CRUTCH_FREE",), "UNION_XR": ("XR_6W",), "ALIGN_XR": ("FWB_OK",),
    "LSI_80": ("UNION_XR",), "RUN": ("LSI_80",), "RTS_HIGH": ("RUN",), "HW_REMOVAL": ("UNION_XR",),
}  # fmt: skip

# Evidence 4: day, mean, SD, P10, P90.
PAIN = [
    (0, 5.1, 2.0, 2.5, 7.7), (1, 5.5, 2.2, 2.7, 8.3), (7, 4.7, 2.0, 2.2, 7.3), (14, 4.4, 2.0, 1.8, 6.9),
    (28, 3.8, 2.0, 1.2, 6.4), (42, 3.4, 2.0, 0.8, 5.9), (56, 3.0, 2.0, 0.5, 5.6), (84, 2.5, 2.0, 0, 5.1),
    (182, 1.9, 1.6, 0, 4.0), (364, 1.8, 1.7, 0, 4.0),
]  # fmt: skip
DAYS = [point[0] for point in PAIN]
TKA = [4.9, 5.5, 4.0, 3.9, 3.3, 3.0, 2.8, 2.4, 2.3, 2.2]
UKA = [5.0, 4.8, 3.6, 3.3, 2.8, 2.5, 2.3, 2.0, 1.8, 1.8]

# Evidence 5: day, low, target from, target to; then relative to the flexion before surgery.
FLEXION = [(7, 60, 80, 90), (14, 60, 80, 90), (21, 75, 90, 90), (42, 90, 110, 120), (84, 110, 120, 130)]

# Evidence 2b (reviews): earliest, typical, latest.
REVIEWS = {
    "WOUND": (10, 12, 14), "PHYSIO": (7, 10, 14), "XRAY_POSTOP": (0, 1, 2), "XRAY_6W": (35, 42, 49),
    "XRAY_12W": (74, 84, 94), "LONG_LEG": (90, 90, 183), "XRAY_6M": (152, 182, 212), "XRAY_12M": (320, 365, 410),
}  # fmt: skip

# Evidence 4, 5, 7 and design 10.
THRESHOLDS = {
    "severe": 8, "severe_not_eased": 7, "severe_after_day": 3, "sustained_rise": 2, "sustained_days": 2,
    "median_days": 7, "median_values": 3, "soreness_rise": 2, "soreness_hours": 48, "hold_step_hours": 24,
    "plateau_from_day": 42, "plateau_to_day": 84, "plateau_fall": 1, "plateau_days": 28, "plateau_percentile": 75,
    "late_load_day": 84, "late_load_pain": 4, "plate_pain_day": 84, "fall_rise": 2, "compartment_to_day": 7,
    "wound_leak_day": 7, "fever_c": Decimal(38), "high_fever_c": Decimal("38.5"), "calf_difference_cm": 3,
    "hka_change_deg": 3, "stiff_early_day": 42, "stiff_early_flexion": 90, "stiff_late_day": 84,
    "stiff_late_flexion": 110, "extension_day": 42, "extension_deficit": 5, "stiff_extension_deficit": 10,
    "over_percent": 10, "over_days": 2, "over_window": 7, "stale_early": 5, "stale_late": 14,
    "stale_boundary_day": 42, "opioid_days": 28, "band_low_percentile": 10, "band_high_percentile": 90,
    "outside_readings": 2, "outside_gap_days": 3, "mcid_points": 2, "mcid_percent": 30, "pass_pain": 3,
    "book_gate_days": 7, "put_back_days": 7, "advance_pain": 4, "advance_extension_deficit": 5,
    "crutch_free_stance_s": 10, "crutch_free_walk_m": 50,
}  # fmt: skip


def told(step: protocol.Step) -> tuple[int, Any, str]:
    """A step in the short form of the tables above."""
    cap = None if step.cap_kg is None else f"{step.cap_kg:f}kg"
    level = FULL if step.full else " ".join(str(part) for part in (step.percent, cap) if part is not None)
    return step.day, level, "+".join(step.gates)


def written(steps: list[tuple[int, Any, str]]) -> list[tuple[int, Any, str]]:
    return [(day, str(level), gates) for day, level, gates in steps]


def test_seven_protocols_cover_every_procedure() -> None:
    assert set(protocol.shipped()) == set(LADDERS)
    assert {one for found in protocol.shipped().values() for one in found.procedures} == set(Procedure)


@pytest.mark.parametrize("key", LADDERS)
def test_a_ladder_is_the_published_default_of_2b(key: str) -> None:
    assert [told(step) for step in protocol.shipped()[key].steps] == written(LADDERS[key])


@pytest.mark.parametrize("key", MODIFIERS)
def test_a_modifier_has_the_ladder_of_2c(key: str) -> None:
    assert [told(step) for step in protocol.modifiers()[Modifier(key)].steps] == written(MODIFIERS[key])


def test_every_modifier_has_its_rule() -> None:
    assert set(protocol.modifiers()) == set(Modifier)


@pytest.mark.parametrize("key", ["lhf_1", "smoker", "bmi_35", "diabetes", "large_correction", "short_plate"])
def test_these_modifiers_rule_out_the_accelerated_way(key: str) -> None:
    assert protocol.modifiers()[Modifier(key)].no_accelerated


def test_only_the_accelerated_protocol_is_by_choice_and_needs_a_long_locking_plate() -> None:
    found = {key: (one.opt_in, one.requires) for key, one in protocol.shipped().items() if one.opt_in or one.requires}
    assert found == {"mowhto_acc": (True, "long_locking")}


@pytest.mark.parametrize("key", LADDERS)
def test_milestone_windows_are_those_of_section_3(key: str) -> None:
    found = protocol.shipped()[key]
    column = 0 if found.family == "hto" else 1
    for milestone in found.milestones:
        expected = OWN_WINDOWS.get((key, milestone.key), MILESTONES[milestone.key][column])
        assert (milestone.earliest, milestone.typical, milestone.latest) == expected, milestone.key
    assert [milestone.key for milestone in found.milestones] == list(MILESTONES)


def test_milestones_need_what_section_3_says() -> None:
    found = {one.key: one.needs for one in protocol.shipped()["mowhto_std"].milestones}
    assert found == {key: NEEDS.get(key, ()) for key in MILESTONES}


@pytest.mark.parametrize("key", ["mowhto_std", "mowhto_acc", "mowhto_trad", "lcwhto_std"])
def test_pain_after_tibial_osteotomy_is_that_of_section_4(key: str) -> None:
    pain = protocol.shipped()[key].pain
    assert pain is not None
    assert [(one.day, one.mean, one.sd, one.low, one.high) for one in pain.points] == PAIN
    assert (pain.floor, pain.rate_per_month, pain.rate_low, pain.rate_high) == (1.8, 0.54, 0.36, 0.72)
    assert (pain.baseline, pain.baseline_coefficient) == (5.1, -0.80)


@pytest.mark.parametrize("key", ["mcwdfo_std", "lowdfo_std", "dlo_std"])
def test_no_band_is_shipped_where_there_is_no_evidence(key: str) -> None:
    assert protocol.shipped()[key].pain is None
    assert protocol.shipped()[key].flexion == ()


def test_flexion_targets_are_those_of_section_5() -> None:
    *absolute, relative = protocol.shipped()["mowhto_std"].flexion
    assert [(one.day, one.low, one.target_low, one.target_high) for one in absolute] == FLEXION
    assert (relative.day, relative.target_low, relative.target_high, relative.of_baseline) == (182, -5, 5, True)


def test_reviews_are_those_of_2b_with_a_ten_week_film_for_the_femur() -> None:
    tibia = {one.key: (one.earliest, one.typical, one.latest) for one in protocol.shipped()["mowhto_std"].reviews}
    femur = {one.key: (one.earliest, one.typical, one.latest) for one in protocol.shipped()["dlo_std"].reviews}
    assert tibia == REVIEWS
    assert femur == REVIEWS | {"XRAY_10W": (63, 70, 77)}


def test_the_brace_is_optional_after_tibial_osteotomy_and_hinged_to_day_42_after_femoral() -> None:
    tibia, femur = protocol.shipped()["mowhto_std"].braces, protocol.shipped()["lowdfo_std"].braces
    assert [(one.from_day, one.to_day, one.needed, one.max_deg) for one in tibia] == [(0, None, False, None)]
    assert [(one.from_day, one.to_day, one.needed, one.max_deg) for one in femur] == [
        (0, 13, True, 90), (14, 42, True, None), (43, None, False, None),
    ]  # fmt: skip


def test_thresholds_are_those_of_sections_4_5_and_7() -> None:
    numbers = protocol.shipped()["mowhto_std"].thresholds
    assert {name: getattr(numbers, name) for name in THRESHOLDS} == THRESHOLDS


def test_comparators_are_other_operations_with_the_pain_of_section_4() -> None:
    tka, uka = protocol.comparators()["tka"], protocol.comparators()["uka"]
    assert [(one.day, one.mean) for one in tka.pain] == list(zip(DAYS, TKA, strict=True))
    assert [(one.day, one.mean) for one in uka.pain] == list(zip(DAYS, UKA, strict=True))
    for one in (tka, uka):
        assert "different operation" in one.label
        assert [(point.day, point.percent) for point in one.load] == [(0, 100)]


def test_imaging_gates_are_the_surgeons_and_the_day_11_gate_may_be_a_physiotherapists() -> None:
    deciders = {gate: rule.decider for gate, rule in protocol.gates().items()}
    assert deciders == {gate: Role.SURGEON if gate.imaging else Role.PHYSIOTHERAPIST for gate in Gate}
    assert {gate: rule.day for gate, rule in protocol.gates().items()} == {
        "W11": 11,
        "G6": 42,
        "G8": 56,
        "G10": 70,
        "G12": 84,
    }
    assert [criterion.key for criterion in protocol.gates()[Gate.W11].criteria] == ["wound_dry", "pain"]


def test_flexion_limits_and_delays_of_modifiers_are_those_of_2c() -> None:
    rules = protocol.modifiers()
    root, third = rules[Modifier.ROOT_REPAIR], rules[Modifier.LHF_3]
    assert (root.flexion_max, root.flexion_until, root.loaded_flexion_max, root.loaded_flexion_until) == (
        90,
        41,
        90,
        119,
    )
    assert (third.flexion_max, third.flexion_until) == (90, 41)
    assert rules[Modifier.SMOKER].late == {"UNION_XR": 90}
    assert rules[Modifier.ACL].not_before == {"RUN": 120, "RTS_HIGH": 270}
    assert rules[Modifier.CARTILAGE_REPAIR].delay == {"RTS_LOW": 61, "RTS_HIGH": 61}
    assert [one.typical for one in rules[Modifier.LHF_2].reviews] == [14, 63]


@pytest.mark.parametrize("key", LADDERS)
def test_a_body_is_json_and_reads_back_as_the_same_protocol(key: str) -> None:
    found = protocol.shipped()[key]
    assert protocol.parse(json.loads(json.dumps(found.body)), "stored") == found


def numbered(table: object, where: str = "") -> list[str]:
    """Every table that holds a number and no source or tag beside it."""
    if isinstance(table, list):
        return [bad for at, entry in enumerate(table) for bad in numbered(entry, f"{where}[{at}]")]
    if not isinstance(table, dict):
        return []
    plain = {name for name, value in table.items() if isinstance(value, int | float) and not isinstance(value, bool)}
    bare = plain - {"version"} and not (table.get("source") and table.get("tag") in set(protocol.Tag))
    inner = [bad for name, value in table.items() for bad in numbered(value, f"{where}.{name}")]
    return [where, *inner] if bare and not where.endswith((".delay", ".late", ".not_before")) else inner


@pytest.mark.parametrize("path", sorted(shelf.ROOT.rglob("*.toml")), ids=lambda path: path.stem)
def test_every_number_in_the_shipped_files_has_a_source_and_a_tag(path: Any) -> None:
    assert numbered(tomllib.loads(path.read_text())) == []
