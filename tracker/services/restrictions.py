"""Lays signed weight-bearing orders. Nothing is edited: what a new word touches is superseded and laid again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from tracker import clock
from tracker.clinical import limits, orders, tightening
from tracker.clinical.orders import Laid, Level, Row
from tracker.clinical.problems import Problem
from tracker.clinical.terms import Aids, Loading, Role, Term
from tracker.errors import Conflict, Invalid
from tracker.models import Acknowledgement, Actor, Episode, Restriction, Signature
from tracker.selectors import episodes as cases
from tracker.selectors import facts
from tracker.selectors.episodes import Case
from tracker.services import assessments, audit, locks, notes, reminders


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOrder:
    """What a clinician orders from `starts_on` on. Percent of body weight, kg, degrees; None is not said."""

    starts_on: date
    reason: str
    max_percent: int | None = None
    max_kg: Decimal | None = None
    loading: Loading | None = None
    term: Term | None = None
    aids: Aids | None = None
    brace_min: int | None = None
    brace_max: int | None = None


@transaction.atomic
def order(*, episode: Episode, by: Actor, order: NewOrder, revision: int | None = None) -> Restriction:
    """Signs an order. A physiotherapist tightens at any time, and loosens only inside the cleared plan.

    Raises Invalid, or Conflict while a hold stands or when the record has moved on.
    """
    locks.hold(episode, revision)
    now = clock.now()
    case = cases.case(episode, now=now)
    level = level_of(order, case.basis.weight)
    _check(case, by, order, level)
    if by.role != Role.SURGEON:
        level = orders.supported(level, case.history.orders)
    laid = orders.lay_order(case.history.orders, level)
    rows = _write(case, by, Signature.Kind.ORDER, laid, now, authority=by.role == Role.SURGEON, reason=order.reason)
    audit.note(by, "order signed", episode, rows[0].signature_id if rows else "")
    assessments.settle(episode=episode, now=now)
    return _in_force(episode, order.starts_on)


@transaction.atomic
def acknowledge(*, restriction: Restriction, by: Actor) -> Acknowledgement:
    """The patient has seen the restriction. Seeing it twice changes nothing."""
    now = clock.now()
    seen = Acknowledgement.objects.filter(restriction=restriction, by=by.user).first()
    if seen is not None:
        return seen
    locks.hold(restriction.episode)
    made = Acknowledgement.objects.create(restriction=restriction, by=by.user, at=now)
    reminders.restriction_seen(restriction=restriction, now=now)
    audit.note(by, "restriction seen", restriction.episode, restriction.pk)
    assessments.settle(episode=restriction.episode, now=now)
    return made


def lay(
    *,
    case: Case,
    by: Actor,
    kind: Signature.Kind,
    levels: Sequence[Level],
    now: datetime,
    authority: bool,
    reason: str,
    cap: bool = False,
) -> list[Restriction]:
    """Signs dated levels over what stands; with `cap` they only tighten it. Returns the rows made, if any."""
    laid = orders.lay(case.history.orders, levels, cap=cap)
    return _write(case, by, kind, laid, now, authority=authority, reason=reason)


def meet_plan(*, case: Case, by: Actor, kind: Signature.Kind, now: datetime, reason: str) -> list[Restriction]:
    """Tightens every standing order to the plan as it is now. Does nothing before anyone signed."""
    if not case.history.signed:
        return []
    levels = orders.to_sign(case.plan, case.history, today=case.clinic_date)
    authority = by.role == Role.SURGEON
    return lay(case=case, by=by, kind=kind, levels=levels, now=now, authority=authority, reason=reason, cap=True)


def level_of(order: NewOrder, weight: Decimal) -> Level:
    """The level that an order says on a body of `weight` kg: by percent, kilograms, or a term that says it alone.

    Raises Invalid when it says nothing, or says two different things.
    """
    _check_numbers(order)
    level = orders.level(
        weight,
        order.starts_on,
        percent=_percent(order),
        cap_kg=order.max_kg,
        full=order.term == Term.FWB,
        aids=order.aids,
        brace_min=order.brace_min,
        brace_max=order.brace_max,
    )
    term, loading = limits.term(level.limit), limits.loading(level.limit)
    if order.term not in (None, term):
        raise Invalid({"term": f"{order.term} does not fit this limit, which is {term}. Change one."})
    if order.loading not in (None, loading):
        raise Invalid({"loading": f"{order.loading} does not fit this limit, which is {loading}. Change one."})
    return level


def _percent(order: NewOrder) -> int | None:
    if order.max_percent is not None or order.max_kg is not None:
        return order.max_percent
    if order.term in (Term.WBAT, Term.FWB) or order.loading == Loading.UNRESTRICTED:
        return 100
    if order.term == Term.NWB or order.loading == Loading.NON:
        return 0
    raise Invalid({"max_percent": "Say how much: a percent of body weight, kilograms, or NWB, WBAT or FWB."})


def _check_numbers(order: NewOrder) -> None:
    wrong = {}
    if order.max_percent is not None and not 0 <= order.max_percent <= 100:
        wrong["max_percent"] = "The limit must be from 0 to 100 percent of body weight."
    if order.max_kg is not None and (not order.max_kg.is_finite() or not 0 <= order.max_kg <= 250):
        wrong["max_kg"] = "The limit must be from 0 to 250 kg."
    if not order.reason.strip():
        wrong["reason"] = "Say why. The patient's record keeps the reason with the order."
    low, high = order.brace_min, order.brace_max
    if any(degrees is not None and not -10 <= degrees <= 160 for degrees in (low, high)):
        wrong["brace_max"] = "Brace limits must be from -10 to 160 degrees."
    elif low is not None and high is not None and low > high:
        wrong["brace_max"] = "The brace must open at least as far as it closes: check both numbers."
    if wrong:
        raise Invalid(wrong)


def _check(case: Case, by: Actor, order: NewOrder, level: Level) -> None:
    problem = orders.order_problem(
        case.plan,
        case.history,
        starts_on=order.starts_on,
        limit=level.limit,
        role=by.role,
        today=case.clinic_date,
        kg=level.kg if order.max_percent is None and order.max_kg is not None else None,
    )
    if problem is not None:
        refuse(problem)


def refuse(problem: Problem) -> None:
    """Raises the problem of the core as a refusal: 409 while a hold stands, else a wrong field."""
    if problem.code == "hold":
        raise Conflict(problem.sentence, code=problem.code)
    raise Invalid({problem.field: problem.sentence}, code=problem.code)


def _write(
    case: Case, by: Actor, kind: Signature.Kind, laid: Laid, now: datetime, *, authority: bool, reason: str
) -> list[Restriction]:
    """1 sign, 2 supersede what is touched, 3 insert in order of days, 4 tell the patient, 5 move the revision on."""
    if not laid.rows:
        return []
    signature = Signature.objects.create(
        episode=case.episode,
        kind=kind,
        by=by.user,
        role=by.role,
        authority=authority,
        weight_kg=case.basis.weight,
        signed_at=now,
        reason_digest=notes.keep(case.patient, reason),
    )
    Restriction.objects.filter(pk__in=laid.superseded).update(superseded_by=signature)
    rows = Restriction.objects.bulk_create(list(_rows(case, laid, signature)))
    _tell(case, laid, rows)
    locks.move_on(case.episode)
    return [row for row in rows if row.signature_id == signature.pk] or rows


def _rows(case: Case, laid: Laid, signature: Signature) -> Iterator[Restriction]:
    standing = {facts.name(row["id"]): row for row in case.rows["order"]}
    for row in laid.rows:
        made = _restriction(case.episode, row)
        if row.copy_of is None:
            made.signature, made.source, made.recorded_at = signature, signature.kind, signature.signed_at
        else:
            _carry_on(made, row.copy_of, standing[row.copy_of])
        yield made


def _restriction(episode: Episode, row: Row) -> Restriction:
    level = row.level
    return Restriction(
        episode=episode,
        loading=limits.loading(level.limit),
        term=limits.term(level.limit),
        max_percent=level.limit.percent,
        cap_kg=level.limit.cap_kg,
        full=level.limit.full,
        max_kg=level.kg,
        aids=level.aids,
        brace_min=level.brace_min,
        brace_max=level.brace_max,
        starts_on=level.starts_on,
        ends_on=row.ends_on,
        gate=level.gate or "",
    )


def _carry_on(made: Restriction, copy_of: str, original: Mapping[str, Any]) -> None:
    """Under the original signature, so that who said it, when, and whether the patient saw it all stay true."""
    made.signature_id = UUID(facts.name(original["signature_id"]))
    made.origin_id = UUID(facts.name(original["origin_id"] or copy_of))
    made.source, made.gate = original["source"], original["gate"]
    made.recorded_at = facts.instant(original["recorded_at"])


def _tell(case: Case, laid: Laid, rows: Sequence[Restriction]) -> None:
    """The patient hears of a change of what holds today; steps to come announce themselves on their day."""
    today = case.clinic_date
    for said, row in zip(laid.rows, rows, strict=True):
        if row.origin_id is None and row.starts_on <= today and (row.ends_on is None or row.ends_on > today):
            tightens = tightening.tightens(said.level, case.history, today=today, weight=case.basis.weight)
            reminders.restriction_changed(restriction=row, tightens=tightens)


def _in_force(episode: Episode, on: date) -> Restriction:
    standing = Restriction.objects.select_related("signature__by").filter(episode=episode, superseded_by=None)
    return standing.filter(starts_on__lte=on).order_by("-starts_on")[0]
