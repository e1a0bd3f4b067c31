from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracker.selectors import people
from tracker.services import exports


class Command(BaseCommand):
    help = (
        "Write everything that is kept about a patient into DIR: a JSON file for programs and a PDF to read. Only you "
        "can read the files. Safe to repeat; the trail keeps that it was done."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("patient", metavar="ID", help="the patient's id, as in the address /patients/ID/record/")
        parser.add_argument("--to", metavar="DIR", type=Path, required=True, help="where; made if it is not there")

    def handle(self, *args: Any, **options: Any) -> None:
        patient = people.patient(options["patient"])
        if patient is None or patient.erased_at is not None:
            raise CommandError(f"There is no record under {options['patient']}.")
        for file in exports.both(patient=patient):
            try:
                written = write(options["to"], file)
            except OSError as error:
                raise CommandError(f"{error.filename} cannot be written: {error.strerror}") from error
            self.stdout.write(f"{written} ({len(file.content)} bytes)")


def write(directory: Path, file: exports.File) -> Path:
    """Readable by its owner alone from the first byte on, also where an earlier one was not."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = directory / file.name
    target.unlink(missing_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
        opened.write(file.content)
    return target
