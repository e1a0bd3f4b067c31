"""The lock of a knee keeps other writers of the knee out, and nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection, transaction

from tests import scenes
from tracker import clock as clocks
from tracker.models import Episode, StaffLook
from tracker.services import assessments, locks

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")


def by_the_tick(knee: Episode) -> None:
    list(assessments._locked([knee.pk]))


@contextmanager
def held(take: Callable[[], object]) -> Iterator[None]:
    """Somebody else holds the lock."""
    has, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            take()
            has.set()
            may_go.wait(10)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    has.wait(10)
    try:
        yield
    finally:
        may_go.set()
        other.join()


def at_once(write: Callable[[], object]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '200ms'")
        write()


@pytest.mark.parametrize("take", [locks.hold, by_the_tick])
def test_what_only_names_a_knee_does_not_wait_for_its_writer(
    committed: None, clock: clocks.StoppedClock, take: Callable[[Episode], object]
) -> None:
    staff = scenes.clinic()
    knee = scenes.knee(staff)
    with held(lambda: take(knee)):
        at_once(lambda: StaffLook.objects.create(episode=knee, by=staff.surgeon.user, at=clocks.now()))
        with pytest.raises(OperationalError):
            at_once(lambda: locks.hold(knee))


def test_a_check_in_does_not_wait_for_an_enrolment(committed: None, clock: clocks.StoppedClock) -> None:
    staff = scenes.clinic()
    knee = scenes.knee(staff)
    with held(lambda: locks.hold_clinic(staff.clinic)):
        at_once(lambda: scenes.check_in(knee, symptoms=["breathless"]))
