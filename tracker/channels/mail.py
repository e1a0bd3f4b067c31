"""A letter as an Internet message. What no mail may carry is refused here, before anything is connected to."""

from __future__ import annotations

from collections.abc import Iterator
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

from tracker.channels.channel import Letter, RefusedError

WHOLE_LINES = SMTP.clone(max_line_length=998)
"""Folded, a long address of an unsubscribe page would be encoded, and mail programs would not recognise it."""
UNFIT = (ValueError, LookupError, AttributeError, MessageError)
"""What the standard library raises for headers and texts that it cannot write; an encoding error is a ValueError."""


def address(written: str) -> str:
    """The bare address of `Name <address>`. Raises RefusedError for one that a mail server must not be given."""
    bare = parseaddr(written)[1]
    local, _, host = bare.rpartition("@")
    if not (local and host and bare.isascii() and bare.isprintable()) or set(bare) & set(' <>,;"()[]\\'):
        raise RefusedError("The address is not one that mail can be sent to.", permanent=True)
    return bare


def as_mail(letter: Letter, *, encoding: str = "quoted-printable") -> bytes:
    """The letter as it goes on the wire; `8bit` instead of the usual encoding leaves it as a person would read it.

    Raises RefusedError for an address, a header or a text that no mail may carry.
    """
    if address(letter.to) != letter.to:
        raise RefusedError("The address is more than one bare address.", permanent=True)
    address(letter.sender)
    try:
        return _written(letter, encoding).as_bytes(policy=WHOLE_LINES)
    except UNFIT as error:
        raise RefusedError(f"The message cannot be written as mail: {error}", permanent=True) from error


def headers(letter: Letter) -> Iterator[tuple[str, str]]:
    """What a mail says of itself beside its envelope: made by a program, how to end such messages, whether a repeat.

    No `Precedence`: some filters file such mail away unread. RFC 3834's word and Exchange's own keep robots from answering.
    """
    yield "Auto-Submitted", "auto-generated"
    yield "X-Auto-Response-Suppress", "OOF, AutoReply"  # not "All": that would keep bounces away
    if letter.unsubscribe:
        yield "List-Unsubscribe", f"<{letter.unsubscribe}>"
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"
    if letter.repeat:
        yield "X-Recovery-Repeat", "yes"


def _written(letter: Letter, encoding: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = letter.sender
    mail["To"] = letter.to
    mail["Subject"] = letter.subject
    mail["Message-ID"] = letter.message_id
    mail["Date"] = letter.date
    for name, value in headers(letter):
        mail[name] = value
    for name, value in mail.items():
        if not str(value).isprintable():  # also what hides in an encoded word until it is read
            raise ValueError(f"{name} holds a character that no header may hold")
    mail.set_content(letter.text, cte=encoding)
    if letter.html:
        mail.add_alternative(letter.html, subtype="html", cte=encoding)
    return mail
