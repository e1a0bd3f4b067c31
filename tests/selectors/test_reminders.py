"""What a patient will be told, what was sent, and why something was not."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries, Settings

from tests import scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.scenes import Staff
from tests.services.reminding import message, run
from tracker.clock import StoppedClock
from tracker.models import Episode, Kind, Occurrence, OutboxMessage
from tracker.selectors import reminders as told
from tracker.services import reminders

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
    reminders.change(patient=knee.patient, kind=Kind.CHECK_IN, now=NOW, enabled=False)
    assert told.week_ahead(knee.patient, now=NOW) == []


def test_history_says_what_was_sent_and_why_something_was_not(knee: Episode, clock: StoppedClock) -> None:
    for day in (15, 16):
        clock.set(datetime(2026, 6, day, 13, 0, tzinfo=UTC))
        if day == 16:
            scenes.check_in(knee)
        run()
    told_check_ins = [row for row in told.history(knee.patient) if row.kind == Kind.CHECK_IN]
    assert [(row.state, row.reason) for row in told_check_ins] == [
        (State.CANCELLED, "You have checked in."),
        (State.SENT, ""),
    ]
    assert told_check_ins[1].state_label == "The mail provider took it"
    assert f"{told_check_ins[1].at:%d %H:%M}" == "15 09:00"


def test_what_goes_to_staff_about_a_patient_is_not_the_patients_to_read(home: Staff, knee: Episode) -> None:
    scenes.check_in(knee, pain_load=4, symptoms=["breathless"])
    assert OutboxMessage.objects.filter(patient=knee.patient, kind=Kind.URGENT_ALERT).exists()
    assert Kind.URGENT_ALERT not in [coming.kind for coming in told.week_ahead(knee.patient, now=NOW)]
    run()
    assert Kind.URGENT_ALERT not in [row.kind for row in told.history(knee.patient)]


