from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client

from tests import scenes
from tests.scenes import Staff
from tracker.clock import StoppedClock
from tracker.models import Alert, CheckIn, Episode, Note
from tracker.selectors import episodes

pytestmark = pytest.mark.django_db

TODAY = "2026-06-15"


def send(browser: Client, path: str = "/check-in/", **answers: object) -> tuple[int, str]:
    """Status and page that the patient ends up with."""
    response = browser.post(path, {"date": TODAY, **answers}, follow=True)
    return response.status_code, response.content.decode()


def test_the_page_asks_with_nothing_preselected_and_tells_yesterday(
    riverside: Staff, knee: Episode, phone: Client
) -> None:
    scenes.check_in(knee, days_ago=1, by=riverside.physiotherapist, pain_load=4, aids="two_crutches", symptoms=[])
    page = phone.get("/check-in/").content.decode()
    assert "Yesterday: 4" in page
    assert "Yesterday: two crutches" in page
    assert " checked" not in page


def test_a_check_in_is_answered_at_once(phone: Client, knee: Episode) -> None:
    status, page = send(
        phone,
        pain_load="3",
        pain_worst="4",
        reported_load="half",
        aids="two_crutches",
        symptoms="none_of_these",
        fall="none",
    )
    assert status == 200
    assert "Saved" in page
    assert "You put about half through the leg. That fits your level." in page
    assert "Nothing you told us needs a call today." in page
    row = CheckIn.objects.get(episode=knee)
    assert (row.pain_load, row.pain_worst, row.reported_load, row.symptoms, row.fall) == (3, 4, "half", [], "none")


def test_more_load_than_allowed_is_told_without_blame(phone: Client) -> None:
    _, page = send(phone, pain_load="2", reported_load="full")
    assert "You put about full weight through the leg. That is more than you may." in page


def test_an_emergency_sign_is_answered_with_the_number_before_anything_else(phone: Client, knee: Episode) -> None:
    _, page = send(phone, pain_load="3", symptoms="breathless")
    assert page.index("Call 112 now") < page.index("<h1>Saved")
    assert Alert.objects.get(episode=knee).urgency == "R0"


def test_a_same_day_sign_is_answered_with_the_clinics_number(phone: Client) -> None:
    _, page = send(phone, pain_load="3", symptoms="calf_sore")
    assert page.index("Call the clinic: 020 7946 0000") < page.index("<h1>Saved")
    assert "Your next step waits until your clinic has looked at this." in page


def test_a_wrong_answer_is_named_with_its_remedy_and_what_was_typed_stays(phone: Client, knee: Episode) -> None:
    status, page = send(phone, pain_load="3", reported_load_kg="heavy", note="A long day.")
    assert status == 400
    assert 'href="#q-reported_load_kg"' in page
    assert "Write the load in kilograms, from 0 to 250" in page
    assert 'value="heavy"' in page
    assert "A long day." in page
    assert 'name="pain_load" value="3" checked' in page
    assert not CheckIn.objects.filter(episode=knee).exists()


def test_a_refused_check_in_with_a_red_flag_shows_the_number_and_keeps_the_alert(phone: Client, knee: Episode) -> None:
    status, page = send(phone, pain_load="99", symptoms="chest_pain")
    assert status == 400
    assert page.index("Call 112 now") < page.index("Choose a whole number from 0")
    assert not CheckIn.objects.filter(episode=knee).exists()
    assert Alert.objects.filter(episode=knee, urgency="R0").count() == 1


def test_none_of_these_beside_a_red_flag_is_asked_again_and_still_alarms(phone: Client, knee: Episode) -> None:
    status, page = send(phone, symptoms=["none_of_these", "breathless"])
    assert status == 400
    assert "not both" in page
    assert "Call 112 now" in page
    assert Alert.objects.filter(episode=knee, urgency="R0").exists()


def test_an_empty_check_in_is_not_saved(phone: Client, knee: Episode) -> None:
    status, page = send(phone)
    assert status == 400
    assert "Answer at least one question" in page
    assert not CheckIn.objects.filter(episode=knee).exists()


@pytest.mark.parametrize("day", ["2026-06-16", "2026-05-24", "2026-06-07", "soon", "", "2026-02-30", "9999-99-99"])
def test_a_day_that_cannot_be_is_refused_in_words(phone: Client, knee: Episode, day: str) -> None:
    status, page = send(phone, date=day, pain_load="3")
    assert status == 400
    assert 'href="#q-date"' in page
    assert not CheckIn.objects.filter(episode=knee).exists()


@pytest.mark.parametrize("note", ["x" * 5000, "hid\x00den", "\x1b[31m"])
def test_a_note_that_cannot_be_kept_is_refused_by_name(phone: Client, note: str) -> None:
    status, page = send(phone, pain_load="3", note=note)
    assert status == 400
    assert 'href="#q-note"' in page


def test_pressing_save_twice_makes_one_check_in(phone: Client, knee: Episode) -> None:
    key = str(uuid4())
    first = phone.post("/check-in/", {"date": TODAY, "pain_load": "3", "client_key": key})
    second = phone.post("/check-in/", {"date": TODAY, "pain_load": "3", "client_key": key})
    assert first.headers["Location"] == second.headers["Location"]
    assert CheckIn.objects.filter(episode=knee).count() == 1


def test_going_back_and_adding_a_red_flag_loses_neither(phone: Client, knee: Episode) -> None:
    key = str(uuid4())
    send(phone, pain_load="3", client_key=key)
    _, page = send(phone, pain_load="3", symptoms="breathless", client_key=key)
    assert "112" in page
    assert Alert.objects.get(episode=knee).code == "breathless"


def test_a_red_flag_in_a_closed_episode_is_still_answered_with_the_number(phone: Client, knee: Episode) -> None:
    Episode.objects.filter(pk=knee.pk).update(state=Episode.State.CLOSED)
    status, page = send(phone, symptoms="breathless")
    assert status == 409
    assert "This episode is closed" in page
    assert page.index("Call 112 now") < page.index("This episode is closed")


def test_a_broken_key_does_not_lose_the_check_in(phone: Client, knee: Episode) -> None:
    status, _ = send(phone, pain_load="3", client_key="nonsense")
    assert status == 200
    assert CheckIn.objects.filter(episode=knee).count() == 1


def test_a_second_check_in_of_a_day_is_never_refused(phone: Client, knee: Episode) -> None:
    send(phone, pain_load="3")
    send(phone, pain_load="5")
    rows = list(CheckIn.objects.filter(episode=knee).order_by("entered_at"))
    assert [row.pain_load for row in rows] == [3, 5]
    assert rows[1].earlier == rows[0]


def test_a_correction_shows_the_earlier_answers_and_keeps_them_on_record(phone: Client, knee: Episode) -> None:
    send(phone, pain_load="3", note="First words.", symptoms="none_of_these")
    first = CheckIn.objects.get(episode=knee)
    page = phone.get(f"/check-in/{first.pk}/").content.decode()
    assert 'name="pain_load" value="3" checked' in page
    assert "First words." in page
    send(phone, f"/check-in/{first.pk}/", pain_load="4", note="Better words.")
    newer = CheckIn.objects.get(amends=first)
    assert (newer.pain_load, CheckIn.objects.get(pk=first.pk).pain_load) == (4, 3)
    assert Note.objects.filter(patient=knee.patient).count() == 2


def test_correcting_what_was_already_corrected_says_so(phone: Client, knee: Episode) -> None:
    send(phone, pain_load="3")
    first = CheckIn.objects.get(episode=knee)
    send(phone, f"/check-in/{first.pk}/", pain_load="4")
    status, page = send(phone, f"/check-in/{first.pk}/", pain_load="5")
    assert status == 409
    assert "already corrected" in page


def test_the_days_a_patient_may_choose_end_at_surgery(riverside: Staff, client: Client) -> None:
    knee = scenes.knee(riverside, day=2)
    client.force_login(scenes.patient(knee).user)
    page = client.get("/check-in/").content.decode()
    assert page.count("<option") == 3
    assert "Today, Monday 15 June" in page


def test_the_days_follow_the_patients_own_clock(clock: StoppedClock, riverside: Staff, client: Client) -> None:
    knee = scenes.knee(riverside, time_zone="Pacific/Auckland")
    client.force_login(scenes.patient(knee).user)
    clock.advance(timedelta(hours=5))
    assert "Today, Tuesday 16 June" in client.get("/check-in/").content.decode()


def test_a_strangers_check_in_answers_like_an_absent_one(riverside: Staff, knee: Episode, client: Client) -> None:
    row = scenes.check_in(knee)
    other = scenes.clinic("Hillside Clinic")
    for somebody in (scenes.patient(scenes.knee(riverside)).user, other.physiotherapist.user, other.surgeon.user):
        client.force_login(somebody)
        for path in ("/check-in/{}/", "/check-in/done/{}/"):
            stranger, absent = client.get(path.format(row.pk)), client.get(path.format(uuid4()))
            assert stranger.status_code == absent.status_code == 404
            assert stranger.content == absent.content
        assert client.post(f"/check-in/{row.pk}/", {"date": TODAY, "pain_load": "9"}).status_code == 404
    assert CheckIn.objects.count() == 1


def test_staff_may_read_and_correct_but_have_no_check_in_of_their_own(
    riverside: Staff, knee: Episode, client: Client
) -> None:
    row = scenes.check_in(knee)
    client.force_login(riverside.physiotherapist.user)
    assert client.get(f"/check-in/done/{row.pk}/").status_code == 200
    assert client.get("/check-in/").status_code == 403
    assert client.post("/check-in/", {"date": TODAY, "pain_load": "9"}).status_code == 403
    client.force_login(riverside.coordinator.user)
    assert client.get(f"/check-in/done/{row.pk}/").status_code == 403


def test_a_record_that_cannot_be_read_still_takes_the_check_in_and_shows_the_number(
    phone: Client, knee: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise ValueError("a row that nobody can read")

    monkeypatch.setattr(episodes, "case", broken)
    assert phone.get("/check-in/").status_code == 200
    for path in ("/today/", "/plan/", "/progress/"):
        assert "call your clinic" in phone.get(path).content.decode()
    status, page = send(phone, pain_load="3", symptoms="breathless")
    assert status == 200
    assert page.index("Call 112 now") < page.index("<h1>Saved")
    assert Alert.objects.filter(episode=knee, urgency="R0").exists()


def test_a_correction_that_comes_too_late_still_raises_its_red_flag(phone: Client, knee: Episode) -> None:
    send(phone, pain_load="3")
    first = CheckIn.objects.get(episode=knee)
    send(phone, f"/check-in/{first.pk}/", pain_load="4")
    status, page = send(phone, f"/check-in/{first.pk}/", pain_load="5", symptoms="chest_pain")
    assert status == 409
    assert "Call 112 now" in page
    assert Alert.objects.filter(episode=knee, urgency="R0").exists()


def test_a_refused_check_in_with_a_same_day_sign_names_the_clinic_not_the_emergency(
    phone: Client, knee: Episode
) -> None:
    status, page = send(phone, pain_load="99", symptoms="calf_sore")
    assert status == 400
    assert "Call the clinic: 020 7946 0000" in page
    assert "Call 112 now" not in page
    assert Alert.objects.get(episode=knee).urgency == "R1"
