"""Nobody sees or changes what is not theirs: every route, every method, everybody who might come."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.http import HttpResponse

from tests.access import judge
from tests.access.bodies import BODIES
from tests.access.judge import ROUTES, answer, call, said, undone
from tests.access.routes import METHODS
from tests.access.table import ROWS
from tests.access.world import ACTORS, World
from tests.api.rows import counted

pytestmark = pytest.mark.django_db

VARIES = re.compile(
    rb'name="csrfmiddlewaretoken" value="[^"]*"|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|<!--.*?-->', re.DOTALL
)
"""What differs between two answers that say the same: form tokens, ids repeated from the address, filler."""
AT_LEAST = 3_000
HEAD_SAYS = dict.fromkeys(("confirm", "factor", "place", "scope"), "403")
"""A refusal of the API has its name in the body, which here is left out."""


# --- The table and the URL configuration are one --------------------------------------------------------------------


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert set(ROWS) - set(ROUTES) == set(), "rows in tests/access/table.py without a route"
    assert set(ROUTES) - set(ROWS) == set(), "routes without a row in tests/access/table.py"


def test_every_write_of_the_api_has_a_body_that_it_would_take() -> None:
    writes = {name for name in ROUTES if " /api/v1/" in name and not name.startswith("GET") and "<path:" not in name}
    assert set(BODIES) == writes


def test_the_table_has_thousands_of_cells_and_every_one_of_them_an_answer(record_testsuite_property: Any) -> None:
    cells = [cell for actor in ACTORS for cell in judge.cells(actor)]
    record_testsuite_property("cells", len(cells))
    assert len(cells) >= AT_LEAST
    assert len(ACTORS) >= 14
    unknown = {cell.expected for cell in cells if not cell.expected.isdigit()} - set(judge.CODES.values()) - {"login"}
    assert not unknown


# --- What the table says is so ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("actor", ACTORS)
def test_everybody_gets_what_the_table_says_and_no_word_of_what_is_not_theirs(seen: World, actor: str) -> None:
    client = seen.client(actor)
    wrong = [sentence for cell in judge.cells(actor) for sentence in judge.judged(seen, client, cell)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("actor", ["mate", "far surgeon", "operator"])
def test_a_strangers_object_answers_exactly_as_one_that_does_not_exist(seen: World, actor: str) -> None:
    differ, client = [], seen.client(actor)
    for cell in judge.cells(actor):
        if cell.whose == "own" and cell.expected == "404":
            with undone():
                theirs = call(client, cell.row.name, cell.route.address(seen.values("own")))
                nobodys = call(client, cell.row.name, cell.route.address(seen.values("absent")))
            if (theirs.status_code, bare(theirs)) != (nobodys.status_code, bare(nobodys)):
                differ.append(str(cell))
            if sorted(theirs.headers) != sorted(nobodys.headers):
                differ.append(f"{cell}: headers")
    assert not differ


def bare(response: HttpResponse) -> bytes:
    return VARIES.sub(b"", said(response))


@pytest.mark.parametrize("actor", ["owner", "physio", "surgeon"])
def test_an_object_of_another_knee_cannot_be_reached_through_ones_own(seen: World, actor: str) -> None:
    """The knee in the address is one's own, the row in it is not."""
    reached, client, before = [], seen.client(actor), counted()
    for name in ROWS:
        route = ROUTES[name]
        if len(set(route.nouns()) - judge.SHARED) < 2 or route.path.startswith("admin/"):
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


@pytest.mark.parametrize("actor", ["anonymous", "owner", "physio", "auditor"])
def test_asking_for_the_head_alone_tells_no_more_than_the_whole(seen: World, actor: str) -> None:
    differ, client = [], seen.client(actor)
    for cell in judge.cells(actor):
        if cell.row.name.startswith("GET ") and cell.whose in ("here", "own"):
            with undone():
                response = client.head(cell.route.address(seen.values("own")))
            if answer(response) not in (cell.expected, HEAD_SAYS.get(cell.expected)) or said(response):
                differ.append(f"{cell}: {response.status_code}")
    assert not differ


def test_files_of_the_page_itself_are_for_everybody(seen: World) -> None:
    for actor in ACTORS:
        assert seen.client(actor).get("/static/tracker/app.css").status_code == 200


# --- People whose place changes --------------------------------------------------------------------------------------


def test_staff_who_left_the_clinic_are_strangers_at_once(seen: World) -> None:
    client = seen.client("surgeon")
    seen.home.surgeon.user.memberships.all().delete()
    for cell in judge.cells("far surgeon"):
        if cell.whose == "own" and cell.expected == "404" and cell.row.name.startswith("GET "):
            assert client.get(cell.route.address(seen.objects)).status_code in (302, 403, 404), cell


def test_a_surgeon_of_another_clinic_cannot_be_named_as_the_operator(seen: World) -> None:
    body = BODIES["POST /api/v1/episodes/"] | {"surgeon": str(seen.far.surgeon.user.pk)}
    response = seen.client("physio").post("/api/v1/episodes/", json.dumps(body), content_type="application/json")
    assert response.status_code == 400
    assert list(response.json()["errors"]) == ["surgeon"]
    assert "Ocelot" not in response.content.decode()
