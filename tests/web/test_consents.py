"""A new text is read before the first page after the next sign-in; a no is as easy as a yes."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import scenes
from tests.scenes import Staff
from tracker.models import Episode
from tracker.services import consents
from tracker.web.consents import PATH  # whoever signs in before it is loaded is not asked


@pytest.fixture
def new_text(monkeypatch: pytest.MonkeyPatch, knee: Episode) -> None:
    """The patient agreed to a text that has changed since."""
    knee.patient.consent_version = "2020-01"
    knee.patient.save()


@pytest.mark.parametrize("path", ["/today/", "/check-in/", "/progress/", "/plan/", "/settings/", "/reminders/"])
def test_a_new_text_comes_before_every_page(new_text: None, phone: Client, path: str) -> None:
    answer = phone.get(path)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"{PATH}?next=")


def test_after_a_yes_it_goes_on_where_it_began(new_text: None, phone: Client, knee: Episode) -> None:
    page = phone.get("/plan/", follow=True)
    assert "Please read this first" in page.content.decode()
    answer = phone.post("/settings/consent/?next=/plan/", {"agree": consents.CURRENT})
    assert answer.headers["Location"] == "/plan/"
    assert phone.get("/plan/").status_code == 200
    knee.patient.refresh_from_db()
    assert knee.patient.consent_version == consents.CURRENT


def test_after_a_no_the_pages_stay_open_and_nothing_is_sent(new_text: None, phone: Client, knee: Episode) -> None:
    phone.post("/settings/consent/?next=/today/", {"agree": "no"})
    assert phone.get("/today/").status_code == 200
    assert "we send you nothing" in phone.get("/settings/").content.decode()
    scenes.sign_in_again(phone)
    assert phone.get("/today/").status_code == 200


def test_no_link_leads_out_of_the_house_afterwards(new_text: None, phone: Client) -> None:
    for bad in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        answer = phone.post(f"/settings/consent/?next={bad}", {"agree": consents.CURRENT})
        assert answer.headers["Location"] == "/settings/"


def test_a_text_that_has_changed_meanwhile_is_not_agreed_to(new_text: None, phone: Client, knee: Episode) -> None:
    phone.post("/settings/consent/", {"agree": "2020-01"})
    assert phone.get("/today/").status_code == 302


def test_it_is_taken_back_in_settings_and_given_again(phone: Client, knee: Episode) -> None:
    assert "Take my consent back" in phone.get("/settings/consent/").content.decode()
    phone.post("/settings/consent/", {"agree": "no"})
    knee.patient.refresh_from_db()
    assert knee.patient.consent_withdrawn_at is not None
    phone.post("/settings/consent/", {"agree": consents.CURRENT})
    knee.patient.refresh_from_db()
    assert knee.patient.consent_withdrawn_at is None


def test_staff_are_asked_nothing(physio: Client, riverside: Staff) -> None:
    assert physio.get("/worklist/").status_code == 200
    assert physio.get("/settings/consent/").status_code == 403
