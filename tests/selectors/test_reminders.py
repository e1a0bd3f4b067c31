"""What a patient will be told, what was sent, and why something was not."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from tests import scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.scenes import Staff
from tests.services.reminding import message, run
from tracker.clinical.terms import Side
from tracker.clock import StoppedClock
from tracker.models import Assessment, Episode, Kind, Occurrence, OutboxMessage, Reach
from tracker.selectors import reminders as told
from tracker.services import reminders, reviews
from tracker.services.kinds import OPTIONAL

pytestmark = pytest.mark.django_db
State = OutboxMessage.State


@pytest.fixture(autouse=True)
def mail(settings: Settings, tmp_path: Path) -> None:
    settings.MAIL_DIR = tmp_path


@pytest.fixture
def home(db: None, clock: StoppedClock) -> Staff:
    return scenes.clinic()


@pytest.fixture
def knee(home: Staff) -> Episode:
    episode = scenes.knee(home, time_zone="America/New_York")
    Occurrence.objects.all().delete()
    return episode


def days(knee: Episode, now: datetime) -> list[date]:
    return [coming.at.date() for coming in told.week_ahead(knee.patient, now=now) if coming.kind == Kind.CHECK_IN]


def test_the_next_seven_days_are_the_same_whether_planned_yet_or_not(knee: Episode) -> None:
    forecast = days(knee, NOW)
    reminders.plan(now=NOW)
    assert days(knee, NOW) == forecast
    assert forecast[-1] == date(2026, 6, 21)
    assert len(forecast) in (6, 7)


def test_what_is_coming_is_told_on_the_patients_clock_with_the_reason(knee: Episode) -> None:
    reminders.plan(now=NOW)
    first = told.week_ahead(knee.patient, now=NOW)[0]
    assert first.at.tzinfo == ZoneInfo("America/New_York")
    assert (first.at.hour, first.label, first.channel) == (9, "Daily check-in", "email")
    assert (first.why, first.planned) == ("Every day, unless you have checked in by then", True)


def test_a_moved_hour_shows_at_once_and_a_reminder_switched_off_is_gone(knee: Episode) -> None:
    reminders.plan(now=NOW)
    reminders.change(patient=knee.patient, kind=Kind.CHECK_IN, now=NOW, at=time(20, 15))
    assert {f"{coming.at:%H:%M}" for coming in told.week_ahead(knee.patient, now=NOW)} == {"20:15"}
    for kind in OPTIONAL:
        reminders.change(patient=knee.patient, kind=kind, now=NOW, enabled=False)
    assert told.week_ahead(knee.patient, now=NOW) == []


# --- Everything in the week -----------------------------------------------------------------------------------------


@pytest.fixture
def busy(home: Staff, knee: Episode) -> Episode:
    """An appointment on Thursday, a step on Friday, a goal for next week."""
    reviews.book(episode=knee, by=home.coordinator, key="XRAY_6W", booked_at=datetime(2026, 6, 18, 10, 0, tzinfo=UTC))
    Assessment.objects.filter(episode=knee).update(
        next_step={"on": "2026-06-19", "gate": "G6", "state": "waiting"},
        milestones=[{"key": "FLEX_90", "state": "due", "typical": 30}],
    )
    return knee


def told_of(knee: Episode, now: datetime = NOW, **given: Any) -> list[tuple[str, str]]:
    return [(f"{each.at:%a %H:%M}", each.kind) for each in told.week_ahead(knee.patient, now=now, **given)]


def test_all_that_is_to_be_expected_is_there_with_its_time_way_and_reason(busy: Episode) -> None:
    found = told.week_ahead(busy.patient, now=NOW)
    said = {each.kind: (f"{each.at:%a %H:%M}", each.label, each.channel, each.why) for each in reversed(found)}
    assert said == {
        "check_in": ("Mon 09:00", "Daily check-in", "email", "Every day, unless you have checked in by then"),
        "nudge": ("Tue 18:00", "Second nudge", "email", "Only if you have not checked in by then"),
        "next_step": ("Tue 09:00", "Next step coming", "email", "The next step of your plan may come on Friday 19 June"),
        "review_tomorrow": ("Wed 09:00", "Appointment tomorrow", "email", "You have an appointment on Thursday 18 June"),
        "milestones": ("Mon 09:00", "Goals of the week", "email", "On Mondays, when there is a goal to look at in the week"),
    }  # fmt: skip
    counts = Counter(each.kind for each in found)
    assert counts == {"check_in": 7, "nudge": 6, "next_step": 1, "review_tomorrow": 1, "milestones": 1}
    assert found == sorted(found, key=lambda each: each.at)


def test_what_was_forecast_is_what_the_engine_then_makes(busy: Episode, clock: StoppedClock) -> None:
    forecast = told_of(busy)
    for quarters in range(7 * 24 * 4 + 1):
        clock.set(NOW + timedelta(minutes=15 * quarters))
        reminders.plan(now=clock.instant)
    made = Occurrence.objects.filter(
        patient=busy.patient, rule__in=told.WHY, due_at__gt=NOW, due_at__lte=NOW + told.WEEK
    )
    zone = ZoneInfo(busy.patient.time_zone)
    planned = [(f"{row.due_at.astimezone(zone):%a %H:%M}", row.rule) for row in made.order_by("due_at")]
    assert sorted(planned) == sorted(forecast)


@pytest.mark.parametrize("hours", [0, 20, 60, 100])
def test_the_week_is_the_same_before_and_after_planning_at_any_hour(busy: Episode, hours: int) -> None:
    for hour in range(hours):
        reminders.plan(now=NOW + timedelta(hours=hour))
    now = NOW + timedelta(hours=hours, minutes=-1)
    before = told_of(busy, now)
    reminders.plan(now=now)
    assert sorted(told_of(busy, now)) == sorted(before)


def test_the_way_is_the_one_that_would_be_used(busy: Episode) -> None:
    reminders.plan(now=NOW)
    Reach.objects.create(patient=busy.patient, channel="email", failed_at=NOW, address=busy.patient.email)
    assert {each.channel for each in told.week_ahead(busy.patient, now=NOW)} == {"sms"}
    assert {each.channel for each in told.week_ahead(busy.patient, now=NOW, usable=["app"])} == {"app"}


def test_own_quiet_hours_move_what_is_to_come_or_say_that_it_will_not(busy: Episode) -> None:
    patient = busy.patient
    reminders.quiet(patient=patient, quiet_from=time(17), quiet_until=time(10), now=NOW)
    reminders.plan(now=NOW)
    found = {(f"{each.at:%H:%M}", each.kind, each.reason) for each in told.week_ahead(patient, now=NOW)}
    assert found == {
        ("10:00", "check_in", told.WAITS),
        ("10:00", "next_step", told.WAITS),
        ("10:00", "review_tomorrow", told.WAITS),
        ("10:00", "milestones", told.WAITS),
        ("18:00", "nudge", told.NOT_SENT),
    }


def test_what_was_put_off_shows_its_new_time_and_the_reason(knee: Episode, clock: StoppedClock) -> None:
    row = message(knee, Kind.RESTRICTION_CHANGED)
    until = NOW + timedelta(hours=3)
    OutboxMessage.objects.filter(pk=row.pk).update(due_at=until, reason="It waits for the end of the quiet hours.")
    change = next(each for each in told.week_ahead(knee.patient, now=NOW) if each.kind == Kind.RESTRICTION_CHANGED)
    assert (change.at, change.reason, change.planned) == (until, "It waits for the end of the quiet hours.", True)


def test_whoever_has_withdrawn_consent_has_nothing_coming(busy: Episode) -> None:
    reminders.plan(now=NOW)
    busy.patient.consent_withdrawn_at = NOW
    assert told.week_ahead(busy.patient, now=NOW) == []


def test_the_week_costs_the_same_for_two_busy_knees_as_for_a_quiet_one(
    home: Staff, knee: Episode, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(8):
        told.week_ahead(knee.patient, now=NOW)
    other = scenes.knee(home, side=Side.RIGHT, signed=False)
    Episode.objects.filter(pk=other.pk).update(patient=knee.patient)
    for key, day in {"XRAY_6W": 17, "WOUND": 18, "PHYSIO": 19}.items():
        booked = datetime(2026, 6, day, 10, 0, tzinfo=UTC)
        reviews.book(episode=other, by=home.coordinator, key=key, booked_at=booked)
    reminders.plan(now=NOW)
    with django_assert_num_queries(8):
        told.week_ahead(knee.patient, now=NOW)


# --- What was told --------------------------------------------------------------------------------------------------


def test_history_says_what_was_sent_and_why_something_was_not(knee: Episode, clock: StoppedClock) -> None:
    for day in (15, 16):
        clock.set(datetime(2026, 6, day, 13, 0, tzinfo=UTC))
        if day == 16:
            scenes.check_in(knee)
        run()
    told_check_ins = [row for row in told.history(knee.patient, now=clock.instant) if row.kind == Kind.CHECK_IN]
    assert [(row.state, row.reason) for row in told_check_ins] == [
        (State.CANCELLED, "You have checked in."),
        (State.SENT, ""),
    ]
    assert told_check_ins[1].state_label == "The mail provider took it"
    assert f"{told_check_ins[1].at:%d %H:%M}" == "15 09:00"


def test_what_was_taken_back_is_told_once_its_time_has_come_and_not_before(knee: Episode, clock: StoppedClock) -> None:
    run()
    reminders.change(patient=knee.patient, kind=Kind.CHECK_IN, at=time(11), now=clock.instant)
    moved = "The reminder was moved to 11:00."
    assert moved not in [row.reason for row in told.history(knee.patient, now=clock.instant)]
    clock.advance(days=1)
    rows = told.history(knee.patient, now=clock.instant)
    assert [f"{row.at:%d %H:%M}" for row in rows if row.reason == moved and row.kind == Kind.CHECK_IN] == ["15 09:00"]


def test_what_goes_to_staff_about_a_patient_is_not_the_patients_to_read(home: Staff, knee: Episode) -> None:
    scenes.check_in(knee, pain_load=4, symptoms=["breathless"])
    assert OutboxMessage.objects.filter(patient=knee.patient, kind=Kind.URGENT_ALERT).exists()
    assert Kind.URGENT_ALERT not in [coming.kind for coming in told.week_ahead(knee.patient, now=NOW)]
    run()
    assert Kind.URGENT_ALERT not in [row.kind for row in told.history(knee.patient, now=NOW)]


def test_what_went_into_the_list_says_so_and_calls_are_the_clinics_own(knee: Episode) -> None:
    listed, call = message(knee, Kind.MILESTONES), message(knee, Kind.SILENCE)
    OutboxMessage.objects.filter(pk=listed.pk).update(channel="app", state=State.SENT, finished_at=NOW)
    OutboxMessage.objects.filter(pk=call.pk).update(channel="calls", state=State.SENT, finished_at=NOW)
    assert [(row.kind, row.channel, row.state_label) for row in told.history(knee.patient, now=NOW)] == [
        ("milestones", "app", "In your list")
    ]


def test_the_settings_list_the_patients_own_reminders_by_hour(knee: Episode) -> None:
    assert [(plan.kind, f"{plan.at:%H:%M}") for plan in told.plans(knee.patient)] == [
        ("check_in", "09:00"),
        ("milestones", "09:00"),
        ("next_step", "09:00"),
        ("questionnaire", "09:00"),
        ("review_tomorrow", "09:00"),
        ("nudge", "18:00"),
    ]


def test_the_list_holds_what_was_not_read_and_is_not_pointless(knee: Episode) -> None:
    rows = {kind: message(knee, kind) for kind in (Kind.MILESTONES, Kind.NEXT_STEP, Kind.CHECK_IN, Kind.NUDGE)}
    OutboxMessage.objects.update(channel="app", state=State.SENT, finished_at=NOW)
    OutboxMessage.objects.filter(pk=rows[Kind.NEXT_STEP].pk).update(settled_at=NOW)
    OutboxMessage.objects.filter(pk=rows[Kind.CHECK_IN].pk).update(expires_at=NOW)
    OutboxMessage.objects.filter(pk=rows[Kind.NUDGE].pk).update(channel="email")
    (entry,) = told.entries(knee.patient, now=NOW)
    assert (entry.id, entry.kind, entry.label) == (rows[Kind.MILESTONES].pk, "milestones", "Goals of the week")
    assert entry.at.tzinfo == ZoneInfo("America/New_York")
