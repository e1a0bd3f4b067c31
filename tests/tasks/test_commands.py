"""What an operator asks at a terminal: what is due, make the assessments anew."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from tests import scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.services.reminding import mails, message
from tracker import tasks
from tracker.clock import StoppedClock
from tracker.models import Assessment, Episode, Occurrence, Patient

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
