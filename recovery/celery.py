"""The Celery app and the one table of periodic jobs.

Every job is a sweep over rows: it is harmless when it runs twice, late or not at all, because the next run finds the
same rows. The database is the queue of record; Celery carries wake-ups.
"""

from __future__ import annotations

import os

from celery import Celery
from celery.schedules import schedule

from recovery.listening import Listening

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recovery.settings")

EVERY_30_SECONDS, EVERY_MINUTE, EVERY_HOUR = schedule(30), schedule(60), schedule(3600)

PERIODIC_JOBS = [
    # task                            when              seconds until a waiting run is dropped
    ("tracker.tasks.plan_reminders", EVERY_30_SECONDS, 30),
    ("tracker.tasks.deliver_messages", EVERY_30_SECONDS, 30),  # also woken by name when something urgent is written
    ("tracker.tasks.sweep_messages", EVERY_30_SECONDS, 30),  # takes back what a dead worker had claimed
    ("tracker.tasks.daily_tick", EVERY_MINUTE, 60),  # each clinic once, after its local midnight
    ("tracker.tasks.seal_trail", EVERY_30_SECONDS, 30),  # what was written in the trail gets its place there
    ("tracker.tasks.apply_retention", EVERY_HOUR, 600),  # records whose time is over, a few at a time
    ("tracker.tasks.note_beat", EVERY_30_SECONDS, 30),  # a beat that fell silent is seen
]

app = Celery("recovery")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = {
    task: {"task": task, "schedule": when, "options": {"expires": expires}} for task, when, expires in PERIODIC_JOBS
}
app.steps["consumer"].add(Listening)
app.autodiscover_tasks()
