from __future__ import annotations

import re

import pytest
from django.test import Client

from tests import scenes
from tests.scenes import Staff
from tracker.models import Episode, EpisodeFact, Patient

pytestmark = pytest.mark.django_db

RIGHT = {
    "family_name": "Ferreira",
    "given_name": "Inês",
    "birth_date": "1979-05-04",
    "sex": "female",
    "email": "ines@example.org",
    "phone": "020 7946 0001",
    "time_zone": "Europe/London",
    "procedure": "MOWHTO",
    "side": "left",
    "surgery_date": "2026-06-01",
    "protocol": "mowhto_std",
    "body_weight_kg": "84",
    "baseline_pain": "5",
    "fixation": "long_locking",
}


def send(browser: Client, staff: Staff, action: str = "save", **typed: object) -> tuple[int, str]:
    data = {**RIGHT, "surgeon": str(staff.surgeon.user.pk), "action": action, **typed}
    answer = browser.post("/episodes/new/", data)
    return answer.status_code, answer.headers.get("Location", "") or answer.content.decode()


def test_the_plan_is_shown_worked_out_before_anything_is_saved(riverside: Staff, coordinator: Client) -> None:
    status, text = send(coordinator, riverside, "preview")
    assert status == 200
    plan = re.sub(r"<[^>]+>|\s+", " ", text)
    for said in ("1 Jun 2026", "TTWB 20 %", "16 kg", "15 Jun 2026", "42 kg", "13 Jul 2026", "WBAT 100 %", "G6"):
        assert said in re.sub(r" +", " ", plan)
    assert not Episode.objects.exists()
    assert not Patient.objects.exists()


def test_saving_enrols_and_leads_to_the_episode(riverside: Staff, coordinator: Client) -> None:
    status, where = send(coordinator, riverside, modifiers=["lhf_2", "smoker"])
    episode = Episode.objects.get()
    assert (status, where) == (302, f"/episodes/{episode.pk}/")
    assert episode.patient.given_name == "Inês"
    assert set(EpisodeFact.objects.filter(kind="modifier").values_list("value", flat=True)) == {"lhf_2", "smoker"}
    assert "is enrolled" in coordinator.get(where).content.decode()


def test_a_modifier_shows_in_the_plan_that_is_previewed(riverside: Staff, coordinator: Client) -> None:
    _, text = send(coordinator, riverside, "preview", modifiers=["lhf_2"])
    assert "Hinge fracture, type II" in text
    assert "24 Aug 2026" in text


def test_an_accelerated_plan_with_what_rules_it_out_is_warned_of(riverside: Staff, coordinator: Client) -> None:
    _, text = send(coordinator, riverside, "preview", protocol="mowhto_acc", modifiers=["smoker"])
    assert "does not go with: Smoker" in text
    _, text = send(coordinator, riverside, "preview", protocol="mowhto_acc")
    assert "by choice only" in text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"family_name": " "}, "Write the patient&#x27;s family name."),
        ({"birth_date": "2031-01-01"}, "The birth date must be in the past"),
        ({"birth_date": "4th of May"}, "Enter the date as day, month and year"),
        ({"sex": ""}, "Choose the sex."),
        ({"email": "ines"}, "Enter an e-mail address"),
        ({"time_zone": "Europe/Atlantis"}, "There is no time zone of this name."),
        ({"body_weight_kg": "29.9"}, "Enter a number from 30 to 250 kg."),
        ({"body_weight_kg": "-84"}, "Enter a number from 30 to 250 kg."),
        ({"body_weight_kg": "nan"}, "Enter a number from 30 to 250 kg."),
        ({"body_weight_kg": ""}, "Enter a number from 30 to 250 kg."),
        ({"baseline_pain": "11"}, "Enter a whole number from 0 to 10."),
        ({"baseline_pain": "4.5"}, "Enter a whole number from 0 to 10."),
        ({"baseline_flexion": "400"}, "Enter a whole number from 0 to 160 degrees."),
        ({"correction_planned": "99"}, "Enter a number from 0 to 30 degrees."),
        ({"procedure": "TKA"}, "This is not one of the choices"),
        ({"side": "both"}, "This is not one of the choices"),
        ({"surgery_date": "2026-07-01"}, "The surgery date has not come yet"),
        ({"surgery_date": "1970-07-01"}, "more than three years ago"),
        ({"protocol": "lowdfo_std"}, "lowdfo_std is not for MOWHTO"),
        ({"protocol": "made_up"}, "This is not one of the choices"),
        ({"protocol": "mowhto_acc", "fixation": "other"}, "needs fixation long_locking"),
        ({"modifiers": ["limp"]}, "This is not one of the known risk factors"),
        ({"surgeon": "11111111-2222-4333-8444-555555555555"}, "This is not one of the choices"),
        ({"family_name": "x" * 81}, "Shorten this to 80 characters."),
        ({"family_name": "a\0b"}, "a character that cannot be stored"),
    ],
)
@pytest.mark.parametrize("action", ["preview", "save"])
def test_a_wrong_answer_names_the_field_and_the_remedy_and_stores_nothing(
    riverside: Staff, coordinator: Client, typed: dict[str, object], words: str, action: str
) -> None:
    status, text = send(coordinator, riverside, action, **typed)
    assert status == 400
    assert words in text
    assert not Patient.objects.exists()
    assert not Episode.objects.exists()


def test_what_was_typed_stays(riverside: Staff, coordinator: Client) -> None:
    _, text = send(coordinator, riverside, body_weight_kg="8000", given_name='"><b>Inês', modifiers=["smoker"])
    assert 'value="8000"' in text
    assert "&quot;&gt;&lt;b&gt;Inês" in text
    assert re.search(r'value="smoker"[^>]* checked', text)
    assert re.search(r'<option value="MOWHTO" selected', text)


def test_a_second_open_episode_of_a_knee_is_refused_and_of_the_other_is_not(
    riverside: Staff, coordinator: Client
) -> None:
    assert send(coordinator, riverside, record_number="R7")[0] == 302
    status, text = send(coordinator, riverside, record_number="R7")
    assert status == 400
    assert "left knee already has an open episode" in text
    assert send(coordinator, riverside, record_number="R7", side="right")[0] == 302
    assert Episode.objects.count() == 2


def test_a_record_number_of_somebody_else_is_refused(riverside: Staff, coordinator: Client) -> None:
    send(coordinator, riverside, record_number="R7")
    status, text = send(coordinator, riverside, record_number="R7", family_name="Novak", side="right")
    assert status == 400
    assert "belongs to another patient" in text


def test_only_staff_enrol(riverside: Staff, phone: Client, physio: Client, surgeon: Client) -> None:
    assert phone.get("/episodes/new/").status_code == 403
    assert physio.get("/episodes/new/").status_code == surgeon.get("/episodes/new/").status_code == 200


def test_a_surgeon_of_another_clinic_cannot_be_chosen(riverside: Staff, coordinator: Client) -> None:
    other = scenes.clinic("Hillside Clinic").surgeon.user
    status, text = send(coordinator, riverside, surgeon=str(other.pk))
    assert status == 400
    assert "This is not one of the choices" in text
