from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracker import clock
from tracker.models import OutboxMessage
from tracker.selectors import reminders as told
from tracker.services import dispatch, reminders, rounds, sending
from tracker.services.reminders import Postponed


class Command(BaseCommand):
    help = (
        "Plan and send what is due, once, without a worker. With --forever a round every 15 seconds until it is "
        "stopped: that alone does all that the worker and beat do. With --dry-run only list what is due. Safe to repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--at", type=instant, metavar="TIME", help="as if it were TIME, such as 2026-06-15T09:00+02:00"
        )
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--dry-run", action="store_true", help="change and send nothing")
        what.add_argument("--forever", action="store_true", help="round after round, until SIGTERM or Ctrl-C")

    def handle(self, *args: Any, **options: Any) -> None:
        now, at = clock.now(), options["at"]
        if options["dry_run"]:
            self.list(at or now)
        elif at is not None and at > now:
            raise CommandError(f"{at.isoformat()} has not come yet. To see what would happen, add --dry-run.")
        elif options["forever"] and at is not None:
            raise CommandError("--forever goes by the clock. Leave --at out.")
        elif options["forever"]:
            self.go_on()
        elif at is not None:
            self.send_as_of(at)
        else:
            self.send()

    def go_on(self) -> None:
        """Once told to stop it finishes the letter in its hands."""
        stop = threading.Event()
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, lambda number, frame: stop.set())
        self.stdout.write("A round every 15 seconds, until SIGTERM or Ctrl-C.")
        rounds.forever(stop)
        self.stdout.write("Stopped.")

    def send(self) -> None:
        done = rounds.once(now=clock.now())
        planned, delivered = done.planned, done.delivered
        while done.more:
            done = rounds.once(now=clock.now())
            planned += done.planned
        self.tell(planned, delivered)

    def send_as_of(self, at: datetime) -> None:
        planned = reminders.plan(now=at)
        steps = 0
        while dispatch.deliver(now=at):
            steps += 1
        self.tell(planned, bool(steps))

    def tell(self, planned: int, delivered: bool) -> None:
        self.stdout.write(f"{planned} planned")
        if (shut := sending.why_shut()) is not None:
            self.stdout.write(f"Nothing is sent: {shut.why} To go on: python3 manage.py resume_sending")
        elif delivered:
            self.stdout.write("What was due has been dealt with; `doctor` tells how.")
        else:
            self.stdout.write("Nothing was due.")

    def list(self, at: datetime) -> None:
        """People by their ids: this ends up in terminals and mails that many may read."""
        for plan, want in reminders.preview(now=at):
            self.line(want.due_at, plan.kind, f"patient {plan.patient_id}", "would be planned")
        for message in told.waiting(at):
            self.line(message.due_at, message.kind, reader(message), verdict(message, at))

    def line(self, at: datetime, *words: str) -> None:
        self.stdout.write("  ".join([f"{at:%Y-%m-%d %H:%M}Z", *words]))


def instant(text: str) -> datetime:
    """An instant with its zone, from ISO 8601."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not a time. Write it like 2026-06-15T09:00+02:00.") from None
    if at.tzinfo is None:
        raise ArgumentTypeError(f"{text!r} leaves the time zone open. Add it: {text}Z or {text}+02:00.")
    return at


def reader(message: OutboxMessage) -> str:
    return f"staff {message.recipient_id}" if message.recipient_id else f"patient {message.patient_id}"


def verdict(message: OutboxMessage, at: datetime) -> str:
    objection = reminders.objection(message, now=at)
    if objection is None:
        return "would be sent"
    if isinstance(objection, Postponed):
        return f"would wait until {objection.until:%Y-%m-%d %H:%M}Z: {objection.reason}"
    return f"would not be sent ({objection.state}): {objection.reason}"
