"""Rounds without a broker: every part by itself, whatever happens to the others, until told to stop."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.db import OperationalError
from pytest_django import Settings

from tests import scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.services.reminding import LEASE_AND_A_BIT, claimed, fresh, mails, message
from tracker import clock as product_clock
from tracker.clock import StoppedClock
from tracker.models import Assessment, Clinic, Episode, Heartbeat, Kind, OutboxMessage
from tracker.services import breakers, dispatch, heartbeats, outbox, reminders, rounds, ticks
from tracker.services.assessments import Ticked

State = OutboxMessage.State
pytestmark = pytest.mark.django_db

PARTS = {"planner", "dispatcher", "sender", "sweeper", "tick", "sealer"}


@pytest.fixture(autouse=True)
def mail(settings: Settings, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path
    return tmp_path


@pytest.fixture
def knee(db: None, clock: StoppedClock) -> Episode:
    return scenes.knee(scenes.clinic(), signed=False)


# --- One round ------------------------------------------------------------------------------------------------------


def test_one_round_plans_delivers_sweeps_and_ticks_and_every_part_says_so(knee: Episode, clock: StoppedClock) -> None:
    row = message(knee)
    clock.advance(days=1)
    stuck = message(knee, Kind.MILESTONES)
    claimed()
    clock.advance(LEASE_AND_A_BIT)
    done = rounds.once(now=clock.instant)
    assert done.planned > 0
    assert fresh(row).state == State.EXPIRED
    assert fresh(stuck).state == State.DUE
    assert Assessment.objects.get(episode=knee).as_of == product_clock.today(knee.clinic.time_zone)
    assert dict(Heartbeat.objects.values_list("name", "at")) == dict.fromkeys(PARTS, clock.instant)


def test_a_round_says_whether_there_was_something_to_send(knee: Episode) -> None:
    rounds.once(now=NOW)
    assert not rounds.once(now=NOW).delivered
    message(knee)
    assert rounds.once(now=NOW).delivered


def beats_during(part: Callable[[], object], names: set[str], clock: StoppedClock) -> list[datetime]:
    """When the parts called so gave a sign of life while `part` was at work."""
    seen: list[datetime] = []
    beat = heartbeats.beat

    def listened(name: str, *, now: datetime, detail: str = "") -> None:
        if name in names:
            seen.append(now)
        beat(name, now=now, detail=detail)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heartbeats, "beat", listened)
        part()
    return seen


def longest_gap(begun: datetime, seen: list[datetime]) -> timedelta:
    moments = [begun, *seen]
    return max(later - earlier for earlier, later in pairwise(moments))


@pytest.mark.parametrize("name", ["dispatcher", "sender"])
def test_in_a_long_burst_dispatcher_and_sender_are_heard_of_every_fifteen_seconds(
    knee: Episode, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def slow_step(*, now: datetime) -> bool:
        clock.advance(seconds=4)
        return True

    monkeypatch.setattr(dispatch, "deliver", slow_step)
    seen = beats_during(lambda: rounds.deliver(now=clock.instant), {name}, clock)
    assert clock.instant - NOW > rounds.LONGEST_DELIVERY
    assert longest_gap(NOW, seen) <= timedelta(seconds=15)


def test_while_thousands_are_planned_the_planner_is_heard_of_every_fifteen_seconds(
    knee: Episode, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = iter([20] * 30)

    def slow_batch(now: datetime) -> int | None:
        clock.advance(seconds=3)
        return next(batches, None)

    monkeypatch.setattr("tracker.services.reminders.planner._plan_batch", slow_batch)
    seen = beats_during(lambda: rounds.plan(now=clock.instant), {"planner"}, clock)
    assert clock.instant - NOW > timedelta(seconds=60)
    assert longest_gap(NOW, seen) <= timedelta(seconds=15)


def test_while_many_clinics_are_ticked_the_tick_is_heard_of(
    clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        scenes.clinic(f"Clinic {number}")

    def slow_tick(clinic: Clinic, now: datetime) -> Ticked:
        clock.advance(seconds=11)
        return Ticked(0, 0, 0)

    monkeypatch.setattr(ticks, "_tick", slow_tick)
    seen = beats_during(lambda: rounds.tick(now=clock.instant), {"tick"}, clock)
    assert longest_gap(NOW, seen) <= timedelta(seconds=15)


def test_a_long_delivery_leaves_the_rest_to_its_next_round_and_says_so(
    knee: Episode, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow_step(*, now: datetime) -> bool:
        clock.advance(seconds=10)
        return True

    monkeypatch.setattr(dispatch, "deliver", slow_step)
    assert rounds.deliver(now=clock.instant) == (True, True)
    assert clock.instant - NOW == timedelta(seconds=30)
    assert Heartbeat.objects.get(name="dispatcher").detail == "more waits"


def test_a_sender_that_was_told_to_stop_begins_no_other_step(knee: Episode, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[datetime] = []
    monkeypatch.setattr(dispatch, "deliver", lambda *, now: not steps.append(now))
    stop = threading.Event()
    stop.set()
    rounds.deliver(now=NOW, stop=stop)
    assert len(steps) == 1


def test_a_provider_that_does_not_answer_is_looked_at_again_after_a_second_not_after_a_round(knee: Episode) -> None:
    nobody = threading.Event()
    assert rounds.delivering(nobody) == rounds.EVERY
    breakers.failed(channel="email", detail="refused", now=NOW)
    assert rounds.delivering(nobody) == rounds.WHILE_FAILING


# --- Round after round ----------------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for pause in ("EVERY", "TICK_EVERY", "SEAL_EVERY", "AFTER_TROUBLE"):
        monkeypatch.setattr(rounds, pause, timedelta(seconds=0.02))


@pytest.fixture
def running(quick: None) -> Iterator[threading.Event]:
    """A sender that goes on until the test ends it."""
    stop = threading.Event()
    sender = threading.Thread(target=rounds.forever, args=(stop,))
    sender.start()
    yield stop
    stop.set()
    sender.join(20)
    assert not sender.is_alive()


def until(true: Callable[[], object]) -> None:
    by = time.monotonic() + 15
    while not true():
        assert time.monotonic() < by
        time.sleep(0.02)


def test_a_sender_of_its_own_carries_a_reminder_to_its_end_without_broker_and_beat(
    committed: None, clock: StoppedClock, mail: Path, running: threading.Event
) -> None:
    scenes.knee(scenes.clinic(), signed=False)
    until(lambda: OutboxMessage.objects.filter(kind=Kind.CHECK_IN).count() == 2)
    clock.advance(days=1)
    until(lambda: OutboxMessage.objects.filter(kind=Kind.CHECK_IN, state=State.SENT).exists())
    until(lambda: set(Heartbeat.objects.filter(at=clock.instant).values_list("name", flat=True)) == PARTS)


def test_a_database_that_is_gone_for_a_while_is_waited_for_and_the_log_says_so(
    committed: None,
    clock: StoppedClock,
    mail: Path,
    monkeypatch: pytest.MonkeyPatch,
    quick: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    knee = scenes.knee(scenes.clinic(), signed=False)
    gone = iter(range(3))
    deliver = dispatch.deliver

    def unlucky(*, now: datetime) -> bool:
        if next(gone, None) is not None:
            raise OperationalError("server closed the connection unexpectedly")
        return deliver(now=now)

    monkeypatch.setattr(dispatch, "deliver", unlucky)
    row = message(knee)
    stop = threading.Event()
    sender = threading.Thread(target=rounds.forever, args=(stop,))
    with caplog.at_level(logging.WARNING):
        sender.start()
        until(lambda: fresh(row).state == State.SENT)
        stop.set()
        sender.join(20)
    assert caplog.text.count("delivering: the database does not answer") == 3


def test_a_part_that_goes_wrong_each_time_holds_up_none_of_the_others(
    committed: None,
    clock: StoppedClock,
    mail: Path,
    monkeypatch: pytest.MonkeyPatch,
    quick: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(reminders, "plan", lambda **_: 1 / 0)
    row = message(scenes.knee(scenes.clinic(), signed=False))
    stop = threading.Event()
    sender = threading.Thread(target=rounds.forever, args=(stop,))
    sender.start()
    until(lambda: fresh(row).state == State.SENT)
    until(lambda: PARTS - {"planner"} <= set(Heartbeat.objects.values_list("name", flat=True)))
    stop.set()
    sender.join(20)
    assert "planning went wrong" in caplog.text
    assert not Heartbeat.objects.filter(name="planner").exists()


def test_three_senders_of_their_own_plan_and_send_each_reminder_once(
    committed: None, clock: StoppedClock, mail: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = scenes.clinic()
    for _ in range(5):
        scenes.knee(home, signed=False)
    OutboxMessage.objects.all().delete()
    stop = threading.Event()
    senders = [threading.Thread(target=rounds.forever, args=(stop,)) for _ in range(3)]
    for sender in senders:
        sender.start()
    until(lambda: OutboxMessage.objects.filter(kind=Kind.CHECK_IN).count() == 10)
    clock.advance(days=1)
    until(lambda: OutboxMessage.objects.filter(kind=Kind.CHECK_IN, state=State.SENT).count() == 5)
    stop.set()
    for sender in senders:
        sender.join(20)
    asked = [letter for letter in mails(mail) if letter["Subject"] == "Time for your check-in"]
    assert len({letter["To"] for letter in asked}) == len(asked) == 5
    assert outbox.sweep(now=clock.instant).released == 0


def test_a_provider_that_hangs_holds_up_one_lane_of_a_sender_and_not_the_others(
    committed: None, clock: StoppedClock, mail: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = message(scenes.knee(scenes.clinic(), signed=False))
    released, hanging = threading.Event(), threading.Lock()
    deliver = dispatch.deliver

    def hangs_once(*, now: datetime) -> bool:
        if hanging.acquire(blocking=False):
            released.wait(20)
        return deliver(now=now)

    monkeypatch.setattr(rounds, "lanes", lambda: 2)
    monkeypatch.setattr(dispatch, "deliver", hangs_once)
    stop = threading.Event()
    sender = threading.Thread(target=rounds.forever, args=(stop,))
    sender.start()
    until(lambda: fresh(row).state == State.SENT)
    assert not released.is_set()
    released.set()
    stop.set()
    sender.join(20)
