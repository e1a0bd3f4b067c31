"""Which days a thing may be recorded for."""

from __future__ import annotations

from datetime import date, timedelta

from tracker.clinical.terms import REPORTERS
from tracker.errors import Invalid
from tracker.models import Actor
from tracker.selectors.episodes import Case

PATIENT_DAYS_BACK = 7
"""How far back a patient may report; an older day needs the clinic (design 5)."""


def check_day(field: str, on: date, case: Case, by: Actor) -> None:
    """Raises Invalid when the day is before surgery, in the future, or too long ago for the patient to enter."""
    latest = max(case.patient_date, case.clinic_date) if by.role not in REPORTERS else case.patient_date
    if on > latest:
        raise Invalid({field: f"{on:%-d %B %Y} has not come yet. Choose today or an earlier day."})
    if on < case.surgery_date:
        raise Invalid({field: f"That is before the surgery on {case.surgery_date:%-d %B %Y}. Choose a later day."})
    if by.role in REPORTERS and on < case.patient_date - timedelta(days=PATIENT_DAYS_BACK):
        raise Invalid(
            {field: f"You can enter the last {PATIENT_DAYS_BACK} days yourself. Call your clinic for an older day."}
        )
