"""Several people, planners or senders at the same moment: one call, one list, one set of steps."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from tests import post, scenes
from tests.scenes import Staff
from tests.services.telling import TUESDAY, alarm, at
from tracker.clock import StoppedClock
from tracker.errors import Conflict
from tracker.models import Call, Episode, Kind, Occurrence, OutboxMessage, Reach
from tracker.services import calls, notices, reach
from tracker.services.reminders import morning

HOW_MANY = 4


@pytest.fixture
def home(committed: None, clock: StoppedClock) -> Staff:
    return scenes.clinic()


@pytest.fixture
def knee(home: Staff) -> Episode:
    return scenes.knee(home, signed=False)


def at_once(act: Callable[[], object]) -> list[object]:
    """What each of several threads got, or the refusal it met."""
    start = threading.Barrier(HOW_MANY)

    def one(_: int) -> object:
        start.wait(10)
        try:
            return act()
        except Conflict as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(HOW_MANY) as pool:
        return list(pool.map(one, range(HOW_MANY)))


def test_of_several_who_settle_the_same_call_one_does(home: Staff, knee: Episode) -> None:
    entry = post.entry(knee, Kind.SILENCE)
    got = at_once(lambda: calls.record(message=entry, by=home.physiotherapist, outcome="reached", note="She is fine."))
    assert sorted(type(each) is Call for each in got) == [False] * (HOW_MANY - 1) + [True]
    assert Call.objects.count() == 1


def test_several_senders_that_meet_the_same_dead_address_lay_one_call(knee: Episode, clock: StoppedClock) -> None:
    at_once(lambda: reach.failed(patient=knee.patient, channel="email", detail="550", now=clock.instant))
    assert OutboxMessage.objects.filter(kind=Kind.UNREACHABLE).count() == 1
    assert Reach.objects.get().failed_at == clock.instant


def test_several_planners_make_one_morning_list(home: Staff, clock: StoppedClock) -> None:
    morning.plan(now=clock.instant)
    clock.set(at(TUESDAY, 7, 30))
    assert sum(int(str(made)) for made in at_once(lambda: morning.plan(now=clock.instant))) == 1
    assert Occurrence.objects.filter(rule=Kind.MORNING_LIST).count() == 1


def test_several_rounds_that_find_steps_missing_lay_them_once(
    knee: Episode, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(notices, "_steps", lambda *_: 1 / 0)
        alarm(knee)
    at_once(lambda: notices.watch(now=clock.instant))
    rules = Occurrence.objects.filter(rule__in=notices.KINDS).values_list("rule", flat=True)
    assert sorted(rules) == [Kind.ALERT_CALL, Kind.ALERT_UNANSWERED, Kind.ALERT_UNANSWERED, Kind.URGENT_ALERT]
