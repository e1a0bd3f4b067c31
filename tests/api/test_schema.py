"""The schema is the API's own description: valid, complete, and true to what the parser does."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from openapi_spec_validator import validate

from tests.scenes import Staff

VERBS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Made by the command that fails on any warning."""
    file = tmp_path_factory.mktemp("schema") / "schema.yaml"
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(file))
    return yaml.safe_load(file.read_text())


def operations(schema: Any) -> list[tuple[str, str, Any]]:
    return [(path, verb, item[verb]) for path, item in schema["paths"].items() for verb in VERBS if verb in item]


CONTRACT = {
    "me/": {"get"},
    "episodes/": {"get", "post"},
    "episodes/{}/": {"get", "patch"},
    "episodes/{}/facts/": {"get", "post"},
    "episodes/{}/facts/{}/withdraw/": {"post"},
    "episodes/{}/holds/": {"get"},
    "holds/{}/release/": {"post"},
    "episodes/{}/sign-plan/": {"post"},
    "episodes/{}/restrictions/": {"get", "post"},
    "restrictions/{}/acknowledge/": {"post"},
    "episodes/{}/clearances/": {"get", "post"},
    "episodes/{}/closings/": {"get", "post"},
    "episodes/{}/reopening/": {"post"},
    "episodes/{}/check-ins/": {"get", "post"},
    "episodes/{}/check-ins/{}/": {"get"},
    "episodes/{}/check-ins/{}/amend/": {"post"},
    "episodes/{}/measurements/": {"get", "post"},
    "episodes/{}/milestones/": {"get", "post"},
    "episodes/{}/milestones/{}/confirm/": {"post"},
    "episodes/{}/milestones/{}/withdraw/": {"post"},
    "episodes/{}/today/": {"get"},
    "episodes/{}/assessment/": {"get"},
    "worklist/": {"get"},
    "alerts/": {"get"},
    "alerts/{}/acknowledge/": {"post"},
    "alerts/{}/close/": {"post"},
    "protocols/": {"get"},
    "protocols/{}/": {"get"},
}
"""The contract's paths and verbs: more may come, none may go."""


def test_the_schema_is_valid_openapi_3_1(schema: Any) -> None:
    assert schema["openapi"].startswith("3.1")
    validate(schema)


def test_every_path_and_verb_of_the_contract_is_there(schema: Any) -> None:
    found: dict[str, set[str]] = {}
    for path, verb, _ in operations(schema):
        parts = ["{}" if part.startswith("{") else part for part in path.removeprefix("/api/v1/").split("/")]
        found.setdefault("/".join(parts), set()).add(verb)
    assert {
        path: verbs - found.get(path, set()) for path, verbs in CONTRACT.items() if verbs - found.get(path, set())
    } == {}


def test_every_operation_says_what_it_is_and_how_it_refuses(schema: Any) -> None:
    for path, verb, operation in operations(schema):
        said = (path, verb)
        assert operation["summary"], said
        codes = set(operation["responses"])
        assert {"401", "403"} <= codes, said
        assert any(code.startswith("2") for code in codes), said
        if "{" in path:
            assert "404" in codes, said
        if "requestBody" in operation:
            assert {"400", "413", "415"} <= codes, said
        for code in codes:
            kind = "application/json" if code.startswith("2") else "application/problem+json"
            assert list(operation["responses"][code]["content"]) == [kind], (*said, code)


def test_check_in_and_today_are_shown_by_example(schema: Any) -> None:
    check_in = schema["paths"]["/api/v1/episodes/{episode}/check-ins/"]["post"]
    assert check_in["requestBody"]["content"]["application/json"]["examples"]
    example = next(iter(check_in["responses"]["201"]["content"]["application/json"]["examples"].values()))["value"]
    assert example["emergency"]["number"]
    today = schema["paths"]["/api/v1/episodes/{episode}/today/"]["get"]
    assert today["responses"]["200"]["content"]["application/json"]["examples"]


def test_bodies_say_that_unknown_keys_are_refused(schema: Any) -> None:
    bodies = [shape for name, shape in schema["components"]["schemas"].items() if name.endswith("Request")]
    assert len(bodies) > 10
    assert all(shape["additionalProperties"] is False for shape in bodies)


def test_programs_are_told_to_use_a_bearer_token(schema: Any) -> None:
    assert schema["components"]["securitySchemes"]["token"] == {"type": "http", "scheme": "bearer"}


def test_the_schema_is_served_to_whoever_is_signed_in(client: Client, home: Staff) -> None:
    assert client.get("/api/schema/").status_code == 401
    client.force_login(home.surgeon.user)
    answer = client.get("/api/schema/")
    assert answer.status_code == 200
    assert b"check-ins" in answer.content
