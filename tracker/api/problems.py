"""Refusals as RFC 9457 problem details: one shape, one sentence, and each wrong field by name."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from rest_framework import exceptions
from rest_framework.response import Response

from tracker import access
from tracker.api import alerts, checkins, episodes, holds
from tracker.api.emergencies import UrgentError
from tracker.errors import Conflict, Forbidden, NotFound, Problem, TooMany
from tracker.models import Alert, CheckIn, Episode, Hold
from tracker.services.idempotency import KeyInFlight

MEDIA_TYPE = "application/problem+json"
BROKEN_REQUEST = "The request could not be read. Send it again as JSON."

_SENTENCES: dict[type[exceptions.APIException], str] = {
    exceptions.NotAuthenticated: "Sign in, or send a token: Authorization: Bearer <token>.",
    exceptions.ValidationError: "Some values need another look.",
    exceptions.UnsupportedMediaType: "Send JSON: set Content-Type to application/json.",
    exceptions.NotAcceptable: "Answers are JSON: set Accept to application/json.",
    exceptions.NotFound: NotFound.sentence,
}
_CODES: dict[type[exceptions.APIException], str] = {
    exceptions.ValidationError: "invalid",
    exceptions.ParseError: "invalid",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
}


def handler(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to a refusal; None for a fault of our own, which Django then logs and answers with 500."""
    if isinstance(error, UrgentError):
        return _urgent(error, context)
    if isinstance(error, (NotFound, Forbidden)):
        access.refused(context["request"].user, error)
    if isinstance(error, Problem):
        return _refusal(error)
    if isinstance(error, Http404):
        return _refusal(NotFound())
    if isinstance(error, RequestDataTooBig):
        return _answer(413, "too_large", "What you sent is too large. Shorten it, then send it again.")
    if isinstance(error, (BadRequest, SuspiciousOperation, UnreadablePostError, MultiPartParserError)):
        return _answer(400, "invalid", BROKEN_REQUEST)
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    return _of_framework(error) if isinstance(error, exceptions.APIException) else None


def _urgent(error: UrgentError, context: Mapping[str, Any]) -> Response | None:
    answer = handler(error.refusal, context)
    if answer is not None:
        answer.data = {"emergency": dict(error.emergency)} | answer.data
    return answer


def _refusal(problem: Problem) -> Response:
    extra = {"current": current(problem.current)} if isinstance(problem, Conflict) and problem.current else {}
    answer = _answer(problem.status, problem.code, problem.sentence, problem.fields, **extra)
    if isinstance(problem, (KeyInFlight, TooMany)):
        answer["Retry-After"] = str(problem.retry_after)
    return answer


def current(row: object) -> Any:
    """The row as it is now, for whoever was overtaken."""
    if isinstance(row, Episode):
        return episodes.shown(row)
    if isinstance(row, Alert):
        return alerts.shown(row)
    if isinstance(row, CheckIn):
        return checkins.shown(row)
    if isinstance(row, Hold):
        return holds.shown(row)
    return {"id": str(getattr(row, "pk", ""))}


def _of_framework(error: exceptions.APIException) -> Response:
    kind = type(error)
    fields = _flat(error.detail) if isinstance(error, exceptions.ValidationError) else {}
    if isinstance(error, exceptions.ParseError):
        fields = {"body": [str(error.detail)]}
    if isinstance(error, exceptions.UnsupportedMediaType):
        fields = {"Content-Type": [_SENTENCES[kind]]}
    sentence = _SENTENCES.get(kind) or str(error.detail)
    answer = _answer(error.status_code, _CODES.get(kind, str(error.default_code)), sentence, fields)
    challenge = getattr(error, "auth_header", None)
    if challenge:
        answer["WWW-Authenticate"] = challenge
    return answer


def _answer(
    status: int, code: str, sentence: str, fields: Mapping[str, list[str]] | None = None, **extra: Any
) -> Response:
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": sentence,
        "errors": dict(fields or {}),
        **extra,
    }
    return Response(problem, status=status, content_type=MEDIA_TYPE)


def _flat(detail: Any, path: str = "") -> dict[str, list[str]]:
    """Refusals by dotted field name: a patient's own field is `patient.phone`."""
    if not isinstance(detail, Mapping):
        return {path or "body": [str(sentence) for sentence in detail]}
    flat: dict[str, list[str]] = {}
    for name, inner in detail.items():
        flat |= _flat(inner, f"{path}.{name}" if path else str(name))
    return flat
