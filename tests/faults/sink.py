"""A mail server in a process of its own, which can be told to misbehave, with a journal that survives everybody.

    with sink.running(directory) as mail:
        ... EMAIL_URL=mail.url ...
        mail.tell(slowly=9)                 # or dead=True, or answers={"RCPT": "451 later"}
        mail.taken()                        # what has come in, from the journal

A mail is on the disk before its final dot is answered: what the journal holds was sent, whoever died meanwhile.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.channels.sink import CUT, Server, Sink, Talk
from tests.faults import journal
from tests.faults.journal import Mail

ROOT = Path(__file__).parents[2]
RESET = struct.pack("ii", 1, 0)


# --- The server's own process ---------------------------------------------------------------------------------------


class Journal:
    """Lines on the disk, and the times at which somebody called."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._one_at_a_time = threading.Lock()
        self.calls: list[float] = []

    def write(self, to: str, content: bytes) -> None:
        line = journal.line(time.time(), to, content).encode()
        with self._one_at_a_time:
            os.write(self._file, line)
            os.fsync(self._file)


class Journalling(Talk):
    """Writes down what it takes, and hangs up on everybody while the server is said to be dead."""

    server: JournallingServer
    reader = ""

    def handle(self) -> None:
        self.server.journal.calls.append(time.time())
        if self.server.dead:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.connection.close()
        else:
            with suppress(OSError):  # whoever called is dead
                self.converse()

    def converse(self) -> None:
        going_on = self.say("BANNER")
        while going_on and (line := self.rfile.readline()):
            word = (line.split() or [b""])[0].decode("latin-1").upper()
            if word == "RCPT":
                self.reader = line.decode("latin-1").partition("<")[2].partition(">")[0]
            going_on = self.say(word) and word != "QUIT"
            if word == "DATA" and self.server.sink.answer(word).startswith("354"):
                going_on = going_on and self.content()

    def content(self) -> bool:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b"", b".\r\n"):
            lines.append(line[1:] if line.startswith(b"..") else line)
            if self.server.sink.answer("CONTENT") == CUT:
                return False
        if not line:
            return False
        if self.server.sink.answer("END")[:1] not in "45":
            self.server.journal.write(self.reader, b"".join(lines))
        return self.say("END")

    def say(self, step: str) -> bool:
        time.sleep(self.server.slow_at.get(step, 0))
        return super().say(step)

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()


class JournallingServer(Server):
    request_queue_size = 128

    def __init__(self, sink: Sink, path: Path) -> None:
        super().__init__(sink)
        self.RequestHandlerClass = Journalling
        self.journal = Journal(path)
        self.dead = False
        self.slow_at: Mapping[str, float] = {}


def serve(path: Path) -> None:
    """Serves until stdin ends; each line there is an order, answered by a line on stdout."""
    sink = Sink()
    with JournallingServer(sink, path) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        print(sink.port, flush=True)
        for line in sys.stdin:
            print(json.dumps(obey(server, json.loads(line))), flush=True)


def obey(server: JournallingServer, order: dict[str, Any]) -> object:
    if "calls_since" in order:
        return [at for at in server.journal.calls if at >= order["calls_since"]]
    server.sink.released.set()  # whoever was left hanging by what was said before
    server.sink.released = threading.Event()
    server.sink.answers = order.get("answers", {})
    server.sink.slowly = order.get("slowly", 0)
    server.slow_at = order.get("slow_at", {})
    server.dead = order.get("dead", False)
    return "ok"


# --- Whoever starts it ----------------------------------------------------------------------------------------------


class MailServer:
    """The running server, and its journal."""

    def __init__(self, process: subprocess.Popen[str], port: int, path: Path) -> None:
        self._process, self.port, self.path = process, port, path

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def tell(self, **manner: Any) -> None:
        """How to behave from now on; told nothing, well. `answers` by step instead of the usual ones, `slowly` for
        seconds before each answer, `slow_at` by step, `dead` to hang up on everybody."""
        self._order(**manner)

    def calls(self, since: float) -> list[float]:
        """When connections were made, as seconds since the epoch."""
        return [float(at) for at in self._order(calls_since=since)]

    def mark(self) -> int:
        """A place in the journal, to read on from."""
        return self.path.stat().st_size

    def taken(self, since: int = 0) -> list[Mail]:
        return list(journal.read(self.path, since))

    def _order(self, **order: object) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def running(directory: Path) -> Iterator[MailServer]:
    path = directory / f"journal-{os.getpid()}-{time.monotonic_ns()}.jsonl"
    command = [sys.executable, "-m", "tests.faults.sink", str(path)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield MailServer(process, int(process.stdout.readline()), path)
    finally:
        process.stdin.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
