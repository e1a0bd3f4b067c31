"""Is all well? Asked at a terminal, or by a program that reads the exit status."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from recovery import health
from tests import scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.services.reminding import claimed, message
from tracker import tasks
from tracker.clock import StoppedClock
from tracker.models import (
    Breaker,
    Clinic,
    Episode,
    Heartbeat,
    OutboxMessage,
    ReminderPlan,
    Sending,
    triggers,
)
from tracker.selectors import operations
from tracker.services import heartbeats, outbox

State = OutboxMessage.State
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mail(settings: Settings, tmp_path: Path) -> None:
    settings.MAIL_DIR = tmp_path


@pytest.fixture
def healthy(db: None, clock: StoppedClock) -> Episode:
    knee = scenes.knee(scenes.clinic(), signed=False)
    tasks.daily_tick()
    for part in operations.PARTS:
        heartbeats.beat(part.name, now=NOW)
    return knee


def doctor() -> tuple[int, str]:
    said = StringIO()
    try:
        call_command("doctor", stdout=said)
    except SystemExit as end:
        return int(end.code or 0), said.getvalue()
    return 0, said.getvalue()


def test_where_all_is_well_the_doctor_says_so_and_ends_with_0(healthy: Episode) -> None:
    assert doctor() == (0, "No message has been sent yet.\nNothing is missing or stuck.\n")


def test_the_doctor_tells_when_the_last_message_left(healthy: Episode, clock: StoppedClock) -> None:
    message(healthy)
    tasks.deliver_messages()
    clock.advance(minutes=1)
    assert "The last message was sent 1 minute ago." in doctor()[1]


@pytest.mark.parametrize("part", [part.name for part in operations.PARTS])
def test_a_part_that_fell_silent_is_named_with_the_remedy(healthy: Episode, part: str) -> None:
    Heartbeat.objects.filter(name=part).update(at=NOW - timedelta(hours=5))
    code, said = doctor()
    assert code == 1
    assert f"- The {part}, which" in said
    assert "has not been heard of for 5 hours. Start one that needs nothing else: python3 manage.py send_due" in said


@pytest.mark.parametrize("part", ["planner", "dispatcher", "sender", "sweeper"])
def test_a_part_that_never_ran_is_named(healthy: Episode, part: str) -> None:
    Heartbeat.objects.filter(name=part).delete()
    assert f"The {part}, which" in doctor()[1]
    assert "has never run" in doctor()[1]


def test_a_tick_that_never_ran_is_missed_once_a_day_is_missing(healthy: Episode) -> None:
    Heartbeat.objects.filter(name="tick").delete()
    assert doctor()[0] == 0
    Clinic.objects.update(ticked_on=None)
    assert "Riverside Knee Clinic: its patients have not been looked at for more than a day." in doctor()[1]


def test_a_message_that_should_have_left_long_ago_is_told(healthy: Episode) -> None:
    message(healthy, due_at=NOW - timedelta(minutes=6))
    code, said = doctor()
    assert code == 1
    assert "- The oldest message that should have left is 6 minutes late. " in said
    assert said.endswith("1 to put right.\n")


def test_a_provider_that_does_not_answer_is_told(healthy: Episode) -> None:
    Breaker.objects.create(channel="email", failures=5, open_until=NOW, since=NOW - timedelta(minutes=20))
    code, said = doctor()
    assert code == 1
    assert "- E-mail: the provider has not taken anything for 20 minutes. " in said


def test_a_database_that_came_back_from_a_backup_is_told_with_the_way_on(healthy: Episode) -> None:
    Sending.objects.update_or_create(id=1, defaults={"shut_at": NOW, "why": "The database came back from a backup."})
    code, said = doctor()
    assert code == 1
    assert "- Sending has been shut for 0 seconds: The database came back from a backup. " in said
    assert "python3 manage.py" in said


def test_calls_that_nobody_makes_are_told(healthy: Episode) -> None:
    waits = {"state": State.SENT, "channel": "calls", "finished_at": NOW - timedelta(days=2)}
    OutboxMessage.objects.filter(pk=message(healthy).pk).update(**waits)
    code, said = doctor()
    assert code == 1
    assert "Riverside Knee Clinic: calls that wait on the call list: 1, the oldest for 2 days." in said


@pytest.mark.parametrize("state", [State.FAILED, State.DEAD, State.UNCERTAIN])
def test_messages_that_came_to_a_bad_end_are_counted_for_a_week(healthy: Episode, state: str) -> None:
    message(healthy)
    (row,) = claimed()
    outbox.withhold(row, state=State(state), reason="", now=NOW)
    code, said = doctor()
    assert code == 1
    assert " in the last 7 days: 1. " in said
    OutboxMessage.objects.update(finished_at=NOW - timedelta(days=8))
    assert doctor()[0] == 0


def test_a_clinic_that_nobody_looked_at_for_a_day_is_named(healthy: Episode) -> None:
    Clinic.objects.update(ticked_on=NOW.date() - timedelta(days=2))
    assert "Riverside Knee Clinic: its patients have not been looked at for more than a day" in doctor()[1]


def test_patients_without_any_reminder_are_counted_and_the_remedy_works(healthy: Episode) -> None:
    ReminderPlan.objects.all().delete()
    code, said = doctor()
    assert code == 1
    assert "Patients in care who get no reminders: 1. Run: python3 manage.py reassess" in said
    call_command("reassess", stdout=StringIO())
    assert doctor()[0] == 0


def test_rules_that_the_database_lost_are_told(healthy: Episode) -> None:
    with triggers.lifted():
        code, said = doctor()
    assert code == 1
    assert "run python3 manage.py migrate" in said


def test_a_database_that_is_not_migrated_is_told_and_nothing_else_is_asked_of_it(
    healthy: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "pending_migrations", lambda: ["3 migrations wait: run python3 manage.py migrate."])
    assert doctor() == (1, "- 3 migrations wait: run python3 manage.py migrate.\n1 to put right.\n")
