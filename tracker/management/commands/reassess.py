from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from tracker import clock
from tracker.services import ticks


class Command(BaseCommand):
    help = "Make the kept assessments anew from the record. Safe to repeat; changes nothing that was recorded."

    def handle(self, *args: Any, **options: Any) -> None:
        for clinic, done in ticks.reassess(now=clock.now()).items():
            failed = f", {done.failed} could not be evaluated" if done.failed else ""
            self.stdout.write(f"{clinic}: {done.seen} episodes read, {done.written} evaluated{failed}")
