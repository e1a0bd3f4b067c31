"""One knee's case: its plan, and everything that is known of it, ready for the pure core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from tracker.clinical import allowance as allowances
from tracker.clinical.allowance import Allowance
from tracker.clinical.history import History
from tracker.clinical.plan import Plan
from tracker.clinical.terms import FactKind, Modifier, Role, Side
from tracker.models import Clinic, Episode, Patient
from tracker.selectors import facts, plans, record
from tracker.selectors.facts import Row
from tracker.selectors.record import Rows

PLAN_SIGNED = ("plan", "clearance")
"""What a surgeon signs as steps of the plan, rather than as a level of its own."""

WINDOW_DAYS = 120
"""How far back check-ins are read unless a page asks for more: longer than any rule looks."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What the plan rests on, from the facts that were not withdrawn."""

    protocol_id: UUID
    surgery_date: date
    weight: Decimal
    modifiers: tuple[Modifier, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """An episode with its plan and history, as of an instant seen from the clinic and from the patient."""

    episode: Episode
    basis: Basis
    plan: Plan
    history: History
    rows: Rows
    clinic_date: date
    patient_date: date

    @property
    def patient(self) -> Patient:
        return self.episode.patient

    @property
    def clinic(self) -> Clinic:
        return self.episode.clinic

    @property
    def surgery_date(self) -> date:
        return self.basis.surgery_date

    @property
    def modifiers(self) -> tuple[Modifier, ...]:
        return self.basis.modifiers


def case(episode: Episode, *, now: datetime, window: int | None = WINDOW_DAYS) -> Case:
    """The case in one statement; `window` None reads every check-in ever made.

    The episode must come with its patient and clinic loaded.
    """
    clinic_date = local_date(now, episode.clinic.time_zone)
    since = date.min if window is None else clinic_date - timedelta(days=window)
    rows = record.rows(episode.pk, since)
    basis = _basis(rows)
    return Case(
        episode=episode,
        basis=basis,
        plan=plans.plan(basis.protocol_id, basis.modifiers, basis.weight, basis.surgery_date),
        history=_history(episode, rows),
        rows=rows,
        clinic_date=clinic_date,
        patient_date=local_date(now, episode.patient.time_zone),
    )


def local_date(now: datetime, zone: str) -> date:
    """The calendar date that `zone` reads at `now`."""
    return now.astimezone(ZoneInfo(zone)).date()


def allowance(of: Case) -> Allowance:
    """What is allowed today, always worked out live from the orders."""
    return allowances.allowed(of.plan, of.history, clinic_date=of.clinic_date, patient_date=of.patient_date)


def allowance_on(of: Case, on: date) -> Allowance:
    """What the orders as they stand allow on one day, past or coming."""
    return allowances.allowed(of.plan, of.history, clinic_date=on, patient_date=on)


def _basis(rows: Rows) -> Basis:
    standing = sorted((row for row in rows["fact"] if row["gone"] is None), key=_when_stated)
    latest = {row["kind"]: row for row in standing}
    return Basis(
        protocol_id=UUID(str(latest[FactKind.PROTOCOL]["protocol_id"])),
        surgery_date=date.fromisoformat(latest[FactKind.SURGERY_DATE]["value"]),
        weight=Decimal(latest[FactKind.BODY_WEIGHT]["value"]),
        modifiers=_modifiers(standing),
    )


def _when_stated(fact: Row) -> tuple[str, ...]:
    """Of two facts of one instant the later in force counts; never the one that the database gave last."""
    return str(fact["recorded_at"]), str(fact["since"]), fact["value"]


def _modifiers(standing: Sequence[Row]) -> tuple[Modifier, ...]:
    named = {row["value"] for row in standing if row["kind"] == FactKind.MODIFIER}
    return tuple(modifier for modifier in Modifier if modifier in named)


def _history(episode: Episode, rows: Rows) -> History:
    measurements = facts.measurements(rows)
    orders = facts.orders(rows)
    return History(
        baseline_pain=episode.baseline_pain,
        baseline_flexion=episode.baseline_flexion,
        signed=bool(orders),
        check_ins=facts.check_ins(rows),
        measurements=measurements,
        reached=facts.reached(rows),
        clearances=facts.clearances(rows),
        orders=orders,
        holds=facts.holds(rows),
        alerts=facts.alerts(rows),
        reviews=facts.reviews(rows, episode.clinic.time_zone),
        latest_weight=facts.clinicians_weight(rows),
        patient_weight=facts.patients_weight(rows),
        signed_weight=_signed_weight(rows),
        replanned=_replanned(rows),
        started_on=local_date(episode.created_at, episode.clinic.time_zone),
        side=Side(episode.side),
    )


def _signed_weight(rows: Rows) -> Decimal | None:
    """The weight that the latest standing signature worked its kilograms out from."""
    standing = [row for row in rows["order"] if row["superseded_by_id"] is None]
    if not standing:
        return None
    return facts.number(max(standing, key=lambda row: str(row["signed_at"]))["weight"])


def _replanned(rows: Rows) -> bool:
    """Whether what the plan rests on changed, other than by a new modifier or weight, after a surgeon last signed it."""
    by_surgeon = (row for row in rows["order"] if row["role"] == Role.SURGEON and row["source"] in PLAN_SIGNED)
    signed = max((facts.instant(row["signed_at"]) for row in by_surgeon), default=None)
    if signed is None:
        return False
    changed = [row["recorded_at"] for row in rows["fact"] if row["kind"] in (FactKind.PROTOCOL, FactKind.SURGERY_DATE)]
    changed += [row["gone"] for row in rows["fact"] if row["gone"] and row["kind"] != FactKind.BODY_WEIGHT]
    return any(facts.instant(at) > signed for at in changed)
