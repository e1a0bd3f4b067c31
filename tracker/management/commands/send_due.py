from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracker import clock
from tracker.models import OutboxMessage
from tracker.selectors import reminders as told
from tracker.services import dispatch, reminders
from tracker.services.reminders import Postponed


class Command(BaseCommand):
    help = "Plan and send what is due, once, without a worker. With --dry-run only list it. Safe to repeat."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--at", type=instant, metavar="TIME", help="as if it were TIME, such as 2026-06-15T09:00+02:00"
        )
        parser.add_argument("--dry-run", action="store_true", help="change and send nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        at = options["at"] or now
        if options["dry_run"]:
            self.list(at)
        elif at > now:
            raise CommandError(f"{at.isoformat()} has not come yet. To see what would happen, add --dry-run.")
        else:
            self.send(at)

    def send(self, at: datetime) -> None:
        self.stdout.write(f"{reminders.plan(now=at)} planned")
        rounds = 0
        while dispatch.deliver(now=at):
            rounds += 1
        self.stdout.write("Nothing was due." if not rounds else "What was due has been dealt with; `doctor` tells how.")

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
