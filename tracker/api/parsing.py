"""Reading a request: its body, and the headers that a write may carry."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser, get_encoding  # type: ignore[attr-defined] # newer than its stubs
from rest_framework.request import Request

from tracker.api.fields import Strict, said
from tracker.errors import Invalid

NOT_AN_OBJECT = "Send one JSON object, in braces."


class Json(JSONParser):
    """JSON as its standard has it: no NaN, no key given twice, no nesting that a machine cannot follow."""

    DEEPEST = 12
    """No shape of ours is nested half as deep."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        encoding = get_encoding(parser_context or {})
        try:
            text = stream.read().decode(encoding)
            return _shallow(json.loads(text, parse_constant=_no_constant, object_pairs_hook=_once_each), self.DEEPEST)
        except UnicodeDecodeError as error:
            raise ParseError(f"The body is not {encoding} text. Send JSON in UTF-8.") from error
        except RecursionError as error:
            raise ParseError("The body is nested too deeply. " + NOT_AN_OBJECT) from error
        except ValueError as error:
            raise ParseError(f"The body is not valid JSON ({error}). " + NOT_AN_OBJECT) from error


def _shallow(value: Any, deepest: int) -> Any:
    """The value, if nothing in it is nested deeper than so many levels."""
    if deepest < 0:
        raise RecursionError
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inner:
        _shallow(each, deepest - 1)
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{said(twice)} is given twice")
    return found


def body(request: Request, shape: type[Strict], *, partial: bool = False) -> dict[str, Any]:
    """The request's body in the given shape; a refusal names each field that is wrong."""
    values: dict[str, Any] = _made(shape, partial).run_validation(fields(request))
    return values


@cache
def _made(shape: type[Strict], partial: bool) -> Strict:
    """One for all requests: it keeps nothing of what it reads."""
    return shape(partial=partial)


def fields(request: Request) -> Mapping[str, Any]:
    """The request's body as it was sent, which must be a JSON object."""
    if not isinstance(request.data, Mapping):
        raise Invalid({"body": NOT_AN_OBJECT})
    return request.data


def revision(request: Request) -> int | None:
    """The episode's revision that the client last saw, from `If-Match`; None where it does not say."""
    given = request.headers.get("If-Match", "*").strip()
    if given == "*":
        return None
    number = given.strip('"')
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Invalid({"If-Match": 'Give If-Match as the revision of the episode, such as "3".'})
    return int(number)


def nothing(request: Request) -> None:
    """Checks that the request says nothing, where there is nothing to say."""
    body(request, Strict)


def chosen(request: Request, name: str, known: Sequence[str]) -> str:
    """A choice from the query string; the first of the known ones where it is left out."""
    given = request.query_params.get(name, known[0])
    if given not in known:
        raise Invalid({name: f"{name} cannot be {said(given)}. Use one of: {', '.join(known)}."})
    return given
