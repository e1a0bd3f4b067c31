"""A database that came back from a backup sends nothing until somebody has looked and said so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from tests import scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.services.reminding import LEASE_AND_A_BIT, claimed, fresh, mails, message
from tracker import clock
from tracker.clock import StoppedClock
from tracker.models import Episode, Occurrence, OutboxMessage, Sending
from tracker.services import dispatch, outbox, reminders, sending

State = OutboxMessage.State
pytestmark = pytest.mark.django_db


@pytest.fixture
def knee(db: None, clock: StoppedClock) -> Episode:
    episode = scenes.knee(scenes.clinic(), signed=False)
    Occurrence.objects.all().delete()
    return episode


@pytest.fixture(autouse=True)
def mail(settings: Settings, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path / "mail"
    return tmp_path / "mail"


@pytest.fixture
def seen(settings: Settings, tmp_path: Path) -> Path:
    """What this machine has seen, beside its data."""
    settings.SENDING_SEEN = tmp_path / "data" / "seen"
    return settings.SENDING_SEEN


def row() -> Sending:
    return Sending.objects.get()


def restore(backup: dict[str, Any]) -> None:
    Sending.objects.update(**backup)


def backup() -> dict[str, Any]:
    return Sending.objects.values("known_as", "shut_at", "batches").get()


def send_something(knee: Episode, mail: Path) -> None:
    before = len(mails(mail))
    message(knee)
    while dispatch.deliver(now=clock.now()):
        pass
    assert len(mails(mail)) == before + 1


# --- In ordinary times ----------------------------------------------------------------------------------------------


def test_at_the_very_first_start_it_is_open_and_notes_which_database_it_is(clock: StoppedClock) -> None:
    assert sending.is_open(now=NOW)
    assert row().known_as.startswith(("sqlite ", "postgresql "))
    assert row().opened_at == NOW
    assert sending.is_open(now=NOW)


def test_whether_it_is_open_costs_one_statement(
    clock: StoppedClock, seen: Path, django_assert_num_queries: Any
) -> None:
    for _ in range(2):
        sending.is_open(now=NOW)
    with django_assert_num_queries(1):
        assert sending.is_open(now=NOW)


def test_a_machine_that_stood_still_for_a_week_may_go_on(
    knee: Episode, clock: StoppedClock, mail: Path, seen: Path
) -> None:
    send_something(knee, mail)
    clock.advance(days=7)
    assert sending.is_open(now=clock.instant)


def test_a_clock_that_jumps_days_ahead_and_back_shuts_nothing(
    knee: Episode, clock: StoppedClock, mail: Path, seen: Path
) -> None:
    for days in (3, -4, 1):
        send_something(knee, mail)
        clock.advance(days=days)
        assert sending.is_open(now=clock.instant)


def test_a_machine_whose_data_directory_cannot_be_written_sends_all_the_same(
    knee: Episode, mail: Path, seen: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seen.parent.write_text("a file where the directory should be")
    send_something(knee, mail)
    assert "a restored database may not be noticed" in caplog.text


def test_what_cannot_be_read_of_what_was_seen_counts_as_nothing(knee: Episode, mail: Path, seen: Path) -> None:
    seen.parent.mkdir()
    seen.write_text("half a num")
    send_something(knee, mail)
    assert int(seen.read_text().split()[0]) == row().batches


# --- A backup comes back --------------------------------------------------------------------------------------------


def test_another_database_than_the_one_last_sent_from_sends_nothing(knee: Episode, mail: Path) -> None:
    send_something(knee, mail)
    Sending.objects.update(known_as="the one it was copied from")
    waiting = message(knee)
    assert not dispatch.deliver(now=NOW)
    assert (row().shut_at, row().why) == (NOW, sending.ANOTHER)
    assert fresh(waiting).state == State.DUE


def test_a_database_that_has_gone_back_by_a_single_batch_sends_nothing(knee: Episode, mail: Path, seen: Path) -> None:
    send_something(knee, mail)
    before = backup()
    send_something(knee, mail)
    restore(before)
    waiting = message(knee)
    assert not dispatch.deliver(now=NOW)
    assert (row().shut_at, row().why) == (NOW, sending.GONE_BACK)
    assert fresh(waiting).state == State.DUE


def test_a_sender_that_died_over_the_first_letter_after_the_backup_is_remembered(
    knee: Episode, mail: Path, seen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sending.is_open(now=NOW)
    before = backup()
    message(knee)
    with monkeypatch.context() as dying:
        dying.setattr(outbox, "begin", _dies)
        with pytest.raises(KeyboardInterrupt):
            dispatch.deliver(now=NOW)
    restore(before)
    assert not sending.is_open(now=NOW)
    assert row().why == sending.GONE_BACK


def _dies(*_: object, **__: object) -> bool:
    raise KeyboardInterrupt


def test_a_database_from_before_anything_was_sent_sends_nothing(knee: Episode, mail: Path, seen: Path) -> None:
    send_something(knee, mail)
    Sending.objects.all().delete()
    message(knee)
    assert not dispatch.deliver(now=NOW)
    assert row().why == sending.GONE_BACK


def test_a_new_database_on_a_machine_that_sent_from_another_is_no_restored_one(
    knee: Episode, mail: Path, seen: Path
) -> None:
    seen.parent.mkdir()
    seen.write_text("99999999999999 postgresql 7/16384")
    send_something(knee, mail)


def test_once_shut_it_stays_shut_with_the_first_reason(clock: StoppedClock) -> None:
    sending.shut(why="the first", now=NOW)
    sending.shut(why="the second", now=NOW + timedelta(hours=1))
    assert not sending.is_open(now=NOW)
    assert (row().why, row().shut_at) == ("the first", NOW)


def test_while_shut_what_falls_due_is_planned_and_expires_in_sight(knee: Episode, clock: StoppedClock) -> None:
    sending.shut(why="restored", now=NOW)
    for _ in range(3):
        clock.advance(days=1)
        reminders.plan(now=clock.instant)
        assert not dispatch.deliver(now=clock.instant)
        outbox.sweep(now=clock.instant)
    asked = OutboxMessage.objects.filter(kind="check_in", due_at__lte=clock.instant)
    assert asked.filter(state=State.EXPIRED).count() >= 2
    assert not asked.filter(state=State.SENT).exists()


# --- Somebody has looked --------------------------------------------------------------------------------------------


def test_when_it_is_opened_again_what_fell_due_expires_and_what_is_to_come_is_sent(
    knee: Episode, clock: StoppedClock, mail: Path, seen: Path
) -> None:
    send_something(knee, mail)
    before = backup()
    send_something(knee, mail)
    restore(before)
    assert not sending.is_open(now=NOW)
    missed, later = message(knee), message(knee, due_at=NOW + timedelta(hours=1))
    clock.advance(minutes=10)
    assert sending.open_again(by="Kit Lane", now=clock.instant) == 1
    assert (fresh(missed).state, fresh(missed).reason) == (State.EXPIRED, sending.WHILE_RESTORED)
    assert (row().opened_by, row().opened_at, row().shut_at) == ("Kit Lane", clock.instant, None)
    clock.advance(hours=1)
    assert dispatch.deliver(now=clock.instant)
    assert fresh(later).state == State.SENT
    assert sending.is_open(now=clock.instant)


def test_what_a_sender_held_when_the_backup_was_made_expires_too(knee: Episode, clock: StoppedClock) -> None:
    taken, begun = message(knee), message(knee, kind="milestones", channel="sms")
    for rows in ([each] for each in claimed()):
        if rows[0].pk == begun.pk:
            outbox.begin(rows, message_id="<one@test>", now=NOW)
    clock.advance(LEASE_AND_A_BIT)
    sending.shut(why="restored", now=clock.instant)
    assert sending.open_again(by="Kit", now=clock.instant) == 2
    assert {fresh(each).state for each in (taken, begun)} == {State.EXPIRED}


def test_a_call_that_is_still_to_be_made_does_not_expire(knee: Episode, clock: StoppedClock) -> None:
    call = message(knee, channel="calls", due_at=NOW - timedelta(hours=1))
    sending.shut(why="restored", now=NOW)
    assert sending.open_again(by="Kit", now=NOW) == 0
    assert fresh(call).state == State.DUE


def test_a_machine_that_had_seen_more_is_content_once_somebody_has_looked(
    knee: Episode, clock: StoppedClock, mail: Path, seen: Path
) -> None:
    """As another machine that sends, which did not take part in the opening."""
    send_something(knee, mail)
    send_something(knee, mail)
    ahead = seen.read_text()
    Sending.objects.update(batches=5)
    assert not sending.is_open(now=NOW)
    seen.unlink()
    clock.advance(seconds=1)
    sending.open_again(by="Kit", now=clock.instant)
    seen.write_text(ahead)
    assert sending.is_open(now=NOW)


# --- What a database is called --------------------------------------------------------------------------------------


@pytest.mark.skipif(connection.vendor != "sqlite", reason="about a file")
def test_a_copied_file_is_another_database_and_a_file_that_is_written_to_is_not(tmp_path: Path) -> None:
    file, copy = tmp_path / "one.sqlite3", tmp_path / "two.sqlite3"
    file.write_text("data")
    name = sending._name_of_file(file)
    file.write_text("more data")
    assert sending._name_of_file(file) == name
    copy.write_bytes(file.read_bytes())
    assert sending._name_of_file(copy) != name


def test_the_demo_may_be_copied_at_will(knee: Episode, settings: Settings, mail: Path) -> None:
    settings.DEMO = True
    send_something(knee, mail)
    assert row().known_as == "demo"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="about a server")
@pytest.mark.parametrize("told", [True, False], ids=["the system is told", "the host keeps it from us"])
def test_a_server_names_system_and_database_as_far_as_it_may(told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_tells_its_system", lambda: told)
    sending.is_open(now=NOW)
    system, _, oid = row().known_as.removeprefix("postgresql ").partition("/")
    assert (bool(system), oid.isdigit()) == (told, True)
    assert sending.is_open(now=NOW)
