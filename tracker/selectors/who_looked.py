"""The trail as the patient reads it: who of whom looked at their record, day by day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from tracker.models import AuditEvent, Episode, Patient, walls
from tracker.selectors.trail_lines import COLUMNS, Access, Line, accesses_to, is_under, of_day
from tracker.selectors.transfers import clinics_that_know

DAYS = timedelta(days=30)
"""So much of who looked is on one page."""
AT_A_TERMINAL = ("exported", "record_decided")
"""What whoever runs the installation may do with a record by a command, without signing in."""
OPERATOR = "Whoever runs the program"


@dataclass(slots=True)
class Visitor:
    """Somebody who was in the record on one day."""

    name: str
    role: str
    clinic: str
    """Where they work, if that is not the patient's clinic."""
    emergency: bool
    first: datetime
    last: datetime
    looks: int = 0
    deeds: list[str] = field(default_factory=list)
    """What they did, as the trail calls it."""
    programs: bool = False
    """Whether a program acted in their name."""


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    visitors: Sequence[Visitor]
    lists: dict[str, int]
    """Who opened a list on which the patient stood, and how often."""


@dataclass(frozen=True, slots=True)
class Looks:
    """Who was in a patient's record from one day to another, the latest day first."""

    since: date
    until: date
    days: Sequence[Day]
    further: bool
    """Whether there is anything earlier."""


class Look(NamedTuple):
    line: Line
    name: str
    clinic_id: UUID | None
    clinic: str


_LOOK = (*COLUMNS, "user__name", "clinic_id", "clinic__name")


def looks_at(patient: Patient, *, until: date) -> Looks:
    """Who looked at the record, or changed it, in the thirty days up to `until`, on the patient's calendar.

    Without the patient's own visits, and without what was refused: nothing was shown then.
    """
    since = until - DAYS + timedelta(days=1)
    period = (of_day(since, patient.time_zone)[0], of_day(until, patient.time_zone)[1])
    episodes = dict(Episode.objects.filter(patient=patient).values_list("pk", "clinic_id"))
    visits = _others(patient).filter(episode__in=episodes, at__range=period)
    earlier = _others(patient).filter(episode__in=episodes, at__lt=period[0])
    with walls.outside(walls.Why.LOOKED):
        lists = _looks(_lists(patient, episodes).filter(at__range=period))
    days = _days(patient, _looks(visits), lists, accesses_to(episodes))
    return Looks(since, until, days, earlier.exists())


def _others(patient: Patient) -> QuerySet[AuditEvent]:
    """What the program does by itself shows the record to nobody; at a terminal somebody tells it to."""
    by_people = Q(user__isnull=False) | Q(action__in=AT_A_TERMINAL)
    return AuditEvent.objects.filter(by_people).exclude(user=patient.user_id).exclude(outcome="refused")


def _lists(patient: Patient, episodes: dict[UUID, UUID]) -> QuerySet[AuditEvent]:
    """Lists that showed it, of the clinics that know the record, which keeps the search short."""
    showed = Q()
    for episode in episodes:
        showed |= Q(said__contains=str(episode))
    rows = _others(patient).filter(clinic__in=clinics_that_know(patient), outcome="seen", episode=None)
    return rows.annotate(said=Cast("detail", TextField())).filter(showed) if episodes else rows.none()


def _looks(rows: QuerySet[AuditEvent]) -> list[Look]:
    found = rows.order_by("-at", "-pk").values_list(*_LOOK)
    return [Look(Line._make(row[:-3]), row[-3] or OPERATOR, *row[-2:]) for row in found]


def _days(patient: Patient, visits: Sequence[Look], lists: Sequence[Look], accesses: list[Access]) -> list[Day]:
    zone = ZoneInfo(patient.time_zone)
    people: dict[date, dict[tuple[object, ...], Visitor]] = {}
    for look in visits:
        there = people.setdefault(look.line.at.astimezone(zone).date(), {})
        emergency = is_under(accesses, look.line)
        key = (look.line.user, look.line.role, look.clinic_id, emergency)
        _count(there.setdefault(key, _visitor(look, patient, emergency)), look.line)
    opened: dict[date, dict[str, int]] = {}
    for look in lists:
        names = opened.setdefault(look.line.at.astimezone(zone).date(), {})
        names[look.name] = names.get(look.name, 0) + 1
    return [
        Day(day, list(people.get(day, {}).values()), opened.get(day, {}))
        for day in sorted({*people, *opened}, reverse=True)
    ]


def _visitor(look: Look, patient: Patient, emergency: bool) -> Visitor:
    elsewhere = look.clinic if look.clinic_id != patient.clinic_id else ""
    return Visitor(look.name, look.line.role, elsewhere, emergency, look.line.at, look.line.at)


def _count(visitor: Visitor, line: Line) -> None:
    visitor.first = line.at  # lines come latest first
    visitor.programs = visitor.programs or line.via.startswith("token:")
    if line.outcome == AuditEvent.Outcome.SEEN:
        visitor.looks += 1
    elif line.action not in visitor.deeds:
        visitor.deeds.append(line.action)
