"""The trail as the clinic's auditor reads it: line by line, with whether it is whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from tracker.clinical.terms import Role
from tracker.models import Actor, AuditEvent, AuditHead, AuditSweep, Clinic, Episode, Membership, User
from tracker.selectors import chains
from tracker.selectors.chains import Unsealed
from tracker.selectors.trail_lines import COLUMNS, Line, accesses_to, is_under, of_day

PAGE = 100
STAFF = (Role.PHYSIOTHERAPIST, Role.SURGEON, Role.COORDINATOR, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the auditor asks for. `before` is the id of the last line of the page before."""

    person: str = ""
    record: str = ""
    outcome: str = ""
    day: date | None = None
    before: int | None = None


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


def trail(actor: Actor, wanted: Wanted) -> Trail:
    """What was done, seen and refused in the clinic, and by others with its records, the latest first."""
    clinic, episodes = actor.clinic, _episodes(actor.clinic, wanted.record)
    rows = AuditEvent.objects.filter(Q(clinic=clinic) | Q(episode__clinic=clinic)).order_by("-pk")
    rows = _filtered(rows, wanted, clinic)
    if episodes is not None:
        rows = rows.filter(Q(episode__in=episodes) | Q(object_id__in=[str(each) for each in episodes]))
    found = list(map(Line._make, rows.values_list(*COLUMNS)[: PAGE + 1]))
    shown = found[:PAGE]
    return Trail(
        lines=shown,
        staff=_staff(clinic, shown),
        records=_records(clinic, shown),
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
        rows = rows.filter(at__range=of_day(wanted.day, clinic.time_zone))
    if wanted.before is not None:
        rows = rows.filter(pk__lt=wanted.before)
    return rows


def _called(name: str, clinic: Clinic) -> QuerySet[User]:
    """Staff of that name: a patient cannot be looked for by theirs."""
    worked = AuditEvent.objects.filter(user=OuterRef("pk"), clinic=clinic, role__in=STAFF)
    works = Membership.objects.filter(user=OuterRef("pk"), clinic=clinic)
    return User.objects.filter(Exists(works) | Exists(worked), name__icontains=name)


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


def _records(clinic: Clinic, lines: Iterable[Line]) -> dict[UUID, str]:
    """Of a record that has moved on, the number is the other clinic's."""
    episodes = {line.episode for line in lines if line.episode}
    return dict(Episode.objects.filter(pk__in=episodes, clinic=clinic).values_list("pk", "patient__record_number"))


def _in_emergency(lines: Sequence[Line]) -> frozenset[int]:
    accesses = accesses_to({line.episode for line in lines if line.episode})
    return frozenset(line.pk for line in lines if is_under(accesses, line))


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
