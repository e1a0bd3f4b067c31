"""Where a fault run stands: one of three set-ups, a scratch database, a mail server of its own.

Import this before anything of the product or of the benchmarks. FAULTS_SETUP names the set-up:
`sqlite` (the embedded worker and its broker in memory), `rabbitmq` or `redis` (each with PostgreSQL). It is `rabbitmq`
where nobody says and both answer, else `sqlite`.
"""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path

from tests.faults import children, sink

SETUPS = ("sqlite", "rabbitmq", "redis")


def listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


SERVERS = (os.environ.get("DATABASE_URL") or listens(5432)) and (os.environ.get("AMQP_URL") or listens(5672))
SETUP = os.environ.get("FAULTS_SETUP") or ("rabbitmq" if SERVERS else "sqlite")
BROKER = {
    "sqlite": "memory://localhost/",
    "rabbitmq": os.environ.get("AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//"),
    "redis": os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/15"),
}[SETUP]

_open = ExitStack()
OWN = Path(tempfile.mkdtemp(prefix="recovery-faults-"))
atexit.register(shutil.rmtree, OWN, ignore_errors=True)
MAIL = _open.enter_context(sink.running(OWN))
atexit.register(_open.close)

os.environ.update(BENCHMARK_BROKER_URL=BROKER, EMAIL_URL=MAIL.url, DEFAULT_FROM_EMAIL="Recovery <recovery@example.org>")
if SETUP == "sqlite":
    os.environ["DATABASE_URL"] = "sqlite:"

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402
from kombu import Connection  # noqa: E402
from kombu.exceptions import OperationalError  # noqa: E402

from tests.benchmarks import ground as base  # noqa: E402 - it reads what has just been set

settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # nobody signs in here


def use(database: str) -> None:
    """Makes this process, which has not connected yet, one that works on `database`."""
    connections.settings["default"]["NAME"] = database
    connection.settings_dict["NAME"] = database


def make(build: Callable[[], children.Answer]) -> tuple[str, children.Answer]:
    """A new database with all tables, filled by `build`, which a child process runs: its name, and what build said."""
    name = _name("made")
    if SETUP != "sqlite":
        base.ask(f'CREATE DATABASE "{name}"')
        atexit.register(drop, name)

    def fill() -> children.Answer:
        use(name)
        call_command("migrate", verbosity=0)
        said = build()
        connection.close()
        return said

    return name, children.ask(fill)


@contextmanager
def copy(of: str) -> Iterator[str]:
    """A copy of a database that nobody uses, dropped at the end whoever still uses it."""
    name = _name("copy")
    if SETUP == "sqlite":
        shutil.copy(of, name)
    else:
        base.ask(f'CREATE DATABASE "{name}" TEMPLATE "{of}"')
    try:
        yield name
    finally:
        drop(name)


def drop(name: str) -> None:
    if SETUP == "sqlite":
        for left in Path(name).parent.glob(f"{Path(name).name}*"):
            left.unlink()
    else:
        base.ask(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def forget(queue: str) -> None:
    """Takes a queue that nobody uses any more off the broker, if there is one."""
    if SETUP == "sqlite":
        return
    with suppress(OperationalError), Connection(BROKER) as broker, suppress(broker.channel_errors):
        broker.default_channel.queue_delete(queue)


def url(database: str) -> str:
    """For DATABASE_URL."""
    return f"sqlite:///{database}" if SETUP == "sqlite" else base.url(database)


_numbers = count(1)


def _name(what: str) -> str:
    name = f"{base.NAME}_{what}_{next(_numbers)}"
    return str(base.DATA / f"{name}.sqlite3") if SETUP == "sqlite" else name
