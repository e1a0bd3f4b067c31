"""Who is asking."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.api.base import Endpoint
from tracker.api.schema import operation
from tracker.clinical.terms import Role
from tracker.selectors import api as rows


class MeOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    role = serializers.ChoiceField(list(Role), allow_null=True, help_text="Null: no clinic has taken this person on.")
    clinic = serializers.CharField(allow_null=True)
    episodes = serializers.ListField(
        child=serializers.UUIDField(),
        help_text="One's own operated knees, the open one first. Staff find their clinic's under episodes/.",
    )


class Me(Endpoint):
    @operation("me", "Who I am", gives=MeOut)
    def get(self, request: Request) -> Response:
        user = access.signed_in(request.user)
        actor = access.actor(user)
        answer = {
            "id": user.pk,
            "name": user.name,
            "role": None if actor is None else actor.role,
            "clinic": None if actor is None else actor.clinic.name,
            "episodes": rows.own_episode_ids(user),
        }
        return Response(MeOut(answer).data)
