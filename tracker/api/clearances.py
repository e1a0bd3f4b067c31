"""Signed decisions on gates."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.access import Do
from tracker.api.base import Endpoint, RowOut, listed, revised
from tracker.api.fields import Code, Day, Strict, Text
from tracker.api.idempotency import once
from tracker.api.parsing import body, revision
from tracker.api.proposals import ProposalOut
from tracker.api.proposals import answer as proposed
from tracker.api.schema import listing, operation
from tracker.clinical.terms import Decision, Gate
from tracker.models import Clearance, Proposal
from tracker.selectors import api as rows
from tracker.services import proposals

BASIS = 2000


class ClearanceIn(Strict):
    gate = Code(Gate)
    decision = Code(Decision)
    basis = Text(max_length=BASIS, help_text="What the decision rests on: the film, the findings.")
    decided_on = Day(help_text="The day of the decision, never the future, never before surgery.")


class ClearanceOut(RowOut[Clearance]):
    """The latest entry of a gate stands."""

    basis = serializers.CharField()
    by = serializers.CharField(source="by_name")

    class Meta:
        model = Clearance
        fields = ("id", "gate", "decision", "basis", "decided_on", "entered_at", "by", "role")
        read_only_fields = fields


class Clearances(Endpoint):
    @listing("clearance_list", "The decisions on a knee's gates, the latest first", of=ClearanceOut, ids=["episode"])
    def get(self, request: Request, episode: str) -> Response:
        door = access.episode_for(request.user, episode, Do.READ)
        return listed(request, rows.clearances(door.episode), ClearanceOut)

    @operation(
        "clearance_decide",
        "Clear or refuse a gate; clearing signs the steps up to the next gate",
        takes=ClearanceIn,
        gives=ClearanceOut,
        status=201,
        waits=ProposalOut,
        ids=["episode"],
        refuses=(422,),
        revised=True,
    )
    def post(self, request: Request, episode: str) -> HttpResponseBase:
        door = access.episode_for(request.user, episode, Do.CLEAR)
        return once(request, lambda: self._decide(request, door))

    @staticmethod
    def _decide(request: Request, door: access.Door) -> Response:
        sent = body(request, ClearanceIn)
        row = proposals.decide(episode=door.episode, by=door.actor, revision=revision(request), **sent)
        if isinstance(row, Proposal):
            return proposed(row, status=202)
        answer = ClearanceOut(rows.clearances(door.episode).get(pk=row.pk)).data
        return revised(Response(answer, status=201), door.episode)
