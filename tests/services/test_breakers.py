"""A provider that does not answer is tried seldom and by one sender at a time, until it does."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from tests import scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.services.reminding import claimed, fresh, message
from tracker.clock import StoppedClock
from tracker.models import Breaker, Episode, OutboxMessage
from tracker.services import breakers, outbox

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)


def fail(times: int = 1, *, channel: str = "email", at: StoppedClock) -> None:
    for _ in range(times):
        breakers.failed(channel=channel, detail="connect: refused", now=at.instant)


def may_try(at: StoppedClock, channel: str = "email") -> bool:
    return breakers.may_try(channel=channel, now=at.instant)


def test_where_nothing_ever_failed_nothing_is_shut_and_everybody_may_try(clock: StoppedClock) -> None:
    assert breakers.failing(now=NOW) == {}
    assert breakers.shut(now=NOW) == ()
    assert may_try(clock)
    assert may_try(clock)


def test_it_opens_after_three_failures_in_a_row_and_for_that_channel_alone(clock: StoppedClock) -> None:
    for opened in (False, False, True):
        fail(at=clock)
        assert (Breaker.objects.get().open_until is not None) == opened
        clock.advance(SECOND)
    assert breakers.shut(now=clock.instant) == ("email",)
    assert may_try(clock, "sms")


def test_failures_that_are_not_in_a_row_do_not_open_it(clock: StoppedClock) -> None:
    for _ in range(4):
        fail(2, at=clock)
        breakers.worked(channel="email", now=clock.instant)
    assert Breaker.objects.get().open_until is None
    assert breakers.shut(now=NOW) == ()


def test_before_it_opens_a_dead_host_is_tried_once_a_second_at_most(clock: StoppedClock) -> None:
    for _ in range(2):
        fail(at=clock)
        assert breakers.shut(now=clock.instant) == ("email",)
        assert not may_try(clock)
        clock.advance(SECOND)
        assert breakers.shut(now=clock.instant) == ()
        assert may_try(clock)


@pytest.mark.parametrize(("failures", "seconds"), [(3, 2), (4, 4), (5, 8), (6, 16), (7, 30), (8, 30), (10_000, 30)])
def test_the_pause_begins_at_two_seconds_and_doubles_up_to_thirty(failures: int, seconds: int) -> None:
    assert breakers.pause_after(failures) == timedelta(seconds=seconds)


def test_after_the_pause_one_may_try_and_the_others_wait_for_what_it_says(clock: StoppedClock) -> None:
    fail(3, at=clock)
    clock.advance(2 * SECOND)
    assert breakers.shut(now=clock.instant) == ()
    assert may_try(clock)
    assert not may_try(clock)
    assert breakers.shut(now=clock.instant) == ("email",)
    fail(at=clock)
    clock.advance(3 * SECOND)
    assert not may_try(clock)
    clock.advance(SECOND)
    assert may_try(clock)


def test_of_senders_that_ask_at_the_same_moment_exactly_one_may_try(committed: None, clock: StoppedClock) -> None:
    fail(3, at=clock)
    clock.advance(2 * SECOND)
    together = threading.Barrier(6)
    answers: list[bool] = []

    def sender() -> None:
        together.wait()
        answers.append(may_try(clock))
        connection.close()

    threads = [threading.Thread(target=sender) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [False] * 5 + [True]


def test_whoever_may_try_and_dies_is_not_waited_for_for_ever(clock: StoppedClock) -> None:
    fail(3, at=clock)
    clock.advance(2 * SECOND)
    assert may_try(clock)
    clock.advance(breakers.PROBE)
    assert may_try(clock)


def test_a_sender_whose_clock_was_days_ahead_holds_nobody_up(clock: StoppedClock) -> None:
    fail(3, at=clock)
    Breaker.objects.update(open_until=NOW + timedelta(days=3))
    assert breakers.shut(now=NOW) == ()
    assert may_try(clock)


def test_since_when_it_does_not_answer_and_its_own_words_are_kept(clock: StoppedClock) -> None:
    for _ in range(5):
        fail(at=clock)
        clock.advance(SECOND)
    row = Breaker.objects.get()
    assert (row.failures, row.since, row.last_error) == (5, NOW + 2 * SECOND, "connect: refused")


# --- When it answers again ------------------------------------------------------------------------------------------


@pytest.fixture
def knee(db: None, clock: StoppedClock) -> Episode:
    episode = scenes.knee(scenes.clinic(), signed=False)
    OutboxMessage.objects.all().delete()
    return episode


def put_off(knee: Episode, channel: str = "email") -> OutboxMessage:
    row = message(knee, channel=channel)
    outbox.put_off(claimed(), until=NOW + timedelta(seconds=20), detail="connect: refused", now=NOW)
    return row


def test_as_soon_as_it_answers_what_it_left_lying_is_due_at_once(knee: Episode, clock: StoppedClock) -> None:
    row, elsewhere = put_off(knee), put_off(knee, "sms")
    tomorrow = message(knee, due_at=NOW + timedelta(days=1))
    fail(3, at=clock)
    clock.advance(2 * SECOND)
    breakers.worked(channel="email", now=clock.instant)
    assert breakers.failing(now=clock.instant) == {}
    assert fresh(row).due_at == clock.instant
    assert fresh(elsewhere).due_at > clock.instant
    assert fresh(tomorrow).due_at == NOW + timedelta(days=1)


def test_a_provider_that_answers_all_the_time_moves_nothing(knee: Episode, clock: StoppedClock) -> None:
    row = put_off(knee)
    due_at = fresh(row).due_at
    breakers.worked(channel="email", now=clock.instant)
    assert fresh(row).due_at == due_at
