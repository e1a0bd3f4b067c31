"""A red flag is never lost: the number to call comes first, the alert stands with the check-in, the clinic sees it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import DatabaseError

from tests import scenes
from tests.api import programs
from tests.api.programs import Program
from tests.scenes import Staff
from tracker.models import Alert, CheckIn, Episode, Hold
from tracker.services import assessments

BREATHLESS = {"date": "2026-06-15", "pain_load": 2, "symptoms": ["breathless"]}
NO_SYMPTOMS = {"date": "2026-06-15", "pain_load": 2, "symptoms": []}


@pytest.fixture
def episode(home: Staff) -> Episode:
    return scenes.knee(home)


@pytest.fixture
def patient(episode: Episode) -> Program:
    return programs.of_patient(episode)


def test_a_breathless_patient_is_told_whom_to_call_before_anything_else(patient: Program, episode: Episode) -> None:
    answer = patient.send(f"episodes/{episode.pk}/check-ins/", BREATHLESS)
    assert answer.status_code == 201
    said = json.loads(answer.content)
    assert next(iter(said)) == "emergency"
    assert said["emergency"]["number"] == "112"
    assert "112" in said["emergency"]["text"]
    assert [(finding["code"], finding["urgency"]) for finding in said["findings"]] == [("breathless", "R0")]
    assert "short of breath" in said["findings"][0]["patient"]


def test_a_check_in_without_symptoms_names_nobody_to_call(patient: Program, episode: Episode) -> None:
    said = patient.send(f"episodes/{episode.pk}/check-ins/", NO_SYMPTOMS).json()
    assert said["emergency"] is None
    assert said["findings"] == []


def test_a_sore_calf_is_told_to_call_the_clinic(patient: Program, home: Staff, episode: Episode) -> None:
    said = patient.send(f"episodes/{episode.pk}/check-ins/", NO_SYMPTOMS | {"symptoms": ["calf_sore"]}).json()
    assert said["emergency"]["number"] == home.clinic.phone


def test_today_shows_the_number_until_the_alert_is_closed(patient: Program, home: Staff, episode: Episode) -> None:
    surgeon = programs.of(home.surgeon)
    patient.send(f"episodes/{episode.pk}/check-ins/", BREATHLESS)
    now = patient.read(f"episodes/{episode.pk}/today/").json()
    assert now["emergency"]["number"] == "112"
    assert now["frozen"] is True
    alert = surgeon.read("alerts/").json()["results"][0]["id"]
    assert surgeon.send(f"alerts/{alert}/acknowledge/", {"note": "Calling her."}).status_code == 200
    assert patient.read(f"episodes/{episode.pk}/today/").json()["emergency"] is not None
    closed = surgeon.send(f"alerts/{alert}/close/", {"outcome": "emergency", "note": "Admitted, no clot."})
    assert closed.json()["state"] == "closed"
    now = patient.read(f"episodes/{episode.pk}/today/").json()
    assert now["emergency"] is None
    assert now["hold"]["code"] == "breathless", "the hold outlives the alert"


def test_the_worklist_puts_the_breathless_patient_first(patient: Program, home: Staff, episode: Episode) -> None:
    others = [str(scenes.knee(home, family_name=name).pk) for name in ("Aaa", "Bbb", "Ccc")]
    patient.send(f"episodes/{episode.pk}/check-ins/", BREATHLESS)
    rows = programs.of(home.physiotherapist).read("worklist/").json()["results"]
    assert rows[0]["episode"] == str(episode.pk)
    assert (rows[0]["need"], rows[0]["status"]) == ("emergency", "alert")
    assert [alert["code"] for alert in rows[0]["alerts"]] == ["breathless"]
    assert {row["episode"] for row in rows} == {str(episode.pk), *others}


def test_check_in_and_alert_stand_together_or_not_at_all(
    patient: Program, episode: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write after the alert fails: neither of the two may be there, and the client is told to try again."""

    def fails(**_: Any) -> None:
        assert Alert.objects.filter(episode=episode, code="breathless").exists()
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(assessments, "settle", fails)
    patient.raise_request_exception = False
    answer = patient.send(f"episodes/{episode.pk}/check-ins/", BREATHLESS)
    assert answer.status_code == 500
    assert not Alert.objects.exists()
    assert not CheckIn.objects.exists()
    assert not Hold.objects.exists()


def test_the_alert_stands_although_the_rest_cannot_be_evaluated(
    patient: Program, episode: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**_: Any) -> None:
        raise ValueError("a rule is broken")

    monkeypatch.setattr(assessments, "refresh", fails)
    answer = patient.send(f"episodes/{episode.pk}/check-ins/", BREATHLESS)
    assert answer.status_code == 201
    assert answer.json()["emergency"]["number"] == "112"
    assert set(Alert.objects.values_list("code", flat=True)) == {"breathless", "not_evaluated"}
    assert CheckIn.objects.count() == 1


@pytest.mark.parametrize(
    "wrong",
    [{"pain_load": 11}, {"pain_load": "3"}, {"date": "2030-01-01"}, {"mood": "fine"}, {"note": "x" * 3000}],
    ids=["score", "text for a number", "future", "unknown question", "long note"],
)
def test_a_refused_check_in_with_a_red_flag_still_says_whom_to_call_and_keeps_the_alert(
    patient: Program, episode: Episode, wrong: dict[str, Any]
) -> None:
    answer = patient.send(f"episodes/{episode.pk}/check-ins/", BREATHLESS | wrong)
    assert answer.status_code == 400
    said = json.loads(answer.content)
    assert next(iter(said)) == "emergency"
    assert said["emergency"]["number"] == "112"
    assert set(said["errors"]) == set(wrong)
    assert not CheckIn.objects.exists()
    assert Alert.objects.get().code == "breathless"


def test_sending_the_same_refused_check_in_again_raises_no_second_alert(patient: Program, episode: Episode) -> None:
    for _ in range(3):
        patient.send(f"episodes/{episode.pk}/check-ins/", BREATHLESS | {"pain_load": 11})
    assert Alert.objects.count() == 1


def test_a_refused_correction_with_a_red_flag_keeps_its_alert_too(patient: Program, episode: Episode) -> None:
    made = patient.send(f"episodes/{episode.pk}/check-ins/", NO_SYMPTOMS).json()["id"]
    answer = patient.send(f"episodes/{episode.pk}/check-ins/{made}/amend/", BREATHLESS | {"pain_load": -1})
    assert answer.status_code == 400
    assert answer.json()["emergency"]["number"] == "112"
    assert Alert.objects.get().code == "breathless"


def test_an_idempotency_key_used_before_does_not_swallow_a_red_flag(patient: Program, episode: Episode) -> None:
    key = {"Idempotency_Key": "9d0c7c3e-1f42-4c54-8f0c-0d1c7c5d7a10"}
    patient.send(f"episodes/{episode.pk}/check-ins/", NO_SYMPTOMS, **key)
    answer = patient.send(f"episodes/{episode.pk}/check-ins/", BREATHLESS, **key)
    assert answer.status_code == 422
    assert answer.json()["emergency"]["number"] == "112"
    assert Alert.objects.get().code == "breathless"
