"""A provider's interface over HTTP, of the test's own: answers as told, or misbehaves, and keeps what it was asked."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message

from tests.channels.sink import DRIP, HANG


@dataclass(frozen=True)
class Asked:
    """A request as it came over the wire."""

    method: str
    path: str
    headers: Message
    body: bytes


@dataclass
class WebSink:
    """Gives `answers` one after the other, the last one for ever: status and body, or HANG, DRIP, or CUT to hang up."""

    answers: list[tuple[int, str] | str]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def next(self) -> tuple[int, str] | str:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class Talk(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        sink = self.server.sink
        method, path, _ = self.rfile.readline().decode().split()
        lines = list(iter(self.rfile.readline, b"\r\n"))
        headers = message_from_bytes(b"".join(lines))
        body = self.rfile.read(int(headers["Content-Length"] or 0))
        sink.asked.append(Asked(method, path, headers, body))
        self.answer(sink.next())

    def answer(self, answer: tuple[int, str] | str) -> None:
        sink = self.server.sink
        if answer == HANG:
            sink.released.wait(20)
        while answer == DRIP and not sink.released.wait(0.05):
            self.wfile.write(b"H")
        if not isinstance(answer, str):
            status, said = answer
            octets = said.encode()
            head = f"HTTP/1.1 {status} so\r\nContent-Type: application/json\r\nContent-Length: {len(octets)}\r\n"
            self.wfile.write(f"{head}Location: http://127.0.0.1:1/\r\nConnection: close\r\n\r\n".encode() + octets)


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, sink: WebSink) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.sink = sink
        sink.url = f"http://127.0.0.1:{self.server_address[1]}"


@contextmanager
def answering(*answers: tuple[int, str] | str) -> Iterator[WebSink]:
    """A provider that listens until the block ends."""
    sink = WebSink(list(answers))
    with Server(sink) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        try:
            yield sink
        finally:
            sink.released.set()
            server.shutdown()
