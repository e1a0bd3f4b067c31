"""Findings and allowances in words: for the patient in plain ones with the leg named, for the clinician short ones.

Advice to seek care, never a diagnosis (clinical.md 7).
"""

from tracker.clinical.explain.activities import Lists, may_do
from tracker.clinical.explain.allowance import (
    aids_for_patient,
    allowance_for_patient,
    brace_for_patient,
    hold_for_patient,
    next_step_for_patient,
    set_by_for_patient,
    step_name,
)
from tracker.clinical.explain.clinician import for_alert, for_clinician, label
from tracker.clinical.explain.patient import Voice, for_patient, gate
from tracker.clinical.explain.summary import how_it_is_going, on_track, reason
from tracker.clinical.explain.words import AIDS, LEVELS, TERMS, about, level, long_date, share, short_date

__all__ = [
    "AIDS",
    "LEVELS",
    "TERMS",
    "Lists",
    "Voice",
    "about",
    "aids_for_patient",
    "allowance_for_patient",
    "brace_for_patient",
    "for_alert",
    "for_clinician",
    "for_patient",
    "gate",
    "hold_for_patient",
    "how_it_is_going",
    "label",
    "level",
    "long_date",
    "may_do",
    "next_step_for_patient",
    "on_track",
    "reason",
    "set_by_for_patient",
    "share",
    "short_date",
    "step_name",
]
