"""The figures above the worklist: how many have each need, and how much colleagues ask of the reader."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, IntegerField, QuerySet, Value
from django.db.models.functions import Cast

from tracker.clinical.terms import Attention
from tracker.models import Actor, Episode, walls
from tracker.selectors import proposals, transfers

Counted = QuerySet[Any, tuple[str, int | None, int]]
"""What was counted, the value of its column, and how many have that."""

NEEDS: dict[int | None, Attention] = {None: Attention.NOT_EVALUATED, **{need.value: need for need in Attention}}
"""By what an assessment keeps; an episode that has none could not be evaluated."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How much colleagues ask of the reader: proposals to agree to, patients of other clinics to take over."""

    proposals: int
    offers: int


def figures(actor: Actor, active: QuerySet[Episode] | None) -> tuple[Counter[Attention], Asked]:
    """How many of the `active` episodes have each need, if they are given; and what colleagues ask. One statement."""
    counts: Counter[Attention] = Counter()
    asked = {"proposals": 0, "offers": 0}
    found = _counted("proposals", proposals.waiting_for(actor), "agreed")
    found = found.union(_counted("offers", transfers.offered_to(actor.clinic), "accepted"), all=True)
    if active is not None:
        found = found.union(_counted("need", active, "assessment__attention"), all=True)
    with walls.outside(walls.Why.TRANSFER):
        for what, value, number in found:
            if what == "need":
                counts[NEEDS[value]] += number
            else:
                asked[what] = number
    return counts, Asked(**asked)


def _counted(what: str, rows: QuerySet[Any], by: str) -> Counted:
    """The rows counted by a column. What waits for an answer has none there."""
    value = Cast(F(by), IntegerField())  # so that the columns of a union are of one type
    named = rows.order_by().values(by).annotate(what=Value(what), value=value, number=Count("pk"))
    counted: Counted = named.values_list("what", "value", "number")
    return counted
