"""Who needs somebody, in order of need, each with one sentence of reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access, clock
from tracker.access import Do
from tracker.api.base import Endpoint, listed
from tracker.api.parsing import chosen
from tracker.api.schema import listing
from tracker.clinical.terms import Attention, Status, Term, Urgency
from tracker.selectors import api as rows
from tracker.selectors import worklist
from tracker.selectors.worklist import Row

NEEDS = [need.name.lower() for need in Attention]
FILTERS = (worklist.ALL, *NEEDS)


class WaitingOut(serializers.Serializer[Any]):
    """An alert that nobody has closed."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    urgency = serializers.ChoiceField(list(Urgency))
    state = serializers.ChoiceField(["open", "acknowledged"])
    sentence = serializers.CharField()
    opened_at = serializers.DateTimeField()


class SparklineOut(serializers.Serializer[Any]):
    """Two SVG paths and the last point of sixty days of pain."""

    band = serializers.CharField(allow_blank=True)
    line = serializers.CharField(allow_blank=True)
    last = serializers.ListField(child=serializers.FloatField(), allow_null=True)


class WorklistRowOut(serializers.Serializer[Any]):
    """Null where no assessment was ever kept."""

    episode = serializers.UUIDField()
    name = serializers.CharField()
    side = serializers.CharField()
    procedure = serializers.CharField()
    post_op_day = serializers.IntegerField(allow_null=True)
    phase = serializers.IntegerField(allow_null=True)
    term = serializers.ChoiceField(list(Term), allow_null=True)
    max_percent = serializers.IntegerField(allow_null=True)
    max_kg = serializers.IntegerField(allow_null=True)
    status = serializers.ChoiceField(list(Status), allow_null=True)
    need = serializers.ChoiceField(NEEDS)
    reason = serializers.CharField(allow_null=True)
    last_check_in = serializers.DateField(allow_null=True)
    sparkline = SparklineOut(allow_null=True)
    alerts = WaitingOut(many=True)
    seen = serializers.BooleanField(allow_null=True, help_text="Whether the patient saw the order; null before one.")
    looked_at = serializers.DateTimeField(allow_null=True, help_text="When somebody of the clinic last looked.")
    next_look_on = serializers.DateField(allow_null=True)
    as_of = serializers.DateField(allow_null=True, help_text="The day of the assessment.")


class Worklist(Endpoint):
    @listing(
        "worklist",
        "The clinic's active knees in order of need",
        of=WorklistRowOut,
        query=[
            OpenApiParameter("need", enum=FILTERS, description="Only these, and emergencies."),
            OpenApiParameter("query", str, description="Part of a name."),
        ],
    )
    def get(self, request: Request) -> Response:
        by = access.clinic_for(request.user, Do.WORKLIST)
        now, query = clock.now(), request.query_params.get("query", "")
        found = worklist.every(by, need=chosen(request, "need", FILTERS), query=query)
        return listed(
            request, found, WorklistRowOut, prepare=lambda page: shown(page, now), episode=attrgetter("episode")
        )


def shown(page: Sequence[Row], now: datetime) -> list[dict[str, Any]]:
    """The rows of one page with their alerts."""
    waiting = rows.open_alerts(row.episode for row in page)
    return [_shown(row, now) | {"alerts": waiting.get(row.episode, [])} for row in page]


def _shown(row: Row, now: datetime) -> dict[str, Any]:
    operated = row.surgery_date
    return row._asdict() | {
        "name": row.name,
        "need": row.need.name.lower(),
        "sparkline": row.sparkline or None,
        "post_op_day": operated and worklist.post_op_day(operated, now, row.time_zone),
    }
