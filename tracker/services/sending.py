"""Whether anything may be sent. A database that came back from a backup would send again what has long been sent.

Two signs tell one: it is another database than the one that messages were last sent from, or it has gone back. The
first shows in what the server calls it. The second shows in a number that grows with every batch and that each machine
keeps in a file of its own, beside its data and outside the database. Either way nothing is sent until somebody has
looked and said so; what fell due until then is listed as expired.
"""

from __future__ import annotations

import hashlib
import logging
import os
import threading
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat

from tracker import clock
from tracker.models import ChannelName, OutboxMessage, Sending, walls

State = OutboxMessage.State
LONGEST_NAME = Sending._meta.get_field("opened_by").max_length or 0
logger = logging.getLogger(__name__)

ANOTHER = "This is not the database that messages were last sent from. It may be a copy, or restored from a backup."
GONE_BACK = "The database has gone back to an earlier state, as after a restore from a backup."
WHILE_RESTORED = "This fell due while the program was being restored from a backup."
IN_THE_HOUSE = (ChannelName.APP, ChannelName.CALLS)
"""Lists of the product's own: nothing leaves by them, and a call that is still needed must not get lost."""


def is_open(*, now: datetime) -> bool:
    """Whether messages may be sent from this database. Shuts sending where it came back from a backup."""
    seen = _seen()  # before the row is read: what has been seen can then be ahead of it only if the row went back
    row = _row()
    if row.shut_at is not None:
        return False
    if why := _objection(row, seen):
        shut(why=why, now=now)
        return False
    if not row.known_as:
        _begin(row, now)
    elif (now_seen := Seen(row.batches, row.known_as)) != seen:
        _keep(now_seen)
    return True


def count_batch() -> None:
    """Notes that a batch was taken, in the database and beside it, before any of it is sent."""
    Sending.objects.update(batches=F("batches") + 1)
    if settings.SENDING_SEEN is not None:
        row = Sending.objects.get()
        _keep(Seen(row.batches, row.known_as))


def shut(*, why: str, now: datetime) -> None:
    """From now on nothing is sent."""
    Sending.objects.bulk_create([Sending()], ignore_conflicts=True)
    if Sending.objects.filter(shut_at=None).update(shut_at=now, why=why):
        logger.error("sending is shut: %s Look at /operations/ or run: python3 manage.py resume_sending", why)


def why_shut() -> Sending | None:
    """The row that says since when and why nothing is sent; None while sending is open."""
    return Sending.objects.filter(shut_at__isnull=False).first()


@transaction.atomic
def open_again(*, by: str, now: datetime) -> int:
    """Lets messages be sent again, save what fell due before `now`: that expires. Returns how many did."""
    row = _row(locked=True)
    row.known_as, row.shut_at, row.why = _called(row), None, ""
    row.opened_at, row.opened_by = now, by[:LONGEST_NAME]
    seen = _seen()
    row.batches = max(row.batches, _beyond_all(), seen.batches if seen else 0) + 1
    row.save()
    return fell_due(before=now).update(
        state=State.EXPIRED, reason=WHILE_RESTORED, finished_at=now, lease_until=None, last_error=""
    )


@walls.outside(walls.Why.ENGINE)
def how_many_fell_due(*, before: datetime) -> int:
    """Counted over every clinic, for whoever opens sending again."""
    return fell_due(before=before).count()


def fell_due(*, before: datetime) -> QuerySet[OutboxMessage]:
    """What would expire if sending were opened again: also what a sender held when the backup was made."""
    unsent = Q(state__in=(State.DUE, State.CLAIMED)) | Q(state=State.SENDING, lease_until__lt=clock.database_now())
    return OutboxMessage.objects.filter(unsent, due_at__lt=before).exclude(channel__in=IN_THE_HOUSE)


def _objection(row: Sending, seen: Seen | None) -> str:
    """One that messages were never sent from is new; unless this machine knows better, and it is from before that."""
    if row.known_as and row.known_as != _called(row):
        return ANOTHER
    return GONE_BACK if seen is not None and seen.called == _called(row) and row.batches < seen.batches else ""


def _begin(row: Sending, now: datetime) -> None:
    """Notes, at the first start, from which database messages are sent from now on."""
    unknown = Sending.objects.filter(known_as="")
    unknown.update(known_as=_called(row), opened_at=now, batches=_beyond_all())


def _beyond_all() -> int:
    """A number of batches that none can have come to, as each takes longer than a millisecond."""
    return int(clock.now().timestamp() * 1000)


# --- Which database is this -----------------------------------------------------------------------------------------


class _SystemIdentifier(Func):
    """The number that a PostgreSQL cluster was given when it was made; a backup of its files keeps it."""

    template = "(SELECT system_identifier::text FROM pg_control_system())"


class _DatabaseOid(Func):
    """The number of the database in its cluster; one that is dropped and made anew gets another."""

    template = "(SELECT oid::text FROM pg_database WHERE datname = current_database())"


def _row(*, locked: bool = False) -> Sending:
    """The one row, with what the database is called now: both in one statement."""
    rows = Sending.objects.annotate(called=_name())
    row = (rows.select_for_update() if locked else rows).first()
    if row is None:
        Sending.objects.bulk_create([Sending()], ignore_conflicts=True)
        return _row(locked=locked)
    return row


def _called(row: Sending) -> str:
    return str(getattr(row, "called"))  # noqa: B009 - an annotation, which the model does not have


def _name() -> Combinable:
    if settings.DEMO:
        return Value("demo")  # its mail goes into files, and its directory may be copied at will
    if connection.vendor != "postgresql":
        return Value(_name_of_file(Path(str(connection.settings_dict["NAME"]))))
    oid = _DatabaseOid(output_field=TextField())
    system = _SystemIdentifier(output_field=TextField()) if _tells_its_system() else Value("")
    return Concat(Value("postgresql "), system, Value("/"), oid, output_field=TextField())


@cache
def _tells_its_system() -> bool:
    """Some hosts keep the function from their customers; then the number of the database must do."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_function_privilege('pg_control_system()', 'execute')")
        return bool(cursor.fetchone()[0])


def _name_of_file(file: Path) -> str:
    try:
        number = file.stat().st_ino
    except OSError:
        return "sqlite in memory"
    place = hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:16]
    return f"sqlite {number} in {place}"


# --- What this machine has seen -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """The number of batches that was last seen from here, in the database called so."""

    batches: int
    called: str


def _seen() -> Seen | None:
    """None where this machine has not sent anything yet, or nobody asked it to remember."""
    file: Path | None = settings.SENDING_SEEN
    try:
        batches, _, called = ("" if file is None else file.read_text()).partition(" ")
        return Seen(int(batches), called)
    except (OSError, ValueError):
        return None


def _keep(seen: Seen) -> None:
    file: Path | None = settings.SENDING_SEEN
    if file is None:
        return
    draft = file.with_name(f"{file.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(f"{seen.batches} {seen.called}")
        draft.replace(file)
    except OSError as error:
        logger.warning("%s cannot be written, so a restored database may not be noticed: %s", file, error.strerror)
