"""The lists of the product's own: what is told there has arrived as soon as it is stored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tracker.channels.channel import Letter


class List:
    """The patient's list in the product, or the clinic's call list."""

    @contextmanager
    def open(self, letter: Letter) -> Iterator[Entry]:
        yield Entry()


class Entry:
    gone: tuple[str, ...] = ()

    def commit(self) -> str:
        return "in the list"
