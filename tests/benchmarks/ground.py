"""Where a benchmark stands: the product with its production settings on a scratch database of its own.

Import this before anything of the product. PostgreSQL is taken from DATABASE_URL, else from the usual local port;
where neither answers, or DATABASE_URL names SQLite, the scratch database is a SQLite file.
"""

from __future__ import annotations

import atexit
import os
import secrets
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import django
from django.core.management import call_command
from django.db import connection

DATA = Path(tempfile.mkdtemp(prefix="recovery-benchmark-"))
(DATA / "static").mkdir()
NAME = f"recovery_benchmark_{os.getpid()}"
HOST = "127.0.0.1"


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


def _server() -> str:
    """The address of a database on a PostgreSQL server, or nothing."""
    given = os.environ.get("DATABASE_URL", "")
    if given:
        return given if given.startswith("postgres") else ""
    return f"postgres://postgres@{HOST}:5432/postgres" if _listens(5432) else ""


SERVER = _server()


def url(name: str) -> str:
    """The address of the database `name` on the same server."""
    return urlunsplit(urlsplit(SERVER)._replace(path=f"/{name}"))


os.environ.update(
    DJANGO_SETTINGS_MODULE="recovery.settings",
    RECOVERY_MODE="production",
    RECOVERY_DATA=str(DATA),
    SECRET_KEY=secrets.token_urlsafe(50),
    ALLOWED_HOSTS=HOST,
    PROXY_TLS_HEADER="X-Forwarded-Proto",
    CELERY_BROKER_URL=os.environ.get("BENCHMARK_BROKER_URL", "memory://localhost/"),
    LOG_LEVEL="WARNING",
    DATABASE_URL=url(NAME) if SERVER else f"sqlite:///{DATA / 'scratch.sqlite3'}",
)
atexit.register(shutil.rmtree, DATA, ignore_errors=True)
signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
django.setup()


def need_postgresql() -> None:
    """Ends the benchmark in plain words where there is no PostgreSQL."""
    if not SERVER:
        sys.exit("This benchmark needs PostgreSQL: set DATABASE_URL, or start it on port 5432.")


@contextmanager
def database() -> Iterator[None]:
    """The scratch database with all tables, dropped at the end."""
    if not SERVER:
        call_command("migrate", verbosity=0)
        yield
        connection.close()
        return
    with scratch(NAME):
        call_command("migrate", verbosity=0)
        yield
        connection.close()


@contextmanager
def scratch(name: str) -> Iterator[str]:
    """An empty PostgreSQL database, dropped at the end whoever still uses it. Gives its address."""
    ask(f'CREATE DATABASE "{name}"')
    try:
        yield url(name)
    finally:
        ask(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def ask(sql: str) -> tuple[object, ...] | None:
    """One statement from a connection outside the scratch databases; its first row, if it has one."""
    import psycopg  # an optional dependency

    with psycopg.connect(SERVER, autocommit=True) as outside:
        cursor = outside.execute(sql)
        return cursor.fetchone() if cursor.description else None


def analyze() -> None:
    """Tells the planner of the database what it holds now, as its own housekeeping would have by night."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def collect() -> None:
    """Puts the static files in place, under hashed names and compressed, as for a deployment. Safe to repeat."""
    call_command("collectstatic", interactive=False, verbosity=0)
