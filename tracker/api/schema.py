"""How every operation is described: what it takes, what it gives, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeVar

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers

from tracker.api.idempotency import HEADER
from tracker.clinical.terms import MEASUREMENTS, Ending, FactKind, Procedure, Role
from tracker.models import AlertEvent, Episode

JSON = "application/json"
PROBLEM = "application/problem+json"

Shape = type[serializers.Serializer[Any]]
View = TypeVar("View", bound=Callable[..., Any])

# Code lists that several fields share, for the one name that each has in the schema.
ENDINGS = [ending.value for ending in Ending]
EPISODE_STATES = Episode.State.values
FACT_KINDS = [kind.value for kind in FactKind]
MEASUREMENT_KINDS = list(MEASUREMENTS)
OUTCOMES = AlertEvent.Outcome.values
PROCEDURES = [procedure.value for procedure in Procedure]
ROLES = [role.value for role in Role]

REFUSALS = {
    400: "A value is wrong: `errors` names each field and says what to send instead. Nothing was stored.",
    401: "Not signed in, or the token was withdrawn.",
    403: "The role does not allow this.",
    404: "There is no such thing, or none that this user may know of.",
    409: "Somebody was faster, or something stands in the way: `current` is the row as it is now.",
    413: "The body is larger than any honest request.",
    415: "The body is not JSON.",
    422: "The Idempotency-Key was used for another request.",
    429: "Too often in a short time: `Retry-After` says how many seconds to wait. Never of a check-in that is urgent.",
}
_ALWAYS = (401, 403)
_WITH_BODY = (400, 413, 415)


class ProblemOut(serializers.Serializer[Any]):
    """A refusal, as RFC 9457 has it."""

    emergency = serializers.DictField(
        child=serializers.CharField(),
        required=False,
        help_text="Where what was refused sounds urgent: whom to call now.",
    )
    type = serializers.CharField(help_text="Always about:blank: `code` tells refusals apart.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField(help_text="What to do, in one sentence.")
    errors = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    current = serializers.DictField(required=False, help_text="409: the row as it is now.")


_IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description='The episode\'s revision that you last saw, such as "3". When it has moved on, the answer is 409.',
)
_KEY = OpenApiParameter(
    HEADER,
    OpenApiTypes.UUID,
    OpenApiParameter.HEADER,
    description="New for each new write. The same key and body get the same answer for 90 days.",
)
_PAGE = (
    OpenApiParameter("page", int, description="From 1."),
    OpenApiParameter("page_size", int, description="Rows in a page, up to 100."),
)


def operation(
    name: str,
    summary: str,
    *,
    gives: Shape | serializers.BaseSerializer[Any] | dict[str, Any],
    takes: Shape | None = None,
    status: int = 200,
    waits: Shape | None = None,
    ids: Iterable[str] = (),
    keys: Iterable[str] = (),
    refuses: Iterable[int] = (),
    revised: bool = False,
    query: Iterable[OpenApiParameter] = (),
    examples: Iterable[OpenApiExample] = (),
) -> Callable[[View], View]:
    """Describes one operation. `ids` and `keys` are in its path; `revised` says that it minds `If-Match`;
    `waits` is what is answered with 202 where a second person has to agree first.
    """
    writes = status == 201 or takes is not None
    codes = {*_ALWAYS, *refuses, *(_WITH_BODY if writes else ()), *((409,) if revised else ())}
    paths = [OpenApiParameter(each, OpenApiTypes.UUID, OpenApiParameter.PATH) for each in ids]
    paths += [OpenApiParameter(each, str, OpenApiParameter.PATH) for each in keys]
    codes |= {404} if paths else set()
    headers = [_IF_MATCH] if revised else []
    if 422 in codes:
        headers.append(_KEY)
        codes.add(409)
    return extend_schema(
        operation_id=name,
        summary=summary,
        description=summary + ".",
        request=takes,
        responses={(status, JSON): gives}
        | ({(202, JSON): waits} if waits else {})
        | {(code, PROBLEM): _refusal(code) for code in sorted(codes)},
        parameters=[*paths, *headers, *query],
        examples=list(examples),
    )


def listing(
    name: str,
    summary: str,
    *,
    of: Shape,
    ids: Iterable[str] = (),
    query: Iterable[OpenApiParameter] = (),
    examples: Iterable[OpenApiExample] = (),
) -> Callable[[View], View]:
    """Describes a paged list."""
    return operation(
        name, summary, gives=paged(of), ids=ids, refuses=(400, 404), query=(*_PAGE, *query), examples=examples
    )


@cache
def paged(of: Shape) -> Shape:
    """The shape of one page of a list."""
    fields = {
        "count": serializers.IntegerField(help_text="Rows in all pages."),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": of(many=True),
    }
    return type(f"Paged{of.__name__}", (serializers.Serializer,), fields)


@cache
def _refusal(code: int) -> OpenApiResponse:
    return OpenApiResponse(ProblemOut, description=REFUSALS[code])


class StrictExtension(OpenApiSerializerExtension):
    """Says in the schema what the parser does: an unknown key is refused."""

    target_class = "tracker.api.fields.Strict"
    match_subclasses = True

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        schema = auto_schema._map_serializer(  # noqa: SLF001 - the documented way to extend a mapping
            self.target, direction, bypass_extensions=True
        )
        return schema | {"additionalProperties": False}


class ByRoleExtension(OpenApiSerializerExtension):
    """Names every shape that an answer may have, depending on who asks."""

    target_class = "tracker.api.shapes_episodes.EpisodeByRole"

    def get_name(self, *args: Any, **kwargs: Any) -> str:
        return "EpisodeByRole"

    def map_serializer(self, auto_schema: Any, direction: Any) -> Any:
        return {"oneOf": [auto_schema.resolve_serializer(way, direction).ref for way in self.target.ways]}
