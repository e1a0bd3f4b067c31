from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from tracker.errors import Problem
from tracker.models import Erasure
from tracker.selectors import people
from tracker.services import erasure

Kind = Erasure.Kind


class Command(BaseCommand):
    help = (
        "Erase everything that names a patient, for good; with --restrict keep it until its retention ends and let "
        "nobody work with it; with --lift undo that. With --again do once more whatever the ledger says and the "
        "database has not, as after a restore from a backup. Safe to repeat."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("patient", metavar="ID", nargs="?", help="the patient's id")
        parser.add_argument("--reason", choices=Erasure.Reason.values, help="why; stands in the ledger")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--restrict", action="store_true", help="keep the record, but let nobody work with it")
        what.add_argument("--lift", action="store_true", help="let the clinic work with it again")
        what.add_argument("--again", action="store_true", help="do what the ledger says, for every patient")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["again"]:
            self.again()
            return
        if not options["patient"] or not options["reason"]:
            raise CommandError("Give the patient's ID and --reason, or --again.")
        patient = people.patient(options["patient"])
        if patient is None:
            raise CommandError(f"There is no record under {options['patient']}.")
        if patient.erased_at is not None:
            self.stdout.write(f"The record of {patient.pk} was erased before. There is nothing to do.")
            return
        self.decide(patient, options)

    def decide(self, patient: Any, options: dict[str, Any]) -> None:
        try:
            entry = decision(options)(patient=patient, reason=options["reason"])
        except Problem as refusal:
            raise CommandError(refusal.sentence) from refusal
        until = f" It is kept until {entry.keep_until}." if entry.keep_until else ""
        self.stdout.write(f"{Kind(entry.kind).label}: {patient.pk}. Entry of the ledger: {entry.pk}.{until}")

    def again(self) -> None:
        done = erasure.again()
        for patient in done:
            self.stdout.write(f"Done again: {patient}")
        self.stdout.write(f"Records put right: {len(done)}.")


def decision(options: dict[str, Any]) -> Any:
    return erasure.restrict if options["restrict"] else erasure.lift if options["lift"] else erasure.erase
