"""The Celery app and the one table of periodic jobs.

Every job is a sweep over rows: it is harmless when it runs twice, late or not at all, because the next run finds the
same rows. The database is the queue of record; Celery carries wake-ups.
"""

from __future__ import annotations

import os

from celery import Celery
from celery.schedules import crontab, schedule

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recovery.settings")

EVERY_MINUTE = crontab()
EVERY_FIVE_MINUTES = crontab(minute="*/5")
EVERY_30_SECONDS = schedule(30)

PERIODIC_JOBS = [
    # task                            when               seconds until a waiting run is dropped
    ("tracker.tasks.plan_reminders", EVERY_MINUTE, 60),
    ("tracker.tasks.deliver_messages", EVERY_MINUTE, 60),  # also woken by name when something urgent is written
    ("tracker.tasks.sweep_messages", EVERY_30_SECONDS, 30),  # takes back what a dead worker had claimed
    ("tracker.tasks.daily_tick", EVERY_FIVE_MINUTES, 300),  # each clinic once, after its local midnight
]

app = Celery("recovery")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.beat_schedule = {
    task: {"task": task, "schedule": when, "options": {"expires": expires}} for task, when, expires in PERIODIC_JOBS
}
app.autodiscover_tasks()
