"""Celery's jobs, each a sweep over rows: harmless when it runs twice, late or not at all. `recovery.celery` names them."""

from __future__ import annotations

from celery import shared_task

from tracker import clock
from tracker.services import heartbeats, rounds, wakeups


@shared_task(name="tracker.tasks.plan_reminders")
def plan_reminders() -> None:
    rounds.plan(now=clock.now())


@shared_task(name="tracker.tasks.deliver_messages")
def deliver_messages() -> None:
    _, more = rounds.deliver(now=clock.now())
    if more:
        wakeups.bell.ring()


@shared_task(name="tracker.tasks.sweep_messages")
def sweep_messages() -> None:
    rounds.sweep(now=clock.now())


@shared_task(name="tracker.tasks.daily_tick")
def daily_tick() -> None:
    rounds.tick(now=clock.now())


@shared_task(name="tracker.tasks.seal_trail")
def seal_trail() -> None:
    rounds.seal(now=clock.now())


@shared_task(name="tracker.tasks.apply_retention")
def apply_retention() -> None:
    rounds.retain(now=clock.now())


@shared_task(name="tracker.tasks.note_beat")
def note_beat() -> None:
    """That it is run at all tells that beat sends and a worker takes."""
    heartbeats.beat(heartbeats.BEAT, now=clock.now())
