"""The engine's rounds: plan, deliver, sweep, tick, seal. Whoever runs them, and however many do, the outcome is the same.

Celery's tasks run them one by one; `forever` runs them all in one process and needs neither a broker nor beat.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from tracker import clock
from tracker.services import (
    breakers,
    dispatch,
    heartbeats,
    idempotency,
    outbox,
    reminders,
    retention,
    seals,
    sessions,
    ticks,
)
from tracker.services.heartbeats import Pulse

logger = logging.getLogger(__name__)
Part = Callable[[threading.Event], timedelta]
"""One part's round; it returns how long to wait for the next."""

LONGEST_DELIVERY = timedelta(seconds=25)
"""After which the dispatcher leaves the rest to its next round, so that no task runs long."""
EVERY = timedelta(seconds=15)
TICK_EVERY = timedelta(minutes=1)
RETAIN_EVERY = timedelta(hours=1)
SEAL_EVERY = timedelta(seconds=30)
"""An event of the trail is sealed within a minute."""
WHILE_FAILING = timedelta(seconds=1)
"""Between looks at a provider that does not answer; its breaker says which of them becomes a try."""
AFTER_TROUBLE = timedelta(seconds=5)
LANES = 4
TO_FINISH = timedelta(seconds=55)
"""For so long a sender that was told to stop may take over the letter in its hands (compose.yaml waits longer)."""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a round: occurrences planned, and whether there was anything to send, and still is."""

    planned: int
    delivered: bool
    more: bool


def once(*, now: datetime) -> Done:
    """One round of everything."""
    planned = plan(now=now)
    delivered, more = deliver(now=now)
    sweep(now=now)
    tick(now=now)
    seal(now=now)
    return Done(planned, delivered, more)


def plan(*, now: datetime) -> int:
    """Makes due what is to be told; also while nothing may be sent, so that what fell due is there to be read."""
    made = reminders.plan(now=now, alive=Pulse(heartbeats.PLANNER, now=now))
    heartbeats.beat(heartbeats.PLANNER, now=clock.now(), detail=f"{made} planned")
    return made


def deliver(*, now: datetime, stop: threading.Event | None = None) -> tuple[bool, bool]:
    """Sends what is due, for a while, or until `stop` is set. Returns whether there was anything, and whether more waits."""
    alive = Pulse(heartbeats.DISPATCHER, heartbeats.SENDER, now=now)
    steps = 0
    while (more := dispatch.deliver(now=clock.now())) and clock.now() - now < LONGEST_DELIVERY:
        steps += 1
        alive()
        if stop is not None and stop.is_set():
            break
    for part in (heartbeats.DISPATCHER, heartbeats.SENDER):
        heartbeats.beat(part, now=clock.now(), detail="more waits" if more else "")
    return bool(steps) or more, more


def sweep(*, now: datetime) -> None:
    """Takes back what a dead sender held, and ends what has become pointless."""
    swept = outbox.sweep(now=now)
    heartbeats.beat(heartbeats.SWEEPER, now=clock.now(), detail=str(swept))


def tick(*, now: datetime) -> None:
    """Looks at every patient once a day, and forgets the answers to requests of long ago."""
    done = ticks.daily(now=now, alive=Pulse(heartbeats.TICK, now=now))
    idempotency.forget(now)
    heartbeats.beat(heartbeats.TICK, now=clock.now(), detail=f"{len(done)} clinics")


def seal(*, now: datetime) -> None:
    """Gives what was written in the trail its place there; once a day reads the whole trail and tells its heads."""
    alive = Pulse(heartbeats.SEALER, now=now)
    laid = seals.seal(now=now, alive=alive)
    seals.tell(now=now, alive=alive)
    heartbeats.beat(heartbeats.SEALER, now=clock.now(), detail=f"{laid} sealed")


def retain(*, now: datetime) -> None:
    """Erases a few of the records whose time is over, and what browsers that never came back still hold."""
    retention.apply(now=now)
    sessions.tidy(now=now)


# --- Round after round ----------------------------------------------------------------------------------------------


def forever(stop: threading.Event) -> None:
    """Round after round until `stop` is set; then what is in hand is finished, and nothing else begun.

    Each part has a thread of its own, so that a long plan or a slow provider holds up none of the others; the one that
    mostly waits for providers has several.
    """
    parts = [part for part in PARTS for _ in range(lanes() if part is delivering else 1)]
    threads = [threading.Thread(target=_keep_at, args=(part, stop), name=part.__name__) for part in parts]
    for thread in threads:
        thread.daemon = True  # one that does not come to its end in time must not keep the process
        thread.start()
    stop.wait()
    by = time.monotonic() + TO_FINISH.total_seconds()
    for thread in threads:
        thread.join(max(0, by - time.monotonic()))


def lanes() -> int:
    """How many letters a sender hands over at the same time. SQLite has one writer, so that more would only queue."""
    return LANES if connection.features.has_select_for_update else 1


def _keep_at(part: Part, stop: threading.Event) -> None:
    try:
        while not stop.is_set():
            stop.wait(_attempt(part, stop).total_seconds())
    finally:
        connection.close()


def _attempt(part: Part, stop: threading.Event) -> timedelta:
    """One round of one part; whatever goes wrong, the next comes. Returns how long to wait for it."""
    try:
        close_old_connections()
        return part(stop)
    except (DatabaseError, InterfaceError) as error:
        logger.warning("%s: the database does not answer: %s", part.__name__, error)
        connection.close()
    except Exception:
        logger.exception("%s went wrong", part.__name__)
    return AFTER_TROUBLE


def planning(stop: threading.Event) -> timedelta:
    plan(now=clock.now())
    return EVERY


def delivering(stop: threading.Event) -> timedelta:
    _, more = deliver(now=clock.now(), stop=stop)
    if more:
        return timedelta(0)
    return WHILE_FAILING if breakers.failing(now=clock.now()) else EVERY


def sweeping(stop: threading.Event) -> timedelta:
    sweep(now=clock.now())
    return EVERY


def ticking(stop: threading.Event) -> timedelta:
    tick(now=clock.now())
    return TICK_EVERY


def sealing(stop: threading.Event) -> timedelta:
    seal(now=clock.now())
    return SEAL_EVERY


def retaining(stop: threading.Event) -> timedelta:
    retain(now=clock.now())
    return RETAIN_EVERY


PARTS: tuple[Part, ...] = (planning, delivering, sweeping, ticking, sealing, retaining)
