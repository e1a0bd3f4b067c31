"""What the patient reports for a day, and at once what it means and whom to call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.http.response import HttpResponseBase
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.access import Actor, Do
from tracker.api import emergencies, limits
from tracker.api.base import Endpoint, in_shape, listed, within
from tracker.api.emergencies import UrgentError
from tracker.api.idempotency import key_of, once
from tracker.api.parsing import body
from tracker.api.schema import listing, operation
from tracker.api.shapes_checkins import EXAMPLES, CheckInIn, CheckInOut, RecordedOut
from tracker.clinical import rules
from tracker.errors import Conflict, Problem
from tracker.models import CheckIn
from tracker.selectors import api as rows
from tracker.services import checkins
from tracker.services.checkins import Answers
from tracker.services.idempotency import KeyReused


class CheckIns(Endpoint):
    @listing("check_in_list", "The check-ins of a knee, the latest day first", of=CheckInOut, ids=["episode"])
    def get(self, request: Request, episode: str) -> Response:
        door = access.episode_for(request.user, episode, Do.READ)
        return listed(request, rows.check_ins(door.episode), CheckInOut)

    @operation(
        "check_in_record",
        "Record a check-in",
        takes=CheckInIn,
        gives=RecordedOut,
        status=201,
        ids=["episode"],
        refuses=(409, 422, 429),
        examples=EXAMPLES,
    )
    def post(self, request: Request, episode: str) -> HttpResponseBase:
        door = access.episode_for(request.user, episode, Do.CHECK_IN)
        with red_flags_kept(request, door):
            limits.spend_on_check_in(request)
            return once(request, lambda: self._record(request, door))

    @staticmethod
    def _record(request: Request, door: access.Door) -> Response:
        said, key = answers(request), key_of(request)
        row = checkins.record(episode=door.episode, by=door.actor, answers=said, client_key=key)
        if row.by_id != door.actor.user.pk or row.client_key != key:  # it made another check-in of this knee before
            raise KeyReused
        return recorded(row, door.actor, said)


class CheckInRow(Endpoint):
    @operation("check_in_read", "One check-in", gives=CheckInOut, ids=["episode", "check_in"])
    def get(self, request: Request, episode: str, check_in: str) -> Response:
        door = within(access.check_in_for(request.user, check_in, Do.READ), episode)
        return Response(shown(door.row))


class Amend(Endpoint):
    @operation(
        "check_in_amend",
        "Correct a check-in by a new one, which names it",
        takes=CheckInIn,
        gives=RecordedOut,
        status=201,
        ids=["episode", "check_in"],
        refuses=(409, 422, 429),
    )
    def post(self, request: Request, episode: str, check_in: str) -> HttpResponseBase:
        door = within(access.check_in_for(request.user, check_in, Do.AMEND), episode)
        with red_flags_kept(request, door):
            limits.spend_on_check_in(request)
            return once(request, lambda: self._amend(request, door))

    @staticmethod
    def _amend(request: Request, door: access.RowDoor[CheckIn]) -> Response:
        said = answers(request)
        row = checkins.amend(check_in=door.row, by=door.actor, answers=said)
        return recorded(row, door.actor, said)


def shown(row: CheckIn) -> Any:
    return in_shape(rows.check_ins(row.episode).get(pk=row.pk), CheckInOut)


def answers(request: Request) -> Answers:
    """The answers that were sent, each of its JSON type."""
    return checkins.parse(body(request, CheckInIn))


def recorded(row: CheckIn, by: Actor, said: Answers) -> Response:
    """The row as it was just saved, without reading it again: a phone waits for this answer."""
    row.by_name, row.note, row.current = by.user.name, said.note, True  # type: ignore[attr-defined]
    return Response(in_shape(row, RecordedOut), status=201)


@contextmanager
def red_flags_kept(request: Request, door: access.Door | access.RowDoor[CheckIn]) -> Iterator[None]:
    """What was refused but sounds urgent still raises its alert, and the refusal says whom to call (design 10.11)."""
    try:
        yield
    except (Problem, ValidationError) as refusal:
        urgent = _keep(request, door)
        if urgent is None:
            raise
        raise UrgentError(refusal, urgent) from refusal


def _keep(request: Request, door: access.Door | access.RowDoor[CheckIn]) -> dict[str, str] | None:
    raw = request.data if isinstance(request.data, Mapping) else {}
    try:
        urgent = [alert.urgency for alert in checkins.keep_red_flags(episode=door.episode, by=door.actor, raw=raw)]
    except Conflict:  # nothing can be stored in a closed episode, but whom to call can still be said
        urgent = [found.urgency or "" for found in rules.red_flags_in(raw, None)]
    return emergencies.emergency(door.episode, urgent)
