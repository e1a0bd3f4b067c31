from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from tests import scenes
from tests.scenes import Staff
from tracker.clock import StoppedClock
from tracker.models import Episode
from tracker.services import measurements, milestones

pytestmark = pytest.mark.django_db


def page(browser: Client, path: str) -> str:
    response = browser.get(path)
    assert response.status_code == 200
    return response.content.decode()


def test_every_figure_has_its_words_its_source_and_its_numbers(phone: Client, riverside: Staff, knee: Episode) -> None:
    scenes.diary(riverside, knee, [5, 5, None, 4], reported_load="half")
    shown = page(phone, "/progress/")
    assert "Day 20: pain 4 of 10. Expected on that day: " in shown
    assert "BMC MSD 2023;24:208" in shown
    assert shown.count("<summary>The numbers") == 3
    assert shown.count("<summary>Where this comes from") == 2
    assert "<td>20</td><td>14 Jun</td><td>4</td>" in shown


def test_a_day_without_an_answer_is_no_answer_and_not_zero(phone: Client, riverside: Staff, knee: Episode) -> None:
    scenes.diary(riverside, knee, [0, None, 4])
    shown = page(phone, "/progress/")
    assert "<td>19</td><td>13 Jun</td><td>no answer</td>" in shown
    assert "<td>18</td><td>12 Jun</td><td>0</td>" in shown


def test_no_published_reference_is_said_in_plain_words(riverside: Staff, client: Client) -> None:
    knee = scenes.knee(riverside, procedure="LOWDFO", protocol="lowdfo_std")
    scenes.diary(riverside, knee, [4])
    client.force_login(scenes.patient(knee).user)
    shown = page(client, "/progress/")
    assert "There is no published reference for your operation, so no range is drawn." in shown
    assert "#cfe3ea" not in shown


def test_a_knee_replacement_is_shown_only_when_asked_and_as_another_operation(phone: Client) -> None:
    assert "#6b5b95" not in page(phone, "/progress/")
    compared = page(phone, "/progress/?compare=knee-replacement")
    assert "A knee replacement is another operation." in compared
    assert "A different operation: total knee replacement" in compared
    assert "#6b5b95" in compared


def test_an_unknown_comparison_compares_with_nothing(phone: Client) -> None:
    assert "#6b5b95" not in page(phone, "/progress/?compare=hip%00")


def test_over_loading_is_counted_in_words(phone: Client, riverside: Staff, knee: Episode) -> None:
    scenes.check_in(knee, reported_load="full")
    assert "Clearly more than allowed on 1 day of 1 that you reported." in page(phone, "/progress/")


def test_bend_stands_beside_its_aim(phone: Client, riverside: Staff, knee: Episode) -> None:
    on = scenes.today(riverside.clinic)
    measurements.record(episode=knee, by=riverside.physiotherapist, kind="flexion", value=Decimal(95), measured_on=on)
    assert "Last measured on day 21: 95°. The aim by now: 90°." in page(phone, "/progress/")


def test_goals_say_when_they_are_usual_and_when_they_were_reached(
    phone: Client, riverside: Staff, knee: Episode
) -> None:
    on = scenes.today(riverside.clinic)
    milestones.reach(episode=knee, by=scenes.patient(knee), key="QUAD_SET", reached_on=on)
    shown = page(phone, "/progress/")
    assert "Reached 15 Jun · your own word" in shown
    assert "Usual around 6 Jul" in shown


def test_a_new_entry_makes_a_new_drawing(phone: Client, knee: Episode) -> None:
    scenes.check_in(knee, pain_load=2)
    before = page(phone, "/progress/")
    scenes.check_in(knee, pain_load=9)
    assert page(phone, "/progress/").count("<circle") == before.count("<circle")
    assert "Day 21: pain 9 of 10." in page(phone, "/progress/")


def test_the_plan_shows_each_step_with_what_it_waits_for(phone: Client) -> None:
    shown = page(phone, "/plan/")
    assert "Up to 16 kg, a fifth of your weight" in shown
    assert "Up to 42 kg, half your weight" in shown
    assert "Not before 6 July" in shown
    assert "Only after your six-week X-ray is checked and your surgeon says yes." in shown
    assert shown.count('aria-current="step"') == 1


def test_a_cleared_gate_dates_the_next_step(
    clock: StoppedClock, phone: Client, riverside: Staff, knee: Episode
) -> None:
    clock.advance(timedelta(days=21))
    scenes.clear(riverside, knee, "G6")
    shown = page(phone, "/plan/")
    assert "From 20 July" in shown
    assert "Only after your six-week X-ray" not in shown


def test_a_modifier_is_named_in_the_plan(riverside: Staff, client: Client) -> None:
    knee = scenes.knee(riverside, modifiers=("smoker",))
    client.force_login(scenes.patient(knee).user)
    assert "stricter than usual because of: " in page(client, "/plan/")


def test_before_anyone_signed_no_step_is_the_one_of_now(riverside: Staff, client: Client) -> None:
    client.force_login(scenes.patient(scenes.knee(riverside, signed=False)).user)
    shown = page(client, "/plan/")
    assert 'aria-current="step"' not in shown
    assert "Put no weight on your left leg. Call your clinic" in shown


@pytest.mark.parametrize("path", ["/today/", "/progress/", "/plan/", "/settings/", "/check-in/"])
def test_staff_are_sent_to_the_worklist_and_the_signed_out_to_sign_in(
    riverside: Staff, client: Client, path: str
) -> None:
    assert client.get(path).headers["Location"] == f"/accounts/login/?next={path}"
    client.force_login(riverside.physiotherapist.user)
    answer = client.get(path)
    assert answer.status_code == 403
    assert "Staff find patients on the worklist." in answer.content.decode()


def test_what_was_never_measured_and_has_no_target_is_not_drawn(riverside: Staff, client: Client) -> None:
    client.force_login(scenes.patient(scenes.knee(riverside, procedure="LOWDFO", protocol="lowdfo_std")).user)
    bend = page(client, "/progress/").split('id="figure-bend"')[1].split("</section>")[0]
    assert "Not measured yet." in bend
    assert "<svg" not in bend
