from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.checks import run_checks
from django.core.management.base import BaseCommand

from recovery import health
from tracker import clock
from tracker.selectors import reminders
from tracker.selectors.reminders import Pulse
from tracker.services import heartbeats

LATE = timedelta(minutes=5)
SILENT = {
    heartbeats.PLANNER: (timedelta(minutes=3), "plans reminders"),
    heartbeats.DISPATCHER: (timedelta(minutes=3), "sends messages"),
    heartbeats.SWEEPER: (timedelta(minutes=3), "takes back what a dead sender held"),
    heartbeats.TICK: (timedelta(minutes=15), "looks at every patient each day"),
}
"""After how long without a sign of life a part counts as dead; each comes by far more often (recovery/celery.py)."""
WORKER = "Start the worker and beat: celery -A recovery worker, celery -A recovery beat. The demo has both built in."
ENDED = {
    "failed": ("Messages refused for good", "Check the addresses of those patients and colleagues."),
    "dead": ("Messages given up after many tries", "Check the mail provider and EMAIL_URL."),
    "uncertain": ("Messages that may or may not have arrived", "The line to the mail provider breaks off."),
}


class Command(BaseCommand):
    help = "Say in plain words what is missing or stuck. Ends with 1 if anything is."
    requires_system_checks = ()  # they are part of what it tells

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        wrong = [*setup(), *(unusable := health.problems())]
        if not unusable:
            pulse = reminders.pulse(now=now)
            wrong += [*silences(pulse), *stuck(pulse)]
            self.stdout.write(last_sent(pulse, now))
        for sentence in wrong:
            self.stdout.write(f"- {sentence}")
        self.stdout.write("Nothing is missing or stuck." if not wrong else f"{len(wrong)} to put right.")
        if wrong:
            sys.exit(1)


def setup() -> Iterator[str]:
    """What Django's own checks and ours find in the settings."""
    for message in run_checks(include_deployment_checks=settings.PRODUCTION):
        yield f"{message.msg} {message.hint or ''}".strip()


def silences(pulse: Pulse) -> Iterator[str]:
    for name, (longest, does) in SILENT.items():
        heard = pulse.heard_of.get(name)
        if heard is None and (name != heartbeats.TICK or pulse.behind):  # at a first start it has time
            yield f"The {name}, which {does}, has never run. {WORKER}"
        elif heard is not None and heard > longest:
            yield f"The {name}, which {does}, has not been heard of for {length(heard)}. {WORKER}"


def stuck(pulse: Pulse) -> Iterator[str]:
    if pulse.oldest_due is not None and pulse.oldest_due > LATE:
        yield f"The oldest message that should have left is {length(pulse.oldest_due)} late."
    for state, (which, remedy) in ENDED.items():
        if count := pulse.ended.get(state):
            yield f"{which} in the last 7 days: {count}. {remedy}"
    if pulse.without_plan:
        yield f"Patients in care who get no reminders: {pulse.without_plan}. Run: python3 manage.py reassess"
    for clinic in pulse.behind:
        yield f"{clinic}: its patients have not been looked at for more than a day. Run: python3 manage.py reassess"


def last_sent(pulse: Pulse, now: datetime) -> str:
    if pulse.last_sent is None:
        return "No message has been sent yet."
    return f"The last message was sent {length(now - pulse.last_sent)} ago."


def length(time: timedelta) -> str:
    """In the largest unit that fits: 50 seconds, 3 minutes, 5 hours, 2 days."""
    seconds = max(0, int(time.total_seconds()))
    for unit, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= unit:
            return f"{seconds // unit} {name}{'s' if seconds // unit > 1 else ''}"
    return f"{seconds} seconds"
