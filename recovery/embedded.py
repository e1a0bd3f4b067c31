"""Worker, beat and sender as threads of the server process: for the demo, where one command is all there is.

The broker lives in the memory of the process, so a restart forgets its wake-ups; the rows in the database stand, and
the next round finds them.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from celery.beat import EmbeddedService
from celery.worker import WorkController

from recovery.celery import app
from tracker.services import rounds

SECONDS_TO_START = 15.0
SECONDS_TO_STOP = 10.0


@dataclass
class Background:
    """A running worker, a running beat and a running sender."""

    worker: WorkController
    worker_thread: threading.Thread
    beat: Any  # a thread class that celery.beat makes and does not name
    sender_thread: threading.Thread
    stopping: threading.Event

    def stop(self) -> None:
        """Let running jobs end, then stop all three. Safe to repeat."""
        self.stopping.set()
        self.beat.stop()
        self.worker.stop()
        self.worker_thread.join(SECONDS_TO_STOP)
        self.sender_thread.join(SECONDS_TO_STOP)


def start(concurrency: int = 2) -> Background:
    """Start all three and return when the worker takes jobs."""
    ready = threading.Event()
    worker = app.WorkController(
        pool_cls="threads",
        concurrency=concurrency,
        loglevel="WARNING",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        ready_callback=lambda consumer: ready.set(),
    )
    worker_thread = threading.Thread(target=worker.start, name="celery-worker", daemon=True)
    worker_thread.start()
    if not ready.wait(SECONDS_TO_START):
        raise RuntimeError(f"The background worker did not start within {SECONDS_TO_START:.0f} seconds.")
    beat = EmbeddedService(app, thread=True, scheduler_cls=app.conf.beat_scheduler)
    beat.start()
    stopping = threading.Event()
    sender_thread = threading.Thread(target=rounds.forever, args=(stopping,), name="sender", daemon=True)
    sender_thread.start()
    return Background(worker, worker_thread, beat, sender_thread, stopping)
