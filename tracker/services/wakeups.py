"""Rings for the dispatcher after a commit, so that what is urgent leaves at once.

Only a convenience: the dispatcher also comes by every half minute, and a sender of its own every 15 seconds. So the
bell is rung from a thread of its own, where a dead or stuffed broker can take as long as it likes: no request waits for
it, none fails because of it.
"""

from __future__ import annotations

import logging
import threading
from queue import Full, Queue

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

DELIVER = "tracker.tasks.deliver_messages"
STALE_AFTER = 30
"""Seconds after which a wake-up is dropped unheard: by then the dispatcher has come by on its own."""

logger = logging.getLogger(__name__)


class Bell:
    """Rings one at a time. Whoever pulls while one is waiting to be rung need not wait for another."""

    def __init__(self, task: str) -> None:
        self.task = task
        self._pulled: Queue[None] = Queue(maxsize=1)
        self._starting = threading.Lock()
        self._ringer: threading.Thread | None = None

    def ring(self) -> None:
        """Returns at once, whatever the state of the broker."""
        try:
            self._pulled.put_nowait(None)
        except Full:
            return
        with self._starting:
            if self._ringer is None or not self._ringer.is_alive():  # not alive in a process that was forked off
                self._ringer = threading.Thread(target=self._run, name="wake-up", daemon=True)
                self._ringer.start()

    def _run(self) -> None:
        while True:
            self._pulled.get()
            try:
                current_app.send_task(self.task, expires=STALE_AFTER, retry=False)
            except (OperationalError, OSError) as error:
                logger.warning("no wake-up, the broker does not answer: %s", error)


bell = Bell(DELIVER)


def wake_after_commit() -> None:
    """Wake the dispatcher once the rows that it must see are there. A lost wake-up costs half a minute at most."""
    transaction.on_commit(bell.ring, robust=True)
