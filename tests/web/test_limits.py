"""A machine that presses again and again is slowed down; what is urgent gets through, and others notice nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from tests import scenes
from tests.scenes import Staff
from tracker.clock import StoppedClock
from tracker.models import Actor, Alert, CheckIn, Episode
from tracker.services import accounts


@pytest.fixture(autouse=True)
def two_an_hour(settings: Settings) -> None:
    settings.LIMITS = settings.LIMITS | {"check-in": "2/h/user,50/h/ip"}


def said(**changes: Any) -> dict[str, Any]:
    return {"date": "2026-06-15", "pain_load": "3", "symptoms": "none_of_these"} | changes


def test_the_third_check_in_is_refused_in_words_and_keeps_what_was_entered(phone: Client, knee: Episode) -> None:
    for pain in ("1", "2"):
        assert phone.post("/check-in/", said(pain_load=pain)).status_code == 302
    refused = phone.post("/check-in/", said(pain_load="7"))
    page = refused.content.decode()
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3600")
    assert "That was too often in a short time. Wait 60 minutes, then try again." in page
    assert 'value="7" checked' in page
    assert CheckIn.objects.count() == 2


def test_an_urgent_check_in_is_saved_with_its_alert_however_many_came_before(phone: Client, knee: Episode) -> None:
    for _ in range(4):
        phone.post("/check-in/", said())
    urgent = phone.post("/check-in/", said(symptoms=["breathless"]), follow=True)
    assert "112" in urgent.content.decode()
    assert Alert.objects.filter(episode=knee, urgency="R0").exists()
    assert CheckIn.objects.filter(symptoms=["breathless"]).exists()


def test_one_patient_cannot_use_up_the_share_of_another(
    phone: Client, riverside: Staff, browser_of: Callable[[Actor], Client]
) -> None:
    for _ in range(20):
        phone.post("/check-in/", said())
    other = browser_of(scenes.patient(scenes.knee(riverside)))
    assert other.post("/check-in/", said()).status_code == 302


def test_it_passes_by_itself(phone: Client, clock: StoppedClock) -> None:
    for _ in range(3):
        phone.post("/check-in/", said())
    clock.advance(minutes=61)
    assert phone.post("/check-in/", said()).status_code == 302


def test_staff_who_enter_for_a_patient_are_told_the_same(physio: Client, knee: Episode) -> None:
    answers = [physio.post(f"/episodes/{knee.pk}/check-ins/", said()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [302, 302, 429]


def test_a_program_hears_how_long_to_wait(client: Client, knee: Episode) -> None:
    _, secret = accounts.issue_token(user=scenes.patient(knee).user, name="test")
    address, headers = f"/api/v1/episodes/{knee.pk}/check-ins/", {"Authorization": f"Bearer {secret}"}

    def send(**body: Any) -> Any:
        return client.post(address, {"date": "2026-06-15"} | body, content_type="application/json", headers=headers)

    assert [send(pain_load=pain).status_code for pain in (1, 2, 3)] == [201, 201, 429]
    refused = send(pain_load=4)
    assert (refused.headers["Retry-After"], refused.headers["Content-Type"]) == ("3600", "application/problem+json")
    assert refused.json()["code"] == "too_many"
    assert send(symptoms=["chest_pain"]).status_code == 201
