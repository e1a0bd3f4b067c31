"""Closing and reopening a recovery by a program: the same rules, the same sentences."""

from __future__ import annotations

from uuid import uuid4

from tests import scenes
from tests.api.programs import Program, problem
from tests.scenes import Staff
from tracker.clinical.terms import Ending
from tracker.models import Closing, Episode
from tracker.services import accounts, closings

TODAY = "2026-06-15"


def path_of(knee: Episode) -> str:
    return f"episodes/{knee.pk}/closings/"


def reopening_of(knee: Episode) -> str:
    return f"episodes/{knee.pk}/reopening/"


def test_a_clinician_closes_a_recovery_and_reads_it_back(physio: Program, patient: Program, knee: Episode) -> None:
    made = physio.send(path_of(knee), {"outcome": "moved", "note": "Went abroad."})
    assert made.status_code == 201, made.json()
    said = made.json()
    assert (said["outcome"], said["note"], said["closed_on"]) == ("moved", "Went abroad.", TODAY)
    assert (said["by"], said["role"], said["reopened_at"]) == ("Jo Mbeki", "physiotherapist", None)
    assert made["ETag"] == f'"{Episode.objects.get().revision}"'
    assert patient.read(path_of(knee)).json()["results"] == [said]
    assert patient.read(f"episodes/{knee.pk}/").json()["state"] == "closed"


def test_a_note_may_be_left_out(surgeon: Program, knee: Episode) -> None:
    assert surgeon.send(path_of(knee), {"outcome": "stopped"}).status_code == 201


def test_an_outcome_that_is_none_is_refused_by_name(surgeon: Program, knee: Episode) -> None:
    problem(surgeon.send(path_of(knee), {"outcome": "bored"}), 400, "outcome")
    assert not Closing.objects.exists()


def test_what_stands_in_the_way_is_named_with_the_remedy(surgeon: Program, knee: Episode) -> None:
    said = problem(surgeon.send(path_of(knee), {"outcome": "finished"}), 409)
    assert "Decide G6 first" in said["detail"]
    scenes.check_in(knee, symptoms=["calf_sore"])
    said = problem(surgeon.send(path_of(knee), {"outcome": "moved"}), 409)
    assert (said["code"], "Close the alert first" in said["detail"]) == ("alert_open", True)
    assert Episode.objects.get().state == "open"


def test_a_repeat_under_the_same_key_closes_once(surgeon: Program, knee: Episode) -> None:
    key = str(uuid4())
    first, again = (surgeon.send(path_of(knee), {"outcome": "moved"}, Idempotency_Key=key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert Closing.objects.count() == 1


def test_a_revision_that_was_overtaken_closes_nothing(surgeon: Program, knee: Episode) -> None:
    problem(surgeon.send(path_of(knee), {"outcome": "moved"}, If_Match=f'"{knee.revision - 1}"'), 409)
    assert not Closing.objects.exists()


def test_closing_takes_the_scope_to_sign(home: Staff, knee: Episode) -> None:
    _, secret = accounts.issue_token(
        user=home.surgeon.user, name="treats", clinic=home.clinic, scopes=["read", "treat"]
    )
    program = Program()
    program.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert problem(program.send(path_of(knee), {"outcome": "moved"}), 403)["code"] == "scope"
    assert not Closing.objects.exists()


def test_neither_the_patient_nor_the_coordinator_closes_one(
    patient: Program, coordinator: Program, knee: Episode
) -> None:
    for who in (patient, coordinator):
        problem(who.send(path_of(knee), {"outcome": "moved"}), 403)


def test_a_check_in_of_a_closed_recovery_is_refused_with_whom_to_call(
    home: Staff, patient: Program, knee: Episode
) -> None:
    closings.close(episode=knee, by=home.surgeon, outcome=Ending.STOPPED)
    said = problem(patient.send(f"episodes/{knee.pk}/check-ins/", {"date": TODAY, "pain_load": 3}), 409)
    assert said["code"] == "closed"
    assert "Call the clinic on 020 7946 0000" in said["detail"]
    assert patient.read(f"episodes/{knee.pk}/today/").json()["max_kg"] == 42, "what was signed last stays"
    assert patient.read(f"episodes/{knee.pk}/check-ins/").status_code == 200


def test_it_leaves_the_worklist_and_its_lesser_alerts_stand_no_longer(
    home: Staff, physio: Program, knee: Episode
) -> None:
    scenes.check_in(knee, symptoms=["low_mood"])
    assert len(physio.read("alerts/").json()["results"]) == 1
    closings.close(episode=knee, by=home.surgeon, outcome=Ending.STOPPED)
    assert physio.read("alerts/").json()["results"] == []
    assert physio.read("worklist/").json()["results"] == []


def test_a_surgeon_reopens_it_and_nobody_else(home: Staff, surgeon: Program, physio: Program, knee: Episode) -> None:
    problem(surgeon.send(reopening_of(knee), {"reason": "Came back."}), 409)
    closings.close(episode=knee, by=home.surgeon, outcome=Ending.STOPPED)
    problem(physio.send(reopening_of(knee), {"reason": "Came back."}), 403)
    problem(surgeon.send(reopening_of(knee), {"reason": ""}), 400, "reason")
    made = surgeon.send(reopening_of(knee), {"reason": "Came back."})
    assert made.status_code == 200
    assert (made.json()["reopened_by"], made.json()["reopened_because"]) == ("Dr A. Osei", "Came back.")
    assert Episode.objects.get().state == "open"
