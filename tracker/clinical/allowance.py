"""What is allowed on a day: the strictest of the standing order, the live plan and every hold (design 10.2).

Worked out live on every reading. Whatever is missing, unreadable or contradicts itself is answered with no weight
and `known` false, never with a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tracker.clinical import limits, openings
from tracker.clinical.history import History, Hold, Limit, Order
from tracker.clinical.openings import Opening
from tracker.clinical.plan import Plan, phase
from tracker.clinical.terms import Aids, Gate, Loading, Phase, Role, StepState, Term

Date = date
"""The type, where a field is called `date`."""


@dataclass(frozen=True, slots=True)
class Brace:
    """What the brace does: degrees of flexion it leaves free, None where it leaves all."""

    needed: bool
    min_deg: int | None
    max_deg: int | None
    text: str


@dataclass(frozen=True, slots=True)
class NextStep:
    """The next higher level: when at the earliest (the day may have passed), and what must happen first."""

    on: date
    term: Term
    max_percent: int
    gate: Gate | None
    state: StepState


@dataclass(frozen=True, slots=True)
class Standing:
    """A hold in force: what caused it and since when."""

    code: str
    since: date


@dataclass(frozen=True, slots=True)
class Allowance:
    """What the leg may carry. `date` and `post_op_day` are the patient's.

    `signed` is false until anyone signed; `known` is false wherever no weight stands for "we cannot tell".
    """

    date: Date
    post_op_day: int
    phase: Phase
    loading: Loading
    term: Term
    limit: Limit
    max_percent: int
    max_kg: int | None
    aids: Aids
    brace: Brace
    since: Date | None
    set_by: str
    set_by_role: Role | None
    source: str
    next_step: NextStep | None
    signed: bool
    known: bool
    hold: Standing | None
    frozen: bool
    weight_used: Decimal
    order_id: str | None
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class _Verdict:
    """The level of one date and what it rests on."""

    on: date
    limit: Limit
    order: Order | None
    opening: Opening | None
    holds: tuple[Hold, ...]

    @property
    def known(self) -> bool:
        return self.order is not None


def live(plan: Plan, history: History, on: date) -> Limit:
    """The level that the plan allows on a day, with clearances and holds as they stand, whatever the orders say."""
    opened = openings.openings(plan, history.clearances, history.holds)
    return _live(plan, history, opened, on)


def allowed(plan: Plan, history: History, *, clinic_date: date, patient_date: date) -> Allowance:
    """What is allowed today, where today may be two dates: the stricter of the two days holds (design 10.9)."""
    opened = openings.openings(plan, history.clearances, history.holds)
    dates = sorted({clinic_date, patient_date})
    first = min((order.starts_on for order in history.orders if not order.superseded), default=dates[0])
    verdicts = [_verdict(plan, history, opened, on, max(on, min(first, dates[-1]))) for on in dates]
    ruling = _ruling(verdicts)
    limit = limits.strictest(*(verdict.limit for verdict in verdicts))
    known = all(verdict.known for verdict in verdicts)
    weight = _weight(plan, history)
    order = ruling.order if known else None
    hold = next((hold for verdict in verdicts for hold in verdict.holds), None)
    reached = {found.key: found.confirmed for found in history.reached}
    return Allowance(
        date=patient_date,
        post_op_day=plan.day(patient_date),
        phase=phase(limit, reached),
        loading=limits.loading(limit),
        term=limits.term(limit),
        limit=limit,
        max_percent=limit.percent,
        max_kg=_kg(plan, history, verdicts, weight) if known else 0,
        aids=_aids(limit, verdicts, crutch_free=reached.get("CRUTCH_FREE", False)),
        brace=_brace(plan, plan.day(patient_date), verdicts),
        since=_since(ruling, hold) if known else None,
        set_by=order.signed_by if order else "",
        set_by_role=order.signed_role if order else None,
        source=order.source if order else "",
        next_step=_next_step(plan, history, opened, limit, dates[0]) if known else None,
        signed=_signed(history),
        known=known,
        hold=Standing(hold.code, hold.since) if hold else None,
        frozen=hold is not None,
        weight_used=weight,
        order_id=order.id if order else None,
        acknowledged_at=order.acknowledged_at if order else None,
    )


def unknown(on: date, day: int) -> Allowance:
    """The allowance of a record that cannot be read: no weight at all, and nothing else is claimed (law 2)."""
    return Allowance(
        date=on,
        post_op_day=day,
        phase=phase(limits.NON, {}),
        loading=limits.loading(limits.NON),
        term=limits.term(limits.NON),
        limit=limits.NON,
        max_percent=0,
        max_kg=0,
        aids=limits.aids(limits.NON),
        brace=Brace(needed=False, min_deg=None, max_deg=None, text=""),
        since=None,
        set_by="",
        set_by_role=None,
        source="",
        next_step=None,
        signed=False,
        known=False,
        hold=None,
        frozen=False,
        weight_used=Decimal(0),
        order_id=None,
        acknowledged_at=None,
    )


def order_on(orders: Iterable[Order], on: date) -> Order | None:
    """The one readable standing order of a day; None where there is none or more than one."""
    found = [order for order in orders if not order.superseded and covers(order, on)]
    return found[0] if len(found) == 1 and _readable(found[0]) else None


def covers(order: Order, on: date) -> bool:
    return order.starts_on <= on and (order.ends_on is None or on < order.ends_on)


def _signed(history: History) -> bool:
    return history.signed and any(not order.superseded for order in history.orders)


def _readable(order: Order) -> bool:
    """Whether an order says what it allows: kilograms stand with a limited level, and only there."""
    limit, cap = order.limit, order.limit.cap_kg
    if not 0 <= limit.percent <= 100 or (cap is not None and not (cap.is_finite() and cap >= 0)):
        return False
    return limits.unrestricted(limit) if order.kg is None else order.kg >= 0 and not limits.unrestricted(limit)


def _live(plan: Plan, history: History, opened: Sequence[Opening], on: date) -> Limit:
    held = (hold.limit for hold in openings.standing(history.holds, on))
    return limits.strictest(openings.level(opened, plan.day(on)), *held)


def _verdict(plan: Plan, history: History, opened: Sequence[Opening], on: date, signed_for: date) -> _Verdict:
    """The level of `on`. `signed_for` is `on`, or the later of today's two dates where the first order starts on that."""
    order = order_on(history.orders, signed_for) if history.signed else None
    limit = limits.NON if order is None else limits.strictest(order.limit, _live(plan, history, opened, on))
    return _Verdict(
        on=on,
        limit=limit,
        order=order,
        opening=openings.in_force(opened, plan.day(on)),
        holds=tuple(openings.standing(history.holds, on)),
    )


def _ruling(verdicts: Sequence[_Verdict]) -> _Verdict:
    """The date whose level holds: the earlier one, unless the later one is stricter."""
    first, last = verdicts[0], verdicts[-1]
    return last if limits.looser(first.limit, last.limit) else first


def _weight(plan: Plan, history: History) -> Decimal:
    """The lightest of the weight signed with, the clinician's latest and the patient's own, in kg (design 10.8)."""
    known = (history.signed_weight or plan.weight, history.latest_weight, history.patient_weight)
    return min(weight for weight in known if weight is not None)


def _kg(plan: Plan, history: History, verdicts: Iterable[_Verdict], weight: Decimal) -> int | None:
    found: list[int | None] = []
    for verdict in verdicts:
        if verdict.order is None or verdict.opening is None:
            return 0
        step, order = verdict.opening.step, verdict.order
        found += [step.kg_on(weight), order.kg, _order_kg(order, history.signed_weight or plan.weight, weight)]
        reached = limits.strictest(step.limit, order.limit)
        found += [limits.kg(hold.limit, weight) for hold in verdict.holds if limits.looser(reached, hold.limit)]
    return min((kg for kg in found if kg is not None), default=None)


def _order_kg(order: Order, signed_weight: Decimal, weight: Decimal) -> int | None:
    """The order's kilograms on a body of `weight` kg. An order given in kilograms alone is not cut by its percent."""
    kg, cap = limits.kg(order.limit, weight), order.limit.cap_kg
    if kg is None or cap is None or order.kg != int(cap):
        return kg
    alone = limits.from_kg(cap, signed_weight).percent == order.limit.percent
    return order.kg if alone and (limits.kg(order.limit, signed_weight) or 0) < order.kg else kg


def _aids(limit: Limit, verdicts: Iterable[_Verdict], *, crutch_free: bool) -> Aids:
    aids = limits.aids(limit, crutch_free=crutch_free)
    for verdict in verdicts:
        if verdict.order is not None:
            aids = limits.more_support(aids, verdict.order.aids)
    return aids


def _brace(plan: Plan, day: int, verdicts: Iterable[_Verdict]) -> Brace:
    """The plan's brace, narrowed by the order and by the flexion that modifiers allow."""
    rule = plan.brace_on(day)
    orders = [verdict.order for verdict in verdicts if verdict.order is not None]
    least = [rule.min_deg, *(order.brace_min for order in orders)]
    most = [plan.flexion_max_on(day), *(order.brace_max for order in orders)]
    ordered = any(order.brace_min is not None or order.brace_max is not None for order in orders)
    return Brace(
        needed=rule.needed or ordered,
        min_deg=max((degrees for degrees in least if degrees is not None), default=None),
        max_deg=min((degrees for degrees in most if degrees is not None), default=None),
        text=rule.text,
    )


def _since(verdict: _Verdict, hold: Hold | None) -> date | None:
    """Since when the level stands: the hold's day where the hold makes it, else the order's."""
    if verdict.order is None:
        return None
    if hold is not None and limits.looser(verdict.order.limit, hold.limit):
        return hold.since
    return verdict.order.starts_on


def _next_step(plan: Plan, history: History, opened: Sequence[Opening], limit: Limit, today: date) -> NextStep | None:
    """The next level above today's: dated where order and plan both rise, else what the next step waits for."""
    coming = {order.starts_on for order in history.orders if not order.superseded}
    coming |= {opening.opens_on for opening in opened if opening.opens_on is not None}
    for on in sorted(day for day in coming if day > today):
        order = order_on(history.orders, on)
        rises = limits.NON if order is None else limits.strictest(order.limit, _live(plan, history, opened, on))
        if limits.exceeds(rises, limit, plan.weight):
            return NextStep(on, limits.term(rises), rises.percent, None, StepState.SIGNED)
    higher = (opening for opening in opened if limits.exceeds(opening.step.limit, limit, plan.weight))
    return _waiting(next(higher, None), held=bool(openings.standing(history.holds, today)))


def _waiting(first: Opening | None, *, held: bool) -> NextStep | None:
    if first is None:
        return None
    state = StepState.HELD if held or first.state is StepState.HELD else StepState.WAITING
    return NextStep(first.earliest, first.step.term, first.step.limit.percent, first.gate, state)
