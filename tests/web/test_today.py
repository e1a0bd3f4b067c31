from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils.html import strip_tags

from tests import scenes
from tests.scenes import Staff
from tracker.clinical.terms import Aids, Decision, Loading
from tracker.clock import StoppedClock
from tracker.models import Acknowledgement, Episode, Restriction
from tracker.selectors import episodes
from tracker.services import restrictions
from tracker.services.restrictions import NewOrder

pytestmark = pytest.mark.django_db


def today(browser: Client) -> str:
    response = browser.get("/today/")
    assert response.status_code == 200
    return response.content.decode()


def test_the_level_stands_first_with_its_unit_its_share_and_the_leg(phone: Client) -> None:
    page = today(phone)
    assert "Today you may put up to" in page
    assert "42<small> kg</small>" in page
    assert "through your left leg. That is half your weight." in page
    assert "Two crutches, every step. No brace." in page
    assert "Set by your surgeon, from 15 June. Shown as of 10:00 today." in page


def test_the_next_step_says_the_earliest_date_and_what_must_happen_first(phone: Client) -> None:
    page = today(phone)
    assert "Next: full weight, with crutches" in page
    assert "Not before 6 July, and only after your six-week X-ray is checked and your surgeon says yes." in page


def test_before_anyone_signed_no_weight_and_call_your_clinic(riverside: Staff, client: Client) -> None:
    knee = scenes.knee(riverside, signed=False)
    client.force_login(scenes.patient(knee).user)
    page = today(client)
    assert "Today: no weight" in page
    assert "call your clinic" in page
    assert "has not signed your plan yet" in page
    assert "Next:" not in page


def test_a_change_is_new_until_it_was_seen(phone: Client, knee: Episode) -> None:
    assert "I have seen this" in today(phone)
    restriction = Restriction.objects.get(episode=knee, superseded_by=None, ends_on=None)
    answer = phone.post(f"/restrictions/{restriction.pk}/seen/")
    assert answer.headers["Location"] == "/today/"
    assert Acknowledgement.objects.filter(restriction=restriction).count() == 1
    assert "I have seen this" not in today(phone)


def test_an_emergency_takes_the_page_with_the_number_first_and_no_chart(phone: Client, knee: Episode) -> None:
    scenes.check_in(knee, pain_load=3, symptoms=["breathless"])
    page = today(phone)
    assert page.index('href="tel:112"') < page.index("Today you may put up to")
    assert "Call 112 now" in page
    assert 'class="plot"' not in page
    assert "You may</h2>" not in page


def test_an_emergency_stays_when_a_milder_check_in_follows(phone: Client, knee: Episode) -> None:
    scenes.check_in(knee, symptoms=["chest_pain"])
    scenes.check_in(knee, pain_load=0, symptoms=[])
    assert "Call 112 now" in today(phone)


def test_a_same_day_sign_says_call_the_clinic_and_that_the_level_is_on_hold(phone: Client, knee: Episode) -> None:
    scenes.check_in(knee, symptoms=["calf_sore"])
    page = today(phone)
    assert "Call your clinic now. You need help today." in page
    assert 'href="tel:020 7946 0000"' in page
    assert "On hold since 15 June" in page


def test_checked_in_today_is_said_and_can_be_changed(phone: Client, knee: Episode) -> None:
    assert "Check in · 20 seconds" in today(phone)
    row = scenes.check_in(knee, pain_load=4)
    page = today(phone)
    assert "Checked in today" in page
    assert f"/check-in/{row.pk}/" in page
    assert "Check in · 20 seconds" not in page


def test_how_it_is_going_in_one_sentence_with_a_chart_beside_it(phone: Client, riverside: Staff, knee: Episode) -> None:
    assert 'class="plot"' not in today(phone)
    scenes.diary(riverside, knee, [5, 5, 4, None, 4])
    page = today(phone)
    assert "The pain in your left knee is in the expected range for day 20." in page
    assert 'class="plot"' in page


def test_an_operation_without_published_numbers_gets_no_band_and_is_told_so(riverside: Staff, client: Client) -> None:
    knee = scenes.knee(riverside, procedure="LOWDFO", protocol="lowdfo_std")
    scenes.diary(riverside, knee, [5, 4])
    client.force_login(scenes.patient(knee).user)
    page = today(client)
    assert "There are no published numbers for your operation." in page
    assert "#cfe3ea" not in page


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ({"max_percent": 0, "loading": Loading.NON}, "no weight. Keep the foot off the floor."),
        ({"max_percent": 25}, "through your left leg. That is a quarter of your weight."),
    ],
)
def test_a_tightening_shows_at_once(
    phone: Client, riverside: Staff, knee: Episode, order: dict[str, object], words: str
) -> None:
    on = scenes.today(riverside.clinic)
    new = NewOrder(starts_on=on, reason="More pain after a slip.", aids=Aids.TWO_CRUTCHES, **order)
    restrictions.order(episode=knee, by=riverside.physiotherapist, order=new)
    page = today(phone)
    assert words in page
    assert "Set by your physiotherapist, from 15 June." in page


def test_full_weight_is_said_in_words(clock: StoppedClock, phone: Client, riverside: Staff, knee: Episode) -> None:
    clock.advance(timedelta(days=21))
    scenes.clear(riverside, knee, "G6")
    assert "as much as feels comfortable" in today(phone)


def test_a_date_alone_raises_nothing(clock: StoppedClock, phone: Client) -> None:
    clock.advance(timedelta(days=40))
    scenes.sign_in_again(phone)
    page = today(phone)
    assert "42<small> kg</small>" in page
    assert "Not before 6 July" in page


def test_a_refused_gate_says_not_yet(clock: StoppedClock, phone: Client, riverside: Staff, knee: Episode) -> None:
    clock.advance(timedelta(days=21))
    scenes.clear(riverside, knee, "G6", decision=Decision.REFUSED)
    assert "said: not yet" in today(phone)


def test_nobody_else_can_say_that_the_patient_has_seen_it(riverside: Staff, knee: Episode, client: Client) -> None:
    restriction = Restriction.objects.filter(episode=knee).first()
    assert restriction is not None
    path = f"/restrictions/{restriction.pk}/seen/"
    client.force_login(riverside.physiotherapist.user)
    assert client.post(path).status_code == 403
    client.force_login(scenes.patient(scenes.knee(riverside)).user)
    stranger = client.post(path)
    absent = client.post(f"/restrictions/{uuid4()}/seen/")
    assert stranger.status_code == absent.status_code == 404
    assert not Acknowledgement.objects.exists()


def test_every_page_says_that_nobody_watches_and_whom_to_call(phone: Client) -> None:
    for path in ("/today/", "/check-in/", "/progress/", "/plan/", "/settings/"):
        page = phone.get(path).content.decode()
        assert "Nobody watches this page day and night. In an emergency call" in page
        assert 'href="tel:112"' in page


def test_a_record_that_cannot_be_read_means_no_weight_and_call_your_clinic(
    phone: Client, knee: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise ValueError("a row that nobody can read")

    monkeypatch.setattr(episodes, "case", broken)
    page = today(phone)
    assert "Today: no weight" in page
    assert "Keep your left leg off the floor and call your clinic." in page
    assert 'href="tel:020 7946 0000"' in page
    assert set(re.findall(r"(\d+)\s*kg", strip_tags(page))) == {"0"}


def test_two_emergency_signs_are_told_in_one_breath(phone: Client, knee: Episode) -> None:
    scenes.check_in(knee, symptoms=["breathless", "chest_pain"])
    page = today(phone)
    assert page.count("Do not wait for us.") == 1
    assert "newly short of breath" in page
    assert "pain in your chest" in page


def test_a_hold_is_told_as_a_hold_and_not_as_a_decision(phone: Client, knee: Episode) -> None:
    scenes.check_in(knee, symptoms=["calf_sore"])
    page = today(phone)
    assert "This is on hold." in page
    assert "said: not yet" not in page
    plan = phone.get("/plan/").content.decode()
    assert "On hold until your clinic says go on." in plan
    assert "said: not yet" not in plan
