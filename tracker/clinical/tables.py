"""Frozen dataclasses read from plain tables (TOML or JSON), with errors that say where and what to do.

The type hints are the schema: a field without a default is required, an unknown field is refused, and
`Annotated[int, Between(0, 100)]` gives the range. What spans several fields a class checks in `__post_init__`
and reports by raising `FlawError`.
"""

from __future__ import annotations

import math
import types
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, NoReturn, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


class ProtocolError(ValueError):
    """A table of clinical data that cannot be used. Names the file, the table, the field and the remedy."""

    def __init__(self, file: str, table: str, field: str, problem: str) -> None:
        self.file, self.table, self.field, self.problem = file, table, field, problem
        super().__init__(f"{file}: [{table}] {field}: {problem}")


class FlawError(ValueError):
    """One field of a dataclass that disagrees with the others; the reader adds where it stood."""

    def __init__(self, field: str, problem: str, table: str = "") -> None:
        self.field, self.problem, self.table = field, problem, table
        super().__init__(f"{field}: {problem}")


@dataclass(frozen=True, slots=True)
class Between:
    """Both ends included."""

    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class Place:
    """Where in which file a value stands."""

    file: str
    table: str
    field: str = "table"

    def at(self, field: str) -> Place:
        return Place(self.file, self.table, field)

    def into(self, name: str) -> Place:
        return Place(self.file, f"{self.table}.{name}" if self.table else name)

    def refuse(self, problem: str) -> NoReturn:
        raise ProtocolError(self.file, self.table or "top", self.field, problem)


def read(kind: type[T], value: object, place: Place) -> T:
    """One `kind`, a dataclass, from a table. Raises ProtocolError."""
    table = _table(value, place)
    hints = _hints(cast(Hashable, kind))
    unknown = sorted(str(name) for name in set(table) - set(hints))
    if unknown:
        place.at(unknown[0] or '""').refuse(f"is not a field here; known fields are {', '.join(sorted(hints))}")
    given = {name: _value(hints[name], table[name], place.at(name)) for name in table}
    for field in fields(cast(Any, kind)):
        if field.name not in given and field.default is MISSING and field.default_factory is MISSING:
            place.at(field.name).refuse("is missing; add it")
    return _made(kind, given, place)


def read_numbers(kind: type[T], value: object, place: Place) -> T:
    """One `kind` whose every field stands as a table of its own: `{value, source, tag}`."""
    table = _table(value, place)
    for name, entry in table.items():
        _check_number(entry, place.into(name))
    return read(kind, {name: entry["value"] for name, entry in table.items()}, place)


def _check_number(value: object, place: Place) -> None:
    entry = _table(value, place)
    for need in ("value", "source", "tag"):
        if entry.get(need) in (None, ""):
            place.at(need).refuse("is missing; every number needs a value, a source and a tag")
    _text(entry["source"], place.at("source"))
    _choice(Tag, entry["tag"], place.at("tag"))


def read_many(kind: type[T], value: object, place: Place, name: str) -> tuple[T, ...]:
    """Every table of a list, each named in errors by its key, else by its place in the list."""
    listed = enumerate(_list(value, place.at(name)))
    return tuple(read(kind, entry, place.into(f"{name}[{_label(entry, at)}]")) for at, entry in listed)


class Tag(StrEnum):
    """How far a number can be trusted."""

    READ = "read"
    """Read at its source."""
    LIT = "lit"
    """Standard literature, to be verified by a clinician before release."""
    RANGE = "range"
    """Sources conflict."""
    EST = "est"
    """No published figure: ours, in use only after a surgeon has signed it off."""


Day = Annotated[int, Between(0, 1500)]
"""A post-operative day; day 0 is the date of surgery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced:
    """Where a row comes from and how far it can be trusted."""

    source: str
    tag: Tag

    def __post_init__(self) -> None:
        if not self.source:
            raise FlawError("source", "is empty; name where the number comes from")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A published schedule the protocol rests on."""

    text: str
    tag: Tag


def _made(kind: type[T], given: dict[str, object], place: Place) -> T:
    try:
        return kind(**given)
    except FlawError as flaw:
        where = place.into(flaw.table) if flaw.table else place
        where.at(flaw.field).refuse(flaw.problem)


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind, include_extras=True)


def _table(value: object, place: Place) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        place.refuse(f"must be a table of fields, not {_named(value)}")
    return value


def _list(value: object, place: Place) -> list[Any] | tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        place.refuse(f"must be a list, not {_named(value)}")
    return value


def _label(entry: object, at: int) -> object:
    return entry.get("key", at) if isinstance(entry, Mapping) else at


def _named(value: object) -> str:
    return f"{type(value).__name__} {value!r}"[:60]


def _value(hint: Any, value: object, place: Place) -> Any:
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _ranged(inner[1], _value(inner[0], value, place), place)
    if origin in (Union, types.UnionType):
        return None if value is None else _value(inner[0], value, place)
    if origin is tuple:
        return _several(inner[0], value, place)
    if origin in (dict, Mapping):
        table = _table(value, place)
        return {str(key): _value(inner[1], item, place.at(f"{place.field}.{key}")) for key, item in table.items()}
    return _one(hint, value, place)


def _several(hint: Any, value: object, place: Place) -> tuple[Any, ...]:
    listed = _list(value, place)
    if is_dataclass(hint):
        return read_many(cast("type[Any]", hint), listed, Place(place.file, place.table), place.field)
    return tuple(_value(hint, item, place) for item in listed)


def _one(hint: Any, value: object, place: Place) -> Any:
    if is_dataclass(hint):
        done = isinstance(value, cast("type[Any]", hint))
        return value if done else read(cast("type[Any]", hint), value, Place(place.file, place.table).into(place.field))
    if issubclass(hint, StrEnum):
        return _choice(hint, value, place)
    return _SCALARS[hint](value, place)


def _ranged(between: Between, value: Any, place: Place) -> Any:
    if value is not None and not between.lowest <= value <= between.highest:
        place.refuse(f"must be from {between.lowest:g} to {between.highest:g}, not {value}")
    return value


def _choice(kind: type[StrEnum], value: object, place: Place) -> StrEnum:
    if not isinstance(value, str) or value not in {member.value for member in kind}:
        place.refuse(f"must be one of {', '.join(kind)}, not {value!r}"[:300])
    return kind(value)


def _whole(value: object, place: Place) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        place.refuse(f"must be a whole number, not {_named(value)}")
    return value


def _number(value: object, place: Place) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        place.refuse(f"must be a number, not {_named(value)}")
    return float(value)


def _decimal(value: object, place: Place) -> Decimal:
    if isinstance(value, Decimal) and value.is_finite():
        return value
    return Decimal(str(_number(value, place))).normalize() + 0


def _yes(value: object, place: Place) -> bool:
    if not isinstance(value, bool):
        place.refuse(f"must be true or false, not {_named(value)}")
    return value


def _text(value: object, place: Place) -> str:
    if not isinstance(value, str):
        place.refuse(f"must be text in quotes, not {_named(value)}")
    return value.strip()


_SCALARS: dict[Any, Any] = {int: _whole, float: _number, Decimal: _decimal, bool: _yes, str: _text}
