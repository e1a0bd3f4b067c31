"""E-mail by SMTP, one step at a time, so that the unsure moment is the content of DATA and nothing else."""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import BinaryIO, TypeVar

from tracker.channels.channel import PATIENCE, Letter, RefusedError, UnsureError
from tracker.channels.mail import address, as_mail
from tracker.channels.patience import within

Answer = TypeVar("Answer")
Reply = tuple[int, bytes]

BROKEN = (smtplib.SMTPException, OSError, ValueError)  # ValueError: what answers does not speak SMTP
READY, GO_AHEAD, CLOSING = 220, 354, 421
TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Server:
    """Where mail is handed over. `timeout` is seconds for one answer, `patience` for the whole conversation."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False
    timeout: float = TIMEOUT
    patience: float = PATIENCE


class Email:
    def __init__(self, server: Server) -> None:
        self.server = server

    @contextmanager
    def open(self, letter: Letter) -> Iterator[Conversation]:
        content = as_mail(letter)
        sender, reader = address(letter.sender), address(letter.to)
        with Line(self.server) as line:
            smtp = line.connect(hello=domain(letter.message_id))
            _expect("MAIL", _before("MAIL", lambda: smtp.mail(sender)))
            _expect("RCPT", _before("RCPT", lambda: smtp.rcpt(reader)), of_the_message=True)
            yield Conversation(smtp, content)


class Conversation:
    """The provider knows sender and recipient and waits for the message."""

    gone: tuple[str, ...] = ()

    def __init__(self, smtp: smtplib.SMTP, content: bytes) -> None:
        self.smtp = smtp
        self.content = re.sub(rb"(?m)^\.", b"..", content) + b".\r\n"

    def commit(self) -> str:
        answer = _before("DATA", lambda: self.smtp.docmd("DATA"))
        if answer[0] != GO_AHEAD:
            _expect("DATA", answer, of_the_message=True)
            raise _trouble("DATA", _said(answer))
        try:
            self.smtp.send(self.content)
            answer = self.smtp.getreply()
        except BROKEN as error:
            raise UnsureError(f"while the message was being handed over: {_words(error)}") from error
        if answer[0] // 100 == 2:
            return _said(answer)
        if answer[0] // 100 in (4, 5):
            raise RefusedError(_said(answer), permanent=answer[0] // 100 == 5)
        raise UnsureError(f"the answer to the message was: {_said(answer)}")


class Line:
    """The connection, which is cut when patience ends: answers that are each in time can add up to a sender stuck."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._smtp: smtplib.SMTP | None = None
        self._tap: socket.socket | None = None
        self._alarm = threading.Timer(server.patience, self._cut)
        self._alarm.daemon = True

    def __enter__(self) -> Line:
        self._alarm.start()
        return self

    def connect(self, hello: str) -> smtplib.SMTP:
        """A server that has been greeted, over TLS and signed in to where that is asked for. Raises RefusedError."""
        server = self.server
        wire = _before("connect", self._wire)
        smtp = self._smtp = smtplib.SMTP(local_hostname=hello, timeout=server.timeout)
        _speak_over(smtp, wire)
        if server.tls:
            _before("TLS", lambda: _secure(smtp, server.host))
        _want("banner", _before("banner", smtp.getreply), READY)
        _before("EHLO", smtp.ehlo_or_helo_if_needed)
        if server.starttls:
            _want("STARTTLS", _before("STARTTLS", lambda: smtp.docmd("STARTTLS")), READY)
            _before("TLS", lambda: _secure(smtp, server.host))
            _before("EHLO", smtp.ehlo_or_helo_if_needed)
        if server.user:
            _before("log in", lambda: smtp.login(server.user, server.password))
        return smtp

    def _wire(self) -> socket.socket:
        """Found and connected in time, although nothing else puts an end to looking up a name."""
        server = self.server
        where = (server.host, server.port)
        wire = within(
            server.patience, lambda: socket.create_connection(where, timeout=server.timeout), late=socket.socket.close
        )
        self._tap = wire.dup()  # reaches the connection whatever wraps it later
        if not self._alarm.is_alive():
            wire.close()
            raise TimeoutError("it took too long")
        return wire

    def __exit__(self, *_: object) -> None:
        if self._smtp is not None:
            with suppress(*BROKEN):
                self._smtp.putcmd("QUIT")  # nobody waits for the answer: what matters has been said
            self._smtp.close()
        self._alarm.cancel()  # only now: even a farewell can meet a server that does not read
        if self._tap is not None:
            self._tap.close()

    def _cut(self) -> None:
        if self._tap is not None:
            with suppress(OSError):
                self._tap.shutdown(socket.SHUT_RDWR)


class WholeLines:
    """What the server says. smtplib would take the beginning of an answer for the answer: 250 for 2500, or for 25."""

    def __init__(self, lines: BinaryIO) -> None:
        self._lines = lines
        self.close = lines.close

    def readline(self, limit: int) -> bytes:
        line = self._lines.readline(limit)
        if line and len(line) < limit and not line.endswith(b"\n"):
            raise ConnectionError("the line broke in the middle of an answer")
        return line


def domain(message_id: str) -> str:
    """How this side introduces itself; without a name given, smtplib would ask the network for one and wait."""
    return message_id.rpartition("@")[2].rstrip(">") or "localhost"


def _speak_over(smtp: smtplib.SMTP, wire: socket.socket) -> None:
    smtp.sock = wire
    smtp.file = WholeLines(wire.makefile("rb"))


def _secure(smtp: smtplib.SMTP, host: str) -> None:
    """TLS from here on; what was said before it is forgotten, since anybody may have said it (RFC 3207, 4.2)."""
    wire = smtp.sock
    if wire is None:
        raise smtplib.SMTPServerDisconnected("the server hung up")
    _speak_over(smtp, ssl.create_default_context().wrap_socket(wire, server_hostname=host))
    smtp.ehlo_resp = smtp.helo_resp = None
    smtp.esmtp_features, smtp.does_esmtp = {}, False


def _before(step: str, take: Callable[[], Answer]) -> Answer:
    """One step while nothing has left. Whatever breaks here is the provider's affair, and another try is safe."""
    try:
        return take()
    except BROKEN as error:
        raise _trouble(step, _words(error)) from error


def _want(step: str, answer: Reply, code: int) -> None:
    if answer[0] != code:
        raise _trouble(step, _said(answer))


def _expect(step: str, answer: Reply, *, of_the_message: bool = False) -> str:
    """The answer in words. Raises RefusedError where it is a refusal: of this message, or of any.

    A 4xx asks to try this message later; a 5xx is final where it can be about the reader or the content. A server that
    says 421 is closing down, and one that will not take our sender, or does not speak SMTP, takes no message at all.
    """
    kind = answer[0] // 100
    if kind == 2:
        return _said(answer)
    if (kind == 4 and answer[0] != CLOSING) or (kind == 5 and of_the_message):
        raise RefusedError(_said(answer), permanent=kind == 5)
    raise _trouble(step, _said(answer))


def _trouble(step: str, words: str) -> RefusedError:
    return RefusedError(f"{step}: {words}", permanent=False, provider=True)


def _said(answer: Reply) -> str:
    return f"{answer[0]} {answer[1].decode('utf-8', 'replace')}"


def _words(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()
