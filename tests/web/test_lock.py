"""A browser of staff locks when nobody has done anything for 15 minutes; every sign-in ends one day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from tests import scenes
from tests.scenes import PASSWORD, Staff
from tracker.clock import StoppedClock
from tracker.models import Actor, CheckIn, Episode
from tracker.services import accounts, rounds

pytestmark = pytest.mark.django_db

BY_SCRIPT = {"Sec-Fetch-Mode": "cors"}
AS_DATA = {"Accept": "application/json"}
CONFIRM = "/accounts/reauthenticate/"


def unlock(browser: Client, password: str = PASSWORD) -> Any:
    return browser.post("/account/unlock/", {"password": password}, headers=AS_DATA)


def test_after_fifteen_minutes_without_anybody_there_a_page_of_staff_asks_who_it_is(
    physio: Client, clock: StoppedClock
) -> None:
    clock.advance(minutes=14, seconds=59)
    assert physio.get("/worklist/").status_code == 200
    clock.advance(minutes=15)
    assert physio.get("/worklist/")["Location"] == f"{CONFIRM}?next=%2Fworklist%2F"


def test_what_a_person_does_keeps_it_awake_and_what_a_page_looks_up_does_not(
    physio: Client, clock: StoppedClock
) -> None:
    for _ in range(3):
        clock.advance(minutes=10)
        assert physio.get("/worklist/").status_code == 200
    clock.advance(minutes=10)
    assert physio.get("/worklist/", headers=BY_SCRIPT).status_code == 200
    clock.advance(minutes=6)
    assert physio.get("/worklist/").status_code == 302


def test_asking_how_long_is_left_counts_for_nothing_and_saying_that_one_is_there_counts(
    physio: Client, clock: StoppedClock
) -> None:
    clock.advance(minutes=10)
    assert physio.get("/account/awake/", headers=AS_DATA).json() == {"left": 300}
    assert physio.post("/account/awake/", headers=AS_DATA).json() == {"left": 900}


def test_a_locked_browser_gets_nothing_from_the_api_and_a_program_is_not_locked(
    physio: Client, riverside: Staff, knee: Episode, clock: StoppedClock
) -> None:
    _, secret = accounts.issue_token(user=riverside.physiotherapist.user, name="ward tablet")
    clock.advance(minutes=16)
    for path in ("/api/v1/worklist/", f"/api/v1/episodes/{knee.pk}/", "/api/v1/me/"):
        answer = physio.get(path)
        assert (answer.status_code, answer.json()["code"]) == (403, "locked")
    assert physio.get("/api/v1/worklist/", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


@pytest.mark.parametrize("said", ["", "Basic YTpi", "Bearer of a tray", "Token x"])
def test_whoever_says_to_be_a_program_and_comes_with_a_browsers_cookie_is_locked_too(
    physio: Client, knee: Episode, clock: StoppedClock, said: str
) -> None:
    clock.advance(minutes=16)
    for path in ("/worklist/", f"/episodes/{knee.pk}/", "/account/", "/api/docs/", "/api/v1/worklist/"):
        answer = physio.get(path, headers={"Authorization": said})
        assert answer.status_code in (302, 401, 403), path
    clock.advance(hours=12)
    assert physio.get("/worklist/", headers={"Authorization": said})["Location"].startswith("/accounts/login/")


def test_a_script_of_the_page_is_told_too_and_sees_no_patient(
    physio: Client, knee: Episode, clock: StoppedClock
) -> None:
    clock.advance(minutes=16)
    answer = physio.get("/worklist/", headers=BY_SCRIPT)
    assert (answer.status_code, answer.json()["code"]) == (403, "locked")
    assert knee.patient.family_name not in answer.content.decode()
    assert physio.get("/account/awake/", headers=AS_DATA).status_code == 403


def test_the_password_unlocks_it_in_place(physio: Client, clock: StoppedClock) -> None:
    clock.advance(minutes=16)
    assert physio.get("/account/unlock/", headers=AS_DATA).json() == {"ways": ["password"]}
    assert unlock(physio, "not it").status_code == 400
    assert physio.get("/worklist/").status_code == 302
    assert unlock(physio).json() == {"left": 900}
    assert physio.get("/worklist/").status_code == 200


def test_a_form_that_was_sent_after_the_lock_goes_on_with_what_was_typed(
    physio: Client, knee: Episode, clock: StoppedClock
) -> None:
    clock.advance(minutes=16)
    typed = {"date": scenes.today(knee.clinic).isoformat(), "pain_load": "4", "none": "on"}
    asked = physio.post(f"/episodes/{knee.pk}/check-ins/?from=worklist", typed)
    assert asked["Location"].startswith(CONFIRM)
    assert not CheckIn.objects.exists()
    gone_on = physio.post(CONFIRM, {"password": PASSWORD, "next": f"/episodes/{knee.pk}/check-ins/"})
    assert gone_on.status_code == 302
    assert CheckIn.objects.get().pain_load == 4


def test_what_was_typed_is_dropped_after_use_and_after_fifteen_minutes(
    physio: Client, knee: Episode, clock: StoppedClock
) -> None:
    clock.advance(minutes=16)
    physio.post(f"/episodes/{knee.pk}/check-ins/", {"note": "canary of what was typed"})
    assert "canary" in str(dict(physio.session))
    clock.advance(minutes=15)
    physio.get(CONFIRM)
    assert "canary" not in str(dict(physio.session))
    physio.post(CONFIRM, {"password": PASSWORD, "next": f"/episodes/{knee.pk}/check-ins/"})
    assert not CheckIn.objects.exists()


def test_what_was_typed_in_a_browser_that_never_came_back_is_forgotten_too(
    coordinator: Client, physio: Client, clock: StoppedClock
) -> None:
    clock.advance(minutes=16)
    coordinator.post("/episodes/new/", {"family_name": "Quokkason"})
    clock.advance(minutes=14)
    physio.post("/episodes/new/", {"family_name": "Ocelotson"})
    clock.advance(minutes=1)
    rounds.retain(now=clock.instant)
    held = [str(row.get_decoded()) for row in Session.objects.all()]
    assert [name for name in ("Quokkason", "Ocelotson") if any(name in each for each in held)] == ["Ocelotson"]
    assert "_auth_user_id" in coordinator.session
    Session.objects.update(expire_date=clock.instant - timedelta(seconds=1))
    rounds.retain(now=clock.instant)
    assert not Session.objects.exists()


def test_twelve_hours_after_signing_in_staff_are_signed_out_whatever_they_did(
    physio: Client, clock: StoppedClock
) -> None:
    for _ in range(6 * 12 - 1):
        clock.advance(minutes=10)
        assert physio.get("/account/").status_code == 200
    clock.advance(minutes=10)
    assert physio.get("/account/")["Location"].startswith("/accounts/login/")
    assert "_auth_user_id" not in physio.session


@pytest.mark.parametrize(
    ("every", "times", "signed_in"),
    [(timedelta(days=29), 1, True), (timedelta(days=30), 1, False), (timedelta(days=29), 3, True)],
)
def test_a_patients_own_phone_is_left_alone_for_thirty_days(
    phone: Client, clock: StoppedClock, every: timedelta, times: int, signed_in: bool
) -> None:
    for _ in range(times):
        clock.advance(every)
        answer = phone.get("/settings/")
    assert (answer.status_code == 200) is signed_in


def test_after_ninety_days_a_patient_signs_in_again(phone: Client, clock: StoppedClock) -> None:
    for _ in range(4):
        clock.advance(days=22, hours=12)
        answer = phone.get("/settings/")
    assert answer["Location"].startswith("/accounts/login/")


def test_a_page_of_staff_can_lock_itself_and_a_patients_cannot(physio: Client, phone: Client) -> None:
    assert '<template id="lock" data-left="900" data-warning="120"' in physio.get("/worklist/").content.decode()
    assert 'id="lock"' not in phone.get("/today/").content.decode()


def test_a_new_session_key_with_each_confirmation(physio: Client) -> None:
    before = physio.session.session_key
    physio.post(CONFIRM, {"password": PASSWORD})
    after = physio.session.session_key
    assert before != after
    stale = Client()
    stale.cookies["session"] = before
    assert stale.get("/account/").status_code == 302
    assert physio.get("/account/").content.decode().count("this one") == 1


def test_a_session_holds_nothing_of_a_patient(
    surgeon: Client, riverside: Staff, knee: Episode, browser_of: Callable[[Actor], Client]
) -> None:
    for path in ("/worklist/", f"/episodes/{knee.pk}/", f"/patients/?q={knee.patient.family_name}"):
        surgeon.get(path)
    assert knee.patient.family_name not in str(dict(surgeon.session))
    assert str(knee.pk) not in str(dict(surgeon.session))


def test_in_a_demo_one_tap_unlocks(physio: Client, clock: StoppedClock, settings: Any) -> None:
    clock.advance(minutes=16)
    assert physio.post("/account/unlock/", {"demo": "yes"}, headers=AS_DATA).status_code == 400
    settings.DEMO = True
    assert physio.get("/account/unlock/", headers=AS_DATA).json()["ways"] == ["demo"]
    assert physio.post("/account/unlock/", {"demo": "yes"}, headers=AS_DATA).status_code == 200
    assert physio.get("/worklist/").status_code == 200
