"""The patient's reminders: what comes, what came, what did not and why, and how they want it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from tests import post, scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.scenes import Staff
from tests.services.reminding import mails, run
from tracker.clock import StoppedClock
from tracker.models import Episode, Kind, OutboxMessage, Patient, Reach, ReminderPlan
from tracker.services import reach, reminders
from tracker.services.kinds import OPTIONAL

pytestmark = pytest.mark.django_db
State = OutboxMessage.State

ALL = [str(kind) for kind in OPTIONAL]
CHOSEN = {"at": "09:00", "kinds": ALL, "ways": ["email"], "quiet_from": "", "quiet_until": ""}


@pytest.fixture(autouse=True)
def mail(settings: LazySettings, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path
    return tmp_path


@pytest.fixture
def planned(knee: Episode) -> Episode:
    """Nothing waits but what the calendar wants."""
    OutboxMessage.objects.all().delete()
    reminders.plan(now=NOW)
    return knee


@pytest.fixture
def three_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "installed", lambda: ("email", "sms", "push"))


def page(browser: Client) -> str:
    answer = browser.get("/reminders/")
    assert answer.status_code == 200
    return words(answer.content.decode())


def words(html: str) -> str:
    """What is read, tags apart."""
    return " ".join(strip_tags(html.replace("<", " <")).split())


def plan(knee: Episode, kind: str) -> ReminderPlan:
    return ReminderPlan.objects.get(patient=knee.patient, kind=kind)


# --- What comes -----------------------------------------------------------------------------------------------------


def test_what_comes_next_is_the_largest_thing_on_the_page_with_way_and_reason(phone: Client, planned: Episode) -> None:
    html = phone.get("/reminders/").content.decode()
    assert '<p class="figure-now">Tomorrow, 09:00</p>' in html
    assert '<p class="lead">Daily check-in, by e-mail</p>' in html
    assert "Every day, unless you have checked in by then." in html


def test_the_next_seven_days_are_listed_by_day_with_hour_way_and_reason(phone: Client, planned: Episode) -> None:
    text = page(phone)
    for said in ("Tomorrow", "Wednesday 17 June", "Sunday 21 June", "09:00", "Daily check-in, by e-mail"):
        assert said in text
    assert "Every day, unless you have checked in by then." in text


def test_what_leaves_at_one_moment_by_one_way_is_one_line(phone: Client, knee: Episode, clock: StoppedClock) -> None:
    clock.set(datetime(2026, 6, 19, 12, 0, tzinfo=UTC))
    OutboxMessage.objects.all().delete()
    assert "Daily check-in and goals of the week, by e-mail" in page(phone)


def test_a_patient_who_is_told_nothing_reads_why_and_what_to_do(phone: Client, planned: Episode) -> None:
    phone.post("/reminders/", CHOSEN | {"kinds": []})
    text = page(phone)
    assert "Nothing is planned for the next seven days. Switch a reminder on below" in text
    Patient.objects.update(consent_withdrawn_at=NOW)
    assert "You have withdrawn your consent, so we send you nothing." in page(phone)


def test_what_is_leaving_just_now_has_no_hour_that_has_passed(phone: Client, planned: Episode) -> None:
    OutboxMessage.objects.filter(kind=Kind.NUDGE).update(due_at=NOW - timedelta(minutes=1))
    assert "Next On its way Second reminder, by e-mail" in page(phone)


# --- What came ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State.SENT, "Sent"),
        (State.UNCERTAIN, "May have arrived"),
        (State.FAILED, "Did not arrive"),
        (State.DEAD, "Did not arrive"),
        (State.EXPIRED, "Not sent"),
        (State.CANCELLED, "Not sent"),
    ],
)
def test_each_message_of_the_past_says_what_became_of_it_and_why(
    phone: Client, knee: Episode, state: str, said: str
) -> None:
    post.ended(knee, state, reason="Because <of> this.", ago=timedelta(hours=2))
    assert f"Daily check-in {said} Today, 08:00, by e-mail Because &lt;of&gt; this." in page(phone)


def test_what_goes_to_staff_about_a_patient_is_not_on_their_page(
    phone: Client, riverside: Staff, knee: Episode
) -> None:
    post.ended(knee, State.SENT, kind=Kind.URGENT_ALERT, reader=riverside.surgeon.user)
    post.entry(knee, Kind.SILENCE)
    text = page(phone)
    assert "urgent" not in text.lower()
    assert "two days" not in text.lower()


def test_the_page_costs_the_same_for_one_message_and_for_forty(phone: Client, planned: Episode) -> None:
    post.ended(planned, State.SENT)
    with CaptureQueriesContext(connection) as few:
        page(phone)
    for _ in range(39):
        post.ended(planned, State.SENT)
    with CaptureQueriesContext(connection) as many:
        page(phone)
    print(f"/reminders/: {len(many)} statements")
    assert len(few) == len(many) <= 20


# --- The own list ---------------------------------------------------------------------------------------------------


def test_the_list_shows_what_to_read_where_it_leads_and_goes_when_read(phone: Client, knee: Episode) -> None:
    row = post.entry(knee, Kind.MILESTONES, channel="app")
    html = phone.get("/reminders/").content.decode()
    assert "Your list 1 new" in words(html)
    assert "Your goals for this week are ready." in html
    assert 'href="/progress/"' in html
    answer = phone.post(f"/reminders/list/{row.pk}/read/")
    assert answer.headers["Location"] == "/reminders/#list"
    assert "Your list" not in page(phone)


def test_today_leads_to_the_list_while_something_is_unread(phone: Client, knee: Episode) -> None:
    assert 'href="/reminders/#list"' not in phone.get("/today/").content.decode()
    row = post.entry(knee, Kind.MILESTONES, channel="app")
    assert 'href="/reminders/#list"' in phone.get("/today/").content.decode()
    phone.post(f"/reminders/list/{row.pk}/read/")
    assert 'href="/reminders/#list"' not in phone.get("/today/").content.decode()


def test_nobody_reads_somebody_elses_list(phone: Client, physio: Client, riverside: Staff, knee: Episode) -> None:
    theirs = post.entry(scenes.knee(riverside), Kind.MILESTONES, channel="app")
    mine = post.entry(knee, Kind.MILESTONES, channel="app")
    assert phone.post(f"/reminders/list/{theirs.pk}/read/").status_code == 404
    assert phone.post(f"/reminders/list/{uuid4()}/read/").status_code == 404
    assert physio.post(f"/reminders/list/{mine.pk}/read/").status_code == 403
    assert OutboxMessage.objects.filter(settled_at=None, channel="app").count() == 2


# --- How they want it -----------------------------------------------------------------------------------------------


def test_the_hour_of_the_check_in_moves_and_what_comes_with_it_too(phone: Client, planned: Episode) -> None:
    answer = phone.post("/reminders/", CHOSEN | {"at": "07:30"}, follow=True)
    assert "Saved." in answer.content.decode()
    assert plan(planned, Kind.CHECK_IN).at == plan(planned, Kind.MILESTONES).at == time(7, 30)
    assert "07:30 Daily check-in, by e-mail" in words(answer.content.decode())


def test_each_reminder_is_switched_off_and_on_by_itself(phone: Client, planned: Episode) -> None:
    phone.post("/reminders/", CHOSEN | {"kinds": ["check_in", "milestones"]})
    enabled = ReminderPlan.objects.filter(patient=planned.patient, kind__in=ALL, enabled=True)
    assert set(enabled.values_list("kind", flat=True)) == {"check_in", "milestones"}
    phone.post("/reminders/", CHOSEN)
    assert enabled.count() == len(ALL)


def test_one_way_is_switched_off_for_everything(phone: Client, planned: Episode, three_ways: None) -> None:
    by = {f"by_{kind}": ["email", "sms", "push"] for kind in ALL}
    phone.post("/reminders/", CHOSEN | by | {"ways": ["sms"]})
    assert dict(Reach.objects.values_list("channel", "allowed")) == {"email": False, "push": False}
    html = phone.get("/reminders/").content.decode()
    assert re.findall(r'name="ways" value="(\w+)"[^>]*checked', html) == ["sms"]


def test_one_reminder_goes_by_another_way(phone: Client, planned: Episode, three_ways: None) -> None:
    by = {f"by_{kind}": ["email", "sms", "push"] for kind in ALL}
    phone.post("/reminders/", CHOSEN | by | {"by_nudge": ["sms"], "ways": ["email", "sms", "push"]})
    assert plan(planned, Kind.NUDGE).channels == ["sms"]
    assert plan(planned, Kind.CHECK_IN).channels == ["email", "sms", "push"]


def test_a_reminder_that_is_on_needs_a_way_and_the_remedy_is_told(
    phone: Client, planned: Episode, three_ways: None
) -> None:
    by = {f"by_{kind}": ["email"] for kind in ALL if kind != "nudge"}
    answer = phone.post("/reminders/", CHOSEN | by)
    assert answer.status_code == 400
    text = answer.content.decode()
    assert "Second reminder at 18:00: Choose at least one way, or switch this reminder off above." in words(text)
    assert 'href="#field-by_nudge"' in text
    assert '<details class="more" open>' in text


def test_where_there_is_one_way_nobody_is_asked_and_what_was_chosen_stays(phone: Client, planned: Episode) -> None:
    ReminderPlan.objects.filter(kind=Kind.NUDGE).update(channels=["sms", "email"])
    assert 'name="by_nudge"' not in phone.get("/reminders/").content.decode()
    phone.post("/reminders/", CHOSEN)
    assert plan(planned, Kind.NUDGE).channels == ["sms", "email"]


def test_saving_without_a_change_takes_nothing_back(phone: Client, planned: Episode) -> None:
    before = OutboxMessage.objects.filter(state=State.DUE).count()
    phone.post("/reminders/", CHOSEN)
    assert OutboxMessage.objects.filter(state=State.DUE).count() == before > 0
    assert not OutboxMessage.objects.filter(state=State.CANCELLED).exists()


def test_quiet_hours_are_set_and_left_to_the_clinic_again(phone: Client, planned: Episode) -> None:
    phone.post("/reminders/", CHOSEN | {"quiet_from": "20:30", "quiet_until": "08:00"})
    patient = Patient.objects.get(pk=planned.patient.pk)
    assert (patient.quiet_from, patient.quiet_until) == (time(20, 30), time(8))
    phone.post("/reminders/", CHOSEN)
    patient.refresh_from_db()
    assert (patient.quiet_from, patient.quiet_until) == (None, None)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"at": ""}, "When should we remind you to check in?: Choose a time."),
        ({"at": "25:00"}, "When should we remind you to check in?: Write hours and minutes, for example 22:00."),
        ({"quiet_from": "late"}, "Quiet from: Write hours and minutes, for example 22:00."),
        ({"quiet_from": "21:00"}, "Quiet until: Say from when and until when, or leave both empty."),
        ({"quiet_from": "21:00", "quiet_until": "21:00"}, "Quiet until: Choose an hour that differs from the first"),
        ({"kinds": ["gate_due"]}, "What should we send you?: "),
    ],
)
def test_a_wrong_choice_is_named_with_its_remedy_and_nothing_is_saved(
    phone: Client, planned: Episode, given: dict[str, object], said: str
) -> None:
    before = list(ReminderPlan.objects.values())
    answer = phone.post("/reminders/", CHOSEN | {"at": "11:00"} | given)
    assert answer.status_code == 400
    assert said in words(answer.content.decode())
    assert "Nothing was saved." in answer.content.decode()
    assert list(ReminderPlan.objects.values()) == before


def test_an_address_where_messages_do_not_arrive_is_marked(phone: Client, planned: Episode) -> None:
    reach.failed(patient=planned.patient, channel="email", detail="550 no such user", now=NOW)
    assert f"E-mail: {planned.patient.email}, where messages do not arrive" in page(phone)


def test_an_address_that_the_clinic_does_not_have_is_asked_for(phone: Client, planned: Episode) -> None:
    Patient.objects.filter(pk=planned.patient.pk).update(email="")
    assert "E-mail: your clinic has no address, ask them to add it" in page(phone)


# --- Does it work ---------------------------------------------------------------------------------------------------


def test_a_test_is_sent_by_the_way_asked_for(phone: Client, planned: Episode, mail: Path) -> None:
    answer = phone.post("/reminders/test/", {"channel": "email"}, follow=True)
    assert "A test is on its way by e-mail." in answer.content.decode()
    run()
    (sent,) = mails(mail)
    assert sent["To"] == planned.patient.email


@pytest.mark.parametrize(("channel", "said"), [("pigeon", "Choose another."), ("", "Choose another.")])
def test_a_test_by_a_way_that_is_not_there_is_refused(phone: Client, planned: Episode, channel: str, said: str) -> None:
    answer = phone.post("/reminders/test/", {"channel": channel})
    assert answer.status_code == 400
    assert said in answer.content.decode()


def test_a_second_test_waits_a_minute(phone: Client, planned: Episode) -> None:
    phone.post("/reminders/test/", {"channel": "email"})
    answer = phone.post("/reminders/test/", {"channel": "email"})
    assert answer.status_code == 400
    assert "Wait a minute, then try again." in answer.content.decode()


def test_only_patients_have_reminders_here(physio: Client) -> None:
    assert physio.get("/reminders/").status_code == 403
    assert physio.post("/reminders/test/", {"channel": "email"}).status_code == 403
