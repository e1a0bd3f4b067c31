"""What one visitor hears from one route about one object, and whether that is what the table says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core import mail
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client

from tests.access.bodies import BODIES
from tests.access.routes import Route, routes
from tests.access.table import KINDS, ROWS, Row
from tests.access.world import ACTORS, World

ROUTES = {f"{method} /{route.path}": route for route in routes() for method in route.methods}
SHARED = frozenset(
    {
        "key",
        "confirm-email",
        "protocols",
        "reviews",
        "l",
        "unsubscribe",
        "invites",
        "transfers",
        "emergency-access",
        "team",
        "clinic",
        "admin",
        "file",
        "keys",
        "v1",
        "r",
    }
)
"""Words whose value in an address is nobody's own."""
LEADS_TO = (
    ("/accounts/reauthenticate/", "confirm"),
    ("/accounts/2fa/reauthenticate/", "confirm"),
    ("/accounts/2fa/webauthn/reauthenticate/", "confirm"),
    ("/account/confirm/", "confirm"),
    ("/accounts/2fa/", "factor"),
    ("/accounts/where/", "place"),
    ("/accounts/login/", "login"),
    ("/admin/login/", "login"),
)
CODES = {"step_up": "confirm", "second_factor": "factor", "place": "place", "scope": "scope"}
KEPT_ALWAYS = (
    "tracker_auditevent",
    "tracker_auditseal",
    "tracker_audithead",
    "django_session",
    "usersessions_",
    "tracker_apitoken",
)
"""Tables into which a refused request may write: the trail, the browser's own session, when a token was last used."""


@dataclass(frozen=True)
class Cell:
    """One actor at one route; `whose` is the object, or `here` where the address names none."""

    row: Row
    route: Route
    actor: str
    whose: str

    @property
    def expected(self) -> str:
        return self.row.answer(self.actor, self.whose)

    def __str__(self) -> str:
        return f"{self.row.name} [{self.actor}, {self.whose}]"


def cells(actor: str, holds: str = "") -> Iterator[Cell]:
    """Every cell of an actor; `holds` picks routes by a part of their name."""
    for name, row in ROWS.items():
        if holds in name:
            route = ROUTES[name]
            for whose in _objects(route, actor):
                yield Cell(row, route, actor, whose)


def _objects(route: Route, actor: str) -> list[str]:
    if route.path.startswith("admin/") or not (set(route.nouns()) - SHARED):
        return ["here"]
    return [whose for whose, kind in KINDS[actor].items() if whose != "here" and kind != "."]


def count() -> int:
    return sum(1 for actor in ACTORS for _ in cells(actor))


@contextmanager
def undone() -> Iterator[None]:
    """A request whose changes the next one must not meet."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    cache.clear()


class Written:
    """Which tables a request wrote into."""

    def __init__(self) -> None:
        self.tables: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        done = execute(sql, params, many, context)
        words = sql.replace('"', "").split(None, 3)
        if words and words[0] in ("INSERT", "UPDATE", "DELETE") and context["cursor"].rowcount:
            table = words[1] if words[0] == "UPDATE" else words[2]
            if not table.startswith(KEPT_ALWAYS):
                self.tables.append(table)
        return done


def judged(world: World, client: Client, cell: Cell) -> list[str]:
    """What is wrong about one cell; nothing if all is as it should be."""
    values = world.values("own" if cell.whose == "here" else cell.whose)
    written, wrong = Written(), []
    with undone(), connection.execute_wrapper(written):
        before = len(mail.outbox) if hasattr(mail, "outbox") else 0
        response = call(client, cell.row.name, cell.route.address(values))
        heard = answer(response)
        if heard != cell.expected:
            wrong.append(f"{cell}: {heard}, the table says {cell.expected}")
        if refused(heard) and heard != cell.row.expected["ok"] and written.tables:
            wrong.append(f"{cell}: refused, and yet wrote into {', '.join(sorted(set(written.tables)))}")
        whole = said(response) + str(response.headers).encode()
        whole += b"".join(str(letter.message()).encode() for letter in getattr(mail, "outbox", [])[before:])
    return wrong + [f"{cell}: tells of {mark}" for mark in world.marks_not_for(cell.actor) if mark.encode() in whole]


def call(client: Client, name: str, address: str) -> HttpResponse:
    method = name.split(" ", 1)[0].lower()
    if method != "get" and address.startswith(("/api/v1/", "/reports/")):
        body = json.dumps(BODIES.get(name, {}))
        return getattr(client, method)(address, data=body, content_type="application/json")
    return getattr(client, method)(address)


def said(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def answer(response: Any) -> str:
    """The answer in the words of the table."""
    if response.status_code in (301, 302, 303):
        path = urlsplit(response["Location"]).path
        return next((word for start, word in LEADS_TO if path.startswith(start)), str(response.status_code))
    if response.status_code == 403 and said(response).startswith(b"{"):
        return CODES.get(json.loads(response.content).get("code", ""), "403")
    return str(response.status_code)


def refused(heard: str) -> bool:
    """Also by a mistake in what was sent; a conflict is none, as what it undoes may have been written before."""
    return heard in {"login", *CODES.values()} or (heard.startswith(("4", "5")) and heard != "409")
