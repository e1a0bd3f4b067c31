"""What is looked for at the hour of a plan: for the patient as the forecast does, and for the clinic's staff."""

from __future__ import annotations

from tracker.selectors import wanted
from tracker.selectors.wanted import Finder
from tracker.services.reminders.staff import STAFF_FINDERS

FINDERS: dict[str, Finder] = {**wanted.FINDERS, **STAFF_FINDERS}
