"""Numbers taken by a clinician or the patient."""

from __future__ import annotations

from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.access import Do
from tracker.api.base import Endpoint, RowOut, listed
from tracker.api.fields import Code, Day, Number, Strict
from tracker.api.idempotency import once
from tracker.api.parsing import body
from tracker.api.schema import listing, operation
from tracker.clinical.terms import MEASUREMENTS
from tracker.models import Measurement
from tracker.selectors import api as rows
from tracker.services import measurements

LOWEST = min(kind.lowest for kind in MEASUREMENTS.values())
HIGHEST = max(kind.highest for kind in MEASUREMENTS.values())


class MeasurementIn(Strict):
    kind = Code(MEASUREMENTS)
    value = Number(low=LOWEST, high=HIGHEST, places=2, help_text="In the unit of its kind.")
    measured_on = Day()


class MeasurementOut(RowOut[Measurement]):
    by = serializers.CharField()

    class Meta:
        model = Measurement
        fields = ("id", "kind", "value", "unit", "measured_on", "entered_at", "by", "role")
        read_only_fields = fields


class Measurements(Endpoint):
    @listing("measurement_list", "The measurements of a knee, the latest first", of=MeasurementOut, ids=["episode"])
    def get(self, request: Request, episode: str) -> Response:
        door = access.episode_for(request.user, episode, Do.READ)
        return listed(request, rows.measurements(door.episode), MeasurementOut)

    @operation(
        "measurement_record",
        "Record a measurement",
        takes=MeasurementIn,
        gives=MeasurementOut,
        status=201,
        ids=["episode"],
        refuses=(409, 422),
    )
    def post(self, request: Request, episode: str) -> HttpResponseBase:
        door = access.episode_for(request.user, episode, Do.MEASURE)
        return once(request, lambda: self._record(request, door))

    @staticmethod
    def _record(request: Request, door: access.Door) -> Response:
        sent = body(request, MeasurementIn)
        row = measurements.record(episode=door.episode, by=door.actor, **sent)
        return Response(MeasurementOut(row).data, status=201)
