"""Levels held after a red flag, and their signed release."""

from __future__ import annotations

from typing import Any

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.access import Do
from tracker.api.base import Endpoint, RowOut, listed, revised
from tracker.api.fields import Strict, Text
from tracker.api.idempotency import once
from tracker.api.parsing import body, revision
from tracker.api.schema import listing, operation
from tracker.models import Hold
from tracker.selectors import api as rows
from tracker.services import clearances

BASIS = 2000


class ReleaseIn(Strict):
    basis = Text(max_length=BASIS, help_text="What the release rests on.")


class HoldOut(RowOut[Hold]):
    """`put_back`: the step that had just begun was undone with it."""

    released_on = serializers.DateField(allow_null=True)
    released_by = serializers.CharField(allow_null=True)
    basis = serializers.CharField(help_text="What the release rested on; empty while it stands.")

    class Meta:
        model = Hold
        fields = (
            "id",
            "code",
            "cause",
            "max_percent",
            "put_back",
            "since",
            "entered_at",
            "released_on",
            "released_by",
            "basis",
        )
        read_only_fields = fields


class Holds(Endpoint):
    @listing("hold_list", "The holds of a knee, released ones too, the latest first", of=HoldOut, ids=["episode"])
    def get(self, request: Request, episode: str) -> Response:
        door = access.episode_for(request.user, episode, Do.READ)
        return listed(request, rows.holds(door.episode), HoldOut)


class Release(Endpoint):
    @operation("hold_release", "End a hold", takes=ReleaseIn, gives=HoldOut, ids=["hold"], refuses=(422,), revised=True)
    def post(self, request: Request, hold: str) -> HttpResponseBase:
        door = access.hold_for(request.user, hold, Do.RELEASE)
        return once(request, lambda: self._release(request, door))

    @staticmethod
    def _release(request: Request, door: access.RowDoor[Hold]) -> Response:
        basis = body(request, ReleaseIn)["basis"]
        clearances.release(hold=door.row, by=door.actor, basis=basis, revision=revision(request))
        return revised(Response(shown(door.row)), door.episode)


def shown(row: Hold) -> Any:
    return HoldOut(rows.holds(row.episode).get(pk=row.pk)).data
