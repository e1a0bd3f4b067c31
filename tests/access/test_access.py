"""Nobody sees or changes what is not theirs: every route, every method, everybody who might come."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client

from tests.access.bodies import BODIES
from tests.access.routes import METHODS, routes
from tests.access.table import ADMIN, TABLE
from tests.access.world import ACTORS, World, world
from tests.api.rows import counted
from tracker import clock as product_clock

ROUTES = {f"{method} /{route.path}": route for route in routes() for method in route.methods}
ROWS = {name: ADMIN for name in ROUTES if " /admin/" in name} | TABLE
VARIES = re.compile(rb'name="csrfmiddlewaretoken" value="[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}|<!--.*?-->', re.DOTALL)
"""What differs between two answers that say the same: form tokens, ids repeated from the address, filler."""


@pytest.fixture
def seen(db: None, clock: product_clock.StoppedClock) -> World:
    return world()


@contextmanager
def undone() -> Iterator[None]:
    """A request whose changes the next one must not meet."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def call(client: Client, name: str, address: str) -> HttpResponse:
    method = name.split(" ", 1)[0].lower()
    if address.startswith("/api/v1/") and method != "get":
        body = json.dumps(BODIES.get(name, {}))
        return getattr(client, method)(address, data=body, content_type="application/json")
    return getattr(client, method)(address)


def said(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def refused(response: HttpResponse) -> bool:
    return response.status_code >= 400 or "/login/" in response.get("Location", "")


# --- The table and the URL configuration are one --------------------------------------------------------------------


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert set(ROWS) - set(ROUTES) == set(), "rows in tests/access/table.py without a route"
    assert set(ROUTES) - set(ROWS) == set(), "routes without a row in tests/access/table.py"


def test_every_write_of_the_api_has_a_body_that_it_would_take() -> None:
    writes = {name for name in ROUTES if " /api/v1/" in name and not name.startswith("GET") and "<path:" not in name}
    assert set(BODIES) == writes


# --- What the table says is so ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("actor", ACTORS)
def test_everybody_gets_what_the_table_says_and_no_word_of_what_is_not_theirs(seen: World, actor: str) -> None:
    wrong, client, before, foreign = [], seen.client(actor), counted(), seen.marks_not_for(actor)
    for name, expected in ROWS.items():
        with undone():
            response = call(client, name, ROUTES[name].address(seen.objects))
            if response.status_code != expected[actor]:
                wrong.append(f"{name}: {response.status_code}, the table says {expected[actor]}")
            if refused(response) and counted() != before:
                wrong.append(f"{name}: refused, and yet something was stored")
            whole = said(response) + str(response.headers).encode()
            wrong += [f"{name}: tells of {mark}" for mark in foreign if mark.encode() in whole]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("actor", ["mate", "far patient", "far surgeon"])
def test_a_strangers_object_answers_exactly_as_one_that_does_not_exist(seen: World, actor: str) -> None:
    differ, client, absent = [], seen.client(actor), seen.absent()
    for name, expected in ROWS.items():
        if expected[actor] != 404 or not ROUTES[name].takes_object:
            continue
        with undone():
            theirs = call(client, name, ROUTES[name].address(seen.objects))
            nobodys = call(client, name, ROUTES[name].address(absent))
        if (theirs.status_code, bare(theirs)) != (nobodys.status_code, bare(nobodys)):
            differ.append(name)
        if sorted(theirs.headers) != sorted(nobodys.headers):
            differ.append(f"{name}: headers")
    assert not differ


def bare(response: HttpResponse) -> bytes:
    return VARIES.sub(b"", said(response))


@pytest.mark.parametrize("actor", ["owner", "physio", "surgeon"])
def test_an_object_of_another_knee_cannot_be_reached_through_ones_own(seen: World, actor: str) -> None:
    """The knee in the address is one's own, the row in it is not."""
    reached, client, before = [], seen.client(actor), counted()
    for name in ROWS:
        route = ROUTES[name]
        if route.path.count("<") < 2 or "<slug:" in route.path or route.path.startswith("admin/"):
            continue
        for others in (seen.far_objects, seen.mates_objects):
            with undone():
                response = call(client, name, route.address(others | {"episodes": seen.objects["episodes"]}))
                if response.status_code not in (403, 404) or counted() != before:
                    reached.append(f"{name}: {response.status_code}")
    assert not reached


def test_a_method_that_no_row_names_is_never_taken(seen: World) -> None:
    taken, client = [], seen.client("surgeon")
    for route in {route.path: route for route in ROUTES.values()}.values():
        for method in {*METHODS, "OPTIONS", "TRACE"} - set(route.methods):
            if route.path.startswith("admin/"):
                continue
            with undone():
                response = client.generic(method, route.address(seen.objects))
                if response.status_code < 400 and not (method == "OPTIONS" and not said(response)):
                    taken.append(f"{method} {route.path}: {response.status_code}")
    assert not taken


@pytest.mark.parametrize("actor", ACTORS)
def test_asking_for_the_head_alone_tells_no_more_than_the_whole(seen: World, actor: str) -> None:
    differ, client = [], seen.client(actor)
    for name, expected in ROWS.items():
        if not name.startswith("GET "):
            continue
        with undone():
            response = client.head(ROUTES[name].address(seen.objects))
        if response.status_code != expected[actor] or said(response):
            differ.append(f"{name}: {response.status_code}")
    assert not differ


def test_files_of_the_page_itself_are_for_everybody(seen: World) -> None:
    for actor in ACTORS:
        assert seen.client(actor).get("/static/tracker/app.css").status_code == 200


# --- People whose place changes --------------------------------------------------------------------------------------


def test_staff_who_left_the_clinic_are_strangers_at_once(seen: World) -> None:
    client = seen.client("surgeon")
    seen.home.surgeon.user.memberships.all().delete()
    for name, expected in ROWS.items():
        if expected["far surgeon"] == 404 and name.startswith("GET "):
            assert client.get(ROUTES[name].address(seen.objects)).status_code == 404, name


def test_a_session_of_somebody_who_may_no_longer_sign_in_opens_nothing(seen: World) -> None:
    client = seen.client("surgeon")
    seen.home.surgeon.user.is_active = False
    seen.home.surgeon.user.save()
    assert client.get(f"/api/v1/episodes/{seen.knee.pk}/").status_code == 401
    assert client.get(f"/episodes/{seen.knee.pk}/").status_code == 302


def test_somebody_in_two_clinics_has_in_each_the_role_of_that_clinic(seen: World) -> None:
    surgeon, auditor_there = seen.home.surgeon.user, "auditor"
    surgeon.memberships.create(clinic=seen.far.clinic, role=auditor_there)
    client = seen.client("surgeon")
    assert client.get(f"/api/v1/episodes/{seen.knee.pk}/today/").status_code == 200
    assert client.get(f"/api/v1/episodes/{seen.far_knee.pk}/today/").status_code == 403


def test_a_surgeon_of_another_clinic_cannot_be_named_as_the_operator(seen: World) -> None:
    body = BODIES["POST /api/v1/episodes/"] | {"surgeon": str(seen.far.surgeon.user.pk)}
    response = seen.client("physio").post("/api/v1/episodes/", json.dumps(body), content_type="application/json")
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["surgeon"]
    assert "Ocelot" not in response.content.decode()
