"""Enrolling a knee, reading it, and putting contact right."""

from __future__ import annotations

from typing import Any

import pytest

from tests import scenes
from tests.api import programs
from tests.api.programs import Program, problem
from tests.scenes import Staff
from tracker.api.shapes_episodes import CLINICAL
from tracker.models import Episode, Patient, User

KNEE: dict[str, Any] = {
    "patient": {
        "given_name": "Ada",
        "family_name": "Quist",
        "birth_date": "1971-03-09",
        "sex": "female",
        "email": "ada@example.org",
        "phone": "+44 20 7946 0000",
        "time_zone": "Europe/Lisbon",
        "body_weight_kg": 84.5,
    },
    "procedure": "MOWHTO",
    "side": "left",
    "surgery_date": "2026-05-25",
    "indication": "osteoarthritis",
    "compartment": "medial",
    "protocol": "mowhto_std",
    "modifiers": ["lhf_2", "smoker"],
    "baseline_pain": 5,
    "baseline_flexion": 130,
    "record_number": "R-7",
    "fixation": "long_locking",
    "plate": "Plate of the day",
    "graft": "allograft",
    "correction_planned": 9.5,
}


def test_what_was_enrolled_is_what_is_read(physio: Program, home: Staff) -> None:
    made = physio.send("episodes/", KNEE)
    assert made.status_code == 201
    episode = made.json()
    read = physio.read(f"episodes/{episode['id']}/").json()
    assert read == episode
    assert {name: episode["patient"][name] for name in KNEE["patient"]} == KNEE["patient"]
    assert {name: episode[name] for name in KNEE if name not in ("patient", "modifiers")} == {
        name: value for name, value in KNEE.items() if name not in ("patient", "modifiers")
    }
    assert sorted(episode["modifiers"]) == ["lhf_2", "smoker"]
    assert episode["surgeon"] == str(home.surgeon.user.pk)
    assert episode["state"] == "open"


def test_only_what_is_needed_has_to_be_said(physio: Program, home: Staff) -> None:
    person = {
        name: KNEE["patient"][name] for name in ("given_name", "family_name", "birth_date", "sex", "body_weight_kg")
    }
    needed = {name: KNEE[name] for name in ("procedure", "side", "surgery_date", "protocol")}
    episode = physio.send("episodes/", needed | {"patient": person}).json()
    assert episode["patient"]["time_zone"] == home.clinic.time_zone
    assert episode["modifiers"] == []
    assert episode["baseline_pain"] is None


def test_null_in_an_optional_field_is_the_same_as_leaving_it_out(physio: Program) -> None:
    optional = set(KNEE) - {"patient", "procedure", "side", "surgery_date", "protocol"}
    assert physio.send("episodes/", KNEE | dict.fromkeys(optional) | {"surgeon": None}).status_code == 201


@pytest.mark.parametrize("how", ["id", "email"])
def test_the_surgeon_may_be_named_by_id_or_address(physio: Program, home: Staff, how: str) -> None:
    other = scenes.member(home.clinic, home.surgeon.role, "Dr Two")
    named = {"id": str(other.user.pk), "email": other.user.email.upper()}[how]
    assert physio.send("episodes/", KNEE | {"surgeon": named}).json()["surgeon_name"] == "Dr Two"


def test_with_two_surgeons_one_has_to_be_named(physio: Program, home: Staff) -> None:
    scenes.member(home.clinic, home.surgeon.role, "Dr Two")
    said = problem(physio.send("episodes/", KNEE), 400, "surgeon")
    assert "surgeon" in said["errors"]["surgeon"][0]


def test_the_same_enrolment_under_the_same_key_takes_one_patient_on(physio: Program) -> None:
    key = "0e1e9b8e-6a0a-4f5e-9a51-0c6a3f3d2b11"
    first, again = (physio.send("episodes/", KNEE, Idempotency_Key=key) for _ in range(2))
    assert first.content == again.content
    assert Episode.objects.count() == 1


def test_staff_list_their_clinic_and_a_patient_their_own(home: Staff, physio: Program, patient: Program) -> None:
    scenes.knee(home)
    scenes.knee(scenes.clinic("Another Clinic"))
    assert physio.read("episodes/").json()["count"] == 2
    assert patient.read("episodes/").json()["count"] == 1


@pytest.mark.parametrize("knees", [1, 30])
def test_a_list_takes_the_same_few_statements_whatever_its_length(
    home: Staff, physio: Program, knees: int, django_assert_max_num_queries: Any
) -> None:
    for _ in range(knees):
        scenes.knee(home, signed=False)
    # Token, role, count, page, what the plans rest on, the day of the token's use and the line of the trail.
    with django_assert_max_num_queries(7):
        assert len(physio.read("episodes/?page_size=100").json()["results"]) == knees


def test_contact_and_description_may_be_put_right(surgeon: Program, knee: Episode) -> None:
    changes = {"patient": {"phone": "07 700", "email": "new@example.org"}, "plate": "Plate B", "correction_achieved": 9}
    answer = surgeon.send(f"episodes/{knee.pk}/", changes, verb="patch")
    assert answer.status_code == 200
    episode = answer.json()
    assert (episode["patient"]["phone"], episode["patient"]["email"]) == ("07 700", "new@example.org")
    assert (episode["plate"], episode["correction_achieved"]) == ("Plate B", 9)
    assert Patient.objects.get(pk=knee.patient_id).given_name == knee.patient.given_name


# --- What each role reads --------------------------------------------------------------------------------------------

CONTACT = {
    "id", "revision", "state", "patient", "procedure", "side", "surgery_date",
    "surgeon", "surgeon_name", "record_number", "created_at",
}  # fmt: skip
WHO = {"id", "given_name", "family_name", "birth_date", "sex", "email", "phone", "time_zone", "language"}


def test_a_coordinator_reads_contact_and_appointments_and_nothing_clinical(
    home: Staff, coordinator: Program, physio: Program, knee: Episode
) -> None:
    listed = coordinator.read("episodes/").json()["results"][0]
    enrolled = coordinator.send("episodes/", KNEE).json()
    changed = coordinator.send(f"episodes/{knee.pk}/", {"patient": {"phone": "07 700"}}, verb="patch").json()
    stale = problem(
        coordinator.send(f"episodes/{knee.pk}/", {"patient": {"phone": "1"}}, verb="patch", If_Match='"99"'), 409
    )
    for answer in (coordinator.read(f"episodes/{knee.pk}/").json(), listed, enrolled, changed, stale["current"]):
        assert set(answer) == CONTACT
        assert set(answer["patient"]) == WHO
    assert CLINICAL & set(physio.read(f"episodes/{knee.pk}/").json()) == CLINICAL


def test_the_patient_and_clinicians_read_all_of_it(
    patient: Program, physio: Program, surgeon: Program, knee: Episode
) -> None:
    for who in (patient, physio, surgeon):
        answer = who.read(f"episodes/{knee.pk}/").json()
        assert set(answer) == CONTACT | CLINICAL
        assert set(answer["patient"]) == WHO | {"body_weight_kg"}


def test_a_coordinator_does_not_describe_the_operation(coordinator: Program, knee: Episode) -> None:
    problem(coordinator.send(f"episodes/{knee.pk}/", {"plate": "Plate B"}, verb="patch"), 403)
    assert Episode.objects.get(pk=knee.pk).plate == ""


def test_an_auditor_reads_no_episode(home: Staff, knee: Episode) -> None:
    auditor = programs.of(home.auditor)
    assert auditor.read("episodes/").json()["count"] == 0
    problem(auditor.read(f"episodes/{knee.pk}/"), 403)


def test_whoever_runs_the_installation_reads_no_patient(knee: Episode) -> None:
    operator = User.objects.create_superuser("operator@example.org", scenes.PASSWORD, name="Op Erator")
    program = Program(operator)
    problem(program.read("episodes/"), 403)
    problem(program.read(f"episodes/{knee.pk}/"), 404)
    problem(program.read("worklist/"), 403)


def test_clinical_history_is_refused_with_the_way_to_change_it(surgeon: Program, knee: Episode) -> None:
    said = problem(surgeon.send(f"episodes/{knee.pk}/", {"surgery_date": "2026-05-01"}, verb="patch"), 400)
    assert "record a fact" in said["errors"]["surgery_date"][0]


def test_null_empties_a_text_and_a_number(surgeon: Program, knee: Episode) -> None:
    surgeon.send(f"episodes/{knee.pk}/", {"plate": "Plate B", "correction_planned": 9}, verb="patch")
    emptied = surgeon.send(f"episodes/{knee.pk}/", {"plate": None, "correction_planned": None}, verb="patch").json()
    assert (emptied["plate"], emptied["correction_planned"]) == ("", None)


# --- Overtaken writes ------------------------------------------------------------------------------------------------


def revision(who: Program, knee: Episode) -> str:
    tag: str = who.read(f"episodes/{knee.pk}/")["ETag"]
    return tag


OVERTAKEN: list[tuple[str, str, dict[str, Any]]] = [
    ("patch", "", {"plate": "Plate B"}),
    ("post", "facts/", {"kind": "modifier", "value": "diabetes"}),
    ("post", "sign-plan/", {}),
    ("post", "restrictions/", {"max_percent": 10, "starts_on": "2026-06-15", "reason": "Pain."}),
    ("post", "clearances/", {"gate": "G6", "decision": "refused", "basis": "Gap.", "decided_on": "2026-06-15"}),
]


@pytest.mark.parametrize(("verb", "path", "body"), OVERTAKEN)
def test_a_write_on_a_state_that_moved_on_is_refused_with_the_new_one(
    home: Staff, surgeon: Program, knee: Episode, verb: str, path: str, body: dict[str, Any]
) -> None:
    old = revision(surgeon, knee)
    order = {"max_percent": 25, "starts_on": "2026-06-15", "reason": "Swollen."}
    programs.of(home.physiotherapist).send(f"episodes/{knee.pk}/restrictions/", order)
    said = problem(surgeon.send(f"episodes/{knee.pk}/{path}", body, verb=verb, If_Match=old), 409)
    now = surgeon.read(f"episodes/{knee.pk}/").json()
    assert said["current"] == now
    assert f'"{now["revision"]}"' != old
    taken = surgeon.send(f"episodes/{knee.pk}/{path}", body, verb=verb, If_Match=f'"{now["revision"]}"')
    assert taken.status_code in (200, 201), taken.json()


def test_an_answer_carries_the_revision_for_the_next_write(surgeon: Program, knee: Episode) -> None:
    order = {"max_percent": 25, "starts_on": "2026-06-15", "reason": "Swollen."}
    made = surgeon.send(f"episodes/{knee.pk}/restrictions/", order)
    assert made["ETag"] == revision(surgeon, knee)
    assert surgeon.read(f"episodes/{knee.pk}/today/")["ETag"] == made["ETag"]


@pytest.mark.parametrize("tag", ["yesterday", '"-1"', "1.5", 'W/"2"', "9" * 40])
def test_a_revision_that_is_none_is_refused_by_name(surgeon: Program, knee: Episode, tag: str) -> None:
    problem(surgeon.send(f"episodes/{knee.pk}/sign-plan/", {}, If_Match=tag), 400, "If-Match")


def test_any_revision_will_do_where_the_writer_says_so(surgeon: Program, knee: Episode) -> None:
    assert surgeon.send(f"episodes/{knee.pk}/sign-plan/", {}, If_Match="*").status_code == 201
