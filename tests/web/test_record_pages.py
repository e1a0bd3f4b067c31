"""A patient takes a copy and asks for deletion; a clinician hands a copy over; the coordinator decides, surely."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from tests import scenes
from tests.scenes import Staff
from tracker.clock import StoppedClock
from tracker.models import Actor, AuditEvent, Episode, Patient
from tracker.selectors import requests
from tracker.services import accounts, erasure


@pytest.fixture(autouse=True)
def beside(settings: Settings, tmp_path: Path) -> None:
    settings.ERASURES = tmp_path / "erasures.jsonl"
    settings.MAIL_DIR = tmp_path / "mail"
    cache.clear()


def of(knee: Episode, rest: str = "") -> str:
    return f"/patients/{knee.patient.pk}/record/{rest}"


def decide(browser: Client, knee: Episode, decision: str, sure: str | None = None) -> int:
    typed = {"decision": decision, "reason": "asked", "sure": sure or knee.patient.family_name.upper()}
    return browser.post(of(knee, "decide/"), typed).status_code


def left(knee: Episode) -> Patient:
    return Patient.objects.get(pk=knee.patient.pk)


# --- The patient ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "media"), [("json", "application/json"), ("pdf", "application/pdf")])
def test_a_patient_takes_a_copy_under_a_plain_name_kept_by_no_cache(phone: Client, kind: str, media: str) -> None:
    answer = phone.get(f"/settings/record/file/{kind}/")
    assert (answer.status_code, answer["Content-Type"]) == (200, media)
    assert answer["Content-Disposition"].startswith('attachment; filename="recovery-record-hale')
    assert "no-store" in answer["Cache-Control"]
    assert AuditEvent.objects.filter(action="exported").count() == 1


def test_a_copy_takes_a_fresh_sign_in(phone: Client, clock: StoppedClock) -> None:
    clock.advance(minutes=6)
    assert phone.get("/settings/record/").status_code == 200
    answer = phone.get("/settings/record/file/pdf/")
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]


def test_copies_are_throttled(phone: Client, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "export": "2/h/user"}
    statuses = [phone.get("/settings/record/file/json/").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_no_other_kind_of_file_is_made(phone: Client) -> None:
    assert phone.get("/settings/record/file/csv/").status_code == 404


def test_the_patient_reads_what_deletion_means_and_asks_for_it_once(phone: Client, knee: Episode) -> None:
    page = phone.get("/settings/record/").content.decode()
    assert "without your name" in page
    phone.post("/settings/record/ask/")
    page = phone.get("/settings/record/").content.decode()
    assert "You asked for this on 15 June 2026" in page
    assert "Ask the clinic to delete" not in page
    assert requests.open_of(knee.patient) is not None
    assert left(knee).erased_at is None


def test_a_restricted_patient_may_look_but_is_told_that_nobody_reads(phone: Client, knee: Episode) -> None:
    erasure.restrict(patient=knee.patient, reason="asked")
    assert "Your record is restricted" in phone.get("/settings/record/").content.decode()
    assert phone.get("/settings/record/file/json/").status_code == 200
    refused = phone.post("/check-in/", {"pain_load": "3"})
    assert refused.status_code == 403
    assert "call 112" in refused.content.decode()


# --- The clinic -----------------------------------------------------------------------------------------------------


def test_a_clinician_hands_a_copy_over_and_decides_nothing(physio: Client, knee: Episode) -> None:
    page = physio.get(of(knee)).content.decode()
    assert "A copy to hand over" in page
    assert "What becomes of it" not in page
    assert physio.get(of(knee, "file/json/")).json()["patient"]["id"] == str(knee.patient.pk)
    assert decide(physio, knee, "erase") == 403


def test_a_coordinator_decides_and_gets_no_copy(coordinator: Client, knee: Episode) -> None:
    assert "What becomes of it" in coordinator.get(of(knee)).content.decode()
    assert coordinator.get(of(knee, "file/json/")).status_code == 403


def test_a_stranger_finds_nothing(stranger: Client, knee: Episode) -> None:
    assert stranger.get(of(knee)).status_code == 404
    assert stranger.get(of(knee, "file/pdf/")).status_code == 404


def test_a_patient_has_a_page_of_their_own_instead(phone: Client, knee: Episode) -> None:
    assert phone.get(of(knee)).status_code == 403


def test_the_family_name_is_typed_before_anything_happens(coordinator: Client, knee: Episode) -> None:
    assert decide(coordinator, knee, "erase", sure="Somebody") == 400
    assert left(knee).erased_at is None
    assert decide(coordinator, knee, "erase") == 302
    assert left(knee).erased_at is not None
    assert coordinator.get(of(knee)).status_code == 404
    assert coordinator.get("/patients/records/").status_code == 200


def test_an_urgent_alert_keeps_the_record(coordinator: Client, knee: Episode) -> None:
    scenes.check_in(knee, symptoms=["chest_pain"])
    assert "An urgent alert of this patient is still open" in coordinator.get(of(knee)).content.decode()
    assert decide(coordinator, knee, "erase") == 409
    assert left(knee).erased_at is None


def test_a_restricted_record_is_found_by_the_coordinator_alone_and_lifted(
    coordinator: Client, physio: Client, knee: Episode
) -> None:
    assert decide(coordinator, knee, "restrict") == 302
    assert physio.get(f"/episodes/{knee.pk}/").status_code == 403
    assert physio.get(of(knee)).status_code == 403
    assert knee.patient.family_name in coordinator.get("/patients/records/").content.decode()
    assert knee.patient.family_name not in coordinator.get("/patients/").content.decode()
    assert decide(coordinator, knee, "lift") == 302
    assert physio.get(f"/episodes/{knee.pk}/").status_code == 200


def test_a_request_that_is_declined_waits_no_longer(phone: Client, knee: Episode, coordinator: Client) -> None:
    browser = Client()
    browser.force_login(scenes.patient(knee).user)
    browser.post("/settings/record/ask/")
    assert knee.patient.family_name in coordinator.get("/patients/records/").content.decode()
    assert decide(coordinator, knee, "decline") == 302
    assert requests.open_of(knee.patient) is None


def test_who_is_erased_is_signed_out_and_cannot_come_back(knee: Episode, browser_of: Callable[[Actor], Client]) -> None:
    who = scenes.patient(knee)
    browser, address = browser_of(who), who.user.email
    assert browser.get("/today/").status_code == 200
    erasure.erase(patient=knee.patient, reason="asked")
    assert browser.get("/today/").status_code == 302
    assert not Client().login(username=address, password=scenes.PASSWORD)


# --- Programs -------------------------------------------------------------------------------------------------------


def test_a_program_needs_the_scope_for_it(client: Client, riverside: Staff, knee: Episode) -> None:
    for scopes, status in ((["read"], 403), (["export"], 200)):
        _, secret = accounts.issue_token(user=riverside.surgeon.user, name="x", scopes=scopes, clinic=riverside.clinic)
        answer = client.get(f"/api/v1/episodes/{knee.pk}/export/", headers={"authorization": f"Bearer {secret}"})
        assert answer.status_code == status
    assert json.loads(answer.content)["schema_version"] == 1
