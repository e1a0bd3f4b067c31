"""What every channel takes and promises."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

LONGEST_DETAIL = 300
PATIENCE = 25.0
"""Seconds for one message, whatever the provider does; a sender's lease is longer."""


@dataclass(frozen=True, slots=True)
class Device:
    """A browser that agreed to show notifications: where its push service takes them, and its two public keys."""

    endpoint: str
    p256dh: str
    auth: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, written and addressed. `message_id` is the same for every try of the same message.

    `to` is what the channel goes by: an e-mail address, a telephone number, for a list nothing. `short` is the whole
    of it in one line, for where every letter costs, and `link` the page it leads to. `unsubscribe` is the full address
    of the page that ends such messages (RFC 8058). After `expires_at` nobody needs it delivered any more.
    """

    to: str
    sender: str
    subject: str
    text: str
    html: str
    message_id: str
    date: datetime
    repeat: bool = False
    unsubscribe: str = ""
    short: str = ""
    link: str = ""
    devices: tuple[Device, ...] = ()
    expires_at: datetime | None = None


class Handover(Protocol):
    """A letter of which nothing has left yet."""

    gone: tuple[str, ...]
    """The devices that turned out to exist no more; to be read after `commit` whether it returned or raised."""

    def commit(self) -> str:
        """Let go of it. Returns the provider's answer; raises RefusedError when it surely did not leave, else UnsureError."""


class Channel(Protocol):
    def open(self, letter: Letter) -> AbstractContextManager[Handover]:
        """Do all that can be refused while nothing has left: address, connection, sender, recipient. Raises RefusedError."""


class RefusedError(Exception):
    """The message surely did not leave. `permanent` means that trying again is pointless.

    `provider` means that the fault is not the message's: no message gets through there at present.
    """

    def __init__(self, detail: str, *, permanent: bool, provider: bool = False) -> None:
        self.detail = one_line(detail)
        self.permanent = permanent
        self.provider = provider
        super().__init__(self.detail)


class UnsureError(Exception):
    """The line broke at the one moment after which nobody can know whether the provider took the message."""

    def __init__(self, detail: str) -> None:
        self.detail = one_line(detail)
        super().__init__(self.detail)


def one_line(text: str) -> str:
    """Whatever a provider answers, as one printable line that fits its column."""
    return "".join(character if character.isprintable() else " " for character in text)[:LONGEST_DETAIL].strip()
