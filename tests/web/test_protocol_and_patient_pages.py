from __future__ import annotations

import pytest
from django.test import Client
from django.utils.html import escape

from tests import scenes
from tests.scenes import Staff
from tracker.clinical import protocol as protocols
from tracker.models import Episode

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(riverside: Staff) -> Client:
    browser = Client()
    browser.force_login(riverside.auditor.user)
    return browser


def test_every_shipped_protocol_is_listed_with_its_steps_and_gates(physio: Client) -> None:
    text = physio.get("/protocols/").content.decode()
    for key, protocol in protocols.shipped().items():
        assert key in text
        assert protocol.name in text
    assert "Meniscal root repair" in text


@pytest.mark.parametrize(
    "key", ["mowhto_std", "mowhto_acc", "mowhto_trad", "lcwhto_std", "mcwdfo_std", "lowdfo_std", "dlo_std"]
)
def test_every_number_of_a_protocol_stands_beside_its_source(physio: Client, key: str) -> None:
    text = physio.get(f"/protocols/{key}/").content.decode()
    protocol = protocols.shipped()[key]
    rows = [*protocol.steps, *protocol.gates, *protocol.milestones, *protocol.reviews, *protocol.braces]
    for row in rows:
        assert escape(row.source) in text
    for number in protocol.body["thresholds"].values():
        assert escape(number["source"]) in text


def test_an_operation_without_evidence_says_so(physio: Client) -> None:
    text = physio.get("/protocols/lowdfo_std/").content.decode()
    assert "No published series was found for this operation" in text


@pytest.mark.parametrize("path", ["/protocols/nothing/", "/protocols/mowhto_std/?version=99"])
def test_a_protocol_that_does_not_exist_is_not_found(physio: Client, path: str) -> None:
    assert physio.get(path).status_code == 404


def test_patients_and_auditors_may_read_protocols(phone: Client, auditor: Client) -> None:
    assert phone.get("/protocols/").status_code == 200
    assert auditor.get("/protocols/mowhto_std/").status_code == 200


def test_patients_are_found_by_name_without_accents_and_by_record_number(riverside: Staff, coordinator: Client) -> None:
    scenes.knee(riverside, family_name="Ferreira", given_name="Inês", record_number="R-17")
    scenes.knee(riverside, family_name="Novak", given_name="Petra")
    for query in ("ines", "FERREIRA", "r-17"):
        text = coordinator.get("/patients/", {"q": query}).content.decode()
        assert "Ferreira, Inês" in text
        assert "Novak" not in text
    assert "Nobody here has “zz”" in coordinator.get("/patients/?q=zz").content.decode()


def test_the_list_of_patients_tells_how_to_reach_them_and_nothing_clinical(
    riverside: Staff, coordinator: Client, knee: Episode
) -> None:
    scenes.check_in(knee, pain_load=7, symptoms=["calf_sore"])
    text = coordinator.get("/patients/").content.decode()
    assert knee.patient.email in text
    for clinical in ("PWB", "kg", "pain", "calf", "Day "):
        assert clinical not in text


def test_other_clinics_patients_are_not_here(stranger: Client, phone: Client, auditor: Client, knee: Episode) -> None:
    assert knee.patient.family_name not in stranger.get("/patients/").content.decode()
    assert phone.get("/patients/").status_code == 403
    assert auditor.get("/patients/").status_code == 403
