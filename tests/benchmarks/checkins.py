"""A day's check-in as a page's form and as a program's JSON, the n-th of many knees that take turns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from tests.benchmarks import people
from tests.benchmarks.load import Build
from tracker import clock
from tracker.models import Episode

DAYS = 8
"""A patient may report today and seven days back, so a knee that comes again reports another day."""
SAID = {"pain_load": 3, "pain_worst": 4, "reported_load": "half", "aids": "one_crutch", "swelling": "mild"}


def typed(knee: Episode, visit: int = 0) -> dict[str, str]:
    """The form's fields."""
    said = {name: str(value) for name, value in SAID.items()}
    return {**said, "date": _day(knee, visit), "symptoms": "none_of_these", "client_key": str(uuid4())}


def told(knee: Episode, visit: int = 0) -> dict[str, Any]:
    """The API's body."""
    return SAID | {"date": _day(knee, visit), "symptoms": []}


def address(knee: Episode) -> str:
    return f"/api/v1/episodes/{knee.pk}/check-ins/"


def by_page(knees: Sequence[Episode], browsers: Sequence[people.Headers]) -> Build:
    def build(number: int) -> bytes:
        visit, at = divmod(number, len(knees))
        return people.form("/check-in/", browsers[at], typed(knees[at], visit))

    return build


def by_api(knees: Sequence[Episode], programs: Sequence[people.Headers]) -> Build:
    def build(number: int) -> bytes:
        visit, at = divmod(number, len(knees))
        return people.write(address(knees[at]), programs[at], told(knees[at], visit))

    return build


def _day(knee: Episode, visit: int) -> str:
    return (clock.today(knee.patient.time_zone) - timedelta(days=visit % DAYS)).isoformat()
