"""A mail server that is gone for minutes: tried seldom, nothing lost, everything sent soon after it is back."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from django.db import connection
from pytest_django import Settings

from tests import scenes
from tests.channels.sink import CUT, Sink, serving
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.services.reminding import fresh, mails, message
from tracker.clock import StoppedClock
from tracker.models import Attempt, Breaker, Episode, Kind, OutboxMessage, Patient
from tracker.services import breakers, dispatch, outbox

State = OutboxMessage.State
pytestmark = pytest.mark.django_db

DOWN = {"BANNER": CUT}


@pytest.fixture(autouse=True)
def mail(settings: Settings, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path
    settings.SMS_URL = "files://"
    return tmp_path


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    with serving() as serves:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", serves.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_TIMEOUT = 1
        yield serves


@pytest.fixture
def knees(clock: StoppedClock) -> list[Episode]:
    home = scenes.clinic()
    made = [scenes.knee(home, signed=False) for _ in range(8)]
    OutboxMessage.objects.all().delete()
    return made


def drain(at: datetime) -> None:
    while dispatch.deliver(now=at):
        pass


def states() -> Counter[str]:
    return Counter(OutboxMessage.objects.values_list("state", flat=True))


def test_a_server_that_is_down_for_five_minutes_is_tried_once_a_second_at_most_and_costs_no_message_a_try(
    db: None, knees: list[Episode], sink: Sink, clock: StoppedClock
) -> None:
    for knee in knees:
        message(knee)
    sink.answers.update(DOWN)
    for _ in range(300):
        drain(clock.instant)
        clock.advance(seconds=1)
    tries = Counter(Attempt.objects.values_list("started_at", flat=True))
    assert max(tries.values()) == 1
    assert len(tries) < 20
    assert states() == {State.DUE: len(knees)}
    assert set(OutboxMessage.objects.values_list("attempts", flat=True)) == {0}


def test_everything_is_sent_within_five_minutes_after_the_server_is_back_and_once(
    db: None, knees: list[Episode], sink: Sink, clock: StoppedClock
) -> None:
    for knee in knees:
        message(knee)
    sink.answers.update(DOWN)
    for _ in range(300):
        drain(clock.instant)
        clock.advance(seconds=1)
    sink.answers.clear()
    back = clock.instant
    while states() != {State.SENT: len(knees)}:
        clock.advance(seconds=1)
        drain(clock.instant)
        assert clock.instant - back < timedelta(seconds=40)
    assert len({message_from_bytes(taken)["Message-ID"] for taken in sink.taken}) == len(sink.taken) == len(knees)
    assert breakers.failing(now=clock.instant) == {}


def test_when_one_letter_finds_nobody_there_the_others_of_that_channel_are_free_at_once_untried(
    db: None, knees: list[Episode], sink: Sink
) -> None:
    for knee in knees:
        message(knee)
    sink.answers.update(DOWN)
    dispatch.deliver(now=NOW)
    assert states() == {State.DUE: len(knees)}
    assert OutboxMessage.objects.filter(due_at=NOW).count() == len(knees) - 1
    assert Attempt.objects.count() == 1


def test_another_channel_goes_on(db: None, knees: list[Episode], sink: Sink, mail: Path) -> None:
    for knee in knees:
        message(knee)
    Patient.objects.update(phone="+447700900123")
    by_sms = message(knees[0], channel="sms")
    sink.answers.update(DOWN)
    drain(NOW)
    assert fresh(by_sms).state == State.SENT
    assert OutboxMessage.objects.filter(channel="email", state=State.DUE).count() == len(knees)


def test_an_urgent_notice_waits_seconds_for_a_server_that_did_not_answer_once(
    db: None, knees: list[Episode], sink: Sink, clock: StoppedClock
) -> None:
    scenes.check_in(knees[0], pain_load=4, symptoms=["breathless"])
    sink.answers.update(DOWN)
    drain(clock.instant)
    sink.answers.clear()
    urgent = OutboxMessage.objects.filter(kind=Kind.URGENT_ALERT)
    for _ in range(10):
        clock.advance(seconds=1)
        drain(clock.instant)
    assert set(urgent.values_list("state", flat=True)) == {State.SENT}


def test_a_server_that_cuts_the_line_at_the_one_unsure_moment_is_not_fed_with_all_that_waits(
    db: None, knees: list[Episode], sink: Sink, clock: StoppedClock
) -> None:
    for knee in knees:
        message(knee)
    sink.answers["END"] = CUT
    for _ in range(5):
        drain(clock.instant)
        clock.advance(seconds=1)
    assert states() == {State.UNCERTAIN: 4, State.DUE: 4}
    del sink.answers["END"]
    for _ in range(35):
        drain(clock.instant)
        clock.advance(seconds=1)
    assert states() == {State.UNCERTAIN: 4, State.SENT: 4}


@pytest.mark.parametrize("answers", [{"RCPT": "451 later"}, {"RCPT": "550 no such user"}, {"END": "554 no"}], ids=str)
def test_a_server_that_refuses_a_message_is_one_that_answers(
    db: None, knees: list[Episode], sink: Sink, clock: StoppedClock, answers: dict[str, str]
) -> None:
    for _ in range(breakers.OPENS_AFTER):
        breakers.failed(channel="email", detail="refused", now=clock.instant)
    clock.advance(seconds=2)
    message(knees[0])
    sink.answers.update(answers)
    dispatch.deliver(now=clock.instant)
    assert Breaker.objects.get(channel="email").failures == 0


# --- Several senders ------------------------------------------------------------------------------------------------


def together(count: int, clock: StoppedClock) -> None:
    """So many senders at the same moment, until nothing is left for any."""
    start = threading.Barrier(count)

    def sender() -> None:
        start.wait()
        drain(clock.instant)
        connection.close()

    senders = [threading.Thread(target=sender) for _ in range(count)]
    for thread in senders:
        thread.start()
    for thread in senders:
        thread.join()


def test_several_senders_hand_every_letter_over_once_and_whole(
    committed: None, knees: list[Episode], clock: StoppedClock, mail: Path
) -> None:
    for _ in range(3):
        for knee in knees:
            message(knee)
    together(4, clock)
    assert states() == {State.SENT: 3 * len(knees)}
    letters = mails(mail)
    assert len(letters) == len(knees)
    carried = Counter(OutboxMessage.objects.values_list("message_id", flat=True))
    assert carried == {letter["Message-ID"]: 3 for letter in letters}


def test_of_several_senders_one_tries_a_server_that_is_down(
    committed: None, knees: list[Episode], sink: Sink, clock: StoppedClock
) -> None:
    for knee in knees:
        message(knee)
    for _ in range(breakers.OPENS_AFTER):
        breakers.failed(channel="email", detail="refused", now=clock.instant)
    clock.advance(seconds=2)
    sink.answers.update(DOWN)
    together(4, clock)
    assert Attempt.objects.count() == 1
    assert states() == {State.DUE: len(knees)}
    assert not outbox.sweep(now=clock.instant).released
