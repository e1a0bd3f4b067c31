"""One readable .eml file a message: what the demo does instead of sending."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracker.channels.channel import Letter, RefusedError, as_mail


class File:
    """Writes into `directory`, one file a message. A repeat gets a file of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @contextmanager
    def open(self, letter: Letter) -> Iterator[Written]:
        content = as_mail(letter, encoding="8bit").as_bytes()
        target = self.directory / name_of(letter)
        draft = target.with_suffix(".draft")
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(content)
        except OSError as error:
            raise RefusedError(f"{draft} cannot be written: {error.strerror}", permanent=False) from error
        try:
            yield Written(draft, target)
        finally:
            draft.unlink(missing_ok=True)


class Written:
    """A draft beside its place: it appears whole or not at all."""

    gone: tuple[str, ...] = ()

    def __init__(self, draft: Path, target: Path) -> None:
        self.draft = draft
        self.target = target

    def commit(self) -> str:
        try:
            self.draft.replace(self.target)
        except OSError as error:
            raise RefusedError(f"{self.target} cannot be written: {error.strerror}", permanent=False) from error
        return self.target.name


def name_of(letter: Letter) -> str:
    """Sorted by time, told apart by reader and message: 20260615T090000Z-ann_example.org-1f0c9a2b.eml"""
    reader = re.sub(r"[^\w.-]+", "_", letter.to, flags=re.ASCII)[:60]
    which = hashlib.sha256(letter.message_id.encode()).hexdigest()[:8]
    again = "-repeat" if letter.repeat else ""
    return f"{letter.date:%Y%m%dT%H%M%SZ}-{reader}-{which}{again}.eml"
