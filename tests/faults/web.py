"""The web processes of an installation, and patients who check in by them."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tests.benchmarks import people, servers
from tests.benchmarks.servers import Server
from tests.faults import ground, world
from tests.faults.installation import Installation
from tests.faults.world import Person, World

SAID = {"pain_load": 3, "reported_load": "half", "symptoms": []}
DAYS = 7
"""Whoever comes again reports another day, up to so many back."""
LONGEST_ANSWER = 30.0


@contextmanager
def pages(at: Installation, broker: str = "memory://localhost/") -> Iterator[Server]:
    """They wake whoever listens to the broker; usually that is nobody."""
    mine = {"DATABASE_URL": ground.url(at.database), "CELERY_BROKER_URL": broker}
    usual = {name: os.environ[name] for name in mine}
    os.environ.update(mine)
    try:
        with servers.product() as server:
            yield server
    finally:
        os.environ.update(usual)


def check_in(of: World, person: Person, *, flag: bool = False, days_back: int = 0) -> bytes:
    """A patient's request, whole, as it goes over the line. With a flag it raises an urgent alert."""
    on = datetime.now(ZoneInfo(of.zone)).date() - timedelta(days=days_back)
    body = {"date": str(on), **(world.FLAG if flag else SAID)}
    return people.write(f"/api/v1/episodes/{person.episode}/check-ins/", person.headers, body)


def in_turn(of: World, persons: Sequence[Person], number: int) -> bytes:
    """The `number`-th check-in of patients who take turns."""
    back, which = divmod(number, len(persons))
    return check_in(of, persons[which], days_back=back % DAYS)


@dataclass(slots=True)
class Visitors:
    """Patients who check in one after another, each once, some of whom raise an alert; and what they met with."""

    of: World
    port: int
    waiting: list[Person]
    every: int = 3
    """So many raise an alert: each third, unless told otherwise."""
    seen: list[str] = field(default_factory=list)
    flagged: dict[str, float] = field(default_factory=dict)
    """By address, when the request began."""
    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def come(self, number: int = 1) -> None:
        for _ in range(number):
            self._one(self.waiting.pop())

    def _one(self, person: Person) -> None:
        flag, begun = len(self.seen) % self.every == 0, time.time()
        answer = call(self.port, check_in(self.of, person, flag=flag))
        self.seconds.append(time.time() - begun)
        self.seen.append(person.email)
        if answer[9:12] != b"201":
            self.failures.append(answer[:200].decode("latin-1"))
        elif flag:
            self.flagged[person.email] = begun


def call(port: int, request: bytes) -> bytes:
    """The answer, or as much of it as came."""
    got = b""
    try:
        with socket.create_connection((ground.base.HOST, port), timeout=LONGEST_ANSWER) as line:
            line.sendall(request)
            while data := line.recv(65536):
                got += data
    except OSError as error:
        got += repr(error).encode()
    return got
