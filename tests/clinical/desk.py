"""A clinic's desk without a database: each act is laid on the record as it would be stored, one knee at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

from tracker.clinical import clearances, holds, orders, plan, protocol
from tracker.clinical.allowance import Allowance, allowed
from tracker.clinical.history import Clearance, History, Hold, Order
from tracker.clinical.orders import Laid, Level
from tracker.clinical.plan import Plan
from tracker.clinical.problems import Problem
from tracker.clinical.terms import Decision, Gate, Modifier, Role

SURGERY = date(2026, 3, 2)


@cache
def _plan(key: str, modifiers: frozenset[Modifier], weight: Decimal) -> Plan:
    return plan.build(protocol.shipped()[key], modifiers, weight, SURGERY)


class Desk:
    """One knee from surgery on. `day` is the post-operative day on which the desk stands."""

    def __init__(
        self, key: str = "mowhto_std", modifiers: Iterable[str] = (), weight: int | str = 84, day: int = 0
    ) -> None:
        self.key = key
        self.modifiers = {Modifier(name) for name in modifiers}
        self.weight = Decimal(weight)
        self.today = SURGERY + timedelta(days=day)
        self.history = History()
        self.counted = 0

    @property
    def day(self) -> int:
        return (self.today - SURGERY).days

    @property
    def plan(self) -> Plan:
        return _plan(self.key, frozenset(self.modifiers), self.weight)

    def until(self, day: int) -> Desk:
        self.today = SURGERY + timedelta(days=day)
        return self

    def allowed(self, day: int | None = None) -> Allowance:
        """What is allowed on a day, as the record stands now."""
        on = self.today if day is None else SURGERY + timedelta(days=day)
        return allowed(self.plan, self.history, clinic_date=on, patient_date=on)

    def sign(self) -> Desk:
        self._lay(orders.to_sign(self.plan, self.history, today=self.today), cap=False, source="plan")
        self.history = replace(self.history, signed=True, signed_weight=self.weight)
        return self

    def decide(
        self, gate: Gate, decision: Decision, on: int | None = None, role: Role = Role.SURGEON, basis: str = "seen"
    ) -> Problem | None:
        decided_on = self.today if on is None else SURGERY + timedelta(days=on)
        problem = clearances.clearance_problem(
            self.plan, self.history, gate=gate, decision=decision, decided_on=decided_on, role=role,
            today=self.today, basis=basis,
        )  # fmt: skip
        if problem is None:
            found = Clearance(gate, decision, decided_on, self._instant())
            self.history = replace(self.history, clearances=(*self.history.clearances, found))
            self._decided(gate, decision, role)
        return problem

    def _decided(self, gate: Gate, decision: Decision, role: Role) -> None:
        if not self.history.signed:
            return
        if decision is Decision.CLEARED:
            levels = orders.freed(self.plan, self.history, gate, today=self.today)
            self._lay(levels, cap=False, source="clearance")
        else:
            self.tighten("refusal", authority=role is Role.SURGEON)

    def tighten(self, source: str, *, authority: bool = True) -> None:
        """Lay the plan as it now is over what stands, loosening nothing."""
        if self.history.signed:
            self._lay(
                orders.to_sign(self.plan, self.history, today=self.today), cap=True, source=source, authority=authority
            )

    def order(
        self,
        percent: int | None = None,
        cap_kg: int | None = None,
        *,
        full: bool = False,
        role: Role = Role.SURGEON,
        starts: int | None = None,
    ) -> Problem | None:
        starts_on = self.today if starts is None else SURGERY + timedelta(days=starts)
        cap = None if cap_kg is None else Decimal(cap_kg)
        given = orders.level(self.weight, starts_on, percent=percent, cap_kg=cap, full=full)
        problem = orders.order_problem(
            self.plan, self.history, starts_on=starts_on, limit=given.limit, role=role, today=self.today,
            kg=given.kg if percent is None else None,
        )  # fmt: skip
        if problem is None:
            self.store(orders.lay_order(self.history.orders, given), authority=role is Role.SURGEON, source="order")
            self.history = replace(self.history, signed=True, signed_weight=self.history.signed_weight or self.weight)
        return problem

    def hold(self, code: str = "calf_sore", *, sign: bool = False) -> Hold:
        held = holds.level(self.plan, self.history, sign=sign, today=self.today)
        hold = Hold(f"hold{len(self.history.holds)}", code, self.today, held.limit, held.put_back)
        self.history = replace(self.history, holds=(*self.history.holds, hold))
        return hold

    def release(self, hold: Hold, role: Role = Role.SURGEON) -> Problem | None:
        problem = holds.release_problem(self.history, hold, role=role)
        if problem is None:
            after = (replace(one, released_on=self.today) if one.id == hold.id else one for one in self.history.holds)
            self.history = replace(self.history, holds=tuple(after))
            self.tighten("release")
        return problem

    def add(self, modifier: str) -> Desk:
        self.modifiers.add(Modifier(modifier))
        self.tighten("fact")
        return self

    def withdraw(self, modifier: str) -> Desk:
        self.modifiers.discard(Modifier(modifier))
        self.tighten("fact")
        return self

    def standing(self) -> list[Order]:
        return sorted((row for row in self.history.orders if not row.superseded), key=lambda row: row.starts_on)

    def _lay(self, levels: tuple[Level, ...], *, cap: bool, source: str, authority: bool = True) -> None:
        self.store(orders.lay(self.history.orders, levels, cap=cap), authority=authority, source=source)

    def store(self, laid: Laid, *, authority: bool, source: str) -> None:
        """What the database does: set the superseding, then append the rows."""
        known = {row.id: row for row in self.history.orders}
        for gone in laid.superseded:
            assert not known[gone].superseded
            known[gone] = replace(known[gone], superseded=True)
        for row in laid.rows:
            one, instant = row.level, self._instant()
            fresh = Order(
                f"row{len(known)}", one.starts_on, row.ends_on, one.limit, one.kg, one.aids, instant, authority=authority,
                brace_min=one.brace_min, brace_max=one.brace_max, signed_by="A. Surgeon", source=source,
            )  # fmt: skip
            if row.copy_of:
                origin = known[row.copy_of]
                fresh = replace(origin, id=fresh.id, starts_on=fresh.starts_on, ends_on=fresh.ends_on, superseded=False,
                                recorded_at=instant)  # fmt: skip
            known[fresh.id] = fresh
        self.history = replace(self.history, orders=tuple(known.values()))

    def _instant(self) -> datetime:
        """Later on every call, so that the order of entries is never in doubt."""
        self.counted += 1
        return datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(seconds=self.counted)
