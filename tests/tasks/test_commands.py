"""What an operator asks at a terminal: what is due, send again after a restore, make the assessments anew."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from datetime import time as wall_time
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pytest_django import Settings

from tests import scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.services.reminding import fresh, mails, message
from tracker import tasks
from tracker.clock import StoppedClock
from tracker.models import Assessment, Episode, Heartbeat, Occurrence, OutboxMessage, Patient, Sending
from tracker.services import sending

State = OutboxMessage.State
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mail(settings: Settings, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path
    return tmp_path


@pytest.fixture
def knee(db: None, clock: StoppedClock) -> Episode:
    return scenes.knee(scenes.clinic(), signed=False)


# --- send_due -------------------------------------------------------------------------------------------------------


def due(*words: str) -> str:
    said = StringIO()
    call_command("send_due", *words, stdout=said)
    return said.getvalue()


def test_a_dry_run_lists_what_would_be_planned_and_sent_and_changes_nothing(knee: Episode, mail: Path) -> None:
    message(knee, due_at=NOW - timedelta(minutes=1))
    before = Occurrence.objects.count()
    said = due("--dry-run").splitlines()
    assert f"2026-06-16 08:00Z  check_in  patient {knee.patient_id}  would be planned" in said
    assert said[-1] == f"2026-06-15 08:59Z  check_in  patient {knee.patient_id}  would be sent"
    assert Occurrence.objects.count() == before
    assert not mails(mail)


def test_a_dry_run_says_why_something_would_not_be_sent(knee: Episode) -> None:
    message(knee)
    Patient.objects.update(consent_withdrawn_at=NOW)
    assert "would not be sent (cancelled): You have withdrawn your consent." in due("--dry-run")


def test_a_dry_run_says_until_when_something_would_wait(knee: Episode, clock: StoppedClock) -> None:
    Patient.objects.update(quiet_from=wall_time(9), quiet_until=wall_time(12))
    message(knee)
    assert "would wait until 2026-06-15 11:00Z: " in due("--dry-run")


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
    planned, said = due().splitlines()
    assert (planned, said) != ("0 planned", "What was due has been dealt with; `doctor` tells how.")
    assert len(mails(mail)) == 1
    assert due() == "0 planned\nNothing was due.\n"
    assert len(mails(mail)) == 1


def test_run_every_minute_it_is_all_that_the_engine_needs(knee: Episode) -> None:
    due()
    parts = dict(Heartbeat.objects.values_list("name", "at"))
    assert parts == dict.fromkeys(("planner", "dispatcher", "sender", "sweeper", "tick", "sealer"), NOW)


def test_it_does_as_if_it_were_an_earlier_time(knee: Episode, mail: Path) -> None:
    message(knee, due_at=NOW - timedelta(minutes=1))
    due("--at", "2026-06-15T08:58Z")
    assert not mails(mail)
    due("--at", "2026-06-15T08:59Z")
    assert len(mails(mail)) == 1


def test_what_goes_on_forever_goes_by_the_clock(knee: Episode) -> None:
    with pytest.raises(CommandError, match="Leave --at out"):
        due("--forever", "--at", "2026-06-15T08:58Z")


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_what_goes_on_forever_sends_and_ends_when_it_is_told_to(
    committed: None, clock: StoppedClock, mail: Path, told: signal.Signals, usual_signals: None
) -> None:
    row = message(scenes.knee(scenes.clinic(), signed=False))

    def tell() -> None:
        until = time.monotonic() + 15
        while fresh(row).state != State.SENT and time.monotonic() < until:
            time.sleep(0.05)
        connection.close()
        os.kill(os.getpid(), told)

    threading.Thread(target=tell).start()
    assert due("--forever").splitlines() == ["A round every 15 seconds, until SIGTERM or Ctrl-C.", "Stopped."]
    assert fresh(row).state == State.SENT
    assert not [thread.name for thread in threading.enumerate() if thread.name == "delivering"]


@pytest.fixture
def usual_signals() -> Iterator[None]:
    """The command sets what this process does when told to stop; a test must leave that as it was."""
    before = {each: signal.getsignal(each) for each in (signal.SIGTERM, signal.SIGINT)}
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


def test_it_says_that_sending_is_shut_and_how_to_go_on(knee: Episode, mail: Path) -> None:
    message(knee)
    sending.shut(why="It may be a copy.", now=NOW)
    said = due()
    assert "Nothing is sent: It may be a copy. To go on: python3 manage.py resume_sending" in said
    assert not mails(mail)


def test_nothing_is_sent_before_its_time(knee: Episode) -> None:
    with pytest.raises(CommandError, match="add --dry-run"):
        due("--at", "2026-06-16T09:00Z")


@pytest.mark.parametrize(("text", "remedy"), [("nine", "Write it like"), ("2026-06-16T09:00", "time zone")])
def test_a_time_that_cannot_be_read_is_refused_with_the_remedy(knee: Episode, text: str, remedy: str) -> None:
    with pytest.raises(CommandError, match=remedy):
        due("--at", text, "--dry-run")


# --- resume_sending -------------------------------------------------------------------------------------------------


def resume(*words: str) -> str:
    said = StringIO()
    call_command("resume_sending", *words, stdout=said)
    return said.getvalue()


def test_there_is_nothing_to_resume_where_sending_is_open(knee: Episode) -> None:
    assert resume("--by", "Kit Lane") == "Sending is open: there is nothing to resume.\n"


def test_without_a_name_it_only_says_what_would_happen(knee: Episode) -> None:
    row = message(knee, due_at=NOW - timedelta(hours=1))
    sending.shut(why="It may be a copy.", now=NOW)
    said = resume()
    assert "Nothing has been sent since 2026-06-15 09:00Z. It may be a copy." in said
    assert "Messages that fell due until now and would expire unsent: 1." in said
    assert "--by NAME" in said
    assert Sending.objects.get().shut_at is not None
    assert fresh(row).state == State.DUE


def test_with_a_name_sending_is_open_again_and_what_fell_due_is_listed_as_expired(knee: Episode) -> None:
    row = message(knee, due_at=NOW - timedelta(hours=1))
    sending.shut(why="It may be a copy.", now=NOW)
    assert "Messages that fell due until now and expired: 1." in resume("--by", "Kit Lane")
    assert Sending.objects.get().opened_by == "Kit Lane"
    assert (fresh(row).state, fresh(row).reason) == (State.EXPIRED, sending.WHILE_RESTORED)


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
