"""What the product says of itself is whole, and each promise leads to a test that there is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.test import Client

from tracker.assurance import papers
from tracker.web import assurance

ROOT = Path(__file__).parents[2]
ASKED = """
1.2.1·1 1.2.3·1 1.2.4·1 1.2.10·3 1.3.6·2 1.3.7·2 1.3.11·2 1.3.12·3 1.5.2·2 1.5.3·3 2.2.1·1 2.2.2·1 2.2.3·2 2.3.1·1 2.3.2·2
2.3.3·2 2.3.4·2 2.3.5·3 2.4.1·2 3.2.2·1 3.3.1·1 3.3.2·2 3.3.3·2 3.3.4·2 3.4.1·1 3.4.3·2 3.4.4·2 3.4.5·2 3.4.6·2 3.4.7·3
3.4.8·3 3.5.1·1 3.5.3·1 3.5.8·3 3.7.2·2 4.1.1·1 4.1.3·2 4.1.4·3 4.2.1·2 5.2.1·1 5.2.2·1 5.4.2·2 6.1.1·1 6.2.1·1 6.2.4·1
6.2.12·2 6.3.1·1 6.3.3·2 6.3.5·3 6.3.6·3 6.3.7·3 6.3.8·3 6.4.1·1 6.4.3·2 6.4.6·3 6.5.1·2 6.5.5·2 6.6.2·2 7.2.4·1 7.3.1·2
7.3.2·2 7.4.1·1 7.4.2·1 7.5.1·2 7.5.2·2 7.5.3·3 8.1.1·1 8.2.1·1 8.2.2·1 8.2.3·2 8.3.1·1 8.3.2·3 8.3.3·3 8.4.1·2 11.4.2·2
11.5.1·2 12.3.1·2 13.2.2·2 13.3.1·2 13.4.2·2 13.4.5·2 14.2.1·1 14.2.6·3 14.2.7·3 14.3.1·1 14.3.2·2 14.3.3·2 15.1.2·2
15.2.2·2 15.3.1·1 15.3.3·2 15.3.4·2 15.4.2·3 16.2.1·2 16.2.5·2 16.3.2·2 16.4.1·2 16.4.2·2 16.5.1·2 16.5.3·2
"""
"""The rows of OWASP ASVS 5.0.0, with their level, that apply to a program like this one."""

PAGES = ("/about/", "/about/security/", "/about/safety/", "/about/data/")


def every_test() -> set[str]:
    """The id of each test, read from the files without running them; one of a class under its class."""
    found = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        where = file.relative_to(ROOT)
        for node in ast.parse(file.read_text()).body:
            inner = node.body if isinstance(node, ast.ClassDef) else [node]
            of = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
            found |= {f"{where}::{of}{each.name}" for each in inner if isinstance(each, ast.FunctionDef)}
    return found


def test_every_promise_and_every_hazard_names_tests_that_there_are() -> None:
    papers_with_tests = [*papers.promises(), *papers.hazards()]
    named = {(paper.id, test) for paper in papers_with_tests for test in paper.tests}
    there = every_test()
    assert {(paper, test) for paper, test in named if test not in there} == set()
    assert len(named) > 200


def test_every_row_of_the_standard_is_answered_once() -> None:
    assert [f"{row.id}·{row.level}" for row in papers.promises()] == ASKED.split()


def test_no_row_is_without_proof_unless_it_says_why() -> None:
    assert [row.id for row in papers.promises() if not (row.tests or row.not_here)] == []


def test_every_hazard_says_what_holds_it_what_remains_and_how_bad_it_is() -> None:
    rows = papers.hazards()
    assert [row.id for row in rows] == [f"H{number:02}" for number in range(1, len(rows) + 1)]
    assert {row.severity for row in rows} == {"minor", "considerable", "serious"}
    assert all(row.tests and row.holds and row.left and row.cause and row.harm for row in rows)


def test_every_table_and_column_has_a_sentence_and_no_sentence_is_left_over() -> None:
    words = papers.words()
    models = {model.__name__: model for model in apps.get_app_config("tracker").get_models()}
    assert set(words.tables) == set(models)
    stored = {
        (name, field.name)
        for name, model in models.items()
        for field in [*model._meta.local_fields, *model._meta.local_many_to_many]
    }
    unsaid = [pair for pair in stored if f"{pair[0]}.{pair[1]}" not in words.columns and pair[1] not in words.columns]
    assert unsaid == []
    known = {column for _, column in stored} | {f"{table}.{column}" for table, column in stored}
    assert set(words.columns) | set(words.units) <= known
    assert sum(len(entry.columns) for entry in assurance.dictionary()) == len(stored)


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_anybody_may_read_them_without_signing_in(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert client.post(path).status_code == 405


@pytest.mark.django_db
def test_the_pages_say_what_the_program_is_not(client: Client) -> None:
    page = client.get("/about/").content.decode()
    for words in ("does not diagnose", "Nobody watches", "has not been assessed as a medical device"):
        assert words in page
    for word in ("monitor", "detect", "alarm"):
        assert word not in page.lower()


@pytest.mark.django_db
def test_what_is_done_otherwise_stands_beside_its_row(client: Client) -> None:
    page = client.get("/about/security/").content.decode()
    assert page.count("Otherwise here:") == sum(bool(row.differs) for row in papers.promises()) > 5
    assert "tests/web/test_headers.py::test_every_route_whoever_asks" in page
