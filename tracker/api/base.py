"""What every endpoint shares. Each is four steps: may they, what do they say, do it, answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tracker import access
from tracker.access import RowDoor
from tracker.api.paging import Pages
from tracker.api.parsing import Json
from tracker.models import Episode

Inside = TypeVar("Inside", bound=RowDoor[Any])


class Endpoint(APIView):
    """Speaks JSON only, and what it says is kept by nobody on the way."""

    parser_classes = [Json]

    def finalize_response(self, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(*args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


Stored = TypeVar("Stored", bound=Model)


class RowOut(serializers.ModelSerializer[Stored]):
    """A stored row as programs see it: codes, not the words that pages show for them."""

    def build_standard_field(self, field_name: str, model_field: Any) -> tuple[Any, dict[str, Any]]:
        kind, options = super().build_standard_field(field_name, model_field)
        if "choices" in options:
            options["choices"] = [code for code, _ in model_field.flatchoices]
        return kind, options


class NothingHere(Endpoint):
    """Every address under the API that leads nowhere."""

    authentication_classes = ()
    permission_classes = ()
    schema = None

    def get(self, request: Request, rest: str) -> Response:
        raise NotFound

    post = put = patch = delete = get


def listed(
    request: Request,
    rows: QuerySet[Any, Any] | Sequence[Any],
    shape: type[serializers.Serializer[Any]],
    prepare: Callable[[Sequence[Any]], Sequence[Any]] | None = None,
    episode: Callable[[Any], UUID] | None = None,
) -> Response:
    """One page of the rows, each in the given shape; `prepare` looks up more for all rows of the page at once.

    Where the list goes over several knees, `episode` tells whose a row is.
    """
    pages = Pages()
    page = pages.paginate_queryset(rows, request) or []
    if episode is not None:
        access.listed(request.user, map(episode, page))
    shown = page if prepare is None else prepare(page)
    return pages.get_paginated_response([in_shape(row, shape) for row in shown])


def in_shape(row: Any, shape: type[serializers.Serializer[Any]]) -> Any:
    """The row as it is answered."""
    return _made(shape).to_representation(row)


@cache
def _made(shape: type[serializers.Serializer[Any]]) -> serializers.Serializer[Any]:
    """One for all requests: it keeps nothing of a row, and working its fields out costs as much as saving the row."""
    return shape()


def revised(response: Response, episode: Episode) -> Response:
    """The answer with the episode's revision, for the next write's `If-Match`."""
    response["ETag"] = f'"{episode.revision}"'
    return response


def within(door: Inside, episode: str) -> Inside:
    """The door, if its row belongs to the episode that the address names; else there is nothing here."""
    if str(door.episode.pk).replace("-", "") != episode.lower().replace("-", ""):
        raise NotFound
    return door
