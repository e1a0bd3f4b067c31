"""A recovery that is closed: off the lists, still found, still readable, and nobody asks its patient for anything."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import scenes
from tests.scenes import Staff
from tests.web.test_episode_actions import done, post, refused
from tracker.clinical.terms import Ending
from tracker.clock import StoppedClock
from tracker.models import Alert, Closing, Episode, Reopening
from tracker.services import closings

pytestmark = pytest.mark.django_db


@pytest.fixture
def physio(riverside: Staff) -> Client:
    browser = Client()
    browser.force_login(riverside.physiotherapist.user)
    return browser


@pytest.fixture
def surgeon(riverside: Staff) -> Client:
    browser = Client()
    browser.force_login(riverside.surgeon.user)
    return browser


@pytest.fixture
def closed(riverside: Staff, knee: Episode) -> Episode:
    closings.close(episode=knee, by=riverside.physiotherapist, outcome=Ending.STOPPED, note="By telephone.")
    return knee


def read(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


# --- The clinic ------------------------------------------------------------------------------------------------------


def test_a_physiotherapist_closes_it_from_its_page(physio: Client, knee: Episode) -> None:
    assert "Close this recovery" in read(physio, f"/episodes/{knee.pk}/")
    text = done(physio, knee, "closing/", outcome="moved", note="Went abroad.", revision=str(knee.revision))
    assert "The recovery is closed." in text
    assert "closed since 15 Jun 2026: moved away, or is followed elsewhere" in text
    assert "Jo Mbeki, physiotherapist" in text
    assert "Went abroad." in text
    assert Closing.objects.get().outcome == "moved"


def test_what_became_of_it_must_be_said(physio: Client, knee: Episode) -> None:
    assert "Choose what became of it." in refused(physio, knee, "closing/", outcome="", note="Kept.")
    assert not Closing.objects.exists()


def test_a_refusal_names_the_remedy_and_keeps_what_was_typed(physio: Client, knee: Episode) -> None:
    scenes.check_in(knee, symptoms=["calf_sore"])
    status, text = post(physio, knee, "closing/", outcome="moved", note="Went abroad.")
    assert status == 409
    assert "Close the alert first" in text
    assert "Went abroad." in text
    assert Episode.objects.get().state == "open"


def test_finished_needs_the_end_of_the_ladder(physio: Client, knee: Episode) -> None:
    status, text = post(physio, knee, "closing/", outcome="finished", note="")
    assert status == 409
    assert "gate G6 is not cleared" in text


def test_the_coordinator_closes_nothing(riverside: Staff, knee: Episode) -> None:
    browser = Client()
    browser.force_login(riverside.coordinator.user)
    assert post(browser, knee, "closing/", outcome="moved")[0] == 403
    assert not Closing.objects.exists()


def test_closing_is_asked_for_again_after_a_while(physio: Client, knee: Episode, clock: StoppedClock) -> None:
    clock.advance(minutes=6)
    post(physio, knee, "closing/", outcome="moved")
    assert not Closing.objects.exists()


def test_it_is_off_the_worklist_and_still_found_among_the_patients(physio: Client, closed: Episode) -> None:
    name = closed.patient.family_name
    assert name not in read(physio, "/worklist/?need=all")
    page = read(physio, f"/patients/?q={name}")
    assert name in page
    assert "· closed" in page


def test_what_a_closed_recovery_left_open_is_on_no_list_of_alerts(
    riverside: Staff, physio: Client, knee: Episode
) -> None:
    scenes.check_in(knee, symptoms=["low_mood"])
    assert set(Alert.objects.values_list("urgency", flat=True)) == {"R3"}
    assert knee.patient.family_name in read(physio, "/alerts/")
    closings.close(episode=knee, by=riverside.surgeon, outcome=Ending.MOVED)
    assert knee.patient.family_name not in read(physio, "/alerts/")


def test_nothing_is_left_to_do_on_its_page(physio: Client, surgeon: Client, closed: Episode) -> None:
    for browser in (physio, surgeon):
        page = read(browser, f"/episodes/{closed.pk}/")
        for gone in (
            "Change restriction",
            "Check-in by phone",
            "Save the measurement",
            "Save the details",
            "Sign the",
            "Release",
        ):
            assert f">{gone}" not in page, gone
    assert "A surgeon of the clinic can reopen it." in read(physio, f"/episodes/{closed.pk}/")


def test_the_page_of_one_that_nobody_closed_can_be_read(physio: Client, knee: Episode) -> None:
    Episode.objects.update(state=Episode.State.CLOSED)
    assert "This recovery is closed" in read(physio, f"/episodes/{knee.pk}/")


def test_the_coordinator_reads_that_it_is_closed(riverside: Staff, closed: Episode) -> None:
    browser = Client()
    browser.force_login(riverside.coordinator.user)
    page = read(browser, f"/episodes/{closed.pk}/")
    assert "This recovery is closed" in page
    assert "Save the details" not in page


def test_a_surgeon_reopens_it_with_a_reason(surgeon: Client, closed: Episode) -> None:
    assert "Reopen this recovery" in read(surgeon, f"/episodes/{closed.pk}/")
    assert "Say why" in refused(surgeon, closed, "reopening/", reason="")
    text = done(surgeon, closed, "reopening/", reason="Came back.")
    assert "The recovery is open again." in text
    assert "Close this recovery" in text
    assert Reopening.objects.count() == 1


def test_a_physiotherapist_does_not_reopen_it(physio: Client, closed: Episode) -> None:
    assert post(physio, closed, "reopening/", reason="Came back.")[0] == 403
    assert not Reopening.objects.exists()


def test_what_somebody_typed_while_it_was_closed_is_shown_to_be_copied(physio: Client, closed: Episode) -> None:
    status, text = post(physio, closed, "milestones/", key="SLR_NOLAG", reached_on="2026-06-15")
    assert status == 409
    assert "This could not be saved" in text
    assert "This episode is closed" in text


def test_staff_find_no_form_for_a_check_in(physio: Client, closed: Episode) -> None:
    page = read(physio, f"/episodes/{closed.pk}/check-ins/")
    assert "no check-in can be entered" in page
    assert "client_key" not in page


# --- The patient -----------------------------------------------------------------------------------------------------


def test_today_says_since_when_what_was_signed_last_and_whom_to_call(phone: Client, closed: Episode) -> None:
    page = read(phone, "/today/")
    assert "This recovery is closed since 15 June 2026." in page
    assert "You asked your clinic to stop following you here." in page
    assert "42" in page
    assert "Closing has not changed it." in page
    assert "tel:020 7946 0000" in page
    for gone in ("Check in · 20 seconds", "I have seen this", "You may<", "What comes next"):
        assert gone not in page


@pytest.mark.parametrize("outcome", [Ending.MOVED, Ending.REPLACED, Ending.DIED])
def test_no_ending_reads_as_if_the_leg_were_free(
    riverside: Staff, phone: Client, knee: Episode, outcome: Ending
) -> None:
    closings.close(episode=knee, by=riverside.surgeon, outcome=outcome)
    page = read(phone, "/today/")
    assert "42" in page
    assert "died" not in page.lower()


def test_the_check_in_is_a_sentence_and_a_number(phone: Client, closed: Episode) -> None:
    page = read(phone, "/check-in/")
    assert "Nobody reads check-ins for this knee any more." in page
    assert "tel:020 7946 0000" in page
    assert "<textarea" not in page
    assert "pain_load" not in page


def test_a_check_in_that_was_still_on_its_way_is_refused_with_whom_to_call(phone: Client, closed: Episode) -> None:
    answer = phone.post("/check-in/", {"date": "2026-06-15", "pain_load": "3"})
    assert answer.status_code == 409
    assert "Call the clinic on 020 7946 0000" in answer.content.decode()


def test_the_history_stays_readable(phone: Client, closed: Episode) -> None:
    assert "This recovery is closed since" in read(phone, "/plan/")
    assert read(phone, "/progress/")


def test_with_another_knee_open_that_one_is_shown(riverside: Staff, phone: Client, closed: Episode) -> None:
    other = scenes.knee(riverside, side="right")
    Episode.objects.filter(pk=other.pk).update(patient=closed.patient)
    page = read(phone, "/today/")
    assert "Right knee" in page
    assert "Check in · 20 seconds" in page
