from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.checks import run_checks
from django.core.management.base import BaseCommand

from recovery import health
from tracker import clock
from tracker.selectors import chains, operations, totals
from tracker.selectors.operations import length
from tracker.services import erasure


class Command(BaseCommand):
    help = "Say in plain words what is missing or stuck. Ends with 1 if anything is."
    requires_system_checks = ()  # they are part of what it tells

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        wrong = [*setup(), *(unusable := health.problems())]
        if not unusable:
            counted = totals.totals(now=now)
            faults = [*operations.faults(operations.pulse(now=now)), *totals.left_undone(counted, now=now)]
            wrong += [f"{fault.said} {fault.remedy}" for fault in faults]
            wrong += trail(now)
            wrong += came_back()
            self.stdout.write(last_sent(counted.last_sent, now))
        for sentence in wrong:
            self.stdout.write(f"- {sentence}")
        self.stdout.write("Nothing is missing or stuck." if not wrong else f"{len(wrong)} to put right.")
        if wrong:
            sys.exit(1)


def setup() -> Iterator[str]:
    """What Django's own checks and ours find in the settings."""
    for message in run_checks(include_deployment_checks=settings.PRODUCTION):
        yield f"{message.msg} {message.hint or ''}".strip()


def came_back() -> Iterator[str]:
    """Whether the ledger names somebody whose record is here all the same, as after a restore from a backup."""
    if behind := len(erasure.unfulfilled()):
        yield (
            f"Records that were to be erased or restricted and are back, as after a restore: {behind}. "
            "Run: python3 manage.py erase_patient --again"
        )


def trail(now: datetime) -> Iterator[str]:
    """What of the trail of who did and saw what is not sealed, or was found to be changed."""
    if (late := chains.unsealed(before=now - chains.LATE)).oldest is not None:
        oldest = length(now - late.oldest)
        yield f"Lines of the trail without a seal: {late.count}, the oldest for {oldest}. {operations.START}"
    if broken := [head for head in chains.states() if head.faults]:
        yield f"Chains of the trail that are broken: {len(broken)}. Run: python3 manage.py verify_audit"


def last_sent(latest: datetime | None, now: datetime) -> str:
    return (
        "No message has been sent yet." if latest is None else f"The last message was sent {length(now - latest)} ago."
    )
