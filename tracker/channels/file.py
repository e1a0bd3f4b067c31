"""One readable file a message: what the demo does instead of sending."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracker.channels import sms
from tracker.channels.channel import Letter, RefusedError
from tracker.channels.mail import as_mail


class File:
    """Writes e-mails into `directory`, one file a message. A repeat gets a file of its own."""

    ending = ".eml"

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def content(self, letter: Letter) -> bytes:
        """As it would be sent. Raises RefusedError for what could not be."""
        return as_mail(letter, encoding="8bit")

    @contextmanager
    def open(self, letter: Letter) -> Iterator[Written]:
        content = self.content(letter)
        target = self.directory / f"{name_of(letter)}{self.ending}"
        draft = target.with_suffix(".draft")
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(content)
        except OSError as error:
            raise _unwritten(draft, error) from error
        try:
            yield Written(draft, target)
        finally:
            draft.unlink(missing_ok=True)


class TextFile(File):
    """Writes text messages: whom to, and below it what the telephone would show."""

    ending = ".txt"

    def content(self, letter: Letter) -> bytes:
        return f"To: {sms.number(letter.to)}\n\n{sms.text(letter)}\n".encode()


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
            raise _unwritten(self.target, error) from error
        return self.target.name


def _unwritten(file: Path, error: OSError) -> RefusedError:
    return RefusedError(f"{file} cannot be written: {error.strerror}", permanent=False, provider=True)


def name_of(letter: Letter) -> str:
    """Sorted by time, told apart by reader and message: 20260615T090000Z-ann_example.org-1f0c9a2b"""
    reader = re.sub(r"[^\w.-]+", "_", letter.to, flags=re.ASCII)[:60]
    which = hashlib.sha256(letter.message_id.encode()).hexdigest()[:8]
    again = "-repeat" if letter.repeat else ""
    return f"{letter.date:%Y%m%dT%H%M%SZ}-{reader}-{which}{again}"
