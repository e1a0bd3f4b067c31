"""Our codes in the words that staff read: one table a vocabulary, used by pages and forms alike."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from tracker.clinical.explain.words import short_date
from tracker.clinical.history import Limit
from tracker.clinical.protocol import modifiers
from tracker.clinical.terms import (
    Aids,
    Compartment,
    Ending,
    FactKind,
    Fixation,
    Indication,
    Procedure,
    Role,
    Sex,
    Side,
    Term,
)
from tracker.models import Kind

PROCEDURES: dict[str, str] = {
    Procedure.MOWHTO: "Medial opening-wedge tibial osteotomy",
    Procedure.LCWHTO: "Lateral closing-wedge tibial osteotomy",
    Procedure.MCWDFO: "Medial closing-wedge femoral osteotomy",
    Procedure.LOWDFO: "Lateral opening-wedge femoral osteotomy",
    Procedure.DLO: "Double-level osteotomy, tibia and femur",
}
SHORT_PROCEDURES: dict[str, str] = {
    Procedure.MOWHTO: "opening tibial",
    Procedure.LCWHTO: "closing tibial",
    Procedure.MCWDFO: "closing femoral",
    Procedure.LOWDFO: "opening femoral",
    Procedure.DLO: "double level",
}
SIDES = {Side.LEFT: "Left knee", Side.RIGHT: "Right knee"}
INDICATIONS: dict[str, str] = {
    Indication.OSTEOARTHRITIS: "Osteoarthritis",
    Indication.INJURY: "Injury",
    Indication.DEFORMITY: "Deformity",
    Indication.OTHER: "Other",
}
COMPARTMENTS: dict[str, str] = {Compartment.MEDIAL: "Inner side (medial)", Compartment.LATERAL: "Outer side (lateral)"}
FIXATIONS = {
    Fixation.LONG_LOCKING: "Long locking plate",
    Fixation.SHORT_PLATE: "Short spacer or non-locking plate",
    Fixation.OTHER: "Other",
}
SEXES = {Sex.FEMALE: "Female", Sex.MALE: "Male", Sex.OTHER: "Other"}
TERMS = {
    Term.NWB: "NWB, no weight",
    Term.TTWB: "TTWB, toe touch",
    Term.PWB: "PWB, part of the weight",
    Term.WBAT: "WBAT, as tolerated",
    Term.FWB: "FWB, full weight",
}
AIDS = {
    Aids.TWO_CRUTCHES: "two crutches",
    Aids.ONE_CRUTCH: "one crutch",
    Aids.STICK: "a stick",
    Aids.NONE: "no crutches",
}
ROLES = {
    Role.PATIENT: "patient",
    Role.PHYSIOTHERAPIST: "physiotherapist",
    Role.SURGEON: "surgeon",
    Role.COORDINATOR: "coordinator",
    Role.AUDITOR: "auditor",
}

FACT_KINDS = {
    FactKind.SURGERY_DATE: "Date of surgery",
    FactKind.PROTOCOL: "Protocol",
    FactKind.BODY_WEIGHT: "Body weight",
    FactKind.MODIFIER: "Risk factor or finding",
}
MESSAGES = {kind.value: str(kind.label) for kind in Kind}
"""Kinds of reminder and notice."""


def modifier_names() -> dict[str, str]:
    """The risk factors and findings that tighten a plan."""
    return {key.value: rule.name for key, rule in modifiers().items()}


def limit_words(limit: Limit, kg: int | None) -> str:
    """A level as an order says it: "50 %, at most 42 kg"."""
    if limit.percent == 0:
        return "no weight"
    share = f"{limit.percent} %"
    return share if kg is None else f"{share}, at most {kg} kg"


EVIDENCE = {
    "before": "usual before",
    "days": "days over",
    "window": "of the last days",
    "used_percent": "used, %",
    "used_kg": "used, kg",
    "limit_percent": "order, %",
    "limit_kg": "order, kg",
    "high": "expected at most",
    "temperature_c": "temperature, °C",
    "calf_difference_cm": "calf difference, cm",
}
"""Facts behind an alert whose stored name is not yet a word."""


def evidence(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The facts behind an alert as label and value, without the empty ones."""
    said = (
        (EVIDENCE.get(name, name.replace("_", " ")), _plain(value))
        for name, value in values.items()
        if name not in ("day", "role")
    )
    return [(name, value) for name, value in said if value]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(_plain(each) for each in value)
    return _day(str(value)).replace("_", " ")


def _day(text: str) -> str:
    """An ISO date as a short one; anything else as it is."""
    try:
        return short_date(date.fromisoformat(text))
    except ValueError:
        return text


ENDINGS: dict[str, str] = {
    Ending.FINISHED: "Finished rehabilitation",
    Ending.STOPPED: "Stopped following, at the patient's wish",
    Ending.MOVED: "Moved away, or is followed elsewhere",
    Ending.REPLACED: "Converted to a replacement (arthroplasty)",
    Ending.DIED: "Died",
}
