"""Lists come in pages, and a wrong page says which number to give."""

from __future__ import annotations

import pytest

from tests import scenes
from tests.api.programs import Program, problem
from tests.scenes import Staff
from tracker.models import Episode


@pytest.fixture
def week(knee: Episode) -> Episode:
    for ago in range(5):
        scenes.check_in(knee, days_ago=ago, pain_load=ago)
    return knee


def test_pages_follow_one_another_and_lose_no_row(patient: Program, week: Episode) -> None:
    seen, path = [], f"/api/v1/episodes/{week.pk}/check-ins/?page_size=2"
    while path:
        page = patient.get(path).json()
        assert page.keys() == {"count", "next", "previous", "results"}
        assert page["count"] == 5
        seen += [row["pain_load"] for row in page["results"]]
        path = page["next"]
    assert seen == [0, 1, 2, 3, 4]
    assert page["previous"] is not None


def test_a_page_never_has_more_than_a_hundred_rows(home: Staff, patient: Program, week: Episode) -> None:
    scenes.diary(home, week, [3] * 20)
    for _ in range(9):
        scenes.diary(home, week, [4] * 10)
    page = patient.read(f"episodes/{week.pk}/check-ins/?page_size=1000").json()
    assert page["count"] == 115
    assert len(page["results"]) == 100


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=two", "page=1.0", "page=٣", "page=" + "9" * 400])
def test_a_page_that_is_no_number_is_refused_by_name(patient: Program, week: Episode, query: str) -> None:
    problem(patient.read(f"episodes/{week.pk}/check-ins/?{query}"), 400, "page")


@pytest.mark.parametrize("query", ["page_size=0", "page_size=-5", "page_size=many", "page_size="])
def test_a_page_size_that_is_no_number_is_refused_by_name(patient: Program, week: Episode, query: str) -> None:
    problem(patient.read(f"episodes/{week.pk}/check-ins/?{query}"), 400, "page_size")


def test_there_is_nothing_after_the_last_page(patient: Program, week: Episode) -> None:
    problem(patient.read(f"episodes/{week.pk}/check-ins/?page=99"), 404)


LISTS = ["facts", "holds", "restrictions", "clearances", "check-ins", "measurements", "milestones"]


@pytest.mark.parametrize("name", LISTS)
def test_every_list_of_a_knee_has_the_same_frame(patient: Program, knee: Episode, name: str) -> None:
    page = patient.read(f"episodes/{knee.pk}/{name}/").json()
    assert page.keys() == {"count", "next", "previous", "results"}


@pytest.mark.parametrize("path", ["episodes/", "worklist/", "alerts/", "protocols/"])
def test_every_list_of_the_clinic_has_the_same_frame(physio: Program, knee: Episode, path: str) -> None:
    page = physio.read(path).json()
    assert page.keys() == {"count", "next", "previous", "results"}
