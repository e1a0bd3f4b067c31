"""Findings that a clinician must close: who takes them on, and what came of them."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.access import Actor, Do
from tracker.api.base import Endpoint, RowOut, listed
from tracker.api.fields import Code, Strict, Text
from tracker.api.idempotency import once
from tracker.api.parsing import body, chosen
from tracker.api.schema import listing, operation
from tracker.models import Alert, AlertEvent, Episode
from tracker.selectors import api as rows
from tracker.services import triage

NOTE = 2000
STANDING, ALL = "standing", "all"
STATES = (STANDING, "open", "acknowledged", "closed", ALL)


class NoteIn(Strict):
    note = Text(max_length=NOTE, help_text="What you are going to do about it.")


class CloseIn(Strict):
    outcome = Code(AlertEvent.Outcome.values)
    note = Text(max_length=NOTE, help_text="What was done.")


class EventOut(RowOut[AlertEvent]):
    note = serializers.CharField()
    by = serializers.CharField(source="by.name", allow_null=True, default=None)
    to = serializers.CharField(source="to.name", allow_null=True, default=None)

    class Meta:
        model = AlertEvent
        fields = ("kind", "outcome", "note", "by", "to", "at")
        read_only_fields = fields


class AlertOut(RowOut[Alert]):
    """Its state is told by its events; nothing is ever edited."""

    name = serializers.SerializerMethodField()
    state = serializers.ChoiceField(["open", "acknowledged", "closed"])
    events = EventOut(many=True)

    class Meta:
        model = Alert
        fields = (
            "id",
            "episode",
            "name",
            "code",
            "urgency",
            "state",
            "sentence",
            "cause",
            "evidence",
            "check_in",
            "opened_at",
            "events",
        )
        read_only_fields = fields

    @extend_schema_field(str)
    def get_name(self, row: Alert) -> str:
        return str(row.episode.patient)


class Alerts(Endpoint):
    @listing(
        "alert_list",
        "The clinic's alerts, the most urgent first",
        of=AlertOut,
        query=[
            OpenApiParameter("state", enum=STATES, description="Left out: those that nobody has closed."),
        ],
    )
    def get(self, request: Request) -> Response:
        by = access.clinic_for(request.user, Do.READ_AS_STAFF)
        found = in_state(by, chosen(request, "state", STATES))
        return listed(request, found, AlertOut, episode=attrgetter("episode_id"))


class Acknowledge(Endpoint):
    @operation("alert_acknowledge", "Take an alert on", takes=NoteIn, gives=AlertOut, ids=["alert"], refuses=(409, 422))
    def post(self, request: Request, alert: str) -> HttpResponseBase:
        door = access.alert_for(request.user, alert, Do.TRIAGE)
        return once(request, lambda: self._acknowledge(request, door))

    @staticmethod
    def _acknowledge(request: Request, door: access.RowDoor[Alert]) -> Response:
        row = triage.acknowledge(alert=door.row, by=door.actor, **body(request, NoteIn))
        return Response(shown(row))


class Close(Endpoint):
    @operation("alert_close", "Close an alert", takes=CloseIn, gives=AlertOut, ids=["alert"], refuses=(409, 422))
    def post(self, request: Request, alert: str) -> HttpResponseBase:
        door = access.alert_for(request.user, alert, Do.TRIAGE)
        return once(request, lambda: self._close(request, door))

    @staticmethod
    def _close(request: Request, door: access.RowDoor[Alert]) -> Response:
        row = triage.close(alert=door.row, by=door.actor, **body(request, CloseIn))
        return Response(shown(row))


def in_state(by: Actor, state: str) -> Any:
    """The clinic's alerts in a state. What a closed recovery left open stands no longer."""
    found = rows.alerts(by.clinic)
    if state == ALL:
        return found
    if state == "closed":
        return found.filter(state=state)
    standing = found.filter(episode__state=Episode.State.OPEN)
    return standing.exclude(state="closed") if state == STANDING else standing.filter(state=state)


def shown(row: Alert) -> Any:
    return AlertOut(rows.alerts(row.episode.clinic).get(pk=row.pk)).data
