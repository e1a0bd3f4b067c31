"""The clinic's patients by name: who they are and how to reach them, nothing clinical."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db.models import OuterRef, Subquery

from tracker.clinical.terms import FactKind
from tracker.models import Actor, Episode, EpisodeFact
from tracker.selectors.standing import workable
from tracker.selectors.told import unreachable
from tracker.selectors.worklist import fold

PAGE = 100


class Row(NamedTuple):
    """One episode of one patient."""

    episode: UUID
    family_name: str
    given_name: str
    birth_date: date
    record_number: str
    phone: str
    email: str
    side: str
    procedure: str
    state: str
    surgery_date: str | None
    patient: UUID
    login: UUID | None
    unreachable: bool
    """Whether messages do not arrive at an address that stands here."""

    @property
    def operated_on(self) -> date | None:
        return read_date(self.surgery_date)


def read_date(text: str | None) -> date | None:
    """None also for a date that nobody can read, so that it takes no list with it; the episode's page tells of it."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class PatientList:
    rows: Sequence[Row]
    total: int
    page: int
    pages: int


_COLUMNS = (
    "pk",
    "patient__family_name",
    "patient__given_name",
    "patient__birth_date",
    "patient__record_number",
    "patient__phone",
    "patient__email",
    "side",
    "procedure",
    "state",
    "surgery_date",
    "patient",
    "patient__user",
    "unreachable",
)


def patients(actor: Actor, *, query: str = "", page: int = 1) -> PatientList:
    """Episodes of the clinic by name; `query` searches names, without regard to accents, and record numbers."""
    dates = EpisodeFact.objects.filter(
        episode=OuterRef("pk"), kind=FactKind.SURGERY_DATE, withdrawal__isnull=True
    ).order_by("-recorded_at")
    found = (
        Episode.objects.filter(workable(), clinic=actor.clinic)
        .annotate(surgery_date=Subquery(dates.values("value")[:1]), unreachable=unreachable("patient"))
        .order_by("patient__family_name", "patient__given_name", "-created_at")
    )
    rows = [row for row in map(Row._make, found.values_list(*_COLUMNS)) if _wanted(row, query)]
    pages = max(1, -(-len(rows) // PAGE))
    page = min(max(1, page), pages)
    return PatientList(rows[(page - 1) * PAGE : page * PAGE], len(rows), page, pages)


def _wanted(row: Row, query: str) -> bool:
    names = f"{row.family_name}, {row.given_name} {row.family_name} {row.record_number}"
    return not query or fold(query) in fold(names)
