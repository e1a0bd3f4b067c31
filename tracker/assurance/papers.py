"""Reads the papers that lie beside this file. A paper that is not whole is a fault, not a blank on a page."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Promise:
    """One row of the standard that we hold ourselves to."""

    id: str
    level: int
    shows: str
    tests: tuple[str, ...] = ()
    differs: str = ""
    """How we do otherwise, and why."""
    not_here: str = ""
    """Why the row does not apply."""


@dataclass(frozen=True, slots=True)
class Hazard:
    id: str
    hazard: str
    cause: str
    harm: str
    severity: str
    holds: str
    left: str
    """What remains, for whoever runs the program to watch."""
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What is said of one table of the database."""

    says: str
    seen_by: str
    kept: str


@dataclass(frozen=True, slots=True)
class Words:
    """The meaning of everything that is stored. A column is known by `Table.column`, or by its name everywhere."""

    tables: Mapping[str, Table]
    columns: Mapping[str, str]
    units: Mapping[str, str]

    def of(self, table: str, column: str) -> str:
        """The sentence; a KeyError where nobody has written one."""
        return self.columns.get(f"{table}.{column}") or self.columns[column]

    def unit(self, table: str, column: str) -> str:
        return self.units.get(f"{table}.{column}", self.units.get(column, ""))


@cache
def promises() -> tuple[Promise, ...]:
    return tuple(Promise(**_frozen(row)) for row in _paper("security")["row"])


@cache
def hazards() -> tuple[Hazard, ...]:
    return tuple(Hazard(**_frozen(row)) for row in _paper("hazards")["hazard"])


@cache
def words() -> Words:
    paper = _paper("words")
    groups = paper["groups"]
    tables = {name: Table(says, **groups[group]) for group in groups for name, says in paper["tables"][group].items()}
    return Words(tables, paper["columns"], paper["units"])


def _paper(name: str) -> dict[str, Any]:
    return tomllib.loads((HERE / f"{name}.toml").read_text())


def _frozen(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
