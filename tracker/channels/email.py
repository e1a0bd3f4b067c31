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
from email.message import EmailMessage
from typing import TypeVar

from tracker.channels.channel import Letter, RefusedError, UnsureError, address, as_mail

Answer = TypeVar("Answer")
BROKEN = (smtplib.SMTPException, OSError, ValueError)  # ValueError: what answers does not speak SMTP
GO_AHEAD = 354
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
    patience: float = 25


class Email:
    def __init__(self, server: Server) -> None:
        self.server = server

    @contextmanager
    def open(self, letter: Letter) -> Iterator[Conversation]:
        mail = as_mail(letter)
        sender, reader = address(letter.sender), address(letter.to)
        with Line(self.server.patience) as line:
            smtp = line.hold(_before("connect", lambda: self._connect(domain(letter.message_id))))
            _before("log in", lambda: self._introduce(smtp))
            _expect(_before("MAIL", lambda: smtp.mail(sender)), permanent=False)
            _expect(_before("RCPT", lambda: smtp.rcpt(reader)), permanent=True)
            yield Conversation(smtp, mail)

    def _connect(self, hello: str) -> smtplib.SMTP:
        server = self.server
        if server.tls:
            secure = ssl.create_default_context()
            return smtplib.SMTP_SSL(server.host, server.port, hello, timeout=server.timeout, context=secure)
        return smtplib.SMTP(server.host, server.port, hello, timeout=server.timeout)

    def _introduce(self, smtp: smtplib.SMTP) -> None:
        smtp.ehlo_or_helo_if_needed()
        if self.server.starttls:
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
        if self.server.user:
            smtp.login(self.server.user, self.server.password)


class Conversation:
    """The provider knows sender and recipient and waits for the message."""

    gone: tuple[str, ...] = ()

    def __init__(self, smtp: smtplib.SMTP, mail: EmailMessage) -> None:
        self.smtp = smtp
        self.content = re.sub(rb"(?m)^\.", b"..", mail.as_bytes()) + b".\r\n"

    def commit(self) -> str:
        answer = _before("DATA", lambda: self.smtp.docmd("DATA"))
        if answer[0] != GO_AHEAD:
            _expect(answer, permanent=True)
            raise RefusedError(f"DATA: {_said(answer)}", permanent=False)
        try:
            self.smtp.send(self.content)
            answer = self.smtp.getreply()
        except BROKEN as error:
            raise UnsureError(f"while the message was being handed over: {_words(error)}") from error
        if answer[0] // 100 not in (2, 4, 5):
            raise UnsureError(f"the answer to the message was: {_said(answer)}")
        return _expect(answer, permanent=True)


class Line:
    """The connection, which is cut when patience ends: answers that are each in time can add up to a sender stuck."""

    def __init__(self, patience: float) -> None:
        self._smtp: smtplib.SMTP | None = None
        self._alarm = threading.Timer(patience, self._cut)
        self._alarm.daemon = True

    def __enter__(self) -> Line:
        self._alarm.start()
        return self

    def hold(self, smtp: smtplib.SMTP) -> smtplib.SMTP:
        self._smtp = smtp
        if not self._alarm.is_alive():
            raise RefusedError("connect: it took too long", permanent=False)
        return smtp

    def __exit__(self, *_: object) -> None:
        self._alarm.cancel()
        if self._smtp is not None:
            with suppress(*BROKEN):
                self._smtp.putcmd("QUIT")  # nobody waits for the answer: what matters has been said
            self._smtp.close()

    def _cut(self) -> None:
        if self._smtp is not None:
            with suppress(OSError, AttributeError):
                self._smtp.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]


def domain(message_id: str) -> str:
    """How this side introduces itself; without a name given, smtplib would ask the network for one and wait."""
    return message_id.rpartition("@")[2].rstrip(">") or "localhost"


def _before(step: str, take: Callable[[], Answer]) -> Answer:
    """One step while nothing has left: whatever goes wrong, another try is safe."""
    try:
        return take()
    except BROKEN as error:
        raise RefusedError(f"{step}: {_words(error)}", permanent=False) from error


def _expect(answer: tuple[int, bytes], *, permanent: bool) -> str:
    """The answer in words. Raises RefusedError where it is a refusal, for good if it says so and the step allows it."""
    if 200 <= answer[0] < 300:
        return _said(answer)
    raise RefusedError(_said(answer), permanent=permanent and 500 <= answer[0] < 600)


def _said(answer: tuple[int, bytes]) -> str:
    return f"{answer[0]} {answer[1].decode('utf-8', 'replace')}"


def _words(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip()
