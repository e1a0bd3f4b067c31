"""Plans, worked out once for the same protocol, modifiers, weight and date of surgery."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from uuid import UUID

from tracker.clinical import plan as plans
from tracker.clinical import protocol as protocols
from tracker.clinical.plan import Plan
from tracker.clinical.terms import Modifier
from tracker.models import Protocol


@lru_cache(maxsize=256)
def protocol(row_id: UUID) -> protocols.Protocol:
    """The protocol of a stored version. An approved body never changes, so it is read once a process."""
    row = Protocol.objects.get(pk=row_id)
    return protocols.parse(row.body, f"{row.key} v{row.version}")


def plan(row_id: UUID, modifiers: Iterable[Modifier], weight: Decimal, surgery_date: date) -> Plan:
    return _plan(row_id, frozenset(modifiers), weight, surgery_date)


@lru_cache(maxsize=4096)
def _plan(row_id: UUID, modifiers: frozenset[Modifier], weight: Decimal, surgery_date: date) -> Plan:
    ordered = [modifier for modifier in Modifier if modifier in modifiers]
    return plans.build(protocol(row_id), ordered, weight, surgery_date)


def forget() -> None:
    """Empties what is kept. For tests that make the same protocol twice."""
    protocol.cache_clear()
    _plan.cache_clear()
