from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from tracker import clock
from tracker.services import retention


class Command(BaseCommand):
    help = (
        "Erase the records for which the clinic's years of retention are over. The program does so by itself, a few "
        "at a time; this does all at once. With --dry-run only list them. Safe to repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["dry_run"]:
            for patient in retention.due(now=clock.now()):
                self.stdout.write(f"would be erased: {patient.pk}")
            return
        erased = 0
        while done := retention.apply(now=clock.now()):
            erased += done
        self.stdout.write(f"Records erased: {erased}.")
