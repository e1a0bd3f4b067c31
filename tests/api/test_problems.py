"""Every refusal has one shape, and every answer stays between the two who speak."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests import scenes
from tests.api.programs import Program, problem
from tests.scenes import Staff
from tracker.models import Episode
from tracker.selectors import api as rows


def test_a_refusal_says_what_it_is_and_what_to_do(patient: Program, knee: Episode) -> None:
    said = problem(patient.send(f"episodes/{knee.pk}/check-ins/", {"date": "2026-06-15", "pain_load": 11}), 400)
    assert said == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "code": "invalid",
        "detail": "Some values need another look.",
        "errors": {"pain_load": ["Give pain_load as a whole number from 0 to 10, without quotes."]},
    }


def test_an_unknown_code_is_answered_with_the_known_ones(patient: Program, knee: Episode) -> None:
    body = {"date": "2026-06-15", "aids": "wheelchair"}
    said = problem(patient.send(f"episodes/{knee.pk}/check-ins/", body), 400)
    assert said["errors"]["aids"] == ["aids cannot be 'wheelchair'. Use one of: two_crutches, one_crutch, stick, none."]


def test_a_fault_of_ours_is_a_problem_too_and_tells_nothing_of_its_cause(
    patient: Program, knee: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("secret of the house")

    monkeypatch.setattr(rows, "check_ins", fails)
    patient.raise_request_exception = False
    said = problem(patient.read(f"episodes/{knee.pk}/check-ins/"), 500)
    assert "secret" not in json.dumps(said)
    assert "try again" in said["detail"].lower()


def test_too_much_is_a_problem_too(patient: Program, knee: Episode) -> None:
    problem(patient.send(f"episodes/{knee.pk}/check-ins/", {"note": "x" * 2_000_000}), 413)


def test_no_answer_is_kept_on_the_way(patient: Program, physio: Program, knee: Episode) -> None:
    for path in ("me/", f"episodes/{knee.pk}/today/", "nothing/"):
        assert patient.read(path)["Cache-Control"] == "no-store, private"
    refused = patient.read("worklist/")
    assert refused["Cache-Control"] == "no-store, private"


def test_another_kind_of_answer_than_json_is_not_to_be_had(patient: Program) -> None:
    problem(patient.get("/api/v1/me/", HTTP_ACCEPT="text/html"), 406)


@pytest.mark.parametrize(
    "path", ["episodes/%00/", "protocols/%00/", "protocols/%F0%9F%98%80/", "restrictions/a%00b/acknowledge/"]
)
def test_an_address_that_no_database_can_hold_leads_nowhere(patient: Program, knee: Episode, path: str) -> None:
    ask = patient.read if "acknowledge" not in path else patient.send
    problem(ask(path), 404)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)
FIELDS = st.sampled_from(["date", "pain_load", "symptoms", "note", "patient", "gate", "kind", "value", "key", "basis"])
PATHS = ("check-ins/", "measurements/", "milestones/", "restrictions/", "clearances/", "facts/")


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=ANY_JSON | st.dictionaries(FIELDS, ANY_JSON, max_size=6), where=st.sampled_from(PATHS))
def test_no_json_whatever_is_a_fault_of_ours(
    home: Staff, knee: Episode, surgeon: Program, body: Any, where: str
) -> None:
    answer = surgeon.post(
        f"/api/v1/episodes/{knee.pk}/{where}", data=json.dumps(body).encode(), content_type="application/json"
    )
    assert answer.status_code < 500
    assert answer.status_code >= 400 or isinstance(body, dict)


def test_names_with_any_letters_are_kept_as_they_are(physio: Program, home: Staff) -> None:
    name = "Zoë 李 O'Neill-Ñandú"
    knee = scenes.knee(home, given_name=name)
    assert physio.read(f"episodes/{knee.pk}/").json()["patient"]["given_name"] == name
