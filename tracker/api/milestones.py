"""Rehabilitation goals reached, confirmed and withdrawn."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.access import Do
from tracker.api.base import Endpoint, RowOut, listed, within
from tracker.api.fields import Day, Number, Strict, Text
from tracker.api.idempotency import once
from tracker.api.parsing import body, nothing
from tracker.api.schema import listing, operation
from tracker.models import Episode, MilestoneRecord
from tracker.selectors import api as rows
from tracker.services import milestones

REASON = 2000
LARGEST = Decimal(10000)


class MilestoneIn(Strict):
    key = Text(max_length=24, help_text="A milestone of the plan, such as FLEX_90.")
    reached_on = Day()
    value = Number(
        low=-LARGEST, high=LARGEST, places=2, required=False, allow_null=True, help_text="What was measured."
    )


class MilestoneWithdrawIn(Strict):
    reason = Text(max_length=REASON)


class MilestoneOut(RowOut[MilestoneRecord]):
    """It stands until it is withdrawn."""

    by = serializers.CharField(source="by_name")
    confirmed_at = serializers.DateTimeField(allow_null=True)
    confirmed_by = serializers.CharField(allow_null=True)
    withdrawn_at = serializers.DateTimeField(allow_null=True)
    withdrawn_reason = serializers.CharField(allow_null=True)

    class Meta:
        model = MilestoneRecord
        fields = (
            "id",
            "key",
            "reached_on",
            "value",
            "entered_at",
            "by",
            "role",
            "confirmed_at",
            "confirmed_by",
            "withdrawn_at",
            "withdrawn_reason",
        )
        read_only_fields = fields


class Milestones(Endpoint):
    @listing(
        "milestone_list", "Goals reached, withdrawn records too, the latest first", of=MilestoneOut, ids=["episode"]
    )
    def get(self, request: Request, episode: str) -> Response:
        door = access.episode_for(request.user, episode, Do.READ)
        return listed(request, rows.milestones(door.episode), MilestoneOut)

    @operation(
        "milestone_reach",
        "Record a goal as reached",
        takes=MilestoneIn,
        gives=MilestoneOut,
        status=201,
        ids=["episode"],
        refuses=(409, 422),
    )
    def post(self, request: Request, episode: str) -> HttpResponseBase:
        door = access.episode_for(request.user, episode, Do.REACH)
        return once(request, lambda: self._reach(request, door))

    @staticmethod
    def _reach(request: Request, door: access.Door) -> Response:
        sent = body(request, MilestoneIn)
        row = milestones.reach(episode=door.episode, by=door.actor, **sent)
        return Response(shown(door.episode, row), status=201)


class Confirm(Endpoint):
    @operation(
        "milestone_confirm",
        "A clinician agrees that the goal was reached",
        gives=MilestoneOut,
        ids=["episode", "milestone"],
        refuses=(400, 409, 422),
    )
    def post(self, request: Request, episode: str, milestone: str) -> HttpResponseBase:
        door = within(access.milestone_for(request.user, milestone, Do.CONFIRM), episode)
        return once(request, lambda: self._confirm(request, door))

    @staticmethod
    def _confirm(request: Request, door: access.RowDoor[MilestoneRecord]) -> Response:
        nothing(request)
        row = milestones.confirm(record=door.row, by=door.actor)
        return Response(shown(door.episode, row))


class Withdraw(Endpoint):
    @operation(
        "milestone_withdraw",
        "Take a record back",
        takes=MilestoneWithdrawIn,
        gives=MilestoneOut,
        ids=["episode", "milestone"],
        refuses=(409, 422),
    )
    def post(self, request: Request, episode: str, milestone: str) -> HttpResponseBase:
        door = within(access.milestone_for(request.user, milestone, Do.WITHDRAW), episode)
        return once(request, lambda: self._withdraw(request, door))

    @staticmethod
    def _withdraw(request: Request, door: access.RowDoor[MilestoneRecord]) -> Response:
        reason = body(request, MilestoneWithdrawIn)["reason"]
        row = milestones.withdraw(record=door.row, by=door.actor, reason=reason)
        return Response(shown(door.episode, row))


def shown(episode: Episode, row: MilestoneRecord) -> Any:
    return MilestoneOut(rows.milestones(episode).get(pk=row.pk)).data
