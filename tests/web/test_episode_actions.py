from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.test import Client

from tests import scenes
from tests.scenes import Staff
from tracker import clock as clocks
from tracker.clock import StoppedClock
from tracker.models import (
    Alert,
    AlertEvent,
    CheckIn,
    Clearance,
    Clinic,
    Episode,
    EpisodeFact,
    FactWithdrawal,
    Hold,
    HoldRelease,
    Measurement,
    MilestoneEvent,
    MilestoneRecord,
    Proposal,
    Restriction,
    Review,
    Signature,
)
from tracker.selectors import episodes as cases
from tracker.services import milestones
from tracker.web.episode_actions import ACTIONS

pytestmark = pytest.mark.django_db

TODAY = "2026-06-15"
LONG = "x" * 2001


def post(browser: Client, knee: Episode, where: str, **typed: object) -> tuple[int, str]:
    """The status and the page after following where it leads."""
    answer = browser.post(f"/episodes/{knee.pk}/{where}", typed, follow=True)
    return answer.status_code, answer.content.decode()


def done(browser: Client, knee: Episode, where: str, **typed: object) -> str:
    status, text = post(browser, knee, where, **typed)
    assert status == 200, text
    return text


def refused(browser: Client, knee: Episode, where: str, **typed: object) -> str:
    status, text = post(browser, knee, where, **typed)
    assert status == 400
    assert "Nothing was saved." in text
    return text


def fresh(knee: Episode) -> Episode:
    return Episode.objects.get(pk=knee.pk)


# --- signing, gates, holds, orders


def test_the_surgeon_signs_the_plan_and_the_level_stands(riverside: Staff, surgeon: Client) -> None:
    knee = scenes.knee(riverside, signed=False)
    text = done(surgeon, knee, "sign-plan/", revision=knee.revision)
    assert "The plan is signed." in text
    assert "PWB ≤ 42 kg" in text


def test_nobody_but_the_surgeon_signs(riverside: Staff, physio: Client, coordinator: Client) -> None:
    knee = scenes.knee(riverside, signed=False)
    for browser in (physio, coordinator):
        assert post(browser, knee, "sign-plan/")[0] == 403
    assert not Signature.objects.exists()


def test_clearing_opens_the_step_and_refusing_keeps_the_level(
    surgeon: Client, knee: Episode, clock: StoppedClock
) -> None:
    clock.advance(timedelta(days=21))
    scenes.sign_in_again(surgeon)
    typed = {"gate": "G6", "basis": "Film seen.", "decided_on": "2026-07-06"}
    text = done(surgeon, knee, "clearances/", **typed, decision="refused", revision=fresh(knee).revision)
    assert "PWB ≤ 42 kg" in text
    assert "decided: not yet" in text
    clock.advance(timedelta(minutes=1))
    text = done(surgeon, knee, "clearances/", **typed, decision="cleared", revision=fresh(knee).revision)
    assert 'class="figure-now">WBAT' in text
    assert Clearance.objects.count() == 2


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"basis": ""}, "Say what the decision rests on"),
        ({"decided_on": ""}, "Choose the day of the decision."),
        ({"decided_on": "2027-01-01"}, "cannot lie in the future"),
        ({"decided_on": "2020-01-01"}, "before the surgery"),
        ({"decided_on": "soon"}, "Enter the date as day, month and year"),
        ({"gate": "G8"}, "This plan has no gate G8"),
        ({"gate": "G99"}, "This is not one of the choices"),
        ({"decision": "perhaps"}, "This is not one of the choices"),
        ({"basis": LONG}, "Shorten this to 2000 characters."),
        ({"basis": "a\0b"}, "a character that cannot be stored"),
    ],
)
def test_a_wrong_decision_on_a_gate_names_the_remedy_and_stores_nothing(
    surgeon: Client, knee: Episode, clock: StoppedClock, typed: dict[str, str], words: str
) -> None:
    clock.advance(timedelta(days=21))
    scenes.sign_in_again(surgeon)
    right = {"gate": "G6", "decision": "cleared", "basis": "Film seen, in place.", "decided_on": "2026-07-06"}
    text = refused(surgeon, knee, "clearances/", **{**right, **typed})
    assert words in text
    assert not Clearance.objects.exists()


def test_what_was_typed_stays_when_it_is_refused(surgeon: Client, knee: Episode, clock: StoppedClock) -> None:
    clock.advance(timedelta(days=21))
    scenes.sign_in_again(surgeon)
    text = refused(
        surgeon, knee, "clearances/", gate="G6", decision="cleared", basis="Film <seen> & read", decided_on="2027-01-01"
    )
    assert "Film &lt;seen&gt; &amp; read</textarea>" in text
    assert 'value="2027-01-01"' in text
    assert '<details name="decide" class="act" open>' in text


def test_a_stale_page_is_answered_with_the_new_state_and_the_form_is_kept(
    riverside: Staff, surgeon: Client, knee: Episode, clock: StoppedClock
) -> None:
    clock.advance(timedelta(days=21))
    scenes.sign_in_again(surgeon)
    seen = fresh(knee).revision
    scenes.clear(riverside, knee, "G6")
    order = {"term": "PWB", "max_percent": "25", "starts_on": "2026-07-06", "reason": "More swelling than before."}
    status, text = post(surgeon, knee, "restrictions/", **order, revision=seen)
    assert status == 409
    assert "This has changed since you opened it" in text
    assert 'class="figure-now">WBAT' in text
    assert "More swelling than before.</textarea>" in text
    now = fresh(knee).revision
    assert f'name="revision" value="{now}"' in text
    assert "The new restriction is signed." in done(surgeon, knee, "restrictions/", **order, revision=now)


@pytest.mark.parametrize("revision", ["", "abc", "-1", "9" * 30, "1.5"])
def test_a_revision_that_is_no_number_does_no_harm(physio: Client, knee: Episode, revision: str) -> None:
    order = {"term": "PWB", "max_percent": "25", "starts_on": TODAY, "reason": "Swelling."}
    assert post(physio, knee, "restrictions/", **order, revision=revision)[0] in (200, 409)


def test_a_physiotherapist_tightens_and_may_not_pass_the_cleared_plan(physio: Client, knee: Episode) -> None:
    order = {"term": "PWB", "max_percent": "25", "starts_on": TODAY, "reason": "Swelling.", "revision": knee.revision}
    assert "PWB ≤ 21 kg" in done(physio, knee, "restrictions/", **order)
    text = refused(physio, knee, "restrictions/", **{**order, "max_percent": "75", "revision": fresh(knee).revision})
    assert "above what the plan allows" in text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"max_percent": "101"}, "Enter a whole number from 0 to 100 percent."),
        ({"max_percent": "-5"}, "Enter a whole number from 0 to 100 percent."),
        ({"max_percent": "many"}, "Enter a whole number from 0 to 100 percent."),
        ({"max_percent": ""}, "PWB needs its percent of body weight. Enter it."),
        ({"max_kg": "-3"}, "Enter a number from 0 to 250 kg."),
        ({"max_kg": "NaN"}, "Enter a number from 0 to 250 kg."),
        ({"max_kg": "Infinity"}, "Enter a number from 0 to 250 kg."),
        ({"term": "FWB"}, "FWB does not fit this limit"),
        ({"term": "XWB"}, "This is not one of the choices"),
        ({"reason": " "}, "Say why the restriction changes."),
        ({"starts_on": "2026-06-01"}, "cannot start in the past"),
        ({"brace_min": "60", "brace_max": "30"}, "The brace must open further than it starts."),
        ({"brace_max": "900"}, "from -20 to 160 degrees"),
    ],
)
def test_a_wrong_order_names_the_remedy_and_stores_nothing(
    physio: Client, knee: Episode, typed: dict[str, str], words: str
) -> None:
    before = Restriction.objects.count()
    right = {"term": "PWB", "max_percent": "25", "starts_on": TODAY, "reason": "Swelling."}
    assert words in refused(physio, knee, "restrictions/", **{**right, **typed})
    assert Restriction.objects.count() == before


def test_a_term_that_says_its_percent_needs_no_number(physio: Client, knee: Episode) -> None:
    text = done(physio, knee, "restrictions/", term="NWB", max_percent="", starts_on=TODAY, reason="Fall.")
    assert 'class="figure-now">NWB' in text


def test_a_hold_ends_by_a_signed_release_with_a_reason(physio: Client, surgeon: Client, knee: Episode) -> None:
    scenes.check_in(knee, symptoms=["calf_sore"])
    hold = Hold.objects.get(episode=knee)
    assert "Say what the release rests on." in refused(surgeon, knee, f"holds/{hold.pk}/release/", basis="")
    assert "The hold is released." in done(surgeon, knee, f"holds/{hold.pk}/release/", basis="Scan: no clot.")
    assert HoldRelease.objects.count() == 1
    status, text = post(surgeon, knee, f"holds/{hold.pk}/release/", basis="Again.")
    assert status == 409
    assert "already released" in text


# --- what is recorded


def test_a_measurement_is_saved_and_shown(physio: Client, knee: Episode) -> None:
    text = done(physio, knee, "measurements/", kind="flexion", value="95", measured_on=TODAY)
    assert "Bend 95° on 15 Jun" in text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"value": "999"}, "Bend must be from 0 to 160 deg"),
        ({"value": "-1"}, "Bend must be from 0 to 160 deg"),
        ({"value": "NaN"}, "Enter a number"),
        ({"value": ""}, "Enter a number"),
        ({"kind": "height"}, "This is not one of the choices"),
        ({"measured_on": "2026-06-16"}, "has not come yet"),
        ({"measured_on": "2026-05-01"}, "before the surgery"),
        ({"measured_on": "0000-00-00"}, "Enter the date as day, month and year"),
    ],
)
def test_a_wrong_measurement_names_the_remedy_and_stores_nothing(
    physio: Client, knee: Episode, typed: dict[str, str], words: str
) -> None:
    right = {"kind": "flexion", "value": "95", "measured_on": TODAY}
    assert words in refused(physio, knee, "measurements/", **{**right, **typed})
    assert not Measurement.objects.exists()


def test_a_milestone_is_reached_confirmed_and_withdrawn(riverside: Staff, physio: Client, knee: Episode) -> None:
    today = scenes.today(riverside.clinic)
    row = milestones.reach(episode=knee, by=scenes.patient(knee), key="QUAD_SET", reached_on=today)
    done(physio, knee, f"milestones/{row.pk}/confirm/")
    assert MilestoneEvent.objects.get().kind == "confirmed"
    text = refused(physio, knee, f"milestones/{row.pk}/withdraw/", reason="")
    assert "Say why it is withdrawn." in text
    done(physio, knee, f"milestones/{row.pk}/withdraw/", reason="Wrong leg.")
    assert "The milestone is recorded." in done(physio, knee, "milestones/", key="QUAD_SET", reached_on=TODAY)
    assert MilestoneRecord.objects.count() == 2


def test_a_milestone_twice_says_what_to_do_instead(physio: Client, knee: Episode) -> None:
    done(physio, knee, "milestones/", key="QUAD_SET", reached_on=TODAY)
    status, text = post(physio, knee, "milestones/", key="QUAD_SET", reached_on=TODAY)
    assert status in (400, 409)
    assert "Withdraw it first to correct it." in text


def test_a_modifier_tightens_at_once_and_is_withdrawn_by_two(surgeon: Client, physio: Client, knee: Episode) -> None:
    text = done(
        surgeon, knee, "facts/", kind="modifier", value="lhf_2", since=TODAY, reason="Seen on the film.",
        revision=knee.revision,
    )  # fmt: skip
    assert "TTWB ≤ 16 kg" in text
    assert "Hinge fracture, type II" in text
    fact = EpisodeFact.objects.get(kind="modifier")
    text = done(surgeon, knee, f"facts/{fact.pk}/withdraw/", reason="Misread.", revision=fresh(knee).revision)
    assert "Nothing has changed" in text
    assert "Waits for a second clinician" in text
    assert "You proposed this." in text
    assert not FactWithdrawal.objects.exists()
    waiting = Proposal.objects.get()
    assert surgeon.post(f"/proposals/{waiting.pk}/agree/").status_code == 403
    assert (
        "Withdraw Hinge fracture, type II, so that the plan allows more" in physio.get("/proposals/").content.decode()
    )
    text = physio.post(f"/proposals/{waiting.pk}/agree/", follow=True).content.decode()
    assert "Signed by both of you." in text
    assert "TTWB ≤ 16 kg" in text
    assert FactWithdrawal.objects.count() == 1


def test_a_proposal_is_refused_with_a_reason_that_its_author_reads(
    riverside: Staff, surgeon: Client, physio: Client, coordinator: Client, stranger: Client
) -> None:
    knee = scenes.knee(riverside, day=42)
    scenes.check_in(knee, pain_load=7, symptoms=[])
    text = done(
        surgeon, knee, "clearances/", gate="G6", decision="cleared", basis="Film shows callus.", decided_on=TODAY
    )
    assert "Clear gate G6 although a criterion is not met" in text
    waiting = Proposal.objects.get()
    address = f"/proposals/{waiting.pk}/refuse/"
    assert stranger.post(address, {"reason": "No."}).status_code == 404
    assert coordinator.post(address, {"reason": "No."}).status_code == 403
    assert coordinator.get("/proposals/").status_code == 403
    empty = physio.post(address, {"reason": ""})
    assert empty.status_code == 400
    assert "Say why not" in empty.content.decode()
    physio.post(address, {"reason": "The pain is new."})
    assert "The pain is new." in surgeon.get("/proposals/").content.decode()
    again = physio.post(f"/proposals/{waiting.pk}/agree/")
    assert again.status_code == 409
    assert "answered already" in again.content.decode()
    assert not knee.clearances.exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"kind": "modifier", "value": "limp"}, "This is not one of the choices"),
        ({"kind": "body_weight_kg", "value": "29"}, "Enter a number from 30 to 250 kg."),
        ({"kind": "body_weight_kg", "value": "nan"}, "Enter a number from 30 to 250 kg."),
        ({"kind": "protocol", "value": "lowdfo_std"}, "This is not one of the choices"),
        ({"kind": "surgery_date", "value": "2031-01-01"}, "not in the future"),
        ({"kind": "shoe_size", "value": "44"}, "This is not one of the choices"),
        ({"kind": "modifier", "value": "smoker", "reason": ""}, "Say why the plan changes."),
    ],
)
def test_a_wrong_fact_names_the_remedy_and_stores_nothing(
    surgeon: Client, knee: Episode, typed: dict[str, str], words: str
) -> None:
    before = EpisodeFact.objects.count()
    assert words in refused(surgeon, knee, "facts/", **{"since": TODAY, "reason": "Told today.", **typed})
    assert EpisodeFact.objects.count() == before


def test_what_the_plan_cannot_do_without_is_not_withdrawn(surgeon: Client, knee: Episode) -> None:
    weight = EpisodeFact.objects.get(kind="body_weight_kg")
    status, text = post(surgeon, knee, f"facts/{weight.pk}/withdraw/", reason="Unsure.")
    assert status == 409
    assert "Record the right one first" in text


def test_a_review_is_booked_and_its_result_recorded(coordinator: Client, surgeon: Client, knee: Episode) -> None:
    done(coordinator, knee, "reviews/XRAY_6W/book/", booked_on="2026-07-06", booked_time="09:30")
    assert "booked 6 Jul 09:30" in surgeon.get(f"/episodes/{knee.pk}/").content.decode()
    done(surgeon, knee, "reviews/WOUND/done/", done_on=TODAY, result="dry <b>")
    assert Review.objects.count() == 2
    text = surgeon.get(f"/episodes/{knee.pk}/").content.decode()
    assert "dry &lt;b&gt;" in text


@pytest.mark.parametrize(
    ("where", "typed", "words"),
    [
        ("reviews/XRAY_6W/book/", {"booked_on": "", "booked_time": "9"}, "Enter the time, such as 14:30."),
        ("reviews/XRAY_6W/done/", {"done_on": "2026-07-30", "result": "fine"}, "has not come yet"),
        ("reviews/XRAY_6W/done/", {"done_on": TODAY, "result": ""}, "Say what it showed"),
        ("reviews/NOTHING/done/", {"done_on": TODAY, "result": "fine"}, "This plan has no review NOTHING"),
        ("look/", {"next_look_on": "2026-06-15"}, "Choose a day after today for the next look."),
        ("look/", {"next_look_on": "never"}, "Enter the date as day, month and year"),
        ("details/", {"email": "not an address"}, "Enter an e-mail address"),
        ("details/", {"time_zone": "Mars/Base"}, "There is no time zone of this name."),
    ],
)
def test_a_wrong_entry_names_the_remedy(
    surgeon: Client, knee: Episode, where: str, typed: dict[str, str], words: str
) -> None:
    who = knee.patient
    details = {"given_name": who.given_name, "family_name": who.family_name, "time_zone": who.time_zone}
    assert words in refused(surgeon, knee, where, **(details | typed if where == "details/" else typed))


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-05-24", "2030-01-01"])
def test_an_appointment_in_a_year_that_cannot_be_meant_is_refused(surgeon: Client, knee: Episode, day: str) -> None:
    Clinic.objects.update(time_zone="Pacific/Auckland")
    text = refused(surgeon, knee, "reviews/XRAY_6W/book/", booked_on=day, booked_time="00:00")
    assert "Check the year." in text
    assert not Review.objects.filter(booked_at__isnull=False).exists()


@pytest.mark.parametrize(("zone", "at"), [("Pacific/Auckland", "08:30"), ("America/New_York", "21:30")])
def test_an_appointment_is_on_the_day_that_the_clinic_gave(
    surgeon: Client, phone: Client, knee: Episode, zone: str, at: str
) -> None:
    Clinic.objects.update(time_zone=zone)
    done(surgeon, knee, "reviews/XRAY_6W/book/", booked_on="2026-07-02", booked_time=at)
    assert "Booked for 2 July" in phone.get("/plan/").content.decode()
    read = cases.case(Episode.objects.get(pk=knee.pk), now=clocks.now())
    assert [row.booked_on for row in read.history.reviews] == [date(2026, 7, 2)]


def test_a_date_that_can_be_read_two_ways_is_not_guessed_at(surgeon: Client, knee: Episode) -> None:
    text = refused(surgeon, knee, "measurements/", kind="flexion", value="90", measured_on="06/07/2026")
    assert "such as 23 Nov 2026" in text
    done(surgeon, knee, "measurements/", kind="flexion", value="90", measured_on="7 Jun 2026")
    assert Measurement.objects.get().measured_on.isoformat() == "2026-06-07"


def test_the_coordinator_changes_contact_details_and_sees_what_was_wrong(coordinator: Client, knee: Episode) -> None:
    right = {"given_name": "Robin", "family_name": "Hale", "time_zone": "Europe/London", "phone": "123", "email": ""}
    done(coordinator, knee, "details/", **right)
    assert fresh(knee).patient.phone == "123"
    text = refused(coordinator, knee, "details/", **{**right, "email": "nobody"})
    assert 'value="nobody"' in text


# --- alerts


def alert_of(knee: Episode) -> Alert:
    scenes.check_in(knee, symptoms=["calf_sore"])
    return Alert.objects.get(episode=knee)


def test_an_alert_is_acknowledged_handed_over_and_closed_with_its_notes(
    riverside: Staff, physio: Client, knee: Episode
) -> None:
    alert = alert_of(knee)
    assert "Say what you are going to do" in refused(physio, knee, f"alerts/{alert.pk}/acknowledge/", note="")
    done(physio, knee, f"alerts/{alert.pk}/acknowledge/", note="Calling now.")
    to = riverside.surgeon.user.pk
    text = done(physio, knee, f"alerts/{alert.pk}/hand-over/", to=to, note="Please scan.")
    assert "with Dr A. Osei" in text
    assert "Choose what came of it." in refused(physio, knee, f"alerts/{alert.pk}/close/", outcome="", note="Done.")
    done(physio, knee, f"alerts/{alert.pk}/close/", outcome="seen", note="No clot.")
    assert [event.kind for event in AlertEvent.objects.order_by("pk")] == ["acknowledged", "handed_over", "closed"]
    status, text = post(physio, knee, f"alerts/{alert.pk}/close/", outcome="seen", note="Again.")
    assert status == 409
    assert "already closed" in text


def test_an_alert_is_not_handed_to_somebody_of_another_clinic(physio: Client, stranger: Client, knee: Episode) -> None:
    alert = alert_of(knee)
    elsewhere = stranger.session["_auth_user_id"]
    assert "not one of the choices" in refused(
        physio, knee, f"alerts/{alert.pk}/hand-over/", to=elsewhere, note="Yours."
    )


def test_a_refused_note_comes_back_at_its_own_alert(physio: Client, knee: Episode) -> None:
    alert = alert_of(knee)
    text = refused(physio, knee, f"alerts/{alert.pk}/close/", outcome="", note="Kept words.")
    place = text.index(f'id="a{alert.pk}"')
    assert text.index("Kept words.</textarea>") > place


# --- check-ins by phone


def test_staff_enter_a_check_in_for_any_day_since_surgery(physio: Client, knee: Episode) -> None:
    answer = physio.post(
        f"/episodes/{knee.pk}/check-ins/", {"date": "2026-05-26", "pain_load": "6", "symptoms": "none_of_these"}
    )
    row = CheckIn.objects.get()
    assert answer.headers["Location"] == f"/check-in/done/{row.pk}/"
    assert (row.pain_load, row.symptoms, row.role) == (6, [], "physiotherapist")


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"pain_load": "11"}, "Choose a whole number from 0"),
        ({"pain_load": "4.5"}, "Choose a whole number from 0"),
        ({"date": "2026-05-01"}, "before the surgery"),
        ({"date": "2026-06-20"}, "has not come yet"),
        ({"date": ""}, "which day"),
    ],
)
def test_a_wrong_check_in_names_the_remedy_and_keeps_what_was_typed(
    physio: Client, knee: Episode, typed: dict[str, str], words: str
) -> None:
    given = {"date": TODAY, "pain_load": "3", "note": "Slept <well>", **typed}
    answer = physio.post(f"/episodes/{knee.pk}/check-ins/", given)
    text = answer.content.decode()
    assert answer.status_code == 400
    assert words in text
    assert "Slept &lt;well&gt;</textarea>" in text
    assert not CheckIn.objects.exists()


def test_a_red_flag_in_a_refused_check_in_is_kept(physio: Client, knee: Episode) -> None:
    answer = physio.post(
        f"/episodes/{knee.pk}/check-ins/", {"date": TODAY, "pain_load": "11", "symptoms": "breathless"}
    )
    assert "Not saved, but what was ticked is kept as an alert" in answer.content.decode()
    assert Alert.objects.get(episode=knee).urgency == "R0"


# --- the door


def paths(knee: Episode, row: object) -> list[str]:
    places = (action.where.replace("<row>", str(row)).replace("<key>", "XRAY_6W") for action in ACTIONS)
    return [f"/episodes/{knee.pk}/{where}" for where in places] + [f"/episodes/{knee.pk}/check-ins/"]


def test_a_stranger_reaches_nothing_and_learns_nothing(stranger: Client, knee: Episode) -> None:
    alert = alert_of(knee)
    for path in paths(knee, alert.pk):
        assert stranger.post(path, {"note": "x"}).status_code == 404, path


def test_the_patient_does_none_of_it(phone: Client, knee: Episode) -> None:
    for path in paths(knee, uuid4()):
        assert phone.post(path).status_code in (403, 404), path
    assert not Measurement.objects.exists()


def test_nobody_does_any_of_it_by_following_a_link(physio: Client, knee: Episode) -> None:
    for path in paths(knee, uuid4())[:-1]:
        assert physio.get(path).status_code == 405, path


def test_a_row_of_one_patient_is_not_reached_through_another(riverside: Staff, physio: Client, knee: Episode) -> None:
    other = scenes.knee(riverside)
    alert = alert_of(other)
    assert post(physio, knee, f"alerts/{alert.pk}/acknowledge/", note="x")[0] == 404
    assert not AlertEvent.objects.exists()


def test_without_its_token_a_form_changes_nothing(riverside: Staff, knee: Episode) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(riverside.physiotherapist.user)
    assert post(browser, knee, "measurements/", kind="flexion", value="95", measured_on=TODAY)[0] == 403
    assert not Measurement.objects.exists()


def test_a_closed_episode_takes_nothing_more(physio: Client, knee: Episode) -> None:
    Episode.objects.filter(pk=knee.pk).update(state=Episode.State.CLOSED)
    status, text = post(physio, knee, "measurements/", kind="flexion", value="95", measured_on=TODAY)
    assert status == 409
    assert "This episode is closed" in text


def test_weight_is_decimal_all_the_way(surgeon: Client, knee: Episode) -> None:
    done(surgeon, knee, "facts/", kind="body_weight_kg", value="79.9", since=TODAY, reason="Scale.")
    stored = EpisodeFact.objects.filter(kind="body_weight_kg").values_list("value", flat=True)
    assert Decimal("79.9") in map(Decimal, stored)
