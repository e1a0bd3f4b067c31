"""The vocabulary of knee-osteotomy recovery: one code for each thing, shared by code, database, API and screens.

Codes are the field's standard abbreviations where there are any. Local codes stand where no terminology code was
found that we would ship unverified.
"""

from __future__ import annotations

from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Procedure(StrEnum):
    """Where the bone is cut: tibia (HTO), femur (DFO) or both."""

    MOWHTO = "MOWHTO"
    LCWHTO = "LCWHTO"
    MCWDFO = "MCWDFO"
    LOWDFO = "LOWDFO"
    DLO = "DLO"

    @property
    def family(self) -> Family:
        """Which column of the evidence applies; a double-level osteotomy follows the slower femur."""
        return Family.HTO if self in (Procedure.MOWHTO, Procedure.LCWHTO) else Family.DFO


class Family(StrEnum):
    HTO = "hto"
    DFO = "dfo"


class Side(StrEnum):
    LEFT = "left"
    RIGHT = "right"


class Compartment(StrEnum):
    MEDIAL = "medial"
    LATERAL = "lateral"


class Indication(StrEnum):
    OSTEOARTHRITIS = "osteoarthritis"
    INJURY = "injury"
    DEFORMITY = "deformity"
    OTHER = "other"


class Fixation(StrEnum):
    LONG_LOCKING = "long_locking"
    SHORT_PLATE = "short_plate"
    OTHER = "other"


class Sex(StrEnum):
    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class Loading(StrEnum):
    """The canonical three levels of the UK consensus (Trompeter and Costa, Bone Joint J 2024;106-B:1016)."""

    NON = "non"
    LIMITED = "limited"
    UNRESTRICTED = "unrestricted"


class Term(StrEnum):
    """The surgeon's word for a level of load."""

    NWB = "NWB"
    TTWB = "TTWB"
    PWB = "PWB"
    WBAT = "WBAT"
    FWB = "FWB"


class Aids(StrEnum):
    """Walking aids, most support first."""

    TWO_CRUTCHES = "two_crutches"
    ONE_CRUTCH = "one_crutch"
    STICK = "stick"
    NONE = "none"


class Phase(IntEnum):
    PROTECT = 1
    BUILD = 2
    WALK = 3
    STRENGTHEN = 4
    RETURN = 5


class Gate(StrEnum):
    """A condition of a step. The W gate is met by criteria, the G gates by an X-ray; in the order they clear."""

    W11 = "W11"
    G6 = "G6"
    G8 = "G8"
    G10 = "G10"
    G12 = "G12"

    @property
    def imaging(self) -> bool:
        return self is not Gate.W11

    @property
    def rank(self) -> int:
        return list(Gate).index(self)


class Ending(StrEnum):
    """Why a recovery is followed no longer."""

    FINISHED = "finished"
    STOPPED = "stopped"
    MOVED = "moved"
    REPLACED = "arthroplasty"
    DIED = "died"


class Decision(StrEnum):
    CLEARED = "cleared"
    REFUSED = "refused"


class Modifier(StrEnum):
    """A fact that tightens the protocol."""

    LHF_1 = "lhf_1"
    LHF_2 = "lhf_2"
    LHF_3 = "lhf_3"
    ROOT_REPAIR = "root_repair"
    CARTILAGE_REPAIR = "cartilage_repair"
    ACL = "acl"
    SMOKER = "smoker"
    BMI_35 = "bmi_35"
    DIABETES = "diabetes"
    SHORT_PLATE = "short_plate"
    LARGE_CORRECTION = "large_correction"


class Role(StrEnum):
    PATIENT = "patient"
    CAREGIVER = "caregiver"
    PHYSIOTHERAPIST = "physiotherapist"
    SURGEON = "surgeon"
    COORDINATOR = "coordinator"
    AUDITOR = "auditor"


REPORTERS = frozenset({Role.PATIENT, Role.CAREGIVER})
"""Whose entries count as the patient's own report: a caregiver types what the patient says."""


class FactKind(StrEnum):
    SURGERY_DATE = "surgery_date"
    PROTOCOL = "protocol"
    BODY_WEIGHT = "body_weight_kg"
    MODIFIER = "modifier"


class Symptom(StrEnum):
    BREATHLESS = "breathless"
    CHEST_PAIN = "chest_pain"
    COUGH_BLOOD = "cough_blood"
    FAINT = "faint"
    CALF_SORE = "calf_sore"
    LEG_TIGHT = "leg_tight"
    TOES_NUMB = "toes_numb"
    TOE_STRETCH_PAIN = "toe_stretch_pain"
    FOOT_COLD = "foot_cold"
    FOOT_WHITE = "foot_white"
    FOOT_DROP = "foot_drop"
    FEVER = "fever"
    RIGORS = "rigors"
    WOUND_LEAK = "wound_leak"
    WOUND_RED = "wound_red"
    LEG_SHAPE = "leg_shape"
    NEW_CLICK = "new_click"
    PLATE_SORE = "plate_sore"
    LOW_MOOD = "low_mood"


class Fall(StrEnum):
    NONE = "none"
    SLIP = "slip"
    FALL = "fall"
    TWIST = "twist"


class PainSite(StrEnum):
    INSIDE_JOINT = "inside_joint"
    BONE_CUT = "bone_cut"
    PLATE = "plate"
    CALF = "calf"
    ELSEWHERE = "elsewhere"


class ReportedLoad(StrEnum):
    """The load the patient says went through the leg, in pictures rather than kilograms."""

    NONE = "none"
    TOUCH = "touch"
    QUARTER = "quarter"
    HALF = "half"
    MOST = "most"
    FULL = "full"

    @property
    def percent(self) -> int:
        """Percent of body weight the picture stands for (design 10.15) [est]."""
        return {"none": 0, "touch": 10, "quarter": 25, "half": 50, "most": 75, "full": 100}[self.value]


class Exercises(StrEnum):
    NONE = "none"
    SOME = "some"
    ALL = "all"


class Swelling(StrEnum):
    NONE = "none"
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class Analgesia(StrEnum):
    """The strongest pain medicine taken that day."""

    NONE = "none"
    SIMPLE = "simple"
    OPIOID = "opioid"


class Urgency(StrEnum):
    """How fast a person must act: now, within 4 hours, 48 hours, 7 days, at the next routine contact."""

    R0 = "R0"
    R1 = "R1"
    R2 = "R2"
    R3 = "R3"
    R4 = "R4"


class Status(StrEnum):
    ALERT = "alert"
    BEHIND = "behind"
    STALE = "stale"
    ON_TRACK = "on_track"


class Attention(IntEnum):
    """A patient's place on the worklist, most urgent first (design 10.13)."""

    EMERGENCY = 0
    SAME_DAY = 1
    NOT_EVALUATED = 2
    SOON = 3
    GATE_DUE = 4
    OVER_LOADING = 5
    UNSEEN = 6
    THIS_WEEK = 7
    BEHIND = 8
    SILENT = 9
    ROUTINE = 10
    ON_TRACK = 11


class MilestoneState(StrEnum):
    DONE = "done"
    UPCOMING = "upcoming"
    OPEN = "open"
    DUE = "due"
    OVERDUE = "overdue"
    NOT_RECORDED = "not_recorded"
    """Its time was over before the record began, and nothing tells whether it was reached."""


class StepState(StrEnum):
    """Why the next step stands where it does: dated and freed, no decision yet, or refused or on hold."""

    SIGNED = "signed"
    WAITING = "waiting"
    HELD = "held"


class ReviewKind(StrEnum):
    WOUND = "wound"
    PHYSIO = "physio"
    XRAY = "xray"
    LONG_LEG = "long_leg"
    CLINIC = "clinic"


class Kind(NamedTuple):
    """A kind of measurement: its unit and the range that can be real."""

    unit: str
    lowest: Decimal
    highest: Decimal
    label: str


def _kind(unit: str, lowest: str, highest: str, label: str) -> Kind:
    return Kind(unit, Decimal(lowest), Decimal(highest), label)


MEASUREMENTS: dict[str, Kind] = {
    "flexion": _kind("deg", "0", "160", "Bend"),
    "extension_deficit": _kind("deg", "-15", "60", "Missing extension"),
    "slr_lag": _kind("deg", "0", "60", "Straight-leg-raise lag"),
    "quad_lsi": _kind("%", "0", "150", "Thigh strength, side to side"),
    "calf_difference_cm": _kind("cm", "-10", "20", "Calf difference"),
    "temperature_c": _kind("C", "33", "43", "Temperature"),
    "body_weight_kg": _kind("kg", "30", "250", "Body weight"),
    "step_load_kg": _kind("kg", "0", "250", "Load on a scale"),
    "single_leg_stance_s": _kind("s", "0", "300", "Single-leg stance"),
    "walk_no_limp_m": _kind("m", "0", "5000", "Walk without a limp"),
    "hka_change_deg": _kind("deg", "-20", "20", "Leg-line change between films"),
    "wbl_change_points": _kind("points", "-100", "100", "Weight-line change between films"),
}
"""What may be measured. Ranges are what an instrument can show, not what is healthy."""

WEIGHT_RANGE = (Decimal(30), Decimal(250))
"""Body weight in kg that an order may rest on (design 10.8) [est]."""

PATIENT_MEASURES = frozenset({"flexion", "temperature_c", "body_weight_kg", "step_load_kg"})
"""Kinds a patient may enter at home; the rest need a clinician's hand."""

PAIN_SCORES = ("pain_rest", "pain_load", "pain_worst", "pain_night")

HARD_SIGNS = frozenset({Symptom.LEG_SHAPE, Symptom.NEW_CLICK})
"""Signs that the hinge or the implant may have given way: they write a hold although their alert is R2."""
