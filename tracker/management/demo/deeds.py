"""What people do in a recovery. A story is a list of these with their day and hour; `clinic` carries them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tracker.clinical.terms import Decision, Gate, Role


@dataclass(frozen=True, slots=True)
class Sign:
    """The surgeon signs the plan."""


@dataclass(frozen=True, slots=True)
class Report:
    """The patient checks in; `answers` as the API names them, without the date."""

    answers: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class See:
    """The patient confirms the level that stands."""


@dataclass(frozen=True, slots=True)
class Measure:
    kind: str
    value: int


@dataclass(frozen=True, slots=True)
class Reach:
    """A milestone reached on post-operative day `on`, by the word of `by`."""

    key: str
    on: int
    by: Role


@dataclass(frozen=True, slots=True)
class Book:
    """An appointment for a review on post-operative day `on`."""

    key: str
    on: int


@dataclass(frozen=True, slots=True)
class Reviewed:
    key: str
    result: str
    by: Role


@dataclass(frozen=True, slots=True)
class Decide:
    gate: Gate
    basis: str
    decision: Decision = Decision.CLEARED


@dataclass(frozen=True, slots=True)
class Tighten:
    """The physiotherapist lowers the limit from the same day on."""

    percent: int
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The physiotherapist acknowledges and closes every alert that is open."""

    plan: str
    outcome: str
    note: str


@dataclass(frozen=True, slots=True)
class Release:
    """Every hold that stands is released by the surgeon."""

    basis: str


@dataclass(frozen=True, slots=True)
class Look:
    """The physiotherapist has looked; `again` is in how many days."""

    again: int | None = None


Deed = Sign | Report | See | Measure | Reach | Book | Reviewed | Decide | Tighten | Answer | Release | Look


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """A deed on a post-operative day at an hour of the clinic's day."""

    day: int
    hour: float
    deed: Deed = field(compare=False)
