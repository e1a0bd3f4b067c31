"""What waits for a second clinician: reading it, agreeing, refusing."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.access import Do
from tracker.api.base import Endpoint, RowOut, in_shape, listed, revised
from tracker.api.fields import Strict, Text
from tracker.api.idempotency import once
from tracker.api.parsing import body, nothing
from tracker.api.schema import listing, operation
from tracker.models import Episode, Proposal
from tracker.selectors import proposals as rows
from tracker.services import proposals

REASON = 2000
WAITING, AGREED, REFUSED = "waiting", "agreed", "refused"
STATES = {None: WAITING, True: AGREED, False: REFUSED}


class RefusalIn(Strict):
    reason = Text(max_length=REASON, help_text="Why not.")


class ProposalOut(RowOut[Proposal]):
    """An act that loosens outside the protocol. It changes nothing before another clinician has agreed."""

    said = serializers.DictField(child=serializers.CharField(), help_text="The act, as it was sent.")
    reason = serializers.CharField()
    by = serializers.CharField(source="by_name")
    state = serializers.SerializerMethodField()
    needs_surgeon = serializers.SerializerMethodField(help_text="Whether one of the two must be a surgeon.")
    answered_by = serializers.CharField(source="answered_by_name", allow_null=True)
    answer = serializers.CharField(help_text="Why it was refused.")

    class Meta:
        model = Proposal
        fields = (
            "id",
            "episode",
            "act",
            "said",
            "reason",
            "by",
            "role",
            "at",
            "state",
            "needs_surgeon",
            "answered_by",
            "answered_at",
            "answer",
        )
        read_only_fields = fields

    def get_state(self, row: Proposal) -> str:
        return STATES[row.agreed]

    def get_needs_surgeon(self, row: Proposal) -> bool:
        return proposals.needs_surgeon(row)


class Proposals(Endpoint):
    @listing("proposal_list", "What was proposed for a knee, the latest first", of=ProposalOut, ids=["episode"])
    def get(self, request: Request, episode: str) -> Response:
        door = access.episode_for(request.user, episode, Do.READ_AS_STAFF)
        return listed(request, rows.of_episode(door.episode), ProposalOut)


class Agree(Endpoint):
    @operation(
        "proposal_agree",
        "Agree with a colleague's proposal: the act is done, in the name of both",
        takes=Strict,
        gives=ProposalOut,
        ids=["proposal"],
        refuses=(409, 422),
    )
    def post(self, request: Request, proposal: str) -> HttpResponseBase:
        door = access.proposal_for(request.user, proposal, Do.COUNTERSIGN)
        return once(request, lambda: self._agree(request, door))

    @staticmethod
    def _agree(request: Request, door: access.RowDoor[Proposal]) -> Response:
        nothing(request)
        proposals.agree(proposal=door.row, by=door.actor)
        return answer(door.row)


class Refuse(Endpoint):
    @operation(
        "proposal_refuse",
        "Say no to a colleague's proposal",
        takes=RefusalIn,
        gives=ProposalOut,
        ids=["proposal"],
        refuses=(409, 422),
    )
    def post(self, request: Request, proposal: str) -> HttpResponseBase:
        door = access.proposal_for(request.user, proposal, Do.COUNTERSIGN)
        return once(request, lambda: self._refuse(request, door))

    @staticmethod
    def _refuse(request: Request, door: access.RowDoor[Proposal]) -> Response:
        proposals.refuse(proposal=door.row, by=door.actor, reason=body(request, RefusalIn)["reason"])
        return answer(door.row)


def answer(row: Proposal, status: int = 200) -> Response:
    """The proposal as it is now; 202 where it was just made, since nothing has been done yet."""
    return revised(Response(shown(row.episode, row), status=status), row.episode)


def shown(episode: Episode, row: Proposal) -> Any:
    return in_shape(rows.of_episode(episode).get(pk=row.pk), ProposalOut)
