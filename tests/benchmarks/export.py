"""What a copy of a whole record costs: a year of check-ins and what goes with it, as JSON and as a PDF.

Promise: both files in under 10 s, read from the database and written.
"""

from __future__ import annotations

import time
from datetime import timedelta

from tests.benchmarks import figures, ground  # isort: skip - it says which settings and database
from tests import scenes
from tests.benchmarks.figures import Figures
from tracker import clock
from tracker.models import AuditEvent, CheckIn, Episode, Note
from tracker.services import exports, notes

YEAR, QUARTER = 365, 90
MOST_S = 10.0
LOOKS_A_DAY = 6


def main() -> None:
    told = Figures("export", short=figures.options(__doc__).short)
    days = QUARTER if told.short else YEAR
    with ground.database():
        knee = a_year(days)
        begun = time.perf_counter()
        files = exports.both(patient=knee.patient)
        spent = time.perf_counter() - begun
        for file in files:
            told.figure(f"{file.name.rpartition('.')[2]}_kb", len(file.content) / 1024)
    told.promise("both_files_s", spent, spent < MOST_S, f"< {MOST_S:g} s for {days} days of check-ins")
    told.end()


def a_year(days: int) -> Episode:
    """A knee with a check-in and a note a day, a measurement a week, and looks at it in the trail."""
    staff = scenes.clinic()
    knee = scenes.knee(staff, day=days)
    first = scenes.check_in(knee, pain_load=3, symptoms=[], reported_load="half", note="First.")
    rows = [
        _copy(first, ago, notes.keep(knee.patient, f"Day {ago}: slept well, walked to the shop."))
        for ago in range(1, days)
    ]
    CheckIn.objects.bulk_create(rows)
    looks = [
        AuditEvent(
            at=clock.now() - timedelta(hours=hour * 24 // LOOKS_A_DAY), clinic=staff.clinic, episode=knee,
            user=staff.physiotherapist.user, role="physiotherapist", action="read", outcome="seen", detail={"page": "episode"},
        )
        for hour in range(days * LOOKS_A_DAY)
    ]  # fmt: skip
    AuditEvent.objects.bulk_create(looks)
    assert Note.objects.count() >= days - 1
    return knee


def _copy(first: CheckIn, ago: int, note: str) -> CheckIn:
    columns = {
        field.attname: getattr(first, field.attname) for field in CheckIn._meta.concrete_fields if field.name != "id"
    }
    changed = {"date": first.date - timedelta(days=ago), "entered_at": first.entered_at - timedelta(days=ago)}
    return CheckIn(**columns | changed | {"note_digest": note})


if __name__ == "__main__":
    main()
