"""A wake-up is a convenience: its loss is harmless, and a broker in any state holds no request up."""

from __future__ import annotations

import threading
import time

import pytest
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from tracker.services import wakeups
from tracker.services.wakeups import Bell


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that were asked for by name, instead of a broker."""
    names: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: names.append(name))
    return names


def wait_for(names: list[str], count: int = 1) -> None:
    until = time.monotonic() + 5
    while len(names) < count and time.monotonic() < until:
        time.sleep(0.005)


def test_the_dispatcher_is_woken_by_name_once_the_rows_are_committed(committed: None, told: list[str]) -> None:
    with transaction.atomic():
        wakeups.wake_after_commit()
        time.sleep(0.05)
        assert not told
    wait_for(told)
    assert told == ["tracker.tasks.deliver_messages"]


def test_what_is_rolled_back_wakes_nobody(committed: None, told: list[str]) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        wakeups.wake_after_commit()
        raise ZeroDivisionError
    time.sleep(0.05)
    assert not told


def test_a_broker_that_never_answers_holds_up_nobody_who_rings(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(current_app, "send_task", lambda *_, **__: released.wait(10))
    bell = Bell("some.task")
    began = time.monotonic()
    for _ in range(1000):
        bell.ring()
    assert time.monotonic() - began < 0.5
    released.set()


def test_after_a_broker_that_was_down_the_next_ring_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    down = [True]

    def send_task(name: str, **_: object) -> None:
        if down:
            down.clear()
            raise OperationalError("nobody there")
        heard.append(name)

    monkeypatch.setattr(current_app, "send_task", send_task)
    bell = Bell("some.task")
    bell.ring()
    while down:
        time.sleep(0.005)
    bell.ring()
    wait_for(heard)
    assert heard == ["some.task"]


def test_a_ringer_that_died_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []
    bell = Bell("died.task")
    bell._ringer = threading.Thread(target=lambda: None)  # as in a process that was forked off: it never runs
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: name == bell.task and heard.append(name))
    bell.ring()
    wait_for(heard)
    assert heard == ["died.task"]
