"""Celery's jobs, each a sweep over rows: harmless when it runs twice, late or not at all. `recovery.celery` names them."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from tracker import clock
from tracker.services import dispatch, heartbeats, idempotency, outbox, reminders, ticks, wakeups

LONGEST_ROUND = timedelta(seconds=25)
"""After which the dispatcher leaves the rest to its next round, so that no task runs long."""


@shared_task(name="tracker.tasks.plan_reminders")
def plan_reminders() -> None:
    made = reminders.plan(now=clock.now())
    heartbeats.beat(heartbeats.PLANNER, now=clock.now(), detail=f"{made} planned")


@shared_task(name="tracker.tasks.deliver_messages")
def deliver_messages() -> None:
    begun = clock.now()
    while (more := dispatch.deliver(now=clock.now())) and clock.now() - begun < LONGEST_ROUND:
        pass
    heartbeats.beat(heartbeats.DISPATCHER, now=clock.now(), detail="more waits" if more else "")
    if more:
        wakeups.bell.ring()


@shared_task(name="tracker.tasks.sweep_messages")
def sweep_messages() -> None:
    swept = outbox.sweep(now=clock.now())
    heartbeats.beat(heartbeats.SWEEPER, now=clock.now(), detail=str(swept))


@shared_task(name="tracker.tasks.daily_tick")
def daily_tick() -> None:
    done = ticks.daily(now=clock.now())
    idempotency.forget(clock.now())
    heartbeats.beat(heartbeats.TICK, now=clock.now(), detail=f"{len(done)} clinics")
