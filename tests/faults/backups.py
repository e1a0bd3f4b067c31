"""Backups of a scratch database as its keeper makes them, and their ways back: elsewhere, and in its own place."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path

from tests.faults import ground

_numbers = count(1)


def take(database: str) -> Path:
    """A backup of the database as it is now."""
    backup = ground.OWN / f"backup-{next(_numbers)}"
    if ground.SETUP == "sqlite":
        with closing(sqlite3.connect(database)) as live, closing(sqlite3.connect(backup)) as copy:
            live.backup(copy)
    else:
        _run("pg_dump", "--format=custom", f"--file={backup}", ground.base.url(database))
    return backup


@contextmanager
def elsewhere(backup: Path) -> Iterator[str]:
    """What the backup holds, as a new database; its name."""
    if ground.SETUP == "sqlite":
        with ground.copy(str(backup)) as name:
            yield name
        return
    name = f"{ground.base.NAME}_restored_{next(_numbers)}"
    with ground.base.scratch(name) as url:
        _run("pg_restore", "--no-owner", "--exit-on-error", f"--dbname={url}", str(backup))
        yield name


def in_place(backup: Path, database: str) -> None:
    """The database that nobody uses at the moment is again as it was: the same file, or the same one of the server."""
    if ground.SETUP != "sqlite":
        url = ground.base.url(database)
        _run("pg_restore", "--clean", "--if-exists", "--no-owner", "--exit-on-error", f"--dbname={url}", str(backup))
        return
    for journal in ("-wal", "-shm"):
        Path(database + journal).unlink(missing_ok=True)
    shutil.copyfile(backup, database)  # into the file that is there


def _run(program: str, *words: str) -> None:
    found = shutil.which(program)
    if found is None:
        sys.exit(f"This needs {program} on the PATH; it comes with PostgreSQL's own programs.")
    subprocess.run([found, *words], check=True)
