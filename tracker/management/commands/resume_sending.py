from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from tracker import clock
from tracker.services import audit, erasure, sending


class Command(BaseCommand):
    help = (
        "Let messages be sent again after a restore from a backup. Without --by it only says what would happen: "
        "what fell due until now is not sent any more, but listed as expired."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", metavar="NAME", help="who has looked and takes it on; kept beside the decision")

    def handle(self, *args: Any, **options: Any) -> None:
        now, shut = clock.now(), sending.why_shut()
        if shut is None or shut.shut_at is None:
            self.stdout.write("Sending is open: there is nothing to resume.")
            return
        self.stdout.write(f"Nothing has been sent since {shut.shut_at:%Y-%m-%d %H:%M}Z. {shut.why}")
        if name := (options["by"] or "").strip():
            expired = erasure.come_back(by=name, now=now)
            audit.note_of_program("sending opened", expired=str(expired))
            self.stdout.write(f"Sending is open again. Messages that fell due until now and expired: {expired}.")
        else:
            self.ask(sending.fell_due(before=now).count())

    def ask(self, waiting: int) -> None:
        self.stdout.write(f"Messages that fell due until now and would expire unsent: {waiting}.")
        if behind := len(erasure.unfulfilled()):
            self.stdout.write(f"Records that were erased or restricted since, and would be again: {behind}.")
        self.stdout.write("Those of the call list stay. What falls due from now on would be sent as usual.")
        self.stdout.write("Make sure that no other copy of this database sends, then add your name: --by NAME")
