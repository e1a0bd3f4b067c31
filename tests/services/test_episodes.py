"""Taking a patient on: the same knee once, whoever is quickest, and nothing stored by halves."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from tests import scenes
from tracker import clock as clocks
from tracker.clinical.terms import Side
from tracker.errors import Conflict, Invalid, Problem
from tracker.models import Episode, EpisodeFact, Patient, Restriction
from tracker.selectors import episodes as cases
from tracker.services import episodes


def test_ten_colleagues_enrolling_the_same_knee_at_once_make_one_episode(
    committed: None, clock: clocks.StoppedClock
) -> None:
    staff = scenes.clinic()
    enrolment = scenes.enrolment(staff, record_number="R-1")
    answers: list[object] = []

    def enrol() -> None:
        try:
            answers.append(episodes.enrol(by=staff.coordinator, enrolment=enrolment))
        except Problem as refusal:
            answers.append(refusal.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=enrol) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(str(answer) for answer in answers if isinstance(answer, str)) == ["open_episode"] * 9
    assert (Patient.objects.count(), Episode.objects.count()) == (1, 1)


@pytest.mark.django_db
class TestEnrolment:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("given_name", "  "),
            ("family_name", ""),
            ("time_zone", "Mars/Olympus"),
            ("body_weight_kg", Decimal(29)),
            ("body_weight_kg", Decimal("NaN")),
            ("body_weight_kg", Decimal(-84)),
            ("baseline_pain", 11),
            ("baseline_flexion", 200),
            ("protocol", "made_up"),
            ("protocol", "dlo_std"),
            ("correction_planned", Decimal("Infinity")),
        ],
    )
    def test_a_wrong_value_is_named_and_nothing_is_stored(
        self, field: str, value: Any, clock: clocks.StoppedClock
    ) -> None:
        staff = scenes.clinic()
        with pytest.raises(Invalid) as refusal:
            episodes.enrol(by=staff.coordinator, enrolment=scenes.enrolment(staff, **{field: value}))
        assert field in refusal.value.fields
        assert not Patient.objects.exists()

    @pytest.mark.parametrize("day", [-1, 4000])
    def test_the_surgery_lies_neither_ahead_nor_years_back(self, day: int, clock: clocks.StoppedClock) -> None:
        staff = scenes.clinic()
        with pytest.raises(Invalid) as refusal:
            episodes.enrol(by=staff.coordinator, enrolment=scenes.enrolment(staff, day=day))
        assert set(refusal.value.fields) == {"surgery_date"}

    def test_the_accelerated_protocol_asks_for_the_plate_that_carries_it(self, clock: clocks.StoppedClock) -> None:
        staff = scenes.clinic()
        enrolment = scenes.enrolment(staff, protocol="mowhto_acc", fixation="short_plate")
        with pytest.raises(Invalid) as refusal:
            episodes.enrol(by=staff.coordinator, enrolment=enrolment)
        assert set(refusal.value.fields) == {"fixation"}

    def test_the_other_knee_of_the_same_patient_is_another_episode(self, clock: clocks.StoppedClock) -> None:
        staff = scenes.clinic()
        same = {"record_number": "R-1", "family_name": "Hale"}
        for side in (Side.LEFT, Side.RIGHT):
            episodes.enrol(by=staff.coordinator, enrolment=scenes.enrolment(staff, side=side, **same))
        assert (Patient.objects.count(), Episode.objects.count()) == (1, 2)

    def test_a_record_number_is_never_given_to_somebody_else(self, clock: clocks.StoppedClock) -> None:
        staff = scenes.clinic()
        episodes.enrol(by=staff.coordinator, enrolment=scenes.enrolment(staff, record_number="R-1"))
        with pytest.raises(Invalid) as refusal:
            episodes.enrol(by=staff.coordinator, enrolment=scenes.enrolment(staff, record_number="R-1"))
        assert set(refusal.value.fields) == {"record_number"}

    def test_nothing_may_be_loaded_until_a_surgeon_signs(self, clock: clocks.StoppedClock) -> None:
        knee = scenes.knee(scenes.clinic(), signed=False)
        allowed = cases.allowance(cases.case(knee, now=clock.instant))
        assert (allowed.term, allowed.signed, allowed.known) == ("NWB", False, False)
        assert not Restriction.objects.exists()


@pytest.mark.django_db
class TestFacts:
    def test_a_modifier_tightens_at_once_and_its_withdrawal_loosens_nothing(self, clock: clocks.StoppedClock) -> None:
        staff = scenes.clinic()
        knee = scenes.knee(staff)

        def percent() -> int:
            clock.advance(minutes=1)
            return cases.allowance(cases.case(knee, now=clock.instant)).max_percent

        assert percent() == 50
        fact = episodes.record_fact(episode=knee, by=staff.physiotherapist, kind="modifier", value="lhf_2")
        assert percent() == 20
        episodes.withdraw_fact(
            fact=fact, by=staff.physiotherapist, reason="no fracture on the CT", second=staff.surgeon
        )
        assert percent() == 20
        episodes.sign_plan(episode=knee, by=staff.surgeon)
        assert percent() == 50

    def test_a_lighter_weight_lowers_the_kilograms_and_a_heavier_one_does_not_raise_them(
        self, clock: clocks.StoppedClock
    ) -> None:
        staff = scenes.clinic()
        knee = scenes.knee(staff)
        for weight, kg in (("80", 40), ("100", 40)):
            clock.advance(minutes=1)
            episodes.record_fact(episode=knee, by=staff.physiotherapist, kind="body_weight_kg", value=weight)
            assert cases.allowance(cases.case(knee, now=clock.instant)).max_kg == kg

    def test_a_stale_revision_is_refused_with_the_row_as_it_is(self, clock: clocks.StoppedClock) -> None:
        staff = scenes.clinic()
        knee = scenes.knee(staff)
        seen = knee.revision
        episodes.record_fact(episode=knee, by=staff.surgeon, kind="modifier", value="acl", revision=seen)
        with pytest.raises(Conflict) as refusal:
            episodes.record_fact(episode=knee, by=staff.surgeon, kind="modifier", value="smoker", revision=seen)
        assert refusal.value.code == "revision"
        assert isinstance(refusal.value.current, Episode)
        assert refusal.value.current.revision > seen

    def test_the_plan_keeps_what_it_cannot_do_without(self, clock: clocks.StoppedClock) -> None:
        staff = scenes.clinic()
        knee = scenes.knee(staff)
        for fact in EpisodeFact.objects.filter(episode=knee):
            with pytest.raises(Conflict):
                episodes.withdraw_fact(fact=fact, by=staff.surgeon, reason="gone")

    def test_a_corrected_date_of_surgery_moves_the_plan(self, clock: clocks.StoppedClock) -> None:
        staff = scenes.clinic()
        knee = scenes.knee(staff)
        corrected = scenes.today(staff.clinic) - timedelta(days=10)
        episodes.record_fact(
            episode=knee, by=staff.surgeon, kind="surgery_date", value=corrected.isoformat(), reason="a slip"
        )
        allowed = cases.allowance(cases.case(knee, now=clock.instant))
        assert (allowed.post_op_day, allowed.max_percent) == (10, 20)
