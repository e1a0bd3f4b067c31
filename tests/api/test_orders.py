"""Orders, gates, holds and facts: who may, what it does, and what is answered."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests import scenes
from tests.api import programs
from tests.api.programs import Program, problem
from tests.scenes import Staff
from tracker.models import Episode
from tracker.selectors import episodes as cases

TODAY = "2026-06-15"


def results(who: Program, path: str) -> Any:
    return who.read(path).json()["results"]


def today(who: Program, knee: Episode) -> Any:
    return who.read(f"episodes/{knee.pk}/today/").json()


def test_signing_answers_the_orders_made(home: Staff, surgeon: Program) -> None:
    knee = scenes.knee(home, signed=False, day=0)
    made = surgeon.send(f"episodes/{knee.pk}/sign-plan/").json()
    assert [(row["term"], row["max_percent"], row["max_kg"]) for row in made] == [("TTWB", 20, 16), ("PWB", 50, 42)]
    assert [row["starts_on"] for row in made] == [TODAY, (date(2026, 6, 15) + timedelta(days=14)).isoformat()]
    assert {row["set_by_role"] for row in made} == {"surgeon"}


def test_a_tightening_takes_the_place_of_what_stood_and_says_why(physio: Program, knee: Episode) -> None:
    order = {"max_percent": 25, "starts_on": TODAY, "reason": "Swollen."}
    made = physio.send(f"episodes/{knee.pk}/restrictions/", order)
    assert made.status_code == 201
    assert (made.json()["max_percent"], made.json()["max_kg"], made.json()["reason"]) == (25, 21, "Swollen.")
    rows = results(physio, f"episodes/{knee.pk}/restrictions/")
    standing = [row for row in rows if row["superseded_by"] is None]
    assert [row["max_percent"] for row in standing] == [25]
    assert len(rows) > len(standing), "what stood before stays in the list"
    assert today(physio, knee)["max_percent"] == 25


def test_an_order_may_be_given_in_kilograms_or_by_its_term(surgeon: Program, knee: Episode) -> None:
    path = f"episodes/{knee.pk}/restrictions/"
    in_kg = surgeon.send(path, {"max_kg": 20, "starts_on": TODAY, "reason": "Sore."}).json()
    assert (in_kg["max_kg"], in_kg["max_percent"], in_kg["term"]) == (20, 23, "PWB")
    by_term = surgeon.send(path, {"term": "NWB", "starts_on": TODAY, "reason": "Film today."}).json()
    assert (by_term["max_percent"], by_term["loading"]) == (0, "non")


def test_the_patient_says_that_they_saw_an_order_and_saying_it_twice_changes_nothing(
    patient: Program, physio: Program, knee: Episode
) -> None:
    row = today(patient, knee)["restriction"]
    first = patient.send(f"restrictions/{row}/acknowledge/").json()
    again = patient.send(f"restrictions/{row}/acknowledge/").json()
    assert first["acknowledged_at"] == again["acknowledged_at"] == "2026-06-15T09:00:00Z"
    assert today(physio, knee)["acknowledged"] is True


def test_a_new_modifier_tightens_at_once_and_withdrawing_it_takes_two_and_loosens_nothing(
    surgeon: Program, physio: Program, knee: Episode
) -> None:
    fact = {"kind": "modifier", "value": "lhf_2", "since": TODAY, "reason": "Seen on the film."}
    made = surgeon.send(f"episodes/{knee.pk}/facts/", fact)
    assert made.status_code == 201
    assert {name: made.json()[name] for name in fact} == fact
    assert today(surgeon, knee)["max_percent"] == 20

    def withdrawn() -> str:
        rows = results(surgeon, f"episodes/{knee.pk}/facts/")
        return next(str(row["withdrawn_reason"]) for row in rows if row["id"] == made.json()["id"])

    waiting = surgeon.send(f"episodes/{knee.pk}/facts/{made.json()['id']}/withdraw/", {"reason": "Wrong knee."})
    assert (waiting.status_code, waiting.json()["state"]) == (202, "waiting")
    assert withdrawn() == ""
    problem(surgeon.send(f"proposals/{waiting.json()['id']}/agree/"), 403)
    agreed = physio.send(f"proposals/{waiting.json()['id']}/agree/")
    assert (agreed.status_code, agreed.json()["state"], agreed.json()["answered_by"]) == (200, "agreed", "Jo Mbeki")
    assert withdrawn() == "Wrong knee."
    assert today(surgeon, knee)["max_percent"] == 20
    surgeon.send(f"episodes/{knee.pk}/sign-plan/")
    assert today(surgeon, knee)["max_percent"] == 50


def test_clearing_a_gate_against_a_criterion_waits_for_a_colleague(
    home: Staff, surgeon: Program, physio: Program, patient: Program, coordinator: Program
) -> None:
    knee = scenes.knee(home, day=42)
    scenes.check_in(knee, pain_load=7, symptoms=[])
    clear = {"gate": "G6", "decision": "cleared", "basis": "Film shows callus.", "decided_on": TODAY}
    key = "0e1e9b8e-6a0a-4f5e-9a51-0c6a3f3d2b12"
    first, again = (surgeon.send(f"episodes/{knee.pk}/clearances/", clear, Idempotency_Key=key) for _ in range(2))
    assert (first.status_code, first.content) == (202, again.content)
    made = first.json()
    assert (made["act"], made["by"], made["reason"], made["needs_surgeon"]) == (
        "clearance",
        "Dr A. Osei",
        "Film shows callus.",
        True,
    )
    assert results(surgeon, f"episodes/{knee.pk}/clearances/") == []
    assert [row["id"] for row in results(physio, f"episodes/{knee.pk}/proposals/")] == [made["id"]]
    problem(patient.read(f"episodes/{knee.pk}/proposals/"), 404)
    problem(coordinator.read(f"episodes/{knee.pk}/proposals/"), 403)
    problem(coordinator.send(f"proposals/{made['id']}/agree/"), 403)
    problem(physio.send(f"proposals/{made['id']}/refuse/", {}), 400, "reason")
    said = physio.send(f"proposals/{made['id']}/refuse/", {"reason": "The pain is new."}).json()
    assert (said["state"], said["answer"]) == ("refused", "The pain is new.")
    problem(physio.send(f"proposals/{made['id']}/agree/"), 409)
    assert results(surgeon, f"episodes/{knee.pk}/clearances/") == []


def test_a_new_weight_is_a_number_in_and_out(surgeon: Program, knee: Episode) -> None:
    made = surgeon.send(f"episodes/{knee.pk}/facts/", {"kind": "body_weight_kg", "value": 70.5, "since": TODAY}).json()
    assert made["value"] == 70.5
    assert today(surgeon, knee)["max_kg"] == 35


def test_a_fact_the_plan_cannot_do_without_stays(surgeon: Program, knee: Episode) -> None:
    weight = next(row for row in results(surgeon, f"episodes/{knee.pk}/facts/") if row["kind"] == "body_weight_kg")
    answer = surgeon.send(f"episodes/{knee.pk}/facts/{weight['id']}/withdraw/", {"reason": "Unsure."})
    problem(answer, 409)


def test_a_hold_lasts_until_a_signed_release(surgeon: Program, knee: Episode) -> None:
    scenes.check_in(knee, symptoms=["calf_sore"])
    hold = results(surgeon, f"episodes/{knee.pk}/holds/")[0]
    assert (hold["code"], hold["released_on"], hold["max_percent"]) == ("calf_sore", None, 50)
    assert today(surgeon, knee)["hold"] == {"code": "calf_sore", "since": TODAY}
    released = surgeon.send(f"holds/{hold['id']}/release/", {"basis": "Scan shows no clot."})
    assert released.status_code == 200
    assert (released.json()["released_on"], released.json()["basis"]) == (TODAY, "Scan shows no clot.")
    assert today(surgeon, knee)["hold"] is None
    again = problem(surgeon.send(f"holds/{hold['id']}/release/", {"basis": "Again."}), 409)
    assert again["current"]["basis"] == "Scan shows no clot."


def test_a_release_against_an_older_revision_answers_the_knee_as_it_is(surgeon: Program, knee: Episode) -> None:
    seen = surgeon.read(f"episodes/{knee.pk}/")["ETag"]
    scenes.check_in(knee, symptoms=["calf_sore"])
    hold = results(surgeon, f"episodes/{knee.pk}/holds/")[0]
    overtaken = surgeon.send(f"holds/{hold['id']}/release/", {"basis": "Scan clear."}, If_Match=seen)
    assert problem(overtaken, 409)["current"]["id"] == str(knee.pk)
    assert today(surgeon, knee)["frozen"] is True


def test_while_a_hold_stands_a_physiotherapists_order_waits(physio: Program, knee: Episode) -> None:
    scenes.check_in(knee, symptoms=["calf_sore"])
    order = {"max_percent": 40, "starts_on": TODAY, "reason": "Better."}
    problem(physio.send(f"episodes/{knee.pk}/restrictions/", order), 409)


def test_a_milestone_is_reached_by_the_patient_confirmed_by_a_clinician_and_withdrawn_with_a_reason(
    patient: Program, physio: Program, knee: Episode
) -> None:
    path = f"episodes/{knee.pk}/milestones/"
    made = patient.send(path, {"key": "QUAD_SET", "reached_on": TODAY, "value": 10}).json()
    assert (made["key"], made["value"], made["confirmed_at"]) == ("QUAD_SET", 10, None)
    problem(patient.send(path, {"key": "QUAD_SET", "reached_on": TODAY}), 409)
    confirmed = physio.send(f"{path}{made['id']}/confirm/").json()
    assert confirmed["confirmed_by"] == "Jo Mbeki"
    gone = physio.send(f"{path}{made['id']}/withdraw/", {"reason": "Other leg."}).json()
    assert gone["withdrawn_reason"] == "Other leg."
    problem(physio.send(f"{path}{made['id']}/withdraw/", {"reason": "Other leg."}), 409)
    assert patient.send(path, {"key": "QUAD_SET", "reached_on": TODAY}).status_code == 201


def test_a_row_is_found_only_under_its_own_knee(home: Staff, surgeon: Program, knee: Episode) -> None:
    other = scenes.knee(home)
    row = scenes.check_in(other, pain_load=3)
    assert surgeon.read(f"episodes/{other.pk}/check-ins/{row.pk}/").status_code == 200
    problem(surgeon.read(f"episodes/{knee.pk}/check-ins/{row.pk}/"), 404)


def test_measurements_come_back_with_their_unit(patient: Program, knee: Episode) -> None:
    body = {"kind": "flexion", "value": 92.5, "measured_on": TODAY}
    made = patient.send(f"episodes/{knee.pk}/measurements/", body).json()
    assert (made["value"], made["unit"], made["role"]) == (92.5, "deg", "patient")
    state = patient.read(f"episodes/{knee.pk}/assessment/").json()["milestones"]
    assert next(row["state"] for row in state if row["key"] == "FLEX_90") == "done"


def test_the_assessment_is_that_of_the_clinic(physio: Program, patient: Program, knee: Episode) -> None:
    scenes.check_in(knee, pain_load=3)
    found = physio.read(f"episodes/{knee.pk}/assessment/").json()
    assert {"as_of", "status", "findings", "milestones", "pain", "flexion", "load"} <= found.keys()
    assert found["as_of"] == TODAY
    assert found["status"] in ("alert", "behind", "stale", "on_track")
    for finding in found["findings"]:
        assert {"code", "urgency", "patient", "clinician", "evidence"} == finding.keys()
    for milestone in found["milestones"]:
        assert {"key", "state", "earliest", "typical", "latest"} <= milestone.keys()
    assert patient.read(f"episodes/{knee.pk}/assessment/").json() == found


def test_today_is_valid_until_the_earlier_of_the_two_midnights(home: Staff) -> None:
    knee = scenes.knee(home, time_zone="Pacific/Auckland")
    now = today(programs.of_patient(knee), knee)
    assert now["date"] == TODAY
    assert now["valid_until"] == "2026-06-15T12:00:00Z", "midnight in Auckland comes before midnight in London"


def test_a_record_that_cannot_be_read_allows_no_weight_and_says_that_it_does_not_know(
    patient: Program, knee: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("a row that nobody can read")

    scenes.check_in(knee, symptoms=["breathless"])
    monkeypatch.setattr(cases, "case", broken)
    shown = today(patient, knee)
    assert (shown["term"], shown["max_percent"], shown["max_kg"], shown["known"]) == ("NWB", 0, 0, False)
    assert (shown["post_op_day"], shown["emergency"]["number"]) == (21, "112")
    assert "Call your clinic" in shown["text"]


def test_the_lists_of_alerts_follow_what_was_done(
    home: Staff, surgeon: Program, physio: Program, knee: Episode
) -> None:
    scenes.check_in(knee, symptoms=["breathless", "wound_leak"])
    first, second = results(physio, "alerts/")
    assert [first["urgency"], second["urgency"]] == ["R0", "R1"]
    assert first["name"] == str(knee.patient)
    taken = physio.send(f"alerts/{first['id']}/acknowledge/", {"note": "Calling."}).json()
    assert (taken["state"], taken["events"][0]["note"], taken["events"][0]["by"]) == (
        "acknowledged",
        "Calling.",
        "Jo Mbeki",
    )
    closed = surgeon.send(f"alerts/{second['id']}/close/", {"outcome": "seen", "note": "Dry."}).json()
    assert (closed["state"], closed["events"][-1]["outcome"]) == ("closed", "seen")
    assert [row["id"] for row in results(physio, "alerts/")] == [first["id"]]
    assert [row["id"] for row in results(physio, "alerts/?state=closed")] == [second["id"]]
    assert len(results(physio, "alerts/?state=all")) == 2
    problem(physio.read("alerts/?state=forgotten"), 400, "state")
    said = problem(surgeon.send(f"alerts/{second['id']}/close/", {"outcome": "seen", "note": "Dry."}), 409)
    assert said["current"]["state"] == "closed"


def test_protocols_come_with_a_source_beside_each_number(patient: Program) -> None:
    listed = results(patient, "protocols/")
    assert {"mowhto_std", "mowhto_acc", "mowhto_trad", "lcwhto_std", "mcwdfo_std", "lowdfo_std", "dlo_std"} == {
        row["key"] for row in listed
    }
    one = patient.read("protocols/mowhto_std/").json()
    assert all(step["source"] for step in one["body"]["steps"])
    problem(patient.read("protocols/homemade/"), 404)
