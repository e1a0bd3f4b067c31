"""The browsable reference of the API, under the one policy that is softer than the others."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Site
from tests.scenes import Staff

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_a_colleague_reads_the_reference_and_nothing_on_it_is_blocked(site: Site, riverside: Staff) -> None:
    page = site.window(riverside.physiotherapist.user, {"width": 1440, "height": 900})
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto("/api/docs/")
    expect(page.get_by_text("Who I am")).to_be_visible()
    assert not complaints
