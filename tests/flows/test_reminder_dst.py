"""Nine o'clock on the wall, in three zones, over the night in which their clocks change, with the worker restarted
in the middle of it: each patient is asked once a day, at nine.

The product's own embedded worker does the work, by tasks sent to its broker by name, an hour of the stopped clock at
a time. Beat is left out, since it counts real minutes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pytest_django import Settings

from recovery import embedded
from recovery.celery import app
from recovery.embedded import Background
from tests import scenes
from tests.services.reminding import mails
from tracker.clock import StoppedClock
from tracker.models import Heartbeat, OutboxMessage
from tracker.services import heartbeats

JOBS = {
    "tracker.tasks.plan_reminders": heartbeats.PLANNER,
    "tracker.tasks.deliver_messages": heartbeats.DISPATCHER,
    "tracker.tasks.sweep_messages": heartbeats.SWEEPER,
    "tracker.tasks.seal_trail": heartbeats.SEALER,
}
NIGHTS = {
    "America/New_York": date(2026, 3, 8),  # an hour is skipped
    "Europe/London": date(2026, 10, 25),  # an hour is repeated
    "Pacific/Auckland": date(2026, 9, 27),  # an hour is skipped, in spring, which is September
}


@pytest.fixture
def mail(settings: Settings, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path
    return tmp_path


@pytest.fixture
def worker() -> Iterator[list[Background]]:
    """The running worker, which a test may replace by a fresh one."""
    running = [embedded.start(concurrency=2)]
    yield running
    running[0].stop()


def restart(worker: list[Background]) -> None:
    worker[0].stop()
    worker[0] = embedded.start(concurrency=2)


def a_round(now: datetime) -> None:
    """What beat asks for in a minute, until it is done: also by a sender that was woken and is still at it."""
    for job in JOBS:
        app.send_task(job)
    until = time.monotonic() + 20
    while Heartbeat.objects.filter(name__in=JOBS.values(), at=now).count() < len(JOBS) or on_their_way(now):
        assert time.monotonic() < until, "the worker did not do what it was asked for"
        time.sleep(0.01)


def on_their_way(now: datetime) -> bool:
    """Whether a message is due or in a sender's hands; the clock may not move on under one that is being written."""
    state = OutboxMessage.State
    waiting = OutboxMessage.objects.filter(due_at__lte=now, state__in=(state.DUE, state.CLAIMED, state.SENDING))
    return waiting.exists()


def asked(email: str, zone: str, directory: Path) -> list[datetime]:
    """When the patient was asked to check in, on their own wall."""
    return [
        mail["Date"].datetime.astimezone(ZoneInfo(zone))
        for mail in mails(directory)
        if mail["To"] == email and mail["Subject"] == "Time for your check-in"
    ]


@pytest.mark.parametrize("zone", NIGHTS)
def test_over_the_night_the_clocks_change_each_patient_is_asked_once_at_nine_on_their_wall(
    committed: None, clock: StoppedClock, mail: Path, worker: list[Background], zone: str
) -> None:
    night = NIGHTS[zone]
    noon = datetime.combine(night - timedelta(days=2), clock_time(12), ZoneInfo(zone)).astimezone(UTC)
    clock.set(noon)
    home = scenes.clinic(zone=zone)
    patients = {each: scenes.knee(home, signed=False, time_zone=each).patient.email for each in NIGHTS}

    for hour in range(72):
        clock.set(noon + timedelta(hours=hour))
        a_round(clock.instant)
        if hour in (30, 38):  # at six in the evening before the change, and at two in the morning, in the middle of it
            restart(worker)

    for where, email in patients.items():
        times = asked(email, where, mail)
        days = [at.date() for at in times]
        assert {at.strftime("%H:%M") for at in times} == {"09:00"}, where
        assert days == [days[0] + timedelta(days=ahead) for ahead in range(len(days))], where
        assert len(days) >= 2, where
    assert [at.date() for at in asked(patients[zone], zone, mail)] == [night + timedelta(days=by) for by in (-1, 0, 1)]
