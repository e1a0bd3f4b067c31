"""Actual against expected, as the clinic's kept assessment has it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.access import Do
from tracker.api.base import Endpoint, RowOut
from tracker.api.schema import operation
from tracker.clinical.terms import MilestoneState, Status, Urgency
from tracker.errors import NotFound
from tracker.models import Assessment


class FindingOut(serializers.Serializer[Any]):
    """One rule that fired."""

    code = serializers.CharField()
    urgency = serializers.ChoiceField(list(Urgency), allow_null=True)
    patient = serializers.CharField(help_text="In the patient's words.")
    clinician = serializers.CharField()
    evidence = serializers.DictField()


class MilestoneStateOut(serializers.Serializer[Any]):
    """Days after surgery."""

    key = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(list(MilestoneState))
    earliest = serializers.IntegerField()
    typical = serializers.IntegerField()
    latest = serializers.IntegerField(allow_null=True)
    reached_on = serializers.DateField(allow_null=True)
    confirmed = serializers.BooleanField()


class AssessmentOut(RowOut[Assessment]):
    """An `as_of` before today says that the assessment is older than today."""

    status = serializers.ChoiceField(list(Status))
    findings = FindingOut(many=True)
    milestones = MilestoneStateOut(many=True)
    pain = serializers.DictField(help_text="Reported against the expected band, with its source.")
    flexion = serializers.DictField(help_text="Measured against the target, with its source.")
    load = serializers.DictField(help_text="Reported against what was allowed.")

    class Meta:
        model = Assessment
        fields = ("as_of", "status", "reason", "findings", "milestones", "pain", "flexion", "load", "core_version")
        read_only_fields = fields


class AssessmentRow(Endpoint):
    @operation("assessment", "How the knee is doing against its own plan", gives=AssessmentOut, ids=["episode"])
    def get(self, request: Request, episode: str) -> Response:
        door = access.episode_for(request.user, episode, Do.READ)
        row = getattr(door.episode, "assessment", None)
        if row is None:
            raise NotFound
        return Response(AssessmentOut(row).data)
