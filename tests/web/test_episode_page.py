from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from tests import post, scenes
from tests.scenes import Staff
from tests.web.test_worklist import copies
from tracker import clock as product_clock
from tracker.clinical.terms import Decision
from tracker.clock import StoppedClock
from tracker.models import Alert, Assessment, CheckIn, Episode, Kind, OutboxMessage
from tracker.services import episodes, measurements, milestones, reach, reviews, triage

pytestmark = pytest.mark.django_db
State = OutboxMessage.State

# Session, user, door, record, kept assessment, alerts, story, messages, addresses that fail, colleagues to hand an alert
# to, proposals, the pulse of the reminders, and the line of the trail.
MOST_STATEMENTS = 13
NOTE = "<script>alert('note')</script> & more"


def page(browser: Client, knee: Episode, query: str = "") -> str:
    response = browser.get(f"/episodes/{knee.pk}/{query}")
    assert response.status_code == 200, response.status_code
    return response.content.decode()


def test_who_what_and_the_day_stand_on_top(physio: Client, knee: Episode) -> None:
    text = page(physio, knee)
    assert f"{knee.patient.family_name}, Robin" in text
    assert "left knee · day 21" in text
    assert "Medial opening-wedge tibial osteotomy, 25 May 2026" in text
    assert "protocol mowhto_std v1" in text


def test_what_is_allowed_names_the_level_the_kilograms_who_signed_and_whether_it_was_seen(
    physio: Client, knee: Episode
) -> None:
    text = page(physio, knee)
    assert "PWB ≤ 42 kg" in text
    assert "50 % of 84 kg · two crutches" in text
    assert "signed by Dr A. Osei" in text
    assert "not yet seen by the patient" in text


def test_the_gate_is_asked_on_top_once_it_is_time_with_the_facts_to_decide_on(
    riverside: Staff, surgeon: Client, knee: Episode, clock: StoppedClock
) -> None:
    assert 'id="gate"' not in page(surgeon, knee)
    assert "Next gate: G6" in page(surgeon, knee)
    clock.advance(timedelta(days=21))
    scenes.sign_in_again(surgeon)
    scenes.diary(riverside, knee, [3, 2, 3, 2, 3], reported_load="half")
    today = scenes.today(riverside.clinic)
    for kind, value in (("flexion", 112), ("extension_deficit", 2)):
        measurements.record(
            episode=knee, by=riverside.physiotherapist, kind=kind, value=Decimal(value), measured_on=today
        )
    reviews.done(episode=knee, by=riverside.surgeon, key="XRAY_6W", done_on=today, result="in place, no step")
    text = page(surgeon, knee)
    assert "Gate G6 · your decision" in text
    assert "Does the 6-week film allow the next step of load?" in text
    for fact in ("in place, no step", "112° / 2°", "0 of 5 days over", "most 50 %", "none recorded", "target 110°"):
        assert fact in text
    assert text.index('id="gate"') < text.index('id="allowed"')
    assert "Clear…" in text
    assert "Not yet…" in text


def test_a_film_is_not_the_physiotherapists_to_judge(physio: Client, knee: Episode, clock: StoppedClock) -> None:
    clock.advance(timedelta(days=21))
    scenes.sign_in_again(physio)
    text = page(physio, knee)
    assert "the surgeon decides" in text
    assert "Clear…" not in text


def test_a_criteria_gate_is_the_physiotherapists_too(riverside: Staff, physio: Client) -> None:
    knee = scenes.knee(riverside, day=12, protocol="mowhto_acc")
    text = page(physio, knee)
    assert "Gate W11 · your decision" in text
    assert "Clear…" in text


def test_a_refusal_shows_on_the_page(riverside: Staff, surgeon: Client, knee: Episode, clock: StoppedClock) -> None:
    clock.advance(timedelta(days=21))
    scenes.sign_in_again(surgeon)
    scenes.clear(riverside, knee, "G6", decision=Decision.REFUSED)
    text = page(surgeon, knee)
    assert "decided: not yet" in text
    assert "G6 refused" in text


def test_before_anyone_signed_the_plan_is_shown_with_what_signing_lays(
    riverside: Staff, surgeon: Client, physio: Client
) -> None:
    knee = scenes.knee(riverside, signed=False)
    text = page(surgeon, knee)
    assert "Sign this plan?" in text
    assert "Sign the plan</button>" in text
    assert "50 %, at most 42 kg</b> from 15 Jun" in text
    assert "Sign the plan</button>" not in page(physio, knee)


def test_the_order_form_tells_each_role_what_it_may_do(surgeon: Client, physio: Client, knee: Episode) -> None:
    assert "Change restriction…" in page(surgeon, knee)
    assert "Tighten, or loosen inside the cleared plan…" in page(physio, knee)


def test_an_emergency_stands_before_the_gate_and_a_hold_tells_how_it_ends(
    riverside: Staff, surgeon: Client, knee: Episode, clock: StoppedClock
) -> None:
    clock.advance(timedelta(days=21))
    scenes.sign_in_again(surgeon)
    scenes.check_in(knee, pain_load=5, symptoms=["calf_sore"])
    text = page(surgeon, knee)
    assert text.index('id="alerts"') < text.index('id="holds"') < text.index('id="gate"')
    assert "Release this hold…" in text


def test_figures_stand_with_their_tables(riverside: Staff, surgeon: Client, knee: Episode) -> None:
    scenes.diary(riverside, knee, [5, 4, None, 3], reported_load="half")
    text = page(surgeon, knee)
    assert text.count('class="plot"') >= 3
    assert text.count("<summary>The numbers") == 3
    assert "no answer" in text


def test_milestones_offer_confirm_and_withdraw_where_they_fit(riverside: Staff, surgeon: Client, knee: Episode) -> None:
    today = scenes.today(riverside.clinic)
    row = milestones.reach(episode=knee, by=scenes.patient(knee), key="QUAD_SET", reached_on=today)
    text = page(surgeon, knee)
    assert f"/milestones/{row.pk}/confirm/" in text
    assert "patient's own word" in text
    assert f"/milestones/{row.pk}/withdraw/" not in text
    assert f"/milestones/{row.pk}/withdraw/" in page(surgeon, knee, f"?at={row.pk}")


def test_what_happened_says_who_and_when_and_keeps_notes_as_text(
    riverside: Staff, surgeon: Client, knee: Episode
) -> None:
    scenes.check_in(knee, pain_load=4, note=NOTE)
    scenes.check_in(knee, symptoms=["calf_sore"])
    alert = Alert.objects.get(episode=knee)
    triage.acknowledge(alert=alert, by=riverside.physiotherapist, note=NOTE)
    text = page(surgeon, knee)
    assert "plan signed: 50 %, 42 kg from 15 Jun" in text
    assert "check-in for 15 Jun: pain 4 on load" in text
    assert "alert acknowledged: calf sore" in text
    assert "Jo Mbeki" in text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


def test_ordinary_check_ins_are_in_the_figures_and_on_request_in_the_story(
    riverside: Staff, surgeon: Client, knee: Episode
) -> None:
    scenes.diary(riverside, knee, [3] * 5)
    assert page(surgeon, knee).count("check-in for") == 1
    assert page(surgeon, knee, "?history=all").count("check-in for") == 5


def test_a_review_is_told_by_its_name(riverside: Staff, surgeon: Client, knee: Episode) -> None:
    today = scenes.today(riverside.clinic)
    reviews.done(episode=knee, by=riverside.surgeon, key="WOUND", done_on=today, result="dry")
    assert "review done: Wound check" in page(surgeon, knee)


def test_an_old_assessment_says_so(surgeon: Client, knee: Episode, clock: StoppedClock) -> None:
    assert "not since" not in page(surgeon, knee)
    clock.advance(timedelta(days=2))
    scenes.sign_in_again(surgeon)
    assert "Assessed 15 Jun, not since" in page(surgeon, knee)
    Assessment.objects.filter(pk=knee.pk).delete()
    assert "Not assessed yet" in page(surgeon, knee)


def test_the_coordinator_sees_how_to_reach_the_patient_and_nothing_clinical(
    riverside: Staff, coordinator: Client, knee: Episode
) -> None:
    scenes.check_in(knee, pain_load=7, note="private words")
    text = page(coordinator, knee)
    assert knee.patient.email in text
    for clinical in ("PWB", "42 kg", "private words", "Milestones", "Alerts to close", "Pain"):
        assert clinical not in text


def test_a_stranger_hears_exactly_what_an_absent_episode_answers(stranger: Client, knee: Episode) -> None:
    theirs = stranger.get(f"/episodes/{knee.pk}/")
    absent = stranger.get("/episodes/00000000-0000-4000-8000-000000000000/")
    garbage = stranger.get("/episodes/nonsense/")
    assert theirs.status_code == absent.status_code == garbage.status_code == 404
    assert theirs.content == absent.content


def test_a_patient_is_sent_to_their_own_pages(phone: Client, knee: Episode) -> None:
    answer = phone.get(f"/episodes/{knee.pk}/")
    assert answer.status_code == 403
    assert "Yours are Today, Progress and Plan" in answer.content.decode()


def test_the_page_carries_no_inline_script_or_style(riverside: Staff, surgeon: Client, knee: Episode) -> None:
    scenes.diary(riverside, knee, [5, 4])
    text = page(surgeon, knee)
    for refused in ("<script>", "style=", "<style", "onclick", "javascript:"):
        assert refused not in text


def statements(browser: Client, knee: Episode) -> int:
    page(browser, knee)
    with CaptureQueriesContext(connection) as counted:
        page(browser, knee)
    return len(counted)


def test_the_statements_are_few_and_the_same_at_10_and_200_episodes(
    riverside: Staff, surgeon: Client, knee: Episode
) -> None:
    scenes.check_in(knee, symptoms=["calf_sore"], note="A note.")
    copies(knee, 9)
    few = statements(surgeon, knee)
    copies(knee, 190)
    assert few == statements(surgeon, knee) <= MOST_STATEMENTS


def test_the_statements_are_the_same_at_18_and_400_days(riverside: Staff, surgeon: Client, clock: StoppedClock) -> None:
    knee = scenes.knee(riverside, day=18)
    scenes.diary(riverside, knee, [4] * 18)
    scenes.check_in(knee, symptoms=["calf_sore"], note="A note.")
    few = statements(surgeon, knee)
    clock.advance(timedelta(days=382))
    scenes.sign_in_again(surgeon)
    scenes.diary(riverside, knee, [4] * 60)
    assert few == statements(surgeon, knee) <= MOST_STATEMENTS


# --- Reminders ------------------------------------------------------------------------------------------------------


def reminders_part(browser: Client, knee: Episode, query: str = "") -> str:
    text = page(browser, knee, query)
    return text[text.index('id="messages"') : text.index("</section>", text.index('id="messages"'))]


def test_staff_see_what_comes_next_what_was_sent_last_and_what_did_not_arrive(surgeon: Client, knee: Episode) -> None:
    OutboxMessage.objects.all().delete()
    post.ended(knee, State.SENT, ago=timedelta(days=1))
    post.ended(knee, State.FAILED, reason="It was refused <for good>.", ago=timedelta(hours=2))
    post.ended(knee, State.DUE, ago=timedelta(hours=-3), kind=Kind.NUDGE, finished_at=None)
    text = reminders_part(surgeon, knee)
    assert "<b>Today, 13:00</b> Second nudge, by e-mail" in text
    assert "<b>Yesterday, 10:00</b> Daily check-in, by e-mail" in text
    assert "It was refused &lt;for good&gt;." in text
    assert 'href="/operations/"' in text


def test_the_next_seven_days_are_folded_and_worked_out_when_asked_for(surgeon: Client, knee: Episode) -> None:
    folded = reminders_part(surgeon, knee)
    assert '<details class="more"><summary>Next seven days' in folded
    assert "Sunday 21 June" not in folded
    opened = reminders_part(surgeon, knee, "?week=1")
    assert '<details class="more" open><summary>Next seven days' in opened
    assert "Sunday 21 June" in opened
    assert "Every day, unless you have checked in by then." in opened


def test_an_address_that_fails_is_marked_where_staff_look(
    surgeon: Client, coordinator: Client, riverside: Staff, knee: Episode
) -> None:
    assert "Messages do not arrive" not in page(surgeon, knee)
    reach.failed(patient=knee.patient, channel="email", detail="550 <no> such user", now=product_clock.now())
    text = page(surgeon, knee)
    assert '<a class="chip r2" href="#messages">Messages do not arrive</a>' in text
    assert "550 &lt;no&gt; such user" in text
    assert "Messages do not arrive." in page(coordinator, knee)
    assert "Messages do not arrive" in coordinator.get("/patients/").content.decode()
    episodes.change_details(episode=knee, by=riverside.coordinator, changes={"email": "new@example.org"})
    assert "Messages do not arrive" not in page(surgeon, knee)
    assert "Messages do not arrive" not in coordinator.get("/patients/").content.decode()


def test_what_goes_to_a_colleague_about_the_patient_names_the_colleague(
    surgeon: Client, riverside: Staff, knee: Episode
) -> None:
    post.ended(knee, State.SENT, kind=Kind.GATE_DUE, reader=riverside.surgeon.user)
    assert "by e-mail to Dr A. Osei" in reminders_part(surgeon, knee)


# --- A record that cannot be worked out -----------------------------------------------------------------------------


@pytest.fixture
def spoilt(riverside: Staff, knee: Episode) -> Episode:
    """The knee with a fact in its record that no reader understands."""
    return scenes.spoil(riverside, knee)


def test_a_record_that_cannot_be_worked_out_says_so_what_the_patient_reads_and_whom_to_tell(
    surgeon: Client, spoilt: Episode, caplog: pytest.LogCaptureFixture
) -> None:
    text = page(surgeon, spoilt)
    assert "This record cannot be worked out" in text
    assert "Robin is shown <b>no weight</b> and <b>call your clinic</b>" in text
    assert "Tell whoever runs this program" in text
    reference = f"could not read the record of episode {spoilt.pk}"
    assert f"<code>{reference}</code>" in text
    assert reference in caplog.messages
    assert "last spring" not in text
    assert "Traceback" not in text


def test_of_such_a_record_who_the_patient_is_and_what_was_signed_and_written_still_stand(
    surgeon: Client, spoilt: Episode
) -> None:
    scenes.check_in(spoilt, pain_load=4, note=NOTE)
    text = page(surgeon, spoilt)
    assert f"{spoilt.patient.family_name}, Robin" in text
    assert f'href="tel:{spoilt.patient.phone}"' in text
    assert f'href="mailto:{spoilt.patient.email}"' in text
    orders = strip_tags(text[text.index('id="orders"') : text.index('id="story"')])
    assert "Not what is allowed today" in orders
    for signed in ("PWB 50 %", "42 kg", "two crutches", "15 Jun 2026", "Dr A. Osei"):
        assert signed in orders
    story = text[text.index('id="story"') :]
    assert "fact: cannot be read" in story
    assert "check-in for 15 Jun: pain 4 on load" in story
    assert "&lt;script&gt;alert" in story
    assert 'id="allowed"' not in text


def test_an_alert_of_such_a_record_is_answered_on_its_page(
    physio: Client, coordinator: Client, spoilt: Episode
) -> None:
    scenes.check_in(spoilt, symptoms=["calf_sore"])
    alert = Alert.objects.get(episode=spoilt, code="calf_sore")
    text = page(physio, spoilt)
    assert 'id="alerts"' in text
    answer = f"/episodes/{spoilt.pk}/alerts/{alert.pk}/close/"
    assert f'action="{answer}"' in text
    refused = physio.post(answer, {"outcome": "", "note": "typed before"})
    assert refused.status_code == 400
    assert "typed before" in refused.content.decode()
    assert physio.post(answer, {"outcome": "seen", "note": "No clot."}).status_code == 302
    assert "Seen in person" in page(physio, spoilt)
    assert "calf" not in page(coordinator, spoilt)


def test_without_its_orders_the_rest_of_such_a_record_stands(
    surgeon: Client, spoilt: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError

    for part in ("_orders", "happened.happened", "alerts.of_episode"):
        monkeypatch.setattr(f"tracker.selectors.unreadable.{part}", broken)
    text = page(surgeon, spoilt)
    assert "They cannot be read." in text
    assert "The alerts of this knee cannot be read either." in text
    assert f'href="tel:{spoilt.patient.phone}"' in text


def test_the_coordinator_reaches_the_patient_of_such_a_record(coordinator: Client, spoilt: Episode) -> None:
    text = page(coordinator, spoilt)
    assert spoilt.patient.email in text
    assert "The appointments cannot be worked out." in text
    assert "Tell whoever runs this program" in text
    assert "PWB" not in text


def test_a_check_in_by_phone_for_such_a_record_is_saved_with_its_red_flag(physio: Client, spoilt: Episode) -> None:
    address = f"/episodes/{spoilt.pk}/check-ins/"
    text = physio.get(address).content.decode()
    assert "The record of this knee cannot be worked out just now." in text
    assert "Robin is shown no weight" in text
    assert f"could not read the record of episode {spoilt.pk}" in text
    answers = {"date": "2026-06-15", "pain_load": "3", "symptoms": "breathless"}
    done = physio.post(address, answers, follow=True)
    assert done.status_code == 200
    assert "Saved" in done.content.decode()
    assert CheckIn.objects.get(episode=spoilt).symptoms == ["breathless"]
    assert Alert.objects.filter(episode=spoilt, urgency="R0").exists()


def test_a_refused_check_in_by_phone_for_such_a_record_keeps_its_red_flag(physio: Client, spoilt: Episode) -> None:
    answers = {"date": "2026-06-15", "pain_load": "11", "symptoms": "breathless"}
    refused = physio.post(f"/episodes/{spoilt.pk}/check-ins/", answers)
    assert refused.status_code == 400
    assert "Not saved, but what was ticked is kept as an alert" in refused.content.decode()
    assert Alert.objects.filter(episode=spoilt, urgency="R0").exists()


def test_in_an_emergency_such_a_record_is_there_to_read_and_nothing_else(
    surgeon: Client, stranger: Client, spoilt: Episode
) -> None:
    scenes.check_in(spoilt, symptoms=["calf_sore"])
    person = spoilt.patient
    asked = {"clinic": str(spoilt.clinic_id), "family_name": person.family_name, "birth_date": "1979-05-04"}
    stranger.post("/emergency-access/", {**asked, "reason": "Brought in unconscious after a fall."})
    text = page(stranger, spoilt)
    assert "Emergency access until" in text
    assert "This record cannot be worked out" in text
    assert 'id="alerts"' in text
    assert 'action="/episodes/' not in text
    assert 'action="/episodes/' in page(surgeon, spoilt)


# --- Taken on late --------------------------------------------------------------------------------------------------


def test_what_was_over_before_the_record_began_is_not_recorded_and_leaves_nobody_behind(
    riverside: Staff, surgeon: Client, client: Client
) -> None:
    knee = scenes.knee(riverside, day=30, record_number="late")
    scenes.check_in(knee, pain_load=2, symptoms=[])
    milestones_part = page(surgeon, knee).split('id="milestones"')[1]
    assert '<li class="not_recorded" id="m-QUAD_SET">' in milestones_part
    assert "from before this record" in milestones_part
    assert '<li class="overdue"' not in milestones_part
    assert knee.assessment.status == "on_track"
    client.force_login(scenes.patient(knee).user)
    assert "Not written down: it was before you began here" in client.get("/progress/").content.decode()
