"""Who asks too often waits, and nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import cache, caches
from django.core.management import call_command
from django.db import connection, connections
from pytest_django import Settings

from recovery.settings import LIMITS_TABLE
from tests import scenes
from tracker.clock import StoppedClock
from tracker.errors import TooMany
from tracker.models import User
from tracker.services import limits
from tracker.services.limits import spend


@pytest.fixture
def three_an_hour(settings: Settings) -> None:
    settings.LIMITS = {"export": "3/h/user,9/h/ip,2/h/key"}


@pytest.fixture
def ann(db: None) -> User:
    return scenes.user("Ann")


def tries(times: int, **who: object) -> int:
    """How many of these were let through."""
    passed = 0
    for _ in range(times):
        try:
            spend("export", **who)  # type: ignore[arg-type]
        except TooMany:
            continue
        passed += 1
    return passed


def test_the_fourth_within_an_hour_is_told_how_long_to_wait(
    three_an_hour: None, ann: User, clock: StoppedClock
) -> None:
    assert tries(1, user=ann) == 1
    clock.advance(minutes=20)
    assert tries(2, user=ann) == 2
    with pytest.raises(TooMany) as refused:
        spend("export", user=ann)
    assert refused.value.retry_after == 40 * 60
    assert "Wait 40 minutes" in refused.value.sentence
    clock.advance(minutes=40)
    assert tries(3, user=ann) == 1


def test_whoever_used_up_their_share_takes_nothing_from_others_at_the_same_address(
    three_an_hour: None, ann: User, clock: StoppedClock
) -> None:
    assert tries(50, user=ann, address="192.0.2.7") == 3
    assert tries(3, user=scenes.user("Ben"), address="192.0.2.7") == 3


def test_an_address_has_a_limit_of_its_own_whoever_asks_from_it(
    three_an_hour: None, db: None, clock: StoppedClock
) -> None:
    assert sum(tries(3, user=scenes.user(), address="192.0.2.7") for _ in range(5)) == 9
    assert tries(1, user=scenes.user(), address="192.0.2.8") == 1


def test_one_thing_has_a_limit_of_its_own(three_an_hour: None, clock: StoppedClock) -> None:
    assert tries(5, key="an invite") == 2
    assert tries(5, key="another") == 2


def test_whoever_is_over_their_own_share_uses_up_nothing_that_others_need(
    three_an_hour: None, clock: StoppedClock
) -> None:
    for number in range(9):
        tries(1, address="203.0.113.9", key=f"invite {number}")
    assert tries(5, address="203.0.113.9", key="mine") == 0
    assert tries(2, address="192.0.2.7", key="mine") == 2


def test_addresses_of_one_network_count_as_one(three_an_hour: None, clock: StoppedClock) -> None:
    assert sum(tries(1, address=f"2001:db8::{host}") for host in range(1, 15)) == 9


def test_a_cache_that_does_not_answer_limits_nothing(
    three_an_hour: None, ann: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(limits, "_wait", gone)
    assert tries(5, user=ann) == 5


@pytest.fixture
def counted_in_the_database(settings: Settings, committed: None) -> Iterator[None]:
    settings.CACHES = {
        **settings.CACHES,
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": LIMITS_TABLE,
            "OPTIONS": {"MAX_ENTRIES": 10_000},
        },
    }
    call_command("createcachetable")
    call_command("createcachetable")  # safe to repeat
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {LIMITS_TABLE}")


def test_fifty_at_once_are_counted_as_fifty_in_the_table_that_all_processes_share(
    three_an_hour: None, counted_in_the_database: None, clock: StoppedClock
) -> None:
    ann = scenes.user("Ann")

    def one(_: int) -> int:
        try:
            return tries(1, user=ann, address="192.0.2.7")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as at_once:
        passed = list(at_once.map(one, range(50)))
    assert sum(passed) == 3
    assert type(caches["default"]).__name__ == "DatabaseCache"
    assert cache.get("nothing") is None
