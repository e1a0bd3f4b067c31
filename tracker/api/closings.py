"""The end of a recovery, and taking it up again."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.access import Do
from tracker.api.base import Endpoint, RowOut, listed, revised
from tracker.api.fields import Code, Strict, Text
from tracker.api.idempotency import once
from tracker.api.parsing import body, revision
from tracker.api.schema import listing, operation
from tracker.clinical.terms import Ending
from tracker.models import Closing
from tracker.selectors import closings as rows
from tracker.services import closings

NOTE = 2000


class ClosingIn(Strict):
    outcome = Code(Ending)
    note = Text(max_length=NOTE, required=False, allow_blank=True)


class ReopeningIn(Strict):
    reason = Text(max_length=NOTE, help_text="Why the recovery is taken up again.")


class ClosingOut(RowOut[Closing]):
    """It lifts no restriction: what was signed last stays what holds."""

    note = serializers.CharField(allow_null=True)
    by = serializers.CharField(source="by_name")
    reopened_at = serializers.DateTimeField(allow_null=True)
    reopened_by = serializers.CharField(allow_null=True)
    reopened_because = serializers.CharField(allow_null=True)

    class Meta:
        model = Closing
        fields = (
            "id",
            "outcome",
            "note",
            "closed_on",
            "at",
            "by",
            "role",
            "reopened_at",
            "reopened_by",
            "reopened_because",
        )
        read_only_fields = fields


class Closings(Endpoint):
    @listing(
        "closing_list", "When a recovery was closed and reopened, the latest first", of=ClosingOut, ids=["episode"]
    )
    def get(self, request: Request, episode: str) -> Response:
        door = access.episode_for(request.user, episode, Do.READ)
        return listed(request, rows.of_episode(door.episode), ClosingOut)

    @operation(
        "closing_sign",
        "Close a recovery with what became of it",
        takes=ClosingIn,
        gives=ClosingOut,
        status=201,
        ids=["episode"],
        refuses=(409, 422),
        revised=True,
    )
    def post(self, request: Request, episode: str) -> HttpResponseBase:
        door = access.episode_for(request.user, episode, Do.CLOSE)
        return once(request, lambda: self._close(request, door))

    @staticmethod
    def _close(request: Request, door: access.Door) -> Response:
        sent = body(request, ClosingIn)
        row = closings.close(episode=door.episode, by=door.actor, revision=revision(request), **sent)
        return revised(Response(shown(row), status=201), door.episode)


class Reopen(Endpoint):
    @operation(
        "closing_reopen",
        "Take a closed recovery up again",
        takes=ReopeningIn,
        gives=ClosingOut,
        ids=["episode"],
        refuses=(409, 422),
        revised=True,
    )
    def post(self, request: Request, episode: str) -> HttpResponseBase:
        door = access.episode_for(request.user, episode, Do.REOPEN)
        return once(request, lambda: self._reopen(request, door))

    @staticmethod
    def _reopen(request: Request, door: access.Door) -> Response:
        reason = body(request, ReopeningIn)["reason"]
        row = closings.reopen(episode=door.episode, by=door.actor, reason=reason, revision=revision(request))
        return revised(Response(shown(row.closing)), door.episode)


def shown(row: Closing) -> Any:
    return ClosingOut(rows.of_episode(row.episode).get(pk=row.pk)).data
