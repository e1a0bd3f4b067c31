"""What the plan rests on: recording a fact, withdrawing one. Nothing here is ever edited."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.access import Do
from tracker.api.base import Endpoint, RowOut, listed, revised, within
from tracker.api.fields import Code, Day, Named, Strict, Text, exact
from tracker.api.idempotency import once
from tracker.api.parsing import body, revision
from tracker.api.proposals import ProposalOut
from tracker.api.proposals import answer as proposed
from tracker.api.schema import listing, operation
from tracker.clinical.terms import FactKind
from tracker.models import Episode, EpisodeFact, Proposal
from tracker.selectors import api as rows
from tracker.services import proposals

REASON = 2000


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "number"}]})
class Value(Named, serializers.Field[Any, Any, Any, Any]):
    """A weight as a number, anything else as text."""

    default_error_messages = {"invalid": "Give {name} as a number for a weight, and as text for anything else."}

    def to_internal_value(self, data: Any) -> str:
        number = exact(data)
        if number is None and not isinstance(data, str):
            self.fail("invalid")
        text = str(data if number is None else number).strip()
        if not 0 < len(text) <= 40 or not text.isprintable():
            self.fail("invalid")
        return text


class FactIn(Strict):
    kind = Code(FactKind)
    value = Value(help_text="A modifier, a protocol's key, a date, or kilograms.")
    since = Day(required=False, help_text="From which day it holds; left out, from today.")
    reason = Text(max_length=REASON, required=False, allow_blank=True)


class FactWithdrawIn(Strict):
    reason = Text(max_length=REASON)


class FactOut(RowOut[EpisodeFact]):
    """The latest fact of a kind that was not withdrawn counts; modifiers add up."""

    value = serializers.SerializerMethodField()
    reason = serializers.CharField()
    by = serializers.CharField(source="by_name")
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    withdrawn_by = serializers.CharField(allow_null=True)
    withdrawn_reason = serializers.CharField()

    class Meta:
        model = EpisodeFact
        fields = (
            "id",
            "kind",
            "value",
            "since",
            "reason",
            "recorded_at",
            "by",
            "withdrawn_at",
            "withdrawn_by",
            "withdrawn_reason",
        )
        read_only_fields = fields

    @extend_schema_field({"oneOf": [{"type": "string"}, {"type": "number"}]})
    def get_value(self, row: EpisodeFact) -> str | Decimal:
        return Decimal(row.value) if row.kind == FactKind.BODY_WEIGHT else row.value


class Facts(Endpoint):
    @listing(
        "fact_list", "What the plan rests on, withdrawn facts too, the earliest first", of=FactOut, ids=["episode"]
    )
    def get(self, request: Request, episode: str) -> Response:
        door = access.episode_for(request.user, episode, Do.READ)
        return listed(request, rows.facts(door.episode), FactOut)

    @operation(
        "fact_record",
        "Record a fact; what it tightens is tightened at once, what it would loosen waits for the surgeon",
        takes=FactIn,
        gives=FactOut,
        waits=ProposalOut,
        status=201,
        ids=["episode"],
        refuses=(422,),
        revised=True,
    )
    def post(self, request: Request, episode: str) -> HttpResponseBase:
        door = access.episode_for(request.user, episode, Do.FACT)
        return once(request, lambda: self._record(request, door))

    @staticmethod
    def _record(request: Request, door: access.Door) -> Response:
        sent = body(request, FactIn)
        row = proposals.record_fact(episode=door.episode, by=door.actor, revision=revision(request), **sent)
        if isinstance(row, Proposal):
            return proposed(row, status=202)
        return answer(door.episode, row, status=201)


class Withdraw(Endpoint):
    @operation(
        "fact_withdraw",
        "Take a fact back; never loosens anything until a surgeon signs again",
        takes=FactWithdrawIn,
        gives=FactOut,
        waits=ProposalOut,
        ids=["episode", "fact"],
        refuses=(422,),
        revised=True,
    )
    def post(self, request: Request, episode: str, fact: str) -> HttpResponseBase:
        door = within(access.fact_for(request.user, fact, Do.FACT), episode)
        return once(request, lambda: self._withdraw(request, door))

    @staticmethod
    def _withdraw(request: Request, door: access.RowDoor[EpisodeFact]) -> Response:
        reason = body(request, FactWithdrawIn)["reason"]
        row = proposals.withdraw_fact(fact=door.row, by=door.actor, reason=reason, revision=revision(request))
        if isinstance(row, Proposal):
            return proposed(row, status=202)
        return answer(door.episode, door.row)


def answer(episode: Episode, row: EpisodeFact, status: int = 200) -> Response:
    return revised(Response(FactOut(rows.facts(episode).get(pk=row.pk)).data, status=status), episode)
