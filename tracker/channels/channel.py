"""What every channel takes and promises."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from typing import Protocol

LONGEST_DETAIL = 300


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
    """A letter of which nothing has left yet. `gone` lists the devices that turned out to exist no more."""

    gone: tuple[str, ...]

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


def address(written: str) -> str:
    """The bare address of `Name <address>`. Raises RefusedError for one that a mail server must not be given."""
    bare = parseaddr(written)[1]
    local, _, host = bare.rpartition("@")
    if not (local and host and bare.isascii() and bare.isprintable()) or set(bare) & set(" <>,;"):
        raise RefusedError("The address is not one that mail can be sent to.", permanent=True)
    return bare


def as_mail(letter: Letter, *, encoding: str = "quoted-printable") -> EmailMessage:
    """The letter as an Internet message; `8bit` instead of the usual encoding leaves it as a person would read it.

    Raises RefusedError for an address or a header that no mail may carry.
    """
    if address(letter.to) != letter.to:
        raise RefusedError("The address is more than one bare address.", permanent=True)
    mail = EmailMessage(policy=SMTP)
    try:
        mail["From"] = letter.sender
        mail["To"] = letter.to
        mail["Subject"] = letter.subject
        mail["Message-ID"] = letter.message_id
        mail["Date"] = letter.date
        mail["Auto-Submitted"] = "auto-generated"
        if letter.repeat:
            mail["X-Recovery-Repeat"] = "yes"
    except (ValueError, IndexError) as error:
        raise RefusedError(f"The message cannot be addressed: {error}", permanent=True) from error
    mail.set_content(letter.text, cte=encoding)
    if letter.html:
        mail.add_alternative(letter.html, subtype="html", cte=encoding)
    return mail
