"""What a helper sees and does on the pages, and what the patient sees of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from tests import scenes
from tracker.clock import StoppedClock
from tracker.models import CaregiverLink, CheckIn, Episode, Invite, User
from tracker.services import caregivers, consents, joining

Helper = Callable[..., Client]


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    cache.clear()


@pytest.fixture
def helper(knee: Episode, clock: StoppedClock) -> Helper:
    """The browser of somebody who has accepted."""

    def accept(**changes: Any) -> Client:
        usual = {"name": "Sam Doe", "email": "sam@example.org", "relation": "partner", "may_record": True}
        until = clock.instant.date() + timedelta(days=30)
        link = caregivers.invite(by=scenes.patient(knee), until=until, **usual | changes)
        user = joining.accept(invite=Invite.objects.get(caregiver=link).pk, user=None, consent=consents.CURRENT)
        browser = Client()
        browser.force_login(User.objects.get(pk=user.pk))
        return browser

    return accept


def asked(**changes: str) -> dict[str, str]:
    usual = {"name": "Sam Doe", "email": "sam@example.org", "relation": "partner", "may": "record"}
    return {**usual, "until": "2026-09-01", **changes}


# --- The patient ----------------------------------------------------------------------------------------------------


def test_the_patient_asks_somebody_sees_them_and_ends_it(phone: Client) -> None:
    assert "Nobody helps you here yet" in phone.get("/settings/caregivers/").content.decode()
    assert phone.post("/settings/caregivers/", asked()).status_code == 302
    page = phone.get("/settings/caregivers/").content.decode()
    assert "Sam Doe" in page
    assert "until 1 September 2026" in page
    link = CaregiverLink.objects.get()
    phone.post(f"/settings/caregivers/{link.pk}/end/")
    assert "Nobody helps you here yet" in phone.get("/settings/caregivers/").content.decode()


def test_asking_needs_a_fresh_sign_in_and_ending_does_not(phone: Client, clock: StoppedClock) -> None:
    phone.post("/settings/caregivers/", asked())
    clock.advance(minutes=6)
    assert phone.post("/settings/caregivers/", asked(email="other@example.org")).status_code == 302
    assert CaregiverLink.objects.count() == 1
    link = CaregiverLink.objects.get()
    phone.post(f"/settings/caregivers/{link.pk}/end/")
    link.refresh_from_db()
    assert link.ended_at == clock.instant


@pytest.mark.parametrize(
    "typed",
    [{"name": ""}, {"email": "sam"}, {"relation": "boss"}, {"may": ""}, {"until": "2028-01-01"}, {"until": "soon"}],
)
def test_what_cannot_be_right_comes_back_with_what_was_typed(phone: Client, typed: dict[str, str]) -> None:
    answer = phone.post("/settings/caregivers/", asked(**typed))
    assert answer.status_code == 400
    assert "error-summary" in answer.content.decode()
    assert not CaregiverLink.objects.exists()


def test_another_patients_helper_cannot_be_ended(helper: Helper, knee: Episode, browser_of: Any) -> None:
    helper()
    stranger = browser_of(scenes.patient(scenes.knee(scenes.clinic("Hillside Hospital"))))
    assert stranger.post(f"/settings/caregivers/{CaregiverLink.objects.get().pk}/end/").status_code == 404
    assert CaregiverLink.objects.get().ended_at is None


# --- The helper -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/today/", "/check-in/", "/progress/", "/plan/"])
def test_on_every_page_a_helper_reads_whom_they_help(helper: Helper, path: str) -> None:
    answer = helper().get(path)
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "You are helping <strong>Robin</strong>" in page
    assert 'href="/settings/"' not in page
    assert "I have seen this" not in page


def test_a_check_in_by_a_helper_is_marked_as_theirs_everywhere(
    helper: Helper, knee: Episode, phone: Client, physio: Client
) -> None:
    answer = helper().post(
        "/check-in/", {"date": "2026-06-15", "pain_load": "3", "symptoms": "none_of_these", "note": "Slept well"}
    )
    row = CheckIn.objects.get()
    assert answer.headers["Location"] == f"/check-in/done/{row.pk}/"
    assert row.role == "caregiver"
    for browser, path in (
        (phone, "/today/"),
        (phone, "/check-in/"),
        (phone, f"/check-in/done/{row.pk}/"),
        (physio, f"/episodes/{knee.pk}/?history=all"),
    ):
        assert "Sam Doe (partner)" in browser.get(path).content.decode(), path
    program = physio.get(f"/api/v1/episodes/{knee.pk}/check-ins/").json()["results"][0]
    assert (program["by"], program["role"]) == ("Sam Doe", "caregiver")


def test_whoever_may_only_look_is_offered_no_check_in(helper: Helper) -> None:
    browser = helper(may_record=False)
    page = browser.get("/today/").content.decode()
    assert "You may look, not enter" in page
    assert "/check-in/" not in page
    assert browser.get("/check-in/").status_code == 403
    assert browser.post("/check-in/", {"date": "2026-06-15", "pain_load": "3"}).status_code == 403
    assert not CheckIn.objects.exists()


@pytest.mark.parametrize(
    "path", ["/settings/", "/settings/caregivers/", "/settings/consent/", "/reminders/", "/worklist/"]
)
def test_what_is_the_patients_own_is_closed_to_helpers(helper: Helper, path: str) -> None:
    assert helper().get(path).status_code == 403


def test_once_ended_the_next_page_is_refused(helper: Helper, phone: Client) -> None:
    browser = helper()
    assert browser.get("/today/").status_code == 200
    phone.post(f"/settings/caregivers/{CaregiverLink.objects.get().pk}/end/")
    assert browser.get("/today/").status_code == 403
    assert browser.get("/plan/").status_code == 403


def test_a_patient_who_helps_another_has_both_apart(
    helper: Helper, knee: Episode, riverside: Any, clock: StoppedClock
) -> None:
    """Their own knee and the other's never mix: what they chose counts."""
    other = scenes.knee(riverside)
    link = caregivers.invite(
        by=scenes.patient(other),
        name="Robin",
        email=scenes.patient(knee).user.email,
        relation="friend",
        may_record=False,
        until=clock.instant.date() + timedelta(days=30),
    )
    me = scenes.patient(knee).user
    joining.accept(invite=Invite.objects.get(caregiver=link).pk, user=me, consent=consents.CURRENT)
    browser = Client()
    browser.force_login(User.objects.get(pk=me.pk))
    session = browser.session
    session["place"] = f"patient:{other.patient.pk}"
    session.save()
    assert "You are helping" in browser.get("/today/").content.decode()
    assert browser.get("/settings/").status_code == 403
    session["place"] = "own"
    session.save()
    assert "You are helping" not in browser.get("/today/").content.decode()
    assert browser.get("/settings/").status_code == 200
