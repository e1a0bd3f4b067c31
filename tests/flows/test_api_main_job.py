"""One knee from enrolment to its first open gate, through the API alone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from tests import scenes
from tests.api import programs
from tests.api.programs import Program
from tests.scenes import Staff
from tracker import clock as product_clock
from tracker.models import Episode
from tracker.services import assessments

TODAY = date(2026, 6, 15)
SURGERY = TODAY - timedelta(days=21)

LEFT_KNEE: dict[str, Any] = {
    "patient": {
        "given_name": "Ada",
        "family_name": "Quist",
        "birth_date": "1971-03-09",
        "sex": "female",
        "email": "ada@example.org",
        "phone": "+44 20 7946 0000",
        "time_zone": "Europe/London",
        "body_weight_kg": 84,
    },
    "procedure": "MOWHTO",
    "side": "left",
    "surgery_date": SURGERY.isoformat(),
    "indication": "osteoarthritis",
    "compartment": "medial",
    "protocol": "mowhto_std",
    "baseline_pain": 5,
    "fixation": "long_locking",
}


@pytest.fixture
def physio(home: Staff) -> Program:
    return programs.of(home.physiotherapist)


@pytest.fixture
def surgeon(home: Staff) -> Program:
    return programs.of(home.surgeon)


@pytest.fixture
def enrol(physio: Program, surgeon: Program) -> Callable[..., str]:
    """The physiotherapist takes the knee on and the surgeon signs; gives the episode's id."""

    def taken_on(**other: Any) -> str:
        answer = physio.send("episodes/", LEFT_KNEE | other)
        assert answer.status_code == 201, answer.json()
        episode: str = answer.json()["id"]
        assert surgeon.send(f"episodes/{episode}/sign-plan/").status_code == 201
        return episode

    return taken_on


def on_day(clock: product_clock.StoppedClock, day: int, at: Staff) -> None:
    """Moves to post-operative `day`, and lets the night pass at the clinic."""
    clock.advance(days=day - (clock.instant.date() - SURGERY).days)
    assessments.tick(clinic=at.clinic, now=clock.instant)


def today(who: Program, episode: str) -> Any:
    answer = who.read(f"episodes/{episode}/today/")
    assert answer.status_code == 200
    return answer.json()


def row_of(who: Program, episode: str) -> Any:
    return next(row for row in who.read("worklist/").json()["results"] if row["episode"] == episode)


def test_nothing_may_be_loaded_before_the_surgeon_signs(physio: Program) -> None:
    episode = physio.send("episodes/", LEFT_KNEE).json()["id"]
    now = today(physio, episode)
    assert (now["signed"], now["known"], now["term"], now["max_percent"], now["max_kg"]) == (False, False, "NWB", 0, 0)
    assert now["next_step"] is None


def test_three_weeks_after_surgery_half_the_weight_is_allowed_and_the_next_step_waits_for_its_film(
    physio: Program, enrol: Callable[..., str]
) -> None:
    now = today(physio, enrol())
    assert now["post_op_day"] == 21
    assert (now["loading"], now["term"], now["max_percent"], now["max_kg"]) == ("limited", "PWB", 50, 42)
    assert now["aids"] == "two_crutches"
    assert (now["signed"], now["known"]) == (True, True)
    assert now["weight_used"] == 84
    step = now["next_step"]
    assert (step["gate"], step["state"], step["term"]) == ("G6", "waiting", "WBAT")
    assert step["on"] == (SURGERY + timedelta(days=42)).isoformat()


def test_the_patient_reads_the_same_as_the_clinic_and_says_that_they_saw_it(
    physio: Program, enrol: Callable[..., str]
) -> None:
    episode = enrol()
    patient = signed_in_patient(episode)
    assert patient.read("me/").json()["episodes"] == [episode]
    assert today(patient, episode) == today(physio, episode)
    seen = patient.send(f"restrictions/{today(patient, episode)['restriction']}/acknowledge/")
    assert seen.status_code == 200
    assert today(patient, episode)["acknowledged"] is True
    assert row_of(physio, episode)["seen"] is True


def test_time_alone_never_opens_the_gate_and_the_worklist_says_that_it_is_due(
    home: Staff, clock: product_clock.StoppedClock, physio: Program, enrol: Callable[..., str]
) -> None:
    episode = enrol()
    on_day(clock, 45, home)
    now = today(physio, episode)
    assert (now["post_op_day"], now["max_percent"], now["max_kg"]) == (45, 50, 42)
    assert (now["next_step"]["gate"], now["next_step"]["state"]) == ("G6", "waiting")
    found = physio.read(f"episodes/{episode}/assessment/").json()["findings"]
    assert "gate_due" in [finding["code"] for finding in found]
    row = row_of(physio, episode)
    assert row["need"] == "gate_due"
    assert "six-week" in row["reason"].lower() or "6-week" in row["reason"] or "G6" in row["reason"]


def test_a_hinge_fracture_keeps_the_load_at_a_fifth_until_six_weeks(
    home: Staff, clock: product_clock.StoppedClock, physio: Program, enrol: Callable[..., str]
) -> None:
    episode = enrol(modifiers=["lhf_2"])
    for day in (21, 35, 41):
        on_day(clock, day, home)
        now = today(physio, episode)
        assert (now["max_percent"], now["term"], now["max_kg"]) == (20, "TTWB", 16)


def test_clearing_the_gate_on_its_day_opens_the_step(
    home: Staff, clock: product_clock.StoppedClock, physio: Program, surgeon: Program, enrol: Callable[..., str]
) -> None:
    episode = enrol()
    on_day(clock, 42, home)
    answer = surgeon.send(f"episodes/{episode}/clearances/", decision_of("cleared", clock))
    assert answer.status_code == 201, answer.json()
    now = today(physio, episode)
    assert (now["term"], now["max_percent"], now["max_kg"]) == ("WBAT", 100, None)
    assert now["aids"] == "one_crutch"
    assert (now["next_step"]["term"], now["next_step"]["state"]) == ("FWB", "signed")


def test_refusing_the_gate_keeps_the_level_and_the_refusal_shows(
    home: Staff, clock: product_clock.StoppedClock, physio: Program, surgeon: Program, enrol: Callable[..., str]
) -> None:
    episode = enrol()
    on_day(clock, 42, home)
    assert surgeon.send(f"episodes/{episode}/clearances/", decision_of("refused", clock)).status_code == 201
    now = today(physio, episode)
    assert (now["term"], now["max_percent"], now["max_kg"]) == ("PWB", 50, 42)
    assert (now["next_step"]["gate"], now["next_step"]["state"]) == ("G6", "held")
    decisions = physio.read(f"episodes/{episode}/clearances/").json()["results"]
    assert [(row["gate"], row["decision"], row["basis"]) for row in decisions] == [
        ("G6", "refused", "The film shows what it shows.")
    ]


def test_a_physiotherapist_may_not_clear_a_gate_that_needs_a_film(
    home: Staff, clock: product_clock.StoppedClock, physio: Program, enrol: Callable[..., str]
) -> None:
    episode = enrol()
    on_day(clock, 42, home)
    answer = physio.send(f"episodes/{episode}/clearances/", decision_of("cleared", clock))
    assert answer.status_code == 403
    assert today(physio, episode)["max_percent"] == 50


def signed_in_patient(episode: str) -> Program:
    """The patient's own program; how a patient comes by a sign-in is no part of the API."""
    who = Episode.objects.get(pk=episode).patient
    who.user = scenes.user("Ada Quist")
    who.save()
    return Program(who.user)


def decision_of(decision: str, clock: product_clock.StoppedClock) -> dict[str, str]:
    on = clock.instant.date().isoformat()
    return {"gate": "G6", "decision": decision, "basis": "The film shows what it shows.", "decided_on": on}
