"""A check-in is saved with its alerts, or not at all; and nothing that fails on the way loses a red flag."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError

from tests import scenes
from tracker import clock as clocks
from tracker.clinical import allowance, assessment, explain, rules
from tracker.clinical import holds as hold_rules
from tracker.clinical.terms import Role
from tracker.errors import Conflict, Invalid
from tracker.models import Actor, Alert, AlertEvent, Assessment, CheckIn, Episode, Hold
from tracker.selectors import record
from tracker.services import alerts, assessments, checkins, locks, measurements, triage

pytestmark = pytest.mark.django_db


@pytest.fixture
def knee(clock: clocks.StoppedClock) -> Episode:
    return scenes.knee(scenes.clinic())


def broken(*_: object, **__: object) -> None:
    raise RuntimeError("broken on purpose")


def codes(knee: Episode) -> set[str]:
    return set(Alert.objects.filter(episode=knee).values_list("code", flat=True))


def answers(knee: Episode, days_ago: int = 0, **given: object) -> checkins.Answers:
    day = clocks.today(knee.patient.time_zone) - timedelta(days=days_ago)
    return checkins.parse({"date": day.isoformat(), **given})


def test_a_red_flag_stands_with_its_check_in_though_everything_after_fails(
    knee: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assessment, "assess", broken)
    scenes.check_in(knee, symptoms=["breathless"])
    assert codes(knee) == {"breathless", "not_evaluated"}
    assert CheckIn.objects.filter(episode=knee).count() == 1
    assert set(Hold.objects.filter(episode=knee).values_list("code", flat=True)) == {"breathless", "not_evaluated"}


def test_a_database_error_while_assessing_takes_nothing_else_with_it(
    knee: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_in_the_database(*_: object, **__: object) -> None:
        CheckIn.objects.create(episode=knee)  # lacks everything

    monkeypatch.setattr(assessments, "_keep", fails_in_the_database)
    scenes.check_in(knee, symptoms=["breathless"])
    assert codes(knee) == {"breathless", "not_evaluated"}


def test_a_check_in_whose_alert_cannot_be_written_is_not_saved_either(
    knee: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object, **__: object) -> None:
        raise DatabaseError("the disk is full")

    monkeypatch.setattr(alerts, "raise_all", refuses)
    with pytest.raises(DatabaseError):
        scenes.check_in(knee, symptoms=["breathless"])
    assert not CheckIn.objects.filter(episode=knee).exists()


@pytest.mark.parametrize(
    ("module", "name"),
    [(rules, "symptoms"), (record, "rows"), (allowance, "allowed")],
    ids=["the rules of the check-in fail", "the record cannot be read", "the limit cannot be worked out"],
)
def test_the_bare_answers_still_raise_the_emergency(
    knee: Episode, monkeypatch: pytest.MonkeyPatch, module: object, name: str
) -> None:
    monkeypatch.setattr(module, name, broken)
    scenes.check_in(knee, symptoms=["breathless"], pain_load=3)
    assert {"breathless", "not_evaluated"} <= codes(knee)
    assert CheckIn.objects.filter(episode=knee).exists()


def test_a_second_check_in_of_the_day_is_taken_and_names_the_first(knee: Episode) -> None:
    first = scenes.check_in(knee, pain_load=3)
    second = scenes.check_in(knee, pain_load=5)
    assert second.earlier == first
    assert Assessment.objects.get(episode=knee).pain["value"] == 5


def test_the_same_client_key_makes_one_row(knee: Episode) -> None:
    key, patient = uuid4(), scenes.patient(knee)
    rows = {
        checkins.record(episode=knee, by=patient, answers=answers(knee, pain_load=3), client_key=key).pk
        for _ in range(3)
    }
    assert len(rows) == 1
    assert CheckIn.objects.filter(episode=knee).count() == 1


def test_the_same_client_key_with_other_answers_loses_neither_of_them(knee: Episode) -> None:
    key, patient = uuid4(), scenes.patient(knee)
    for given in ({"pain_load": 3}, {"pain_load": 3, "symptoms": ["breathless"]}) * 2:
        checkins.record(episode=knee, by=patient, answers=answers(knee, **given), client_key=key)
    assert CheckIn.objects.filter(episode=knee).count() == 2
    assert codes(knee) == {"breathless"}


def test_a_red_flag_stands_though_its_level_cannot_be_worked_out(
    knee: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hold_rules, "level", broken)
    scenes.check_in(knee, symptoms=["breathless"])
    assert "breathless" in codes(knee)
    assert set(Hold.objects.filter(episode=knee).values_list("max_percent", flat=True)) == {0}


def test_a_red_flag_stands_though_it_cannot_be_put_in_words(knee: Episode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain, "for_clinician", broken)
    scenes.check_in(knee, symptoms=["breathless"])
    assert "breathless" in codes(knee)
    assert "breathless" in Alert.objects.get(episode=knee, code="breathless").sentence


def test_a_fever_that_was_measured_stands_though_the_assessment_fails(
    knee: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assessment, "assess", broken)
    measurements.record(
        episode=knee,
        by=scenes.patient(knee),
        kind="temperature_c",
        value=Decimal("39.2"),
        measured_on=clocks.today(knee.patient.time_zone),
    )
    assert codes(knee) == {"temperature", "not_evaluated"}


def test_what_was_told_under_a_lock_is_dated_when_the_lock_was_had(
    knee: Episode, clock: clocks.StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    had, first = locks.hold, clocks.now()

    def waits(*given: Any, **named: Any) -> None:
        had(*given, **named)
        clock.advance(seconds=5)

    monkeypatch.setattr(locks, "hold", waits)
    assert scenes.check_in(knee, pain_load=3).entered_at == first + timedelta(seconds=5)


def test_amending_never_closes_an_alert_but_says_that_its_source_changed(
    knee: Episode, clock: clocks.StoppedClock
) -> None:
    row = scenes.check_in(knee, symptoms=["calf_sore"])
    clock.advance(minutes=5)
    checkins.amend(check_in=row, by=scenes.patient(knee), answers=answers(knee, symptoms=[], pain_load=2))
    alert = Alert.objects.get(episode=knee, code="calf_sore")
    assert list(alert.events.values_list("kind", flat=True)) == [AlertEvent.Kind.SOURCE_CHANGED]
    assert Assessment.objects.get(episode=knee).status == "alert"


def test_a_corrected_check_in_is_corrected_no_second_time(knee: Episode) -> None:
    row = scenes.check_in(knee, pain_load=3)
    newer = checkins.amend(check_in=row, by=scenes.patient(knee), answers=answers(knee, pain_load=2))
    with pytest.raises(Conflict) as refusal:
        checkins.amend(check_in=row, by=scenes.patient(knee), answers=answers(knee, pain_load=1))
    assert refusal.value.current == newer


@pytest.mark.parametrize("days_ago", [-1, 8, 22])
def test_a_patient_reports_the_last_seven_days_only(knee: Episode, days_ago: int) -> None:
    with pytest.raises(Invalid) as refusal:
        scenes.check_in(knee, days_ago=days_ago, pain_load=3)
    assert set(refusal.value.fields) == {"date"}


def test_staff_report_any_day_since_surgery(knee: Episode) -> None:
    staff = scenes.clinic("Second clinic")
    assert scenes.check_in(knee, days_ago=21, by=staff.physiotherapist, pain_load=3).pk
    with pytest.raises(Invalid):
        scenes.check_in(knee, days_ago=22, by=staff.physiotherapist, pain_load=3)


def test_the_limit_known_at_entry_is_kept_and_days_before_signing_have_none(knee: Episode) -> None:
    assert scenes.check_in(knee, reported_load="half").limit_kg == 42
    assert scenes.check_in(knee, days_ago=3, reported_load="half").limit_percent is None


def test_a_refused_check_in_with_a_red_flag_still_raises_it_once(knee: Episode) -> None:
    raw = {"date": "not a day", "symptoms": ["breathless"], "pain_load": 99}
    patient = scenes.patient(knee)
    assert len(checkins.keep_red_flags(episode=knee, by=patient, raw=raw)) == 1
    checkins.keep_red_flags(episode=knee, by=patient, raw=raw)
    assert Alert.objects.filter(episode=knee, code="breathless").count() == 1
    assert Assessment.objects.get(episode=knee).attention == 0
    assert not CheckIn.objects.filter(episode=knee).exists()


def test_the_same_refused_red_flag_after_its_alert_was_closed_is_a_new_one(knee: Episode) -> None:
    physiotherapist = Actor(scenes.user("Pat"), Role.PHYSIOTHERAPIST, knee.clinic)
    raw = {"date": "not a day", "symptoms": ["breathless"]}
    for expected in (1, 2, 3):
        for _ in range(2):
            checkins.keep_red_flags(episode=knee, by=scenes.patient(knee), raw=raw)
        assert Alert.objects.filter(episode=knee, code="breathless").count() == expected
        standing = Alert.objects.filter(episode=knee).exclude(events__kind=AlertEvent.Kind.CLOSED).get()
        triage.close(alert=standing, by=physiotherapist, outcome="seen", note="Examined.")


def test_no_answer_and_no_pain_are_kept_apart(knee: Episode) -> None:
    zero = scenes.check_in(knee, pain_load=0)
    silent = scenes.check_in(knee, days_ago=1, reported_load="half")
    assert (zero.pain_load, silent.pain_load) == (0, None)
    assert (zero.symptoms, scenes.check_in(knee, symptoms=[]).symptoms) == (None, [])


@pytest.mark.parametrize("empty", [{}, {"note": "  "}])
def test_an_empty_check_in_is_not_a_report(knee: Episode, empty: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        answers(knee, **empty)
