"""Somebody who works in several clinics, or is a patient as well, says where they act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from tests import scenes
from tests.scenes import Staff
from tracker.clock import StoppedClock
from tracker.models import Actor, AuditEvent, CaregiverLink, Episode, Membership, User
from tracker.services import caregivers

WHERE = "/accounts/where/"
BrowserOf = Callable[[Actor], Client]


@pytest.fixture
def hillside(riverside: Staff) -> Staff:
    """Another clinic, in which the physiotherapist of Riverside is a coordinator."""
    other = scenes.clinic("Hillside Clinic")
    Membership.objects.create(user=riverside.physiotherapist.user, clinic=other.clinic, role="coordinator")
    return other


@pytest.fixture
def both(hillside: Staff, riverside: Staff, browser_of: BrowserOf) -> Client:
    return browser_of(riverside.physiotherapist)


def go(browser: Client, staff: Staff, onwards: str = "") -> str:
    answer = browser.post(WHERE, {"place": f"clinic:{staff.clinic.pk}", "next": onwards})
    assert answer.status_code == 302
    return answer["Location"]


def test_whoever_works_in_two_clinics_is_asked_before_anything_is_shown(both: Client, knee: Episode) -> None:
    for page in ("/", "/worklist/", "/patients/"):
        assert both.get(page)["Location"].startswith(WHERE)
    assert both.get(f"/episodes/{knee.pk}/").status_code == 404
    text = both.get(WHERE).content.decode()
    assert "Riverside Knee Clinic" in text
    assert "Hillside Clinic" in text


def test_they_come_to_the_page_they_wanted_and_act_in_the_clinic_they_chose(
    both: Client, riverside: Staff, hillside: Staff, knee: Episode
) -> None:
    wanted = both.get("/worklist/")["Location"]
    assert wanted.endswith("next=%2Fworklist%2F")
    assert go(both, riverside, "/worklist/") == "/worklist/"
    page = both.get(f"/episodes/{knee.pk}/").content.decode()
    assert "Riverside Knee Clinic" in page
    assert "Change place" in page
    go(both, hillside)
    assert both.get(f"/episodes/{knee.pk}/").status_code == 404
    assert both.get("/worklist/").status_code == 403, "there they are the coordinator"


@pytest.mark.parametrize(
    "onwards", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "x"]
)
def test_the_way_on_leads_to_our_own_pages_only(both: Client, riverside: Staff, onwards: str) -> None:
    assert go(both, riverside, onwards) == "/"
    assert "evil" not in both.get(WHERE, {"next": onwards}).content.decode()


def test_a_place_of_somebody_else_cannot_be_chosen(both: Client, riverside: Staff) -> None:
    stranger = scenes.clinic("Third Clinic")
    answer = both.post(WHERE, {"place": f"clinic:{stranger.clinic.pk}"})
    assert answer.status_code == 400
    assert both.get("/worklist/")["Location"].startswith(WHERE)


def test_choosing_is_in_the_trail(both: Client, riverside: Staff) -> None:
    go(both, riverside)
    line = AuditEvent.objects.get(action="place chosen")
    assert (line.user, line.detail) == (riverside.physiotherapist.user, {"place": f"clinic:{riverside.clinic.pk}"})


def test_with_one_place_nobody_is_asked(physio: Client) -> None:
    assert physio.get("/worklist/").status_code == 200
    assert "Change place" not in physio.get("/worklist/").content.decode()


def test_a_clinician_who_is_a_patient_elsewhere_is_one_or_the_other(riverside: Staff, browser_of: BrowserOf) -> None:
    own = scenes.knee(scenes.clinic("Hillside Clinic"))
    own.patient.user = riverside.surgeon.user
    own.patient.save()
    other = scenes.knee(riverside)
    browser = browser_of(riverside.surgeon)
    assert browser.get("/")["Location"].startswith(WHERE)
    browser.post(WHERE, {"place": "own"})
    assert browser.get("/")["Location"] == "/today/"
    assert browser.get(f"/episodes/{other.pk}/").status_code == 404
    assert browser.get("/worklist/").status_code == 403
    go(browser, riverside)
    assert browser.get(f"/episodes/{other.pk}/").status_code == 200


def test_another_role_holds_from_the_next_request(riverside: Staff, physio: Client) -> None:
    assert physio.get("/worklist/").status_code == 200
    Membership.objects.filter(user=riverside.physiotherapist.user).update(role="coordinator")
    assert physio.get("/worklist/").status_code == 403


def test_whoever_was_dismissed_where_they_act_is_asked_where_they_act_now(
    both: Client, riverside: Staff, hillside: Staff, knee: Episode
) -> None:
    go(both, riverside)
    Membership.objects.get(user=riverside.physiotherapist.user, clinic=riverside.clinic).delete()
    assert both.get(f"/episodes/{knee.pk}/").status_code == 404
    assert both.get("/worklist/")["Location"].startswith(WHERE)


def test_a_clinic_that_takes_somebody_on_meanwhile_is_theirs_at_once(db: None) -> None:
    someone, browser = scenes.user(), Client()
    browser.force_login(someone)
    assert "No clinic has taken you on yet" in browser.get("/").content.decode()
    home = scenes.clinic()
    Membership.objects.create(user=someone, clinic=home.clinic, role="surgeon")
    assert browser.get("/worklist/").status_code == 200


def test_whoever_has_no_place_is_told_so(db: None, client: Client) -> None:
    client.force_login(User.objects.create_user("nobody@example.org", name="No Body"))
    assert "Nothing belongs to you here" in client.get(WHERE).content.decode()


def test_without_signing_in_there_is_no_choice(client: Client, db: None) -> None:
    assert client.get(WHERE)["Location"].startswith("/accounts/login/")


def test_whom_somebody_helped_until_yesterday_is_no_place_of_theirs_any_more(
    knee: Episode, browser_of: BrowserOf, riverside: Staff, clock: StoppedClock
) -> None:
    until = clock.instant.date() + timedelta(days=10)
    link = caregivers.invite(
        by=scenes.patient(knee),
        name="Sam Doe",
        email="sam@example.org",
        relation="partner",
        may_record=False,
        until=until,
    )
    CaregiverLink.objects.filter(pk=link.pk).update(user=riverside.physiotherapist.user)
    browser = browser_of(riverside.physiotherapist)
    assert "You help them" in browser.get(WHERE).content.decode()
    clock.advance(days=11)
    browser = browser_of(riverside.physiotherapist)
    assert "You help them" not in browser.get(WHERE).content.decode()
    refused = browser.post(WHERE, {"place": f"patient:{knee.patient_id}"})
    assert refused.status_code == 400
