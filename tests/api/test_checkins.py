"""Check-ins: missing is missing, a correction is a new row, and the answer comes at once."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import scenes
from tests.api.programs import Program, problem
from tests.scenes import Staff
from tracker import clock as product_clock
from tracker.models import Alert, CheckIn, Episode

TODAY = "2026-06-15"
FULL = {
    "date": TODAY,
    "pain_rest": 1,
    "pain_load": 3,
    "pain_worst": 4,
    "pain_night": 2,
    "pain_site": "bone_cut",
    "reported_load": "half",
    "reported_load_kg": 41.5,
    "aids": "two_crutches",
    "exercises": "all",
    "swelling": "mild",
    "analgesia": "simple",
    "pain_eased": True,
    "can_load": True,
    "symptoms": [],
    "fall": "none",
    "note": "Slept well.\nWalked to the shop.",
}


def path_of(knee: Episode, row: str = "") -> str:
    return f"episodes/{knee.pk}/check-ins/{row}"


def test_everything_that_was_said_comes_back_as_it_was_said(patient: Program, knee: Episode) -> None:
    made = patient.send(path_of(knee), FULL).json()
    assert {name: made[name] for name in FULL} == FULL
    read = patient.read(path_of(knee, made["id"] + "/")).json()
    assert {name: read[name] for name in FULL} == FULL
    listed = patient.read(path_of(knee)).json()["results"][0]
    assert listed == read


def test_no_answer_is_null_and_not_zero_and_not_fine(patient: Program, knee: Episode) -> None:
    made = patient.send(path_of(knee), {"date": TODAY, "pain_load": 0}).json()
    assert made["pain_load"] == 0
    silent = set(FULL) - {"date", "pain_load", "note"}
    assert {name: made[name] for name in silent} == dict.fromkeys(silent)


def test_an_empty_list_of_symptoms_is_none_of_these_and_null_is_not_answered(patient: Program, knee: Episode) -> None:
    none_of_these = patient.send(path_of(knee), {"date": TODAY, "symptoms": []}).json()
    not_answered = patient.send(path_of(knee), {"date": TODAY, "pain_load": 1, "symptoms": None}).json()
    assert (none_of_these["symptoms"], not_answered["symptoms"]) == ([], None)


def test_a_check_in_keeps_the_limit_that_was_known_for_its_day(patient: Program, knee: Episode) -> None:
    made = patient.send(path_of(knee), {"date": TODAY, "pain_load": 1}).json()
    assert (made["limit_percent"], made["limit_kg"]) == (50, 42)
    before_the_signature = patient.send(path_of(knee), {"date": "2026-06-14", "pain_load": 1}).json()
    assert (before_the_signature["limit_percent"], before_the_signature["limit_kg"]) == (None, None)


def test_the_second_check_in_of_a_day_counts_and_names_the_first(
    patient: Program, knee: Episode, clock: product_clock.StoppedClock
) -> None:
    first = patient.send(path_of(knee), {"date": TODAY, "pain_load": 2}).json()
    clock.advance(hours=1)
    second = patient.send(path_of(knee), {"date": TODAY, "pain_load": 6}).json()
    assert second["earlier"] == first["id"]
    rows = patient.read(path_of(knee)).json()["results"]
    assert [(row["pain_load"], row["current"]) for row in rows] == [(6, True), (2, False)]


def test_a_correction_is_a_new_row_that_names_the_old_one(patient: Program, knee: Episode) -> None:
    first = patient.send(path_of(knee), {"date": TODAY, "pain_load": 2}).json()
    corrected = patient.send(path_of(knee, first["id"] + "/amend/"), {"date": TODAY, "pain_load": 3})
    assert corrected.status_code == 201
    assert corrected.json()["amends"] == first["id"]
    assert CheckIn.objects.count() == 2


def test_a_row_that_was_already_corrected_answers_with_the_newer_one(patient: Program, knee: Episode) -> None:
    first = patient.send(path_of(knee), {"date": TODAY, "pain_load": 2}).json()
    newer = patient.send(path_of(knee, first["id"] + "/amend/"), {"date": TODAY, "pain_load": 3}).json()
    said = problem(patient.send(path_of(knee, first["id"] + "/amend/"), {"date": TODAY, "pain_load": 4}), 409)
    assert said["current"]["id"] == newer["id"]
    assert said["current"]["pain_load"] == 3


def test_taking_a_symptom_back_leaves_its_alert_open_and_notes_the_change(
    patient: Program, physio: Program, knee: Episode
) -> None:
    first = patient.send(path_of(knee), {"date": TODAY, "symptoms": ["calf_sore"]}).json()
    patient.send(path_of(knee, first["id"] + "/amend/"), {"date": TODAY, "symptoms": []})
    alert = physio.read("alerts/").json()["results"][0]
    assert (alert["code"], alert["state"]) == ("calf_sore", "open")
    assert [event["kind"] for event in alert["events"]] == ["source_changed"]


def test_a_clinician_may_enter_a_check_in_for_any_day_since_surgery(physio: Program, knee: Episode) -> None:
    made = physio.send(path_of(knee), {"date": "2026-05-25", "pain_load": 6})
    assert made.status_code == 201
    assert made.json()["role"] == "physiotherapist"


def test_the_patients_own_date_decides_what_today_is(home: Staff, clock: product_clock.StoppedClock) -> None:
    """At 23:30 in London it is already tomorrow in Auckland, and still today in New York."""
    clock.advance(hours=13, minutes=30)
    there = Program(scenes.patient(scenes.knee(home, time_zone="Pacific/Auckland")).user)
    assert there.read("episodes/").json()["results"]
    ahead = Episode.objects.latest("created_at")
    assert there.send(path_of(ahead), {"date": "2026-06-16", "pain_load": 1}).status_code == 201
    behind = scenes.knee(home, time_zone="America/New_York")
    here = Program(scenes.patient(behind).user)
    problem(here.send(path_of(behind), {"date": "2026-06-16", "pain_load": 1}), 400, "date")


def test_in_a_closed_episode_nothing_is_stored_but_whom_to_call_is_still_said(patient: Program, knee: Episode) -> None:
    Episode.objects.filter(pk=knee.pk).update(state="closed")
    said = problem(patient.send(path_of(knee), {"date": TODAY, "symptoms": ["breathless"]}), 409)
    assert next(iter(said)) == "emergency"
    assert said["emergency"]["number"] == "112"
    assert not Alert.objects.exists()
    calm = problem(patient.send(path_of(knee), {"date": TODAY, "symptoms": []}), 409)
    assert "emergency" not in calm


@pytest.mark.parametrize("entries", [1, 180])
def test_a_check_in_takes_at_most_twelve_statements_whatever_the_history(
    home: Staff, clock: product_clock.StoppedClock, entries: int
) -> None:
    knee = scenes.knee(home, day=200)
    scenes.diary(home, knee, [3] * entries)
    who = Program(scenes.patient(knee).user)
    with CaptureQueriesContext(connection) as caught:
        assert who.send(path_of(knee), FULL | {"note": ""}).status_code == 201
    own = [query["sql"] for query in caught if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))]
    assert len(own) <= 12, "\n".join(own)
