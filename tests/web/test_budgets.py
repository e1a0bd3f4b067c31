"""What a patient's page may cost: statements and bytes. The figures are printed with -s."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import scenes
from tests.scenes import Staff
from tracker.models import Episode

pytestmark = pytest.mark.django_db

FRAME = re.compile(r"^(SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT)")


def statements(browser: Client, path: str, data: dict[str, object] | None = None) -> int:
    """Statements beside those that only open and close transactions.

    Each page takes session, user, door and the line of the trail; then the record, or what is set. Today also takes the
    messages that wait there.
    """
    with CaptureQueriesContext(connection) as captured:
        response = browser.get(path) if data is None else browser.post(path, data)
    assert response.status_code in (200, 302)
    return sum(not FRAME.match(query["sql"]) for query in captured)


@pytest.mark.parametrize("days", [0, 90])
@pytest.mark.parametrize(
    ("path", "most"), [("/today/", 6), ("/check-in/", 5), ("/progress/", 5), ("/plan/", 5), ("/settings/", 6)]
)
def test_a_page_reads_the_same_few_statements_however_long_the_history(
    riverside: Staff, client: Client, path: str, most: int, days: int
) -> None:
    knee = scenes.knee(riverside, day=100)
    scenes.diary(riverside, knee, [3] * days)
    client.force_login(scenes.patient(knee).user)
    spent = statements(client, path)
    print(f"{path} after {days} check-ins: {spent} statements")
    assert spent <= most


def test_a_check_in_costs_at_most_9_statements_beside_the_transactions_own(riverside: Staff, client: Client) -> None:
    spent = []
    for days in (1, 90):
        knee = scenes.knee(riverside, day=100)
        scenes.diary(riverside, knee, [3] * days)
        client.force_login(scenes.patient(knee).user)
        data = {"date": scenes.today(riverside.clinic).isoformat(), "pain_load": "3", "symptoms": "none_of_these"}
        spent.append(statements(client, "/check-in/", data))
    print(f"check-in after 1 and 90: {spent} statements")
    assert max(spent) <= 9
    assert spent[0] == spent[1]


def first_visit(page: str) -> tuple[int, float]:
    """Requests and KiB of a first visit, compressed: the document and every style sheet and script it names."""
    names = re.findall(r'(?:href|src)="/static/([^"]+\.(?:css|js))"', page)
    files = [Path(str(finders.find(name))).read_bytes() for name in names]
    return 1 + len(files), sum(len(gzip.compress(body, 6)) for body in [page.encode(), *files]) / 1024


@pytest.mark.parametrize(
    ("path", "requests", "most"), [("/check-in/", 4, 20), ("/today/", 4, 60), ("/plan/", 4, 40), ("/progress/", 4, 60)]
)
def test_a_first_visit_is_light(riverside: Staff, client: Client, path: str, requests: int, most: float) -> None:
    knee = scenes.knee(riverside, day=60)
    scenes.diary(riverside, knee, [3, 4] * 25, reported_load="half")
    client.force_login(scenes.patient(knee).user)
    count, weight = first_visit(client.get(path).content.decode())
    print(f"{path}: {count} requests, {weight:.1f} KiB compressed")
    assert count <= requests
    assert weight <= most


def test_no_page_names_a_font_or_another_site(phone: Client, knee: Episode) -> None:
    for path in ("/today/", "/check-in/", "/progress/", "/plan/", "/settings/", "/accounts/login/"):
        page = phone.get(path).content.decode()
        assert not re.findall(r'(?:href|src)="(?:https?:)?//', page)
        assert "font" not in re.sub(r'font-[a-z]+="', "", page)


def test_no_page_carries_an_inline_style_or_script(phone: Client, riverside: Staff, knee: Episode) -> None:
    scenes.diary(riverside, knee, [3, 4, 5], reported_load="half")
    for path in (
        "/today/",
        "/check-in/",
        "/progress/?compare=knee-replacement",
        "/plan/",
        "/settings/",
        "/accounts/login/",
    ):
        page = phone.get(path).content.decode()
        assert not re.findall(r'\sstyle="|<style|\son[a-z]+="|javascript:', page)
        assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
