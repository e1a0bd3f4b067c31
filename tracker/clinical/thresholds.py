"""Every number the rules compare with, under one name each."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from tracker.clinical.tables import Between

Count = Annotated[int, Between(0, 1500)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Every number the rules compare with. Pain is NRS 0-10, days are counts, percent is of body weight."""

    severe: Count
    severe_not_eased: Count
    severe_after_day: Count
    sustained_rise: Count
    sustained_days: Count
    median_days: Count
    median_values: Count
    soreness_rise: Count
    soreness_hours: Count
    hold_step_hours: Count
    settle_hours: Count
    plateau_from_day: Count
    plateau_to_day: Count
    plateau_fall: Count
    plateau_days: Count
    plateau_percentile: Count
    late_load_day: Count
    late_load_pain: Count
    plate_pain_day: Count
    fall_rise: Count
    compartment_to_day: Count
    wound_leak_day: Count
    fever_c: Annotated[Decimal, Between(36, 43)]
    high_fever_c: Annotated[Decimal, Between(36, 43)]
    calf_difference_cm: Annotated[Decimal, Between(0, 20)]
    hka_change_deg: Annotated[Decimal, Between(0, 20)]
    wbl_change_points: Count
    stiff_early_day: Count
    stiff_early_flexion: Count
    stiff_late_day: Count
    stiff_late_flexion: Count
    extension_day: Count
    extension_deficit: Count
    stiff_extension_deficit: Count
    over_percent: Count
    over_days: Count
    over_window: Count
    stale_early: Count
    stale_late: Count
    stale_boundary_day: Count
    nudge_days: Count
    opioid_days: Count
    band_low_percentile: Count
    band_high_percentile: Count
    outside_readings: Count
    outside_gap_days: Count
    mcid_points: Count
    mcid_percent: Count
    pass_pain: Count
    book_gate_days: Count
    unseen_tightening_hours: Count
    unseen_loosening_hours: Count
    put_back_days: Count
    event_days: Count
    """A fall or a new step so many days before a rise of pain makes the rise a matter of the same day."""
    infection_pain: Count
    """Night or rest pain from here on, together with an oozing wound, calls for the same day."""
    course_gap_days: Count
    """Opioids taken again after so many days without are a new course."""
    advance_pain: Count
    advance_extension_deficit: Count
    advance_slr_lag: Count
    crutch_free_stance_s: Count
    crutch_free_walk_m: Count
