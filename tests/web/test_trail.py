"""The trail as pages: for the auditor line by line, for the patient as who looked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from tests import scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.scenes import Staff
from tracker.clinical.terms import Role
from tracker.clock import StoppedClock
from tracker.models import Actor, AuditEvent, Clinic, EmergencyAccess, Episode, User, triggers
from tracker.selectors import chains
from tracker.services import erasure, exports, requests, seals, transfers


@pytest.fixture
def auditor(riverside: Staff, browser_of: Callable[[Actor], Client]) -> Client:
    return browser_of(riverside.auditor)


def words(browser: Client, address: str) -> str:
    """What the page says, without its markup."""
    answer = browser.get(address)
    assert answer.status_code == 200
    main = answer.content.decode().partition("<main")[2]
    return re.sub(r"\s+([.,:])", r"\1", re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main))))


# --- The auditor ----------------------------------------------------------------------------------------------------


def test_the_auditor_reads_in_plain_words_who_did_saw_and_was_refused_what(
    auditor: Client, surgeon: Client, coordinator: Client, knee: Episode
) -> None:
    surgeon.get(f"/episodes/{knee.pk}/")
    coordinator.get("/worklist/")
    said = words(auditor, "/trail/")
    assert "Dr A. Osei, surgeon, looked at the episode page." in said
    assert "Kit Lane, coordinator, was refused the worklist: their role does not allow it." in said
    assert "Dr A. Osei, surgeon, signed the plan." in said


def test_of_patients_the_auditor_sees_numbers_only(auditor: Client, riverside: Staff) -> None:
    knee = scenes.knee(riverside, record_number="K-77")
    patient = scenes.patient(knee)
    phone = Client()
    phone.force_login(patient.user)
    phone.get("/today/")
    said = words(auditor, "/trail/")
    assert "The patient looked at today's page. K-77" in said
    assert patient.user.name not in said
    assert knee.patient.family_name not in said


def test_reading_the_trail_is_itself_in_the_trail(auditor: Client) -> None:
    auditor.get("/trail/")
    assert "Ann Reid, auditor, looked at the trail." in words(auditor, "/trail/")


def test_it_can_be_searched_by_person_record_outcome_and_day(
    auditor: Client, surgeon: Client, physio: Client, coordinator: Client, riverside: Staff, clock: StoppedClock
) -> None:
    knee = scenes.knee(riverside, record_number="K-77")
    surgeon.get(f"/episodes/{knee.pk}/")
    physio.get("/worklist/")
    coordinator.get("/worklist/")
    assert "Jo Mbeki" not in words(auditor, "/trail/?person=osei")
    by_record = words(auditor, "/trail/?record=K-77")
    assert "looked at the episode page" in by_record
    assert "worklist" not in by_record
    refused = words(auditor, "/trail/?outcome=refused")
    assert "was refused the worklist" in refused
    assert "looked at" not in refused
    assert "No line fits" in words(auditor, f"/trail/?day={NOW - timedelta(days=1):%Y-%m-%d}&person=osei")
    assert "looked at the episode page" in words(auditor, f"/trail/?day={NOW:%Y-%m-%d}")


def test_a_patient_is_not_found_by_name(auditor: Client, knee: Episode, phone: Client) -> None:
    phone.get("/today/")
    assert "No line fits" in words(auditor, f"/trail/?person={knee.patient.family_name}")
    assert "No record of this clinic has the number" in words(auditor, f"/trail/?record={knee.patient.family_name}")


@pytest.mark.parametrize("query", ["day=x", "day=0001-01-01", "before=x", "before=-1", "outcome=x", "person=%00"])
def test_an_address_that_means_nothing_shows_the_trail(auditor: Client, query: str) -> None:
    assert auditor.get(f"/trail/?{query}").status_code == 200


def test_older_lines_stand_on_further_pages(auditor: Client, riverside: Staff) -> None:
    AuditEvent.objects.bulk_create(
        AuditEvent(at=NOW, clinic=riverside.clinic, user=riverside.surgeon.user, role="surgeon", action=f"act {at:03}")
        for at in range(150)
    )
    first = auditor.get("/trail/?person=osei").content.decode()
    assert ("act 149" in first, "act 049" in first) == (True, False)
    further = unescape(re.search(r'href="(\?[^"]*before=\d+)"', first).group(1))
    second = auditor.get(f"/trail/{further}").content.decode()
    assert ("act 049" in second, "act 050" in second) == (True, False)


def test_another_clinics_lines_are_not_here(auditor: Client, stranger: Client) -> None:
    stranger.get("/worklist/")
    assert "Hillside" not in words(auditor, "/trail/")
    assert len(re.findall("looked at the worklist", words(auditor, "/trail/"))) == 0


@pytest.mark.parametrize("role", ["physiotherapist", "surgeon", "coordinator"])
def test_nobody_but_the_auditor_reads_it(riverside: Staff, browser_of: Callable[[Actor], Client], role: str) -> None:
    assert browser_of(getattr(riverside, role)).get("/trail/").status_code == 403


def test_the_top_says_whether_the_trail_is_whole(auditor: Client, riverside: Staff, clock: StoppedClock) -> None:
    assert "Nothing has been sealed yet." in words(auditor, "/trail/")
    seals.seal(now=clock.instant)
    assert "sealed up to today 10:00." in words(auditor, "/trail/")
    list(seals.check(str(riverside.clinic.pk), now=clock.instant, noted=[]))
    assert "Checked today 10:00: every line is as it was sealed." in words(auditor, "/trail/")
    clock.advance(minutes=6)
    scenes.sign_in_again(auditor)
    assert "Not sealed" in words(auditor, "/trail/")


def test_a_broken_chain_is_told_on_top(auditor: Client, riverside: Staff, clock: StoppedClock) -> None:
    auditor.get("/trail/")
    seals.seal(now=clock.instant)
    with triggers.lifted():
        AuditEvent.objects.filter(clinic=riverside.clinic, action="trail").update(via="x")
    list(seals.check(chains.chain_of(riverside.clinic.pk), now=clock.instant, noted=[]))
    assert "Changed afterwards" in words(auditor, "/trail/")
    assert "Tell whoever runs this installation." in words(auditor, "/trail/")


# --- The patient ----------------------------------------------------------------------------------------------------


def test_the_patient_reads_who_looked_and_who_changed_what(
    phone: Client, surgeon: Client, physio: Client, knee: Episode, clock: StoppedClock
) -> None:
    surgeon.get(f"/episodes/{knee.pk}/")
    clock.advance(minutes=3)
    surgeon.get(f"/episodes/{knee.pk}/")
    said = words(phone, "/who-looked/")
    assert "Dr A. Osei, surgeon 10:00 to 10:03 Looked at your record 2 times" in said
    assert "signed your plan" in said
    assert "Kit Lane, coordinator 10:00 Started your record." in said
    assert knee.patient.given_name not in said


def test_lists_are_one_sentence_a_day(phone: Client, physio: Client, coordinator: Client, riverside: Staff) -> None:
    physio.get("/worklist/?need=all")
    physio.get("/alerts/")
    physio.get("/worklist/?need=all")
    coordinator.get("/patients/")
    said = words(phone, "/who-looked/")
    assert "Your name stood on a list that was opened by Kit Lane and Jo Mbeki 2 times." in said
    somebody_else = Client()
    somebody_else.force_login(scenes.patient(scenes.knee(riverside)).user)
    assert "Your name stood" not in words(somebody_else, "/who-looked/")


def test_a_record_that_moves_is_followed_into_the_lists_of_both_clinics(
    phone: Client, physio: Client, stranger: Client, auditor: Client, riverside: Staff, knee: Episode
) -> None:
    hillside = Clinic.objects.get(name="Hillside Clinic")
    surgeon = Actor(User.objects.get(memberships__clinic=hillside, name="Dr A. Osei"), Role.SURGEON, hillside)
    physio.get("/worklist/?need=all")
    offer = transfers.ask(episode=knee, by=riverside.surgeon, to=hillside.pk, reason="Moves house.")
    before = words(phone, "/who-looked/")
    stranger.get("/transfers/")
    assert words(phone, "/who-looked/") != before
    transfers.accept(transfer=offer, by=surgeon, owner=surgeon.user.pk, record_number="HILL-77")
    assert "Jo Mbeki" in words(phone, "/who-looked/")
    assert {(line["who"], line["page"]) for line in exports.data(patient=knee.patient)["looked"]} >= {
        ("Jo Mbeki", "worklist"),
        ("Dr A. Osei", "transfers"),
    }
    assert "HILL-77" not in words(auditor, "/trail/")


def test_a_copy_made_at_a_terminal_is_told_too(phone: Client, knee: Episode) -> None:
    assert "Whoever runs the program" not in words(phone, "/who-looked/")
    exports.both(patient=knee.patient)
    assert "Whoever runs the program" in words(phone, "/who-looked/")
    assert "made a copy of your record" in words(phone, "/who-looked/").lower()
    assert [line["did"] for line in exports.data(patient=knee.patient)["looked"]].count("exported") == 1


@pytest.mark.parametrize("restrict", [True, False], ids=["restricted", "asked for"])
def test_what_waits_for_the_coordinators_word_is_a_list_too(coordinator: Client, knee: Episode, restrict: bool) -> None:
    if restrict:
        erasure.restrict(patient=knee.patient, reason="asked")
    else:
        requests.ask(episode=knee, by=scenes.patient(knee))
    coordinator.get("/patients/records/")
    assert AuditEvent.objects.latest("pk").detail == {"page": "records", "episodes": [str(knee.pk)]}


def test_emergency_access_is_marked_with_the_clinic_it_came_from(phone: Client, knee: Episode) -> None:
    hillside = scenes.clinic("Hillside Clinic")
    EmergencyAccess.objects.create(
        episode=knee, user=hillside.surgeon.user, clinic=hillside.clinic, role=Role.SURGEON,
        asked_at=NOW, started_at=NOW, expires_at=NOW + timedelta(hours=1),
    )  # fmt: skip
    there = Client()
    there.force_login(hillside.surgeon.user)
    assert there.get(f"/episodes/{knee.pk}/").status_code == 200
    said = words(phone, "/who-looked/")
    assert "Dr A. Osei, surgeon, Hillside Clinic 10:00 Emergency access" in said


def test_the_auditor_of_the_patients_clinic_sees_it_too(auditor: Client, knee: Episode) -> None:
    hillside = scenes.clinic("Hillside Clinic")
    EmergencyAccess.objects.create(
        episode=knee, user=hillside.surgeon.user, clinic=hillside.clinic, role=Role.SURGEON,
        asked_at=NOW, started_at=NOW, expires_at=NOW + timedelta(hours=1),
    )  # fmt: skip
    there = Client()
    there.force_login(hillside.surgeon.user)
    there.get(f"/episodes/{knee.pk}/")
    assert "looked at the episode page. Emergency access" in words(auditor, "/trail/")


def test_thirty_days_are_on_one_page_and_the_earlier_ones_on_the_next(
    phone: Client, surgeon: Client, knee: Episode, clock: StoppedClock
) -> None:
    surgeon.get(f"/episodes/{knee.pk}/")
    clock.advance(days=31)
    scenes.sign_in_again(phone)
    assert "Nobody but you opened your record in this time." in words(phone, "/who-looked/")
    earlier = re.search(r"\?until=[\d-]+", phone.get("/who-looked/").content.decode()).group(0)
    assert "Dr A. Osei" in words(phone, f"/who-looked/{earlier}")


@pytest.mark.parametrize("until", ["x", "0001-01-01", "2000-01-01", "9999-12-31"])
def test_a_day_that_means_nothing_is_taken_as_near_as_can_be(phone: Client, until: str) -> None:
    assert phone.get(f"/who-looked/?until={until}").status_code == 200


def test_nobody_but_the_patient_reads_who_looked(physio: Client, auditor: Client, knee: Episode) -> None:
    assert [browser.get("/who-looked/").status_code for browser in (physio, auditor)] == [403, 403]


def test_the_settings_lead_there(phone: Client) -> None:
    assert 'href="/who-looked/"' in phone.get("/settings/").content.decode()
