"""The demo's own worker and beat, the table of periodic jobs, and a broker that is down."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from recovery import embedded, listening
from recovery.celery import PERIODIC_JOBS, app

ROOT = Path(__file__).parents[2]
PUBLISH = """
import time
from kombu.exceptions import OperationalError
from recovery.celery import app
app.connection_for_write().transport  # imported before the clock runs
began = time.monotonic()
try:
    app.send_task("tracker.tasks.deliver_messages")
except OperationalError:
    print(time.monotonic() - began)
"""


def test_the_embedded_worker_takes_a_job_at_once_and_stops_when_told() -> None:
    rung = threading.Event()

    @app.task(name="tests.ring")
    def ring() -> None:
        rung.set()

    background = embedded.start(concurrency=1)
    try:
        app.send_task("tests.ring")
        assert rung.wait(5)
    finally:
        background.stop()
    assert not background.worker_thread.is_alive()
    assert not background.beat.is_alive()


def test_a_worker_that_hears_nothing_from_its_broker_connects_anew_and_one_that_hears_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ear = listening.Listening(None)
    began = ear.heard
    monkeypatch.setattr(listening.time, "monotonic", lambda: began + listening.DEAF_AFTER + 1)
    with pytest.raises(ConnectionResetError):
        ear.check()
    ear.check()  # it waits as long again before the next try
    monkeypatch.setattr(listening.time, "monotonic", lambda: began + 2 * listening.DEAF_AFTER)
    ear.hear()
    ear.check()


def test_a_silence_between_two_jobs_of_beat_is_not_taken_for_deafness() -> None:
    assert min(when.run_every.total_seconds() for _, when, _ in PERIODIC_JOBS) < listening.DEAF_AFTER


@pytest.mark.parametrize("task", [task for task, _, _ in PERIODIC_JOBS])
def test_every_periodic_job_names_a_task_that_a_worker_knows(task: str) -> None:
    app.loader.import_default_modules()
    assert task in app.tasks


@pytest.mark.parametrize("broker", ["amqp://guest:guest@127.0.0.1:1//", "redis://127.0.0.1:1/0"])
def test_a_broker_that_is_down_holds_nobody_up(broker: str, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "for this test alone",
        "ALLOWED_HOSTS": "localhost",
        "RECOVERY_DATA": str(tmp_path),
        "CELERY_BROKER_URL": broker,
    }
    tried = subprocess.run(
        [sys.executable, "-c", PUBLISH], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert float(tried.stdout) < 1
