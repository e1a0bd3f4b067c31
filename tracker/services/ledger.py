"""The ledger of erasures beside the database, so that one restored from a backup can be brought up to it again.

A line an entry: ids and dates alone. It is written before the database commits, so that none is ever missing from it;
an entry whose erasure did not come about is seen by `doctor` and done by `erase_patient --again`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import transaction

from tracker.models import Erasure

COLUMNS = ("id", "patient_id", "kind", "reason", "at", "keep_until")


@dataclass(frozen=True, slots=True)
class Entry:
    """What was decided about one patient's record, and when."""

    id: UUID
    patient_id: UUID
    kind: str
    reason: str
    at: datetime
    keep_until: date | None


def write(erasure: Erasure) -> None:
    """Into both ledgers: the file first, down to the disk, then the table."""
    with transaction.atomic():
        _append(Entry(**{name: getattr(erasure, name) for name in COLUMNS}))
        erasure.save(force_insert=True)


def entries() -> list[Entry]:
    """Every entry of both ledgers, oldest first."""
    known = {entry.id: entry for entry in [*_of_file(), *_of_table()]}
    return sorted(known.values(), key=lambda entry: entry.at)  # of the same instant as they were written


def take_over() -> None:
    """Puts into the table what only the file knows, as after a restore."""
    missing = {entry.id: entry for entry in _of_file()}
    for known in Erasure.objects.filter(pk__in=missing).values_list("pk", flat=True):
        del missing[known]
    Erasure.objects.bulk_create([Erasure(**asdict(entry)) for entry in missing.values()])


def _of_table() -> Iterator[Entry]:
    yield from (Entry(*row) for row in Erasure.objects.values_list(*COLUMNS))


def _of_file() -> Iterator[Entry]:
    """A line that was broken off half-way, by a power cut, is none: its erasure never came about."""
    file: Path = settings.ERASURES
    for line in file.read_text().splitlines() if file.exists() else ():
        try:
            row = json.loads(line)
            keep_until = date.fromisoformat(row["keep_until"]) if row["keep_until"] else None
            at = datetime.fromisoformat(row["at"])
            yield Entry(UUID(row["id"]), UUID(row["patient_id"]), row["kind"], row["reason"], at, keep_until)
        except (ValueError, KeyError, TypeError):
            continue


def _append(entry: Entry) -> None:
    file: Path = settings.ERASURES
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, b"\n" + json.dumps(asdict(entry), default=_plain).encode() + b"\n")
        os.fsync(handle)
    finally:
        os.close(handle)
    _settle(file.parent)


def _settle(directory: Path) -> None:
    """That the file exists at all is on the disk only once its directory is."""
    if os.name != "posix":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
