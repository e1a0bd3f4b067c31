"""Operated knees: enrolling one, reading it, keeping contact and descriptive fields right."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiExample
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.access import Actor, Do
from tracker.api.base import Endpoint, in_shape, listed, revised
from tracker.api.fields import said
from tracker.api.idempotency import once
from tracker.api.parsing import body, revision
from tracker.api.schema import listing, operation
from tracker.api.shapes_episodes import ENROLMENT, DetailsIn, EnrolmentIn, EpisodeByRole, PatientIn
from tracker.errors import Invalid
from tracker.models import Clinic, Episode
from tracker.selectors import api as rows
from tracker.services import episodes
from tracker.services.episodes import Enrolment

ITS_ID = attrgetter("pk")


class Episodes(Endpoint):
    @listing("episode_list", "The knees you may know of: your own, or your clinic's", of=EpisodeByRole)
    def get(self, request: Request) -> Response:
        found = access.episodes_of(request.user, Do.LIST).select_related("surgeon")
        return listed(
            request, found.order_by("state", "-created_at", "pk"), EpisodeByRole, prepare=with_basis, episode=ITS_ID
        )

    @operation(
        "episode_enrol",
        "Take a patient on",
        takes=EnrolmentIn,
        gives=EpisodeByRole,
        status=201,
        refuses=(409, 422),
        examples=[OpenApiExample("A left knee", ENROLMENT, request_only=True)],
    )
    def post(self, request: Request) -> HttpResponseBase:
        by = access.clinic_for(request.user, Do.ENROL)
        made = once(request, lambda: self._enrol(by, body(request, EnrolmentIn)))
        if isinstance(made, HttpResponse) and not isinstance(made, Response):
            # Kept under a key, perhaps for weeks: the record may have moved on or be restricted since.
            access.episode_for(request.user, json.loads(made.content)["id"], Do.DETAILS)
        return made

    @staticmethod
    def _enrol(by: Actor, sent: dict[str, Any]) -> Response:
        with fields_of_patient():
            row: Any = episodes.enrol(by=by, enrolment=enrolment(sent, by.clinic))
        row.staff_role = by.role
        return answer(row, status=201)


class EpisodeRow(Endpoint):
    @operation("episode_read", "One knee", gives=EpisodeByRole, ids=["episode"])
    def get(self, request: Request, episode: str) -> Response:
        return answer(access.episode_for(request.user, episode, Do.CONTACT).episode)

    @operation(
        "episode_details",
        "Put contact and descriptive fields right",
        takes=DetailsIn,
        gives=EpisodeByRole,
        ids=["episode"],
        revised=True,
    )
    def patch(self, request: Request, episode: str) -> Response:
        door = access.episode_for(request.user, episode, Do.DETAILS)
        sent = body(request, DetailsIn, partial=True)
        with fields_of_patient():
            row = episodes.change_details(
                episode=door.episode, by=door.actor, changes=changes(sent), revision=revision(request)
            )
        return answer(row)


def answer(episode: Episode, status: int = 200) -> Response:
    return revised(Response(shown(episode), status=status), episode)


def shown(episode: Episode) -> Any:
    """The episode as the program of whoever came through the door sees it."""
    return in_shape(with_basis([episode])[0], EpisodeByRole)


def with_basis(page: Sequence[Any]) -> Sequence[Any]:
    """Puts beside each episode what its plan rests on, in one statement."""
    found = rows.bases(page)
    for episode in page:
        episode.basis = found[episode.pk]
    return page


def changes(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The changed details by name; null empties a text."""
    numbers = ("correction_planned", "correction_achieved")
    return {name: "" if value is None and name not in numbers else value for name, value in flat(sent).items()}


def enrolment(sent: Mapping[str, Any], clinic: Clinic) -> Enrolment:
    given = {name: value for name, value in flat(sent).items() if value is not None}
    given["modifiers"] = tuple(dict.fromkeys(given.get("modifiers", ())))
    named = given.pop("surgeon", None)
    return Enrolment(**{"time_zone": clinic.time_zone} | given, surgeon_id=named and surgeon(named, clinic))


def flat(sent: Mapping[str, Any]) -> dict[str, Any]:
    """The body without its inner object."""
    return {name: value for name, value in sent.items() if name != "patient"} | dict(sent.get("patient", {}))


def surgeon(given: str, clinic: Clinic) -> UUID:
    """The surgeon of the clinic by id or e-mail."""
    known = rows.surgeons(clinic)
    for user in known:
        if given.lower() in (str(user.pk), user.email.lower()):
            return user.pk
    names = "; ".join(f"{user.name}: {user.pk}" for user in known)
    raise Invalid({"surgeon": f"{said(given)} is no surgeon of this clinic. Use one of: {names or 'none yet'}."})


@contextmanager
def fields_of_patient() -> Iterator[None]:
    """Names a patient's own fields in a refusal as the body has them: `patient.phone`."""
    try:
        yield
    except Invalid as refusal:
        own = PatientIn().fields
        refusal.fields = {f"patient.{name}" if name in own else name: said for name, said in refusal.fields.items()}
        raise
