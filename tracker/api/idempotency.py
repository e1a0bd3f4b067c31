"""The `Idempotency-Key` header: a client that lost the answer may send the same write again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from tracker import access
from tracker.errors import Invalid
from tracker.services import idempotency
from tracker.services.idempotency import Answer, Write

HEADER = "Idempotency-Key"


def once(request: Request, act: Callable[[], Response]) -> HttpResponseBase:
    """What `act` answers; under a key that was used before, the very bytes that it answered then."""
    key = key_of(request)
    if key is None:
        return act()
    write = Write(access.signed_in(request.user), key, request.path, _hash(request))
    answer = idempotency.once(write=write, act=lambda: _kept(act()))
    return HttpResponse(answer.body, status=answer.status, content_type="application/json")


def _kept(response: Response) -> Answer:
    return Answer(response.status_code, JSONRenderer().render(response.data).decode())


def key_of(request: Request) -> UUID | None:
    """The key that the client sent, if any."""
    given = request.headers.get(HEADER)
    if given is None:
        return None
    try:
        return UUID(given.strip().strip('"'))
    except ValueError:
        raise Invalid({HEADER: f"Give {HEADER} as a UUID, new for each new request."}) from None


def _hash(request: Request) -> str:
    """The same for bodies that mean the same, however they are spaced and ordered."""
    canonical = json.dumps(request.data, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
