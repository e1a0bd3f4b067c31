"""Weight-bearing orders: signing the plan, ordering, and the patient's "I have seen this"."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.access import Do
from tracker.api.base import Endpoint, RowOut, listed, revised
from tracker.api.fields import Code, Day, Number, Strict, Text, Whole
from tracker.api.idempotency import once
from tracker.api.parsing import body, nothing, revision
from tracker.api.schema import listing, operation
from tracker.clinical.terms import Aids, Loading, Term
from tracker.models import Episode, Restriction
from tracker.selectors import api as rows
from tracker.services import episodes, restrictions
from tracker.services.restrictions import NewOrder

HEAVIEST = Decimal(250)
REASON = 2000


class OrderIn(Strict):
    loading = Code(Loading, required=False, allow_null=True)
    term = Code(Term, required=False, allow_null=True)
    max_percent = Whole(low=0, high=100, required=False, allow_null=True, help_text="Percent of body weight.")
    max_kg = Number(low=Decimal(0), high=HEAVIEST, required=False, allow_null=True)
    aids = Code(Aids, required=False, allow_null=True)
    brace_min = Whole(low=-15, high=160, required=False, allow_null=True, help_text="Degrees.")
    brace_max = Whole(low=-15, high=160, required=False, allow_null=True, help_text="Degrees.")
    starts_on = Day()
    reason = Text(max_length=REASON)


class RestrictionOut(RowOut[Restriction]):
    """What the leg may carry from `starts_on` up to, not including, `ends_on`; no end is until further notice."""

    set_by = serializers.CharField()
    set_by_role = serializers.CharField()
    reason = serializers.CharField(help_text="Why; empty where none was given.")
    superseded_by = serializers.UUIDField(
        source="superseded_by_id", allow_null=True, help_text="The signature that took its place; null while it stands."
    )
    superseded_at = serializers.DateTimeField(allow_null=True)
    acknowledged_at = serializers.DateTimeField(allow_null=True, help_text="When the patient first said: seen.")

    class Meta:
        model = Restriction
        fields = (
            "id",
            "loading",
            "term",
            "max_percent",
            "max_kg",
            "aids",
            "brace_min",
            "brace_max",
            "starts_on",
            "ends_on",
            "source",
            "gate",
            "reason",
            "set_by",
            "set_by_role",
            "recorded_at",
            "superseded_by",
            "superseded_at",
            "acknowledged_at",
        )
        read_only_fields = fields


class Restrictions(Endpoint):
    @listing("restriction_list", "The orders of a knee, superseded ones too", of=RestrictionOut, ids=["episode"])
    def get(self, request: Request, episode: str) -> Response:
        door = access.episode_for(request.user, episode, Do.READ)
        return listed(request, rows.restrictions(door.episode), RestrictionOut)

    @operation(
        "restriction_order",
        "Order a level of load",
        takes=OrderIn,
        gives=RestrictionOut,
        status=201,
        ids=["episode"],
        refuses=(422,),
        revised=True,
    )
    def post(self, request: Request, episode: str) -> HttpResponseBase:
        door = access.episode_for(request.user, episode, Do.ORDER)
        return once(request, lambda: self._order(request, door))

    @staticmethod
    def _order(request: Request, door: access.Door) -> Response:
        order = NewOrder(**body(request, OrderIn))
        row = restrictions.order(episode=door.episode, by=door.actor, order=order, revision=revision(request))
        return revised(Response(shown(door.episode, row), status=201), door.episode)


class SignPlan(Endpoint):
    @operation(
        "plan_sign",
        "Sign the plan's steps up to the first closed gate",
        gives=RestrictionOut(many=True),
        status=201,
        ids=["episode"],
        refuses=(422,),
        revised=True,
    )
    def post(self, request: Request, episode: str) -> HttpResponseBase:
        door = access.episode_for(request.user, episode, Do.SIGN)
        return once(request, lambda: self._sign(request, door))

    @staticmethod
    def _sign(request: Request, door: access.Door) -> Response:
        nothing(request)
        made = episodes.sign_plan(episode=door.episode, by=door.actor, revision=revision(request))
        answer = rows.restrictions(door.episode).filter(pk__in=[row.pk for row in made])
        return revised(Response(RestrictionOut(answer, many=True).data, status=201), door.episode)


class Acknowledge(Endpoint):
    @operation(
        "restriction_acknowledge",
        "The patient has seen this order",
        gives=RestrictionOut,
        ids=["restriction"],
        refuses=(400, 422),
    )
    def post(self, request: Request, restriction: str) -> HttpResponseBase:
        door = access.restriction_for(request.user, restriction, Do.ACKNOWLEDGE)
        return once(request, lambda: self._acknowledge(request, door))

    @staticmethod
    def _acknowledge(request: Request, door: access.RowDoor[Restriction]) -> Response:
        nothing(request)
        restrictions.acknowledge(restriction=door.row, by=door.actor)
        return Response(shown(door.episode, door.row))


def shown(episode: Episode, row: Restriction) -> Any:
    return RestrictionOut(rows.restrictions(episode).get(pk=row.pk)).data
