"""The same write under the same key happens once, and is answered once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection

from tests import scenes
from tests.api import programs
from tests.api.programs import Program, problem
from tests.scenes import Staff
from tracker import clock as product_clock
from tracker.api.shapes_episodes import ENROLMENT
from tracker.models import CheckIn, Episode, IdempotencyKey, Measurement
from tracker.services import assessments, checkins, erasure, idempotency, transfers

GOOD = {"date": "2026-06-15", "pain_load": 3, "symptoms": [], "note": "Slept well."}


@pytest.fixture
def key() -> str:
    return str(uuid4())


def send(who: Program, knee: Episode, body: dict[str, Any], key: str) -> Any:
    return who.send(f"episodes/{knee.pk}/check-ins/", body, Idempotency_Key=key)


def test_a_repeat_gets_the_very_same_bytes_and_stores_nothing(patient: Program, knee: Episode, key: str) -> None:
    first = send(patient, knee, GOOD, key)
    again = send(patient, knee, GOOD, key)
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert CheckIn.objects.count() == 1


def test_a_repeat_after_the_record_moved_on_still_gets_the_first_answer(
    patient: Program, knee: Episode, key: str
) -> None:
    first = send(patient, knee, GOOD, key)
    send(patient, knee, GOOD | {"pain_load": 9}, str(uuid4()))
    assert send(patient, knee, GOOD, key).content == first.content


@pytest.mark.parametrize("since", ["moved", "restricted"])
def test_an_enrolment_is_not_told_again_to_a_clinic_that_may_no_longer_read_it(
    home: Staff, physio: Program, key: str, since: str
) -> None:
    first = physio.send("episodes/", ENROLMENT, Idempotency_Key=key)
    assert physio.send("episodes/", ENROLMENT, Idempotency_Key=key).content == first.content
    knee, away = Episode.objects.get(pk=first.json()["id"]), scenes.clinic("Hillside Clinic")
    if since == "restricted":
        erasure.restrict(patient=knee.patient, reason="asked")
    else:
        offer = transfers.ask(episode=knee, by=home.surgeon, to=away.clinic.pk, reason="Moves house.")
        transfers.accept(transfer=offer, by=away.surgeon, owner=away.surgeon.user.pk)
    said = problem(physio.send("episodes/", ENROLMENT, Idempotency_Key=key), 403 if since == "restricted" else 404)
    assert "Quist" not in str(said)


def test_spaces_and_the_order_of_keys_do_not_make_another_body(patient: Program, knee: Episode, key: str) -> None:
    first = send(patient, knee, GOOD, key)
    turned = dict(reversed(GOOD.items()))
    assert send(patient, knee, turned, key).content == first.content


def test_the_same_key_with_another_body_is_refused_and_stores_nothing(
    patient: Program, knee: Episode, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    send(patient, knee, GOOD, key)
    said = problem(send(patient, knee, GOOD | {"pain_load": 4}, key), 422)
    assert "new key" in said["detail"]
    assert CheckIn.objects.get().pain_load == 3
    assert key in caplog.text


def test_the_same_key_for_another_address_is_refused(patient: Program, knee: Episode, key: str) -> None:
    send(patient, knee, GOOD, key)
    body = {"kind": "flexion", "value": 70, "measured_on": "2026-06-15"}
    problem(patient.send(f"episodes/{knee.pk}/measurements/", body, Idempotency_Key=key), 422)
    assert not Measurement.objects.exists()


def test_keys_of_two_people_have_nothing_to_do_with_each_other(
    home: Staff, patient: Program, physio: Program, knee: Episode, key: str
) -> None:
    other = scenes.knee(home)
    mine, theirs = send(patient, knee, GOOD, key), send(physio, other, GOOD | {"pain_load": 5}, key)
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert (mine.json()["pain_load"], theirs.json()["pain_load"]) == (3, 5)


def test_a_key_that_made_somebody_elses_check_in_of_the_knee_is_refused(
    patient: Program, physio: Program, knee: Episode, key: str
) -> None:
    send(patient, knee, GOOD, key)
    problem(send(physio, knee, GOOD | {"pain_load": 5}, key), 422)
    assert CheckIn.objects.count() == 1


def test_a_refusal_is_not_kept_so_a_corrected_repeat_succeeds(patient: Program, knee: Episode, key: str) -> None:
    problem(send(patient, knee, GOOD | {"pain_load": 11}, key), 400, "pain_load")
    assert not IdempotencyKey.objects.exists()
    assert send(patient, knee, GOOD, key).status_code == 201


def test_a_fault_of_ours_is_not_kept_so_a_repeat_succeeds(
    patient: Program, knee: Episode, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(**_: Any) -> None:
        raise DatabaseError("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(assessments, "settle", fails)
        patient.raise_request_exception = False
        assert send(patient, knee, GOOD, key).status_code == 500
    assert not CheckIn.objects.exists()
    assert send(patient, knee, GOOD, key).status_code == 201
    assert CheckIn.objects.count() == 1


def test_while_the_first_request_is_worked_on_a_repeat_is_told_to_come_back(
    patient: Program, knee: Episode, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    record = checkins.record

    def slow(**said: Any) -> Any:
        if not seen:
            seen.append(None)
            seen[0] = send(patient, knee, GOOD, key)
        return record(**said)

    monkeypatch.setattr(checkins, "record", slow)
    assert send(patient, knee, GOOD, key).status_code == 201
    problem(seen[0], 409)
    assert int(seen[0]["Retry-After"]) >= 1
    assert CheckIn.objects.count() == 1


def test_a_key_that_a_dead_process_left_behind_is_free_again_after_two_minutes(
    patient: Program, knee: Episode, key: str, clock: product_clock.StoppedClock
) -> None:
    first = send(patient, knee, GOOD, key)
    IdempotencyKey.objects.update(status=idempotency.UNANSWERED, answer="")  # as if killed before it could answer
    problem(send(patient, knee, GOOD, key), 409)
    clock.advance(minutes=3)
    assert send(patient, knee, GOOD, key).json()["id"] == first.json()["id"]
    assert CheckIn.objects.count() == 1


def test_a_key_that_is_no_uuid_is_refused_by_name(patient: Program, knee: Episode) -> None:
    problem(send(patient, knee, GOOD, "today's"), 400, "Idempotency-Key")
    assert not CheckIn.objects.exists()


@pytest.mark.parametrize("path", ["measurements", "milestones"])
def test_other_writes_of_a_patient_mind_the_key_too(patient: Program, knee: Episode, key: str, path: str) -> None:
    bodies = {
        "measurements": {"kind": "flexion", "value": 70, "measured_on": "2026-06-15"},
        "milestones": {"key": "QUAD_SET", "reached_on": "2026-06-15"},
    }
    first, again = (patient.send(f"episodes/{knee.pk}/{path}/", bodies[path], Idempotency_Key=key) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.content == again.content
    assert patient.read(f"episodes/{knee.pk}/{path}/").json()["count"] == 1


def test_answers_are_kept_for_ninety_days(
    patient: Program, knee: Episode, key: str, clock: product_clock.StoppedClock
) -> None:
    send(patient, knee, GOOD, key)
    clock.advance(timedelta(days=90))
    assert idempotency.forget(clock.instant) == 0
    clock.advance(timedelta(seconds=1))
    assert idempotency.forget(clock.instant) == 1


def test_ten_repeats_at_once_make_one_check_in_and_every_answer_is_the_same_or_says_come_back(
    committed: None, clock: product_clock.StoppedClock, key: str
) -> None:
    knee = scenes.knee(scenes.clinic())
    callers = [programs.of_patient(knee) for _ in range(10)]
    answers: list[Any] = []

    def call(who: Program) -> None:
        try:
            answers.append(send(who, knee, GOOD, key))
        finally:
            connection.close()

    threads = [threading.Thread(target=call, args=(who,)) for who in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert CheckIn.objects.count() == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert len(answers) == 10
