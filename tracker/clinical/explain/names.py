"""Names of codes in a clinician's words: symptoms, findings, milestones."""

from __future__ import annotations

from tracker.clinical.findings import NOT_EVALUATED

SYMPTOMS = {
    "breathless": "newly breathless",
    "chest_pain": "chest pain",
    "cough_blood": "coughing blood",
    "faint": "fainted",
    "calf_sore": "calf sore",
    "leg_tight": "leg tight and hard",
    "toes_numb": "toes numb",
    "toe_stretch_pain": "pain on stretching the toes",
    "foot_cold": "foot cold",
    "foot_white": "foot white",
    "foot_drop": "foot drop",
    "fever": "fever",
    "rigors": "rigors",
    "wound_leak": "wound leaking",
    "wound_red": "wound redness spreading",
    "leg_shape": "leg looks more bent",
    "new_click": "new click or crack",
    "plate_sore": "sore over the plate",
    "low_mood": "low mood",
}
"""Symptoms in a clinician's words."""

LABELS = {
    **SYMPTOMS,
    "fall": "fall",
    "severe_pain": "severe pain",
    "sustained_rise": "pain rising",
    "pain_after_fall": "pain after a fall",
    "plateau": "pain not falling",
    "late_load_pain": "late pain on load at the bone cut",
    "pain_above_band": "pain above the expected range",
    "loading_soreness": "soreness after a step",
    "opioid_long": "long use of opioids",
    "over_loading": "over-loading",
    "temperature": "temperature",
    "film_change": "leg line changed between films",
    "stiffness": "stiffness",
    "flexion_low": "bend below its target",
    "extension_low": "knee not straight",
    "union_overdue": "union overdue",
    "union_refused": "12-week gate refused",
    "milestone_overdue": "milestone overdue",
    "gate_due": "gate due",
    "gate_refused": "gate refused",
    "gate_soon": "gate to book",
    "unsigned": "no signed order",
    "held": "hold to release",
    "unseen_tightening": "tightened restriction not seen",
    "unseen_loosening": "new level not seen",
    "silence": "no check-in",
    NOT_EVALUATED: "check-in could not be evaluated",
}
"""The name of every code: for chips, filters and the list of alerts."""

FALLS = {"slip": "slipped", "fall": "fell", "twist": "twisted the leg"}
GOALS = {
    "QUAD_SET": "quadriceps contraction",
    "SLR_NOLAG": "straight-leg raise without lag",
    "WOUND_DRY": "dry wound",
    "EXT_0": "full extension",
    "FLEX_90": "90° of bend",
    "FLEX_120": "120° of bend",
    "XR_6W": "6-week X-ray",
    "FWB_OK": "clearance for full weight",
    "CRUTCH_1": "one crutch",
    "CRUTCH_FREE": "walking unaided",
    "STAIRS_ALT": "stairs one foot per step",
    "SL_STANCE": "single-leg stance of 30 s",
    "UNION_XR": "union",
    "ALIGN_XR": "alignment film",
    "LSI_80": "quadriceps symmetry of 80 %",
}
"""Milestones in a clinician's words; the rest keep their lay names."""


def label(code: str) -> str:
    """The short name of a code."""
    return LABELS.get(code, code.replace("_", " "))
