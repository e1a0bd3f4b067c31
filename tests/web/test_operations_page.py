"""Operations: one line first, the signs of life behind it, and the clinic's messages that did not arrive."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import post, scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.scenes import Staff
from tracker.clock import StoppedClock
from tracker.models import AuditEvent, Breaker, Episode, Heartbeat, Kind, OutboxMessage, Sending, User
from tracker.services import sending
from tracker.web import standstill

pytestmark = pytest.mark.django_db
State = OutboxMessage.State


@pytest.fixture(autouse=True)
def _alive(riverside: Staff) -> None:
    post.alive()


def page(browser: Client, query: str = "") -> str:
    answer = browser.get(f"/operations/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def listed(text: str) -> list[str]:
    return re.findall(r'<li id="m([0-9a-f-]{36})"', text)


def still(name: str, **ago: float) -> None:
    Heartbeat.objects.filter(name=name).update(at=NOW - timedelta(**ago))


# --- The verdict ----------------------------------------------------------------------------------------------------


def test_where_all_is_well_the_page_says_that_reminders_are_going_out(physio: Client, knee: Episode) -> None:
    post.ended(knee, State.SENT, ago=timedelta(minutes=2))
    text = page(physio)
    assert "Reminders are going out" in text
    assert "The last one left 2 minutes ago." in text


def test_a_dead_sender_is_the_first_thing_on_the_page_with_the_remedy(physio: Client) -> None:
    still("sender", minutes=3)
    text = page(physio)
    assert "Reminders are stuck" in text
    assert "The sender, which hands messages over, has not been heard of for 3 minutes." in text
    assert "send_due --forever" in text


def test_a_part_that_others_stand_in_for_is_a_remark_and_no_standstill(physio: Client) -> None:
    still("beat", hours=2)
    text = page(physio)
    assert "Reminders are going out" in text
    assert "The beat, which wakes the others by the clock, has not been heard of for 2 hours." in text


def test_every_part_is_listed_with_the_age_of_its_last_sign_of_life(physio: Client) -> None:
    still("tick", minutes=4)
    Heartbeat.objects.filter(name="beat").delete()
    text = page(physio)
    assert "4 minutes ago" in text
    assert "not in use" in text


def test_a_provider_that_does_not_answer_is_shown_with_its_own_words(physio: Client) -> None:
    Breaker.objects.create(
        channel="email", failures=4, open_until=NOW, since=NOW - timedelta(minutes=9), last_error="<timed out>"
    )
    text = page(physio)
    assert "E-mail: the provider has not taken anything for 9 minutes." in text
    assert "&lt;timed out&gt;" in text


# --- What did not arrive --------------------------------------------------------------------------------------------


def test_each_message_says_to_whom_which_by_what_way_why_and_after_how_many_tries(
    physio: Client, knee: Episode
) -> None:
    post.ended(
        knee, State.DEAD, reason="Given up after 8 tries.", attempts=8, last_error="connect: <no route>", channel="sms"
    )
    text = page(physio)
    for said in (knee.patient.family_name, "Daily check-in · Text message", "Given up after 8 tries.", "8 tries"):
        assert said in text
    assert "connect: &lt;no route&gt;" in text
    assert knee.patient.phone in text


def test_what_went_another_way_says_so_and_what_was_not_even_tried_is_not_listed(physio: Client, knee: Episode) -> None:
    for tries, another in ((1, State.SENT), (0, State.SENT), (0, State.CANCELLED)):
        row = post.ended(knee, State.FAILED, attempts=tries, reason=f"After {tries} tries, {another}.")
        columns = {"state": another, "channel": "sms", "dedupe_key": f"{row.dedupe_key} again", "finished_at": NOW}
        OutboxMessage.objects.create(
            patient=knee.patient, clinic=knee.clinic, kind=row.kind, nature=row.nature, occurrence=row.occurrence,
            due_at=NOW, created_at=NOW, **columns,
        )  # fmt: skip
    text = page(physio)
    assert "After 1 tries, sent. <b>Sent by text message instead.</b>" in text
    assert "After 0 tries, sent." not in text
    assert "After 0 tries, cancelled.</p>" in text
    assert "Refused 2" in text
    assert "<span>Refused</span><b>2</b>" in text


def test_the_states_are_counted_and_each_has_its_list(physio: Client, knee: Episode) -> None:
    rows = {state: post.ended(knee, state) for state in (State.FAILED, State.DEAD, State.UNCERTAIN, State.EXPIRED)}
    for state, row in rows.items():
        text = page(physio, f"?state={state}")
        assert listed(text) == [str(row.pk)]
        for said in ("Refused 1", "Given up 1", "May have arrived 1", "Too late 1"):
            assert said in text


def test_what_was_sent_is_in_no_list(physio: Client, knee: Episode) -> None:
    post.ended(knee, State.SENT)
    post.ended(knee, State.CANCELLED)
    assert listed(page(physio)) == []


def test_the_page_opens_on_the_first_list_that_has_something(physio: Client, knee: Episode) -> None:
    row = post.ended(knee, State.UNCERTAIN)
    assert listed(page(physio)) == [str(row.pk)]


def test_other_clinics_messages_are_counted_and_never_listed(stranger: Client, knee: Episode) -> None:
    post.ended(knee, State.FAILED)
    text = page(stranger)
    assert listed(text) == []
    assert knee.patient.family_name not in text
    assert "<span>Refused</span><b>1</b>" in text


def test_a_message_to_a_colleague_names_the_colleague(physio: Client, riverside: Staff, knee: Episode) -> None:
    post.ended(knee, State.FAILED, kind=Kind.GATE_DUE, reader=riverside.surgeon.user)
    text = page(physio)
    assert "<b>Dr A. Osei</b>" in text
    assert "A clearance is due" in text


def test_a_coordinator_reads_whom_it_did_not_reach_and_nothing_clinical(
    coordinator: Client, riverside: Staff, knee: Episode
) -> None:
    post.ended(knee, State.FAILED, kind=Kind.RESTRICTION_CHANGED)
    post.ended(knee, State.FAILED, kind=Kind.GATE_DUE, reader=riverside.surgeon.user)
    post.ended(knee, State.FAILED, kind=Kind.CHECK_IN)
    text = page(coordinator)
    assert knee.patient.family_name in text
    assert knee.patient.email in text
    assert "Daily check-in" in text
    for clinical in ("Your plan has changed", "A clearance is due"):
        assert clinical not in text


def test_fifty_messages_stand_on_a_page_and_its_cost_does_not_grow(physio: Client, knee: Episode) -> None:
    post.ended(knee, State.FAILED)
    with CaptureQueriesContext(connection) as few:
        page(physio)
    for _ in range(54):
        post.ended(knee, State.FAILED)
    with CaptureQueriesContext(connection) as many:
        text = page(physio)
    assert len(listed(text)) == 50
    assert "Page 1 of 2" in text
    assert len(listed(page(physio, "?state=failed&page=2"))) == 5
    assert len(few) == len(many)


@pytest.mark.parametrize("query", ["?state=x", "?page=0", "?page=99", "?state=sent", "?page=%00"])
def test_an_address_that_means_nothing_shows_the_page(physio: Client, query: str) -> None:
    assert "<h1>Operations</h1>" in page(physio, query)


# --- Another chance -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [State.FAILED, State.DEAD, State.UNCERTAIN])
def test_a_message_is_sent_again_under_its_own_name_and_the_trail_says_who(
    physio: Client, riverside: Staff, knee: Episode, state: str
) -> None:
    row = post.ended(knee, state, message_id="<one@example.org>")
    back = f"/operations/?state={state}&page=1#messages"
    answer = physio.post(f"/operations/messages/{row.pk}/replay/", {"next": back})
    assert answer.headers["Location"] == back
    again = OutboxMessage.objects.get(pk=row.pk)
    assert (again.state, again.dedupe_key, again.repeat) == (State.DUE, row.dedupe_key, state == State.UNCERTAIN)
    event = AuditEvent.objects.get(action="message replayed")
    assert (event.user, event.object_id) == (riverside.physiotherapist.user, str(row.pk))
    assert event.detail == {"kind": "check_in", "was": state}
    assert "It is due again." in page(physio)


def test_what_may_have_arrived_says_so_on_its_button(physio: Client, knee: Episode) -> None:
    post.ended(knee, State.UNCERTAIN)
    assert "Send again, it may arrive twice" in page(physio)


@pytest.mark.parametrize("state", [State.SENT, State.EXPIRED, State.CANCELLED, State.DUE])
def test_what_has_arrived_or_waits_or_came_too_late_is_not_sent_again(
    physio: Client, knee: Episode, state: str
) -> None:
    row = post.ended(knee, state)
    assert f"/messages/{row.pk}/replay/" not in page(physio, "?state=expired")
    answer = physio.post(f"/operations/messages/{row.pk}/replay/", follow=True)
    assert "on its way already, or has been dealt with" in answer.content.decode()
    assert OutboxMessage.objects.get(pk=row.pk).state == state
    assert not AuditEvent.objects.filter(action="message replayed").exists()


def test_a_coordinator_may_send_again_and_a_patient_or_a_stranger_may_not(
    coordinator: Client, phone: Client, stranger: Client, knee: Episode
) -> None:
    row = post.ended(knee, State.FAILED)
    address = f"/operations/messages/{row.pk}/replay/"
    assert phone.post(address).status_code == 403
    assert stranger.post(address).status_code == 404
    assert coordinator.post(address).status_code == 302
    assert OutboxMessage.objects.get(pk=row.pk).state == State.DUE


# --- After a restore ------------------------------------------------------------------------------------------------


@pytest.fixture
def shut(knee: Episode) -> OutboxMessage:
    """Sending is shut, and a message fell due meanwhile."""
    OutboxMessage.objects.all().delete()
    sending.shut(why="The database came back from a backup.", now=NOW - timedelta(hours=1))
    return post.ended(knee, State.DUE, finished_at=None)


def test_staff_read_that_sending_is_shut_and_who_can_open_it(physio: Client, shut: OutboxMessage) -> None:
    text = page(physio)
    assert "Sending has been shut for 1 hour: The database came back from a backup." in text
    assert "python3 manage.py resume_sending" in text
    assert "Open sending again</button>" not in text
    assert physio.post("/operations/resume/", {"sure": "on"}).status_code == 403
    assert Sending.objects.get().shut_at is not None


def test_an_operator_opens_sending_again_once_sure_and_what_fell_due_is_listed_as_too_late(
    physio: Client, client: Client, shut: OutboxMessage
) -> None:
    client.force_login(User.objects.create_superuser("root@example.org", scenes.PASSWORD, name="Root"))
    assert "Messages that fell due meanwhile: <b>1</b>" in page(client)
    unsure = client.post("/operations/resume/")
    assert unsure.status_code == 400
    assert "First make sure of this, then tick it." in unsure.content.decode()
    assert Sending.objects.get().shut_at is not None
    answer = client.post("/operations/resume/", {"sure": "on"}, follow=True)
    assert "Messages that fell due meanwhile and expired: 1." in answer.content.decode()
    assert "Reminders are going out" in answer.content.decode()
    assert Sending.objects.get().opened_by == "Root"
    assert listed(page(physio, "?state=expired")) == [str(shut.pk)]


# --- Who ------------------------------------------------------------------------------------------------------------


def test_patients_and_auditors_do_not_run_the_engine(phone: Client, riverside: Staff, client: Client) -> None:
    assert phone.get("/operations/").status_code == 403
    client.force_login(riverside.auditor.user)
    assert client.get("/operations/").status_code == 403


def test_an_operator_of_no_clinic_sees_the_engine_and_no_patient(knee: Episode, client: Client) -> None:
    post.ended(knee, State.FAILED)
    operator = User.objects.create_superuser("root@example.org", scenes.PASSWORD, name="Root")
    client.force_login(operator)
    text = page(client)
    assert "Reminders are going out" in text
    assert knee.patient.family_name not in text
    assert "did not arrive" not in text


# --- The banner of every staff page ---------------------------------------------------------------------------------


def banner(browser: Client, path: str) -> str:
    found = re.search(r'<aside class="standstill".*?</aside>', browser.get(path).content.decode(), re.DOTALL)
    return found[0] if found else ""


def test_every_staff_page_says_that_reminders_are_stuck(physio: Client, coordinator: Client, knee: Episode) -> None:
    still("planner", minutes=2)
    for browser, path in (
        (physio, "/worklist/"),
        (physio, "/alerts/"),
        (physio, f"/episodes/{knee.pk}/"),
        (coordinator, "/patients/"),
        (physio, "/protocols/"),
        (physio, "/episodes/new/"),
    ):
        said = banner(browser, path)
        assert "The planner, which plans reminders, has not been heard of for 2 minutes." in said, path
        assert 'href="/operations/"' in said


@pytest.mark.parametrize("trouble", ["late", "breaker", "shut"])
def test_the_banner_shows_whatever_keeps_reminders_from_going_out(physio: Client, knee: Episode, trouble: str) -> None:
    if trouble == "late":
        OutboxMessage.objects.filter(pk=post.ended(knee, State.SENT).pk).update(
            state=State.DUE, due_at=NOW - timedelta(minutes=6)
        )
    elif trouble == "breaker":
        Breaker.objects.create(channel="sms", failures=3, open_until=NOW, since=NOW - timedelta(minutes=3))
    else:
        Sending.objects.update_or_create(id=1, defaults={"shut_at": NOW, "why": "A backup."})
    assert banner(physio, "/worklist/")


def test_no_banner_stands_where_reminders_go_out_and_none_for_patients(phone: Client, physio: Client) -> None:
    assert banner(physio, "/worklist/") == ""
    still("planner", minutes=2)
    assert banner(phone, "/today/") == ""


def test_an_auditor_reads_the_banner_without_a_link_to_what_is_not_theirs(riverside: Staff, client: Client) -> None:
    still("sender", minutes=2)
    client.force_login(riverside.auditor.user)
    said = banner(client, "/protocols/")
    assert "The sender" in said
    assert "href" not in said


def test_a_process_reads_the_pulse_once_in_ten_seconds(
    physio: Client, clock: StoppedClock, settings: LazySettings
) -> None:
    settings.PULSE_SECONDS = 10
    standstill.forget()
    assert banner(physio, "/worklist/") == ""
    still("sender", minutes=2)
    clock.advance(seconds=9)
    assert banner(physio, "/worklist/") == ""
    clock.advance(seconds=1)
    assert banner(physio, "/worklist/")
    standstill.forget()
