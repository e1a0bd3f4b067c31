from __future__ import annotations

import re
import sys
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from tracker import clock
from tracker.selectors import chains
from tracker.selectors.chains import Head
from tracker.services import seals

NOTED = re.compile(r"\bhead (installation|[0-9a-f-]{36}) (\d+) ([0-9a-f]{64})\b")


class Command(BaseCommand):
    help = (
        "Read the trail in order and say which line was changed, deleted, moved or left unsealed. Ends with 1 if any "
        "was. It ends with the heads of the chains: keep them outside of the database, and give them back as --heads."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--clinic", metavar="ID", type=chain, help="only this clinic's chain, or `installation`")
        parser.add_argument(
            "--heads", metavar="FILE", type=Path, help="heads noted earlier: a mail, a log, or what this printed then"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now, only = clock.now(), options["clinic"] or ""
        noted = self.noted(options["heads"])
        names = [only] if only else sorted({*chains.names(), *(head.chain for head in noted)})
        broken = 0
        for chain in names:
            for fault in seals.check(chain, now=now, noted=noted):
                broken += 1
                self.stdout.write(f"- {fault}")
        for fault in (*chains.late(now=now, chain=only), *chains.lost(chain=only)):
            broken += 1
            self.stdout.write(f"- {fault}")
        for head in chains.heads(only):
            self.stdout.write(str(head))
        self.stdout.write(verdict(broken, len(names)))
        if broken:
            sys.exit(1)

    def noted(self, file: Path | None) -> list[Head]:
        if file is None:
            return []
        try:
            found = NOTED.findall(file.read_text())
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        if not found:
            raise CommandError(f"{file} holds no line such as: head installation 12 {'0' * 64}")
        return [Head(chain, int(number), hash_) for chain, number, hash_ in found]


def chain(text: str) -> str:
    try:
        return text if text == chains.INSTALLATION else str(UUID(text))
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is not the id of a clinic, nor `{chains.INSTALLATION}`.") from None


def verdict(broken: int, read: int) -> str:
    if broken:
        return f"The trail is BROKEN: {broken} things are not as they were sealed."
    return f"The trail is whole: {read} chain{'' if read == 1 else 's'} read, every line as it was sealed."
