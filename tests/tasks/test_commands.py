"""What an operator asks at a terminal: is all well, what is due, make the assessments anew."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from recovery import health
from tests import scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.services.reminding import claimed, mails, message
from tracker import tasks
from tracker.clock import StoppedClock
from tracker.models import (
    Assessment,
    Clinic,
    Episode,
    Heartbeat,
    Occurrence,
    OutboxMessage,
    Patient,
    ReminderPlan,
    triggers,
)
from tracker.services import outbox

State = OutboxMessage.State
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mail(settings: Settings, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path
    return tmp_path


@pytest.fixture
def knee(db: None, clock: StoppedClock) -> Episode:
    return scenes.knee(scenes.clinic(), signed=False)


@pytest.fixture
def healthy(knee: Episode) -> Episode:
    for job in (tasks.daily_tick, tasks.plan_reminders, tasks.deliver_messages, tasks.sweep_messages):
        job()
    return knee


def doctor() -> tuple[int, str]:
    said = StringIO()
    try:
        call_command("doctor", stdout=said)
    except SystemExit as end:
        return int(end.code or 0), said.getvalue()
    return 0, said.getvalue()


# --- doctor ---------------------------------------------------------------------------------------------------------


def test_where_all_is_well_the_doctor_says_so_and_ends_with_0(healthy: Episode) -> None:
    assert doctor() == (0, "No message has been sent yet.\nNothing is missing or stuck.\n")


def test_the_doctor_tells_when_the_last_message_left(healthy: Episode, clock: StoppedClock) -> None:
    message(healthy)
    tasks.deliver_messages()
    clock.advance(minutes=2)
    assert "The last message was sent 2 minutes ago." in doctor()[1]


@pytest.mark.parametrize("part", ["planner", "dispatcher", "sweeper", "tick"])
def test_a_part_that_fell_silent_is_named_with_the_remedy(healthy: Episode, clock: StoppedClock, part: str) -> None:
    Heartbeat.objects.filter(name=part).update(at=NOW - timedelta(hours=5))
    code, said = doctor()
    assert code == 1
    assert f"- The {part}, which" in said
    assert "has not been heard of for 5 hours. Start the worker" in said


@pytest.mark.parametrize("part", ["planner", "dispatcher", "sweeper"])
def test_a_part_that_never_ran_is_named(healthy: Episode, part: str) -> None:
    Heartbeat.objects.filter(name=part).delete()
    assert f"The {part}, which" in doctor()[1]
    assert "has never run" in doctor()[1]


def test_a_tick_that_never_ran_is_missed_once_a_day_is_missing(healthy: Episode) -> None:
    Heartbeat.objects.filter(name="tick").delete()
    assert doctor()[0] == 0
    Clinic.objects.update(ticked_on=None)
    assert "The tick, which looks at every patient each day, has never run." in doctor()[1]


def test_a_message_that_should_have_left_long_ago_is_told(healthy: Episode) -> None:
    message(healthy, due_at=NOW - timedelta(minutes=6))
    assert doctor() == (
        1,
        "No message has been sent yet.\n- The oldest message that should have left is 6 minutes late.\n1 to put right.\n",
    )


@pytest.mark.parametrize("state", [State.FAILED, State.DEAD, State.UNCERTAIN])
def test_messages_that_came_to_a_bad_end_are_counted_for_a_week(
    healthy: Episode, clock: StoppedClock, state: str
) -> None:
    message(healthy)
    (row,) = claimed()
    outbox.withhold(row, state=State(state), reason="", now=NOW)
    code, said = doctor()
    assert code == 1
    assert " in the last 7 days: 1. " in said
    OutboxMessage.objects.update(finished_at=NOW - timedelta(days=8))
    assert doctor()[0] == 0


def test_a_clinic_that_nobody_looked_at_for_a_day_is_named(healthy: Episode, clock: StoppedClock) -> None:
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


# --- send_due -------------------------------------------------------------------------------------------------------


def due(*words: str) -> str:
    said = StringIO()
    call_command("send_due", *words, stdout=said)
    return said.getvalue()


def test_a_dry_run_lists_what_would_be_planned_and_sent_and_changes_nothing(knee: Episode, mail: Path) -> None:
    message(knee, due_at=NOW - timedelta(minutes=1))
    before = Occurrence.objects.count()
    said = due("--dry-run").splitlines()
    assert said == [
        f"2026-06-16 08:00Z  check_in  patient {knee.patient_id}  would be planned",
        f"2026-06-17 08:00Z  check_in  patient {knee.patient_id}  would be planned",
        f"2026-06-15 08:59Z  check_in  patient {knee.patient_id}  would be sent",
    ]
    assert Occurrence.objects.count() == before
    assert not mails(mail)


def test_a_dry_run_says_why_something_would_not_be_sent(knee: Episode) -> None:
    message(knee)
    scenes.check_in(knee)
    assert "would not be sent (cancelled): You had already checked in for that day." in due("--dry-run")


def test_a_dry_run_can_look_ahead(knee: Episode) -> None:
    tasks.plan_reminders()
    assert "2026-06-16 08:00Z  check_in" not in due("--dry-run")
    assert "2026-06-16 08:00Z  check_in" in due("--dry-run", "--at", "2026-06-16T09:00+01:00")


def test_a_run_names_nobody(knee: Episode) -> None:
    Patient.objects.update(given_name="Canary", email="canary@example.org")
    message(knee)
    assert "canary" not in due("--dry-run").lower()


def test_without_dry_run_it_plans_and_sends_and_a_second_run_sends_nothing_more(knee: Episode, mail: Path) -> None:
    message(knee)
    assert due() == "2 planned\nWhat was due has been dealt with; `doctor` tells how.\n"
    assert len(mails(mail)) == 1
    assert due() == "0 planned\nNothing was due.\n"
    assert len(mails(mail)) == 1


def test_nothing_is_sent_before_its_time(knee: Episode) -> None:
    with pytest.raises(CommandError, match="add --dry-run"):
        due("--at", "2026-06-16T09:00Z")


@pytest.mark.parametrize(("text", "remedy"), [("nine", "Write it like"), ("2026-06-16T09:00", "time zone")])
def test_a_time_that_cannot_be_read_is_refused_with_the_remedy(knee: Episode, text: str, remedy: str) -> None:
    with pytest.raises(CommandError, match=remedy):
        due("--at", text, "--dry-run")


# --- reassess -------------------------------------------------------------------------------------------------------


def test_assessments_are_made_anew_from_nothing(knee: Episode) -> None:
    kept = Assessment.objects.filter(episode=knee)
    before = kept.values().get()
    kept.delete()
    said = StringIO()
    call_command("reassess", stdout=said)
    assert kept.values().get() == before
    assert said.getvalue() == "Riverside Knee Clinic: 1 episodes read, 1 evaluated\n"


def test_assessments_that_are_right_are_not_written_again(knee: Episode, clock: StoppedClock) -> None:
    clock.advance(minutes=5)
    call_command("reassess", stdout=StringIO())
    assert Assessment.objects.get(episode=knee).computed_at == NOW


def test_an_assessment_that_went_wrong_is_put_right(knee: Episode) -> None:
    Assessment.objects.update(reason="nonsense", fingerprint="old")
    call_command("reassess", stdout=StringIO())
    assert Assessment.objects.get(episode=knee).reason != "nonsense"
