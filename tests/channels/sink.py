"""A mail server of the test's own, which can be told to misbehave at any step, and keeps what it took."""

from __future__ import annotations

import socketserver
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

HANG, CUT, HALF, DRIP = "HANG", "CUT", "HALF", "DRIP"
USUAL = {
    "BANNER": "220 sink",
    "EHLO": "250 sink",
    "HELO": "250 sink",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go ahead",
    "END": "250 taken",
    "QUIT": "221 bye",
}


@dataclass
class Sink:
    """Answers by step; `taken` holds the content of every message that got to its final dot."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    taken: list[bytes] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    slowly: float = 0
    tls: ssl.SSLContext | None = None
    """With it the sink speaks TLS, at once or after STARTTLS."""
    at_once: bool = False

    def answer(self, step: str) -> str:
        return self.answers.get(step, USUAL.get(step, "502 what?"))


class Talk(socketserver.StreamRequestHandler):
    """One conversation, which ends early where the sink is told to break it off."""

    server: Server

    def handle(self) -> None:
        with suppress(OSError):
            self.talk()

    def talk(self) -> None:
        sink = self.server.sink
        if sink.at_once:
            self.secure()
        going_on = self.say("BANNER")
        while going_on and (line := self.rfile.readline()):
            word = (line.split() or [b""])[0].decode("latin-1").upper()
            sink.commands.append(line.decode("latin-1").strip())
            going_on = self.say(word) and word != "QUIT"
            if word == "STARTTLS" and sink.tls:
                self.secure()
            if word == "DATA" and sink.answer(word).startswith("354"):
                going_on = going_on and self.content()

    def secure(self) -> None:
        assert self.server.sink.tls
        self.connection = self.server.sink.tls.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", buffering=0)

    def content(self) -> bool:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b"", b".\r\n"):
            lines.append(line[1:] if line.startswith(b"..") else line)
        if not line:
            return False
        self.server.sink.taken.append(b"".join(lines))
        return self.say("END")

    def say(self, step: str) -> bool:
        sink = self.server.sink
        answer = sink.answer(step)
        time.sleep(sink.slowly)
        if answer == HANG:
            sink.released.wait(20)
        while answer == DRIP and not sink.released.wait(0.05):
            self.wfile.write(b"250-and so on\r\n"[:1])
        if answer in (HANG, CUT, DRIP):
            return False
        half = answer.startswith(HALF)
        self.wfile.write((answer.removeprefix(HALF) if half else f"{answer}\r\n").encode("latin-1"))
        return not half


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, sink: Sink) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.sink = sink
        sink.port = self.server_address[1]


@contextmanager
def serving(
    answers: Mapping[str, str] | None = None,
    slowly: float = 0,
    *,
    tls: ssl.SSLContext | None = None,
    at_once: bool = False,
) -> Iterator[Sink]:
    """A sink that listens until the block ends; `answers` by step replace the usual ones."""
    sink = Sink(answers=dict(answers or {}), slowly=slowly, tls=tls, at_once=at_once)
    with Server(sink) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield sink
        finally:
            sink.released.set()
            server.shutdown()
