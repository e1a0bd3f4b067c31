"""The worklist in order of need, as programs read it."""

from __future__ import annotations

from typing import Any

import pytest

from tests import scenes
from tests.api.programs import Program, problem
from tests.scenes import Staff
from tracker.models import Episode


def rows(who: Program, query: str = "") -> Any:
    return who.read(f"worklist/{query}").json()["results"]


def test_need_comes_first_and_each_row_says_why(home: Staff, physio: Program, knee: Episode) -> None:
    sore, breathless = scenes.knee(home), scenes.knee(home)
    scenes.check_in(sore, symptoms=["calf_sore"])
    scenes.check_in(breathless, symptoms=["breathless"])
    found = rows(physio)
    assert [row["episode"] for row in found[:2]] == [str(breathless.pk), str(sore.pk)]
    assert [row["need"] for row in found[:2]] == ["emergency", "same_day"]
    assert len(found) == 3
    for row in found:
        assert row["reason"]
        assert row["post_op_day"] == 21
        assert (row["term"], row["max_percent"], row["max_kg"], row["seen"]) == ("PWB", 50, 42, False)
    assert [alert["code"] for alert in found[0]["alerts"]] == ["breathless"]
    assert found[0]["sparkline"]["band"]
    assert found[0]["last_check_in"] == "2026-06-15"


def test_one_need_or_one_name_may_be_asked_for_and_emergencies_stand_first(
    home: Staff, physio: Program, knee: Episode
) -> None:
    named = scenes.knee(home, family_name="Ångström")
    emergency = scenes.knee(home)
    scenes.check_in(emergency, symptoms=["breathless"])
    found = [row["episode"] for row in rows(physio, "?query=angstrom")]
    assert found == [str(emergency.pk), str(named.pk)]
    assert [row["need"] for row in rows(physio, "?need=emergency")] == ["emergency"]
    problem(physio.read("worklist/?need=boredom"), 400, "need")


def test_another_clinics_knees_are_not_on_it(physio: Program, knee: Episode) -> None:
    scenes.knee(scenes.clinic("Another Clinic"))
    assert [row["episode"] for row in rows(physio)] == [str(knee.pk)]


@pytest.mark.parametrize("knees", [2, 40])
def test_it_takes_the_same_few_statements_whatever_the_size_of_the_clinic(
    home: Staff, physio: Program, knees: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(knees):
        scenes.knee(home, signed=False)
    with django_assert_max_num_queries(6):
        assert len(rows(physio, "?page_size=100")) == knees
