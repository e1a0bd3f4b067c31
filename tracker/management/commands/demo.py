from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.db import DatabaseError, OperationalError

from recovery import bootstrap, static
from tracker import clock
from tracker.management.demo import clinic, logins, marker, server
from tracker.management.demo.logins import Login
from tracker.management.demo.marker import Marker
from tracker.management.demo.people import RIVERSIDE

SEED, PATIENTS, PORT = 21, 40, 8000
REMEDY = "Give --data another directory, or put this one right."
OLD = 2
"""Days after which it shows that nobody has reported since the clinic was made."""


class Command(BaseCommand):
    help = "Open a believable clinic of made-up people on this machine. Starting again keeps what was done there."
    requires_system_checks = ()  # there may be no database yet

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=_between(1, 65535), default=PORT, help=f"where to listen, else {PORT}")
        parser.add_argument("--patients", type=_between(1, 1000), help=f"how many to make up, else {PATIENTS}")
        parser.add_argument("--seed", type=int, help="another number makes another clinic, the same one the same")
        parser.add_argument("--data", metavar="DIR", help="where everything is kept, else var/demo")
        parser.add_argument("--load-only", action="store_true", help="make the clinic and the logins, serve nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            bootstrap.stop("Demo logins exist in the demo alone. Start it with: python3 manage.py demo")
        try:
            with plain_words(settings.DATA_DIR):
                self.run(options)
        except KeyboardInterrupt:
            self.say("Stopped. Started again, it goes on from here.")

    def run(self, options: dict[str, Any]) -> None:
        settings.SITE_URL = f"http://{server.HOST}:{options['port']}"  # links in messages lead to where it listens
        bound = None if options["load_only"] else server.bind(options["port"])
        self.load(settings.DATA_DIR, seed=options["seed"], patients=options["patients"])
        self.tell_logins(logins.ensure(settings.DATA_DIR))
        if bound is not None:
            static.collect()
            self.check(databases=["default"])
            server.serve(bound, lambda address: self.say(f"Stop with Ctrl-C.\nReady: {address}"))
            self.say("Stopped.")

    def load(self, directory: Path, *, seed: int | None, patients: int | None) -> None:
        """Makes the clinic where there is none, else brings the one that is there up to now."""
        database = Path(settings.DATABASES["default"]["NAME"])
        known = marker.read(directory) if database.exists() else None
        if known is None and database.exists():
            bootstrap.stop(f"{database} was not made by the demo, so it is left alone. Give --data another directory.")
        migrate(directory)
        if known is not None and known.whole:
            self.keep(known, seed, patients)
            return
        today = clock.today(RIVERSIDE.zone)
        known = known or marker.begin(directory, seed=seed or SEED, patients=patients or PATIENTS, today=today)
        self.say(f"Making {known.patients} patients and their histories; this takes a moment, the first time only ...")
        clinic.make(now=clock.now(), count=known.patients, seed=known.seed, tell=self.say)
        marker.finish(directory, known)

    def keep(self, known: Marker, seed: int | None, patients: int | None) -> None:
        clinic.catch_up(now=clock.now())
        if (seed or known.seed, patients or known.patients) != (known.seed, known.patients):
            made = f"{known.patients} patients and seed {known.seed}"
            self.say(f"The clinic is kept as it was made, with {made}. For another one, give --data another directory.")
        days = (clock.today(RIVERSIDE.zone) - known.day).days
        if days >= OLD:
            self.say(f"This clinic was made {days} days ago, and its patients have said nothing since. "
                     f"For a fresh one, give --data another directory or delete {settings.DATA_DIR}.")  # fmt: skip

    def tell_logins(self, known: list[Login]) -> None:
        for login in known:
            self.say(f"  {login.role:<16} {login.email:<28} {login.password}   {login.clinic}")
        self.say(f"Logins: {settings.DATA_DIR / logins.FILE}")
        self.say(f"Mail: {settings.MAIL_DIR}, shown at /demo/mail/")

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _between(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"give a whole number from {least} to {most}")
        return int(text)

    return read


def migrate(directory: Path) -> None:
    try:
        call_command("migrate", interactive=False, verbosity=0)
    except DatabaseError as error:
        bootstrap.stop(f"The database in {directory} cannot be read: {error}. {REMEDY}")


@contextmanager
def plain_words(directory: Path) -> Iterator[None]:
    """A data directory that cannot be written to, in a sentence instead of a traceback."""
    try:
        yield
    except OSError as error:
        bootstrap.stop(f"{error.filename or directory} cannot be used: {error.strerror or error}. {REMEDY}")
    except OperationalError as error:
        bootstrap.stop(f"The database in {directory} cannot be used: {error}. {REMEDY}")
