"""The trail as people read it: the clinic's auditor line by line, a patient as who of whom looked at their record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast

from tracker.clinical.terms import Role
from tracker.models import (
    Actor,
    AuditEvent,
    AuditHead,
    AuditSweep,
    Clinic,
    EmergencyAccess,
    Episode,
    Membership,
    Patient,
    User,
    walls,
)
from tracker.selectors import chains
from tracker.selectors.chains import Unsealed

PAGE = 100
STAFF = (Role.PHYSIOTHERAPIST, Role.SURGEON, Role.COORDINATOR, Role.AUDITOR)
DAYS = timedelta(days=30)
"""So much of who looked is on one page."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the auditor asks for. `before` is the id of the last line of the page before."""

    person: str = ""
    record: str = ""
    outcome: str = ""
    day: date | None = None
    before: int | None = None


class Line(NamedTuple):
    """One line of the trail."""

    pk: int
    at: datetime
    user: UUID | None
    role: str
    action: str
    outcome: str
    episode: UUID | None
    object_id: str
    detail: dict[str, object]
    via: str

    @property
    def page(self) -> str:
        return str(self.detail.get("page", ""))

    @property
    def why(self) -> str:
        return str(self.detail.get("why", ""))

    @property
    def listed(self) -> int:
        """How many records a list showed."""
        episodes = self.detail.get("episodes", ())
        return len(episodes) if isinstance(episodes, list) else 0


@dataclass(frozen=True, slots=True)
class Trail:
    """One page of it, with what is needed to name people and records."""

    lines: Sequence[Line]
    staff: dict[UUID, str]
    """Names of those who work, or worked, here. Patients and helpers are not named."""
    records: dict[UUID, str]
    """Record numbers by episode; empty where the clinic gave none."""
    emergencies: frozenset[int]
    """Lines written under emergency access."""
    further: int | None
    """Where the next page begins."""
    unknown_record: bool = False


_COLUMNS = ("pk", "at", "user_id", "role", "action", "outcome", "episode_id", "object_id", "detail", "via")


# --- For the auditor ------------------------------------------------------------------------------------------------


def trail(actor: Actor, wanted: Wanted) -> Trail:
    """What was done, seen and refused in the clinic, and by others with its records, the latest first."""
    clinic, episodes = actor.clinic, _episodes(actor.clinic, wanted.record)
    rows = AuditEvent.objects.filter(Q(clinic=clinic) | Q(episode__clinic=clinic)).order_by("-pk")
    rows = _filtered(rows, wanted, clinic)
    if episodes is not None:
        rows = rows.filter(Q(episode__in=episodes) | Q(object_id__in=[str(each) for each in episodes]))
    found = list(map(Line._make, rows.values_list(*_COLUMNS)[: PAGE + 1]))
    shown = found[:PAGE]
    return Trail(
        lines=shown,
        staff=_staff(clinic, shown),
        records=_records(shown),
        emergencies=_in_emergency(shown),
        further=shown[-1].pk if len(found) > PAGE else None,
        unknown_record=episodes == [],
    )


def _filtered(rows: QuerySet[AuditEvent], wanted: Wanted, clinic: Clinic) -> QuerySet[AuditEvent]:
    if wanted.person:
        rows = rows.filter(user__in=_called(wanted.person, clinic))
    if wanted.outcome:
        rows = rows.filter(outcome=wanted.outcome)
    if wanted.day is not None:
        rows = rows.filter(at__range=_of_day(wanted.day, clinic.time_zone))
    if wanted.before is not None:
        rows = rows.filter(pk__lt=wanted.before)
    return rows


def _called(name: str, clinic: Clinic) -> QuerySet[User]:
    """Staff of that name: a patient cannot be looked for by theirs."""
    worked = AuditEvent.objects.filter(user=OuterRef("pk"), clinic=clinic, role__in=STAFF)
    works = Membership.objects.filter(user=OuterRef("pk"), clinic=clinic)
    return User.objects.filter(Exists(works) | Exists(worked), name__icontains=name)


def _of_day(day: date, zone: str) -> tuple[datetime, datetime]:
    start = datetime.combine(day, datetime.min.time(), ZoneInfo(zone))
    return start, start + timedelta(days=1) - timedelta(microseconds=1)


def _episodes(clinic: Clinic, record: str) -> list[UUID] | None:
    """Of the patient with that record number; None where none was asked for."""
    if not record:
        return None
    return list(Episode.objects.filter(clinic=clinic, patient__record_number=record).values_list("pk", flat=True))


def _staff(clinic: Clinic, lines: Iterable[Line]) -> dict[UUID, str]:
    acted = {line.user for line in lines if line.user and line.role in STAFF}
    asked = {line.user for line in lines if line.user}
    works = Membership.objects.filter(user=OuterRef("pk"), clinic=clinic)
    rows = User.objects.filter(Q(pk__in=acted) | Q(Exists(works), pk__in=asked))
    return {pk: name or email for pk, name, email in rows.values_list("pk", "name", "email")}


def _records(lines: Iterable[Line]) -> dict[UUID, str]:
    episodes = {line.episode for line in lines if line.episode}
    return dict(Episode.objects.filter(pk__in=episodes).values_list("pk", "patient__record_number"))


def _in_emergency(lines: Sequence[Line]) -> frozenset[int]:
    accesses = _accesses({line.episode for line in lines if line.episode})
    return frozenset(line.pk for line in lines if _is_under(accesses, line))


Access = tuple[UUID, UUID, datetime, datetime]


def _accesses(episodes: Iterable[UUID]) -> list[Access]:
    rows = EmergencyAccess.objects.filter(
        episode__in=list(episodes), started_at__isnull=False, expires_at__isnull=False
    )
    columns = ("user_id", "episode_id", "started_at", "expires_at", "ended_at")
    return [
        (user, episode, at, min(ends, ended or ends)) for user, episode, at, ends, ended in rows.values_list(*columns)
    ]


def _is_under(accesses: Iterable[Access], line: Line) -> bool:
    return any(
        (user, episode) == (line.user, line.episode) and start <= line.at <= end
        for user, episode, start, end in accesses
    )


# --- Is it whole? ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class State:
    """How the clinic's chain is doing."""

    number: int
    sealed_at: datetime | None
    checked_at: datetime | None
    faults: int
    unsealed: Unsealed
    """Lines that should have been sealed by now."""


def state(clinic: Clinic, *, now: datetime) -> State:
    head = AuditHead.objects.filter(chain=str(clinic.pk)).first() or AuditHead()
    settled = AuditSweep.objects.values_list("settled", flat=True).first() or 0
    unsealed = chains.unsealed(before=now - chains.LATE, clinic=clinic.pk, settled=settled)
    return State(head.number, head.sealed_at, head.checked_at, head.faults, unsealed)


# --- For the patient ------------------------------------------------------------------------------------------------


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


_LOOK = (*_COLUMNS, "user__name", "clinic_id", "clinic__name")


def looks(patient: Patient, *, until: date) -> Looks:
    """Who looked at the record, or changed it, in the thirty days up to `until`, on the patient's calendar.

    Without the patient's own visits, and without what was refused: nothing was shown then.
    """
    since = until - DAYS + timedelta(days=1)
    period = (_of_day(since, patient.time_zone)[0], _of_day(until, patient.time_zone)[1])
    episodes = dict(Episode.objects.filter(patient=patient).values_list("pk", "clinic_id"))
    visits = _others(patient).filter(episode__in=episodes, at__range=period)
    earlier = _others(patient).filter(episode__in=episodes, at__lt=period[0])
    with walls.outside(walls.Why.LOOKED):
        lists = _looks(_lists(patient, episodes).filter(at__range=period))
    days = _days(patient, _looks(visits), lists, _accesses(episodes))
    return Looks(since, until, days, earlier.exists())


def _others(patient: Patient) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(user__isnull=False).exclude(user=patient.user_id).exclude(outcome="refused")


def _lists(patient: Patient, episodes: dict[UUID, UUID]) -> QuerySet[AuditEvent]:
    """Lists of the clinics in which the record is or was, and that showed it. The clinic keeps the search short."""
    showed = Q()
    for episode in episodes:
        showed |= Q(said__contains=str(episode))
    clinics = {patient.clinic_id, *episodes.values()}
    rows = _others(patient).filter(clinic__in=clinics, outcome="seen", episode=None)
    return rows.annotate(said=Cast("detail", TextField())).filter(showed) if episodes else rows.none()


def _looks(rows: QuerySet[AuditEvent]) -> list[Look]:
    found = rows.order_by("-at", "-pk").values_list(*_LOOK)
    return [Look(Line._make(row[:-3]), *row[-3:]) for row in found]


def _days(patient: Patient, visits: Sequence[Look], lists: Sequence[Look], accesses: list[Access]) -> list[Day]:
    zone = ZoneInfo(patient.time_zone)
    people: dict[date, dict[tuple[object, ...], Visitor]] = {}
    for look in visits:
        there = people.setdefault(look.line.at.astimezone(zone).date(), {})
        emergency = _is_under(accesses, look.line)
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
