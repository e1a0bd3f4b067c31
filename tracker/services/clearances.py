"""Signed decisions: is a gate's condition met, and may a hold end."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from tracker import clock
from tracker.clinical import clearances as rules
from tracker.clinical import holds as hold_rules
from tracker.clinical import orders
from tracker.clinical.problems import Problem
from tracker.clinical.terms import Decision, Gate
from tracker.errors import Conflict, Forbidden, Invalid, SecondNeeded
from tracker.models import Actor, Clearance, Episode, Hold, HoldRelease, Signature
from tracker.selectors import episodes as cases
from tracker.services import assessments, audit, locks, notes, restrictions


@transaction.atomic
def decide(
    *,
    episode: Episode,
    by: Actor,
    gate: str,
    decision: str,
    basis: str,
    decided_on: date,
    revision: int | None = None,
    second: Actor | None = None,
) -> Clearance:
    """Clears or refuses a gate. Clearing signs the steps up to the next gate; refusing takes back what it freed.

    `second` is the colleague who has agreed, where a criterion of the gate is not met. Raises Invalid, Forbidden for a
    gate that is the surgeon's, SecondNeeded, Conflict when the record has moved on.
    """
    locks.hold(episode, revision)
    now = clock.now()
    alone = second is None or second.user.pk == by.user.pk
    _check(episode, by, gate, decision, basis, decided_on, now, alone=alone)
    row = Clearance.objects.create(
        episode=episode,
        gate=gate,
        decision=decision,
        basis_digest=notes.keep(episode.patient, basis),
        decided_on=decided_on,
        entered_at=now,
        by=by.user,
        role=by.role,
    )
    audit.note(by, f"gate {decision}", episode, row.pk, gate=gate, **audit.beside(second))
    _sign(row, by, basis, now)
    locks.move_on(episode)
    assessments.settle(episode=episode, now=now)
    return row


@transaction.atomic
def release(*, hold: Hold, by: Actor, basis: str, revision: int | None = None) -> HoldRelease:
    """Ends a hold by a signed decision. The steps it kept back open no sooner than from today on (design 10.7).

    Raises Invalid without a basis, Forbidden where it is the surgeon's, Conflict when it was already released or the
    record has moved on.
    """
    locks.hold(hold.episode, revision)
    now = clock.now()
    if not basis.strip():
        raise Invalid({"basis": "Say what you found that makes it safe to go on."})
    case = cases.case(hold.episode, now=now)
    fact = next(fact for fact in case.history.holds if fact.id == str(hold.pk))
    _refuse(hold_rules.release_problem(case.history, fact, role=by.role), hold)
    row = _released(hold, by, basis, case.clinic_date, now)
    audit.note(by, "hold released", hold.episode, hold.pk, code=hold.code)
    case = cases.case(hold.episode, now=now)
    restrictions.meet_plan(case=case, by=by, kind=Signature.Kind.RELEASE, now=now, reason=basis)
    locks.move_on(hold.episode)
    assessments.settle(episode=hold.episode, now=now)
    return row


def _check(
    episode: Episode,
    by: Actor,
    gate: str,
    decision: str,
    basis: str,
    decided_on: date,
    now: datetime,
    *,
    alone: bool,
) -> None:
    wrong = {}
    if gate not in list(Gate):
        wrong["gate"] = f"There is no gate {gate}. Use one of: {', '.join(Gate)}."
    if decision not in list(Decision):
        wrong["decision"] = "Decide cleared or refused."
    if not basis.strip():
        wrong["basis"] = "Say what the decision rests on, for example what the X-ray shows."
    if wrong:
        raise Invalid(wrong)
    case = cases.case(episode, now=now)
    problem = rules.clearance_problem(
        case.plan,
        case.history,
        gate=Gate(gate),
        decision=Decision(decision),
        decided_on=decided_on,
        role=by.role,
        today=case.clinic_date,
        basis=basis,
        alone=alone,
    )
    _refuse(problem, episode)


def _refuse(problem: Problem | None, current: object) -> None:
    """Raises what stands in the way as 403 where another role decides, 409 where it was decided, else 400."""
    if problem is None:
        return
    if problem.code == "second":
        raise SecondNeeded(problem.sentence)
    if problem.code in ("role", "surgeon"):
        raise Forbidden(problem.sentence, code=problem.code)
    if problem.code == "released":
        raise Conflict(problem.sentence, code=problem.code, current=current)
    restrictions.refuse(problem)


def _sign(row: Clearance, by: Actor, basis: str, now: datetime) -> None:
    """Clearing lays the freed steps; refusing meets what stands with the plan, which no longer has them."""
    case = cases.case(row.episode, now=now)
    if row.decision == Decision.REFUSED:
        restrictions.meet_plan(case=case, by=by, kind=Signature.Kind.REFUSAL, now=now, reason=basis)
        return
    levels = orders.freed(case.plan, case.history, Gate(row.gate), today=case.clinic_date)
    if levels and case.history.signed:
        restrictions.lay(
            case=case,
            by=by,
            kind=Signature.Kind.CLEARANCE,
            levels=levels,
            now=now,
            authority=True,
            reason=basis,
        )


def _released(hold: Hold, by: Actor, basis: str, on: date, now: datetime) -> HoldRelease:
    return HoldRelease.objects.create(
        hold=hold,
        released_on=on,
        at=now,
        by=by.user,
        role=by.role,
        basis_digest=notes.keep(hold.episode.patient, basis),
    )
