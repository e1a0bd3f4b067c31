"""What the child processes do: the worker of each set-up, and somebody who uses the pages."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NoReturn

from celery.beat import EmbeddedService
from celery.schedules import schedule
from django.core.management import call_command
from django.test import Client

import recovery.urls  # noqa: F401 - read by the parent, so that not every child must
from recovery import embedded
from recovery.celery import app
from tests.faults import ground
from tracker import clock
from tracker.services import dispatch, outbox, reminders
from tracker.services.outbox import claims

QUICKLY = timedelta(seconds=4)
"""How long a sender holds a message here, where nobody wants to wait a minute."""
TICK = 0.5
"""Seconds from one round of the periodic jobs to the next here."""
SWEEPS = ("tracker.tasks.daily_tick",)
"""Jobs that keep their own pace."""


def take_place(database: str, queue: str, *, quick: bool = True) -> None:
    """Makes this process one of an installation of its own: a database, a queue; and quick, unless told otherwise."""
    ground.use(database)
    app.conf.task_default_queue = queue
    if quick:
        claims.LEASE = QUICKLY
        for name, entry in app.conf.beat_schedule.items():
            if name not in SWEEPS:
                entry["schedule"] = schedule(TICK)


def work() -> None:
    """Worker and beat until the process dies, as this set-up runs them."""
    if ground.SETUP == "sqlite":
        embedded.start(concurrency=2)
        wait()
    work_alone(at_once=2)


def work_alone(at_once: int = 1) -> None:
    """Worker and beat, and nothing else in the process; one job at a time, it is in the middle of no other."""
    threading.Thread(target=_worker(at_once).start, daemon=True).start()
    beat_alone()


def work_without_beat() -> None:
    _worker(2).start()


def beat_alone() -> None:
    EmbeddedService(app, thread=True, scheduler_cls=app.conf.beat_scheduler).start()
    wait()


def plan_on() -> None:
    """Plans without a pause."""
    while True:
        reminders.plan(now=clock.now())


def deliver_on() -> None:
    """Sends without a pause."""
    while True:
        dispatch.deliver(now=clock.now())


def wait() -> NoReturn:
    while True:
        signal.pause()


def send() -> None:
    """Round after round without a broker."""
    call_command("send_due", forever=True)


def sweep() -> None:
    """One round of the sweeper alone."""
    outbox.sweep(now=clock.now())
    raise AssertionError("the sweeper got to its end")


def _worker(at_once: int) -> Any:
    return app.WorkController(
        pool_cls="threads",
        concurrency=at_once,
        loglevel="WARNING",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )


def post(path: str, headers: Mapping[str, str], body: Mapping[str, Any]) -> int:
    """A request as the web process would get it, through everything that stands in its way; the answer's status."""
    client = Client(headers={"host": "127.0.0.1", **headers})
    answer = client.post(path, json.dumps(body), content_type="application/json", secure=True)
    return int(answer.status_code)


def look(path: str) -> tuple[int, Any]:
    """The status and the JSON that a page answers with to anybody."""
    answer = Client(headers={"host": "127.0.0.1"}).get(path, secure=True)
    return int(answer.status_code), answer.json()
