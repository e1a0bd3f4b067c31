"""Who comes with a request, how they came in and where they act; and the trail of what they were shown or refused."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.signals import authentication_step_completed
from django.conf import settings
from django.contrib.auth import get_user, user_logged_in
from django.db import DatabaseError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.utils.cache import patch_cache_control
from django.utils.functional import SimpleLazyObject

from tracker import clock
from tracker.models import Presence, User, walls
from tracker.selectors import places
from tracker.services import audit

STEP_UP_WITHIN = timedelta(minutes=5)
"""How fresh a sign-in must be for orders, clearances, exports and changes of who may do what (reliability 8)."""

PLACE = "place"
"""In the session: `clinic:<id>` for staff, `own` for a patient, `patient:<id>` for a caregiver; nothing as long as who
has several has not chosen.
"""

ELSEWHERE = "elsewhere"
"""In the session: whether they have another place to go to, so that the frame offers it."""


WITHHELD = (
    "We could not write down that you looked, so nothing is shown. Try again in a minute. If you changed something, "
    "look first whether it was saved. If you are worried about your leg, do not wait: call your clinic."
)
SHOWN_AGAIN = (200, 400, 409, 422)
logger = logging.getLogger(__name__)


class WhoIsThere:
    """Middleware: gives the visitor their presence before the view, and writes the trail after it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        presence = begin(request)
        request.presence = presence  # type: ignore[attr-defined]
        request.user = SimpleLazyObject(partial(_with_presence, request, presence))  # type: ignore[assignment]
        response = self.get_response(request)
        if not presence.openings:
            return response
        try:
            audit.keep(user=request.user, presence=presence, shown=_is_shown(request, response))  # type: ignore[arg-type]
        except DatabaseError:
            logger.exception("the trail could not be written, so that an answer was withheld")
            return _withheld(request)
        return response

    def process_view(self, request: HttpRequest, *_: object) -> None:
        match = request.resolver_match
        if match is not None:
            request.presence.route = (match.view_name or match.route)[:60]  # type: ignore[attr-defined]


def _is_shown(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether the answer holds what was asked for: a page or a row, or the page again on which something is wrong."""
    if request.method in ("GET", "HEAD"):
        return response.status_code < 300 or response.status_code == HTTPStatus.NOT_MODIFIED
    return not request.path.startswith("/api/") and response.status_code in SHOWN_AGAIN


def _withheld(request: HttpRequest) -> HttpResponse:
    """Nobody sees what the trail would not know of."""
    if request.path.startswith("/api/"):
        said = {"type": "about:blank", "title": "Service Unavailable", "status": 503, "code": "trail"}
        answer: HttpResponse = JsonResponse(
            said | {"detail": WITHHELD, "errors": {}}, status=503, content_type="application/problem+json"
        )
    else:
        answer = HttpResponse(render_to_string("503.html", {"sentence": WITHHELD}), status=503)
    answer["Retry-After"] = "60"
    patch_cache_control(answer, private=True, no_store=True)
    return answer


def begin(request: HttpRequest) -> Presence:
    return Presence(at=clock.now(), address=get_adapter().get_client_ip(request), request_id=secrets.token_hex(8))


def _with_presence(request: HttpRequest, presence: Presence) -> Any:
    user = get_user(request)
    if isinstance(user, User):
        come_in(request, user, presence)
    return user


def come_in(request: HttpRequest, user: User, presence: Presence) -> None:
    """Fills in what the session knows of somebody who signed in with a browser."""
    records = get_authentication_records(request, user)
    presence.second_factor = settings.DEMO or any(record.get("method") == "mfa" for record in records)
    presence.fresh = any(_lately(record, presence.at) for record in records)
    _take_place(request, user, presence)
    user.presence = presence
    walls.stand(user, presence)


def _lately(record: dict[str, Any], now: datetime) -> bool:
    return now.timestamp() - float(record.get("at", 0)) < STEP_UP_WITHIN.total_seconds()


def _take_place(request: HttpRequest, user: User, presence: Presence) -> None:
    """Where they act. Whoever has none is looked at anew each time: a clinic may have taken them on since."""
    if not request.session.get(PLACE):
        request.session[PLACE] = places.only(user, now=presence.at)
    kind, _, chosen = request.session[PLACE].partition(":")
    presence.own = kind == "own"
    presence.clinic_id = UUID(chosen) if kind == "clinic" else None
    presence.patient_id = UUID(chosen) if kind == "patient" else None


def act_in(request: HttpRequest, place: places.Place) -> None:
    """From the next request on they act there, and are reminded that there are others."""
    request.session[PLACE], request.session[ELSEWHERE] = place.key, True


@receiver(user_logged_in)
def begin_at_the_only_place(sender: type[User], request: HttpRequest, user: User, **_: Any) -> None:
    """Somebody with one place to act need not choose it. From here on the request is theirs, with their presence."""
    request.session[PLACE] = places.only(user, now=clock.now())
    presence = getattr(request, "presence", None)
    if presence is not None:
        come_in(request, user, presence)


@receiver(authentication_step_completed)
def know_better(sender: type[User], request: HttpRequest, user: User, **_: Any) -> None:
    """A step-up counts within its own request: the form that waited for it goes on there."""
    presence: Presence | None = getattr(request, "presence", None)
    if presence is not None and user.presence is presence:
        come_in(request, user, presence)
