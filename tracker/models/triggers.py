"""Puts the database's own rules in place and tells which are missing.

The rules stand in one SQL file a database. SQLite drops a table's triggers whenever a migration rebuilds the table,
so they are put back after every migrate; until then the system check and `doctor` refuse to serve.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

SQL = Path(__file__).parent / "sql"
_CREATED = re.compile(r"CREATE (?:CONSTRAINT )?TRIGGER (\w+)")
_INSTALLED = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid::regclass::text LIKE '%%tracker_%%'",
}


def _text(database: BaseDatabaseWrapper) -> str:
    return (SQL / f"{database.vendor}.sql").read_text()


def expected(database: BaseDatabaseWrapper = connection) -> set[str]:
    """Names of every trigger the database should have."""
    return set(_CREATED.findall(_text(database)))


def missing(database: BaseDatabaseWrapper = connection) -> set[str]:
    """Names of the triggers the database should have and does not."""
    with database.cursor() as cursor:
        cursor.execute(_INSTALLED[database.vendor])
        return expected(database) - {name for (name,) in cursor.fetchall()}


def install(database: BaseDatabaseWrapper = connection) -> None:
    """Puts every rule in place. Safe to repeat."""
    with database.cursor() as cursor:
        for statement in _statements(database):
            cursor.execute(statement)


def _statements(database: BaseDatabaseWrapper) -> list[str]:
    if database.vendor == "postgresql":
        return [part for part in _text(database).split("--;;") if _has_sql(part)]
    wanted = re.split(r"(?=^CREATE TRIGGER )", _text(database), flags=re.MULTILINE)[1:]
    return [sql for name in sorted(expected(database)) for sql in (f"DROP TRIGGER IF EXISTS {name}",)] + wanted


def _has_sql(part: str) -> bool:
    return any(line and not line.startswith("--") for line in part.splitlines())


@contextmanager
def lifted(database: BaseDatabaseWrapper = connection) -> Iterator[None]:
    """Takes the triggers away for the length of a block. Only for emptying a test database."""
    with database.cursor() as cursor:
        for name in expected(database) - missing(database):
            cursor.execute(_drop(database, name))
    try:
        yield
    finally:
        install(database)


def _drop(database: BaseDatabaseWrapper, name: str) -> str:
    if database.vendor == "sqlite":
        return f"DROP TRIGGER IF EXISTS {name}"
    table = re.search(rf"DROP TRIGGER IF EXISTS {name} ON (\w+)", _text(database))
    return f"DROP TRIGGER IF EXISTS {name} ON {table.group(1) if table else ''}"
