"""A worker that hears nothing from its broker connects anew.

After a broker was away, a worker can believe itself connected and never be given another job (celery/celery#8030,
#8091, #10205). Beat asks for several jobs every thirty seconds, so a longer silence means that nobody listens.
"""

from __future__ import annotations

import time
from typing import Any

from celery import bootsteps
from celery.signals import task_received

CHECK_EVERY = 5.0
DEAF_AFTER = 40.0
"""Seconds without a job; without a beat it connects anew that often, which harms nothing."""


class Listening(bootsteps.StartStopStep):
    """Raises a connection error in the worker's own loop, which then connects again as after any other."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self.heard = time.monotonic()
        self.timer: Any = None

    def include_if(self, consumer: Any) -> bool:
        """Not where the broker is in the memory of the process: it is never away."""
        return not str(consumer.app.conf.broker_url).startswith("memory:")

    def start(self, consumer: Any) -> None:
        self.heard = time.monotonic()
        task_received.connect(self.hear)
        self.timer = consumer.timer.call_repeatedly(CHECK_EVERY, self.check)

    def stop(self, consumer: Any) -> None:
        task_received.disconnect(self.hear)
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def hear(self, **_: Any) -> None:
        self.heard = time.monotonic()

    def check(self) -> None:
        if time.monotonic() - self.heard > DEAF_AFTER:
            self.heard = time.monotonic()
            raise ConnectionResetError(f"nothing has come from the broker for {DEAF_AFTER:.0f} seconds")
