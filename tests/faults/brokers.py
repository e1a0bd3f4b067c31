"""Brokers of one's own that may be stopped: a Redis, a RabbitMQ node, or a line to one that must not be touched.

Where the program of a broker is not on the machine, its place is taken by a proxy before the one at REDIS_URL or
AMQP_URL: to stop it then means that it refuses connections.
"""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).parents[2]
HOST = "127.0.0.1"
RABBITMQ = Path("/usr/lib/rabbitmq/bin")
USUAL = {"redis": "redis://127.0.0.1:6379/15", "rabbitmq": "amqp://guest:guest@127.0.0.1:5672//"}
UP_WITHIN = 90.0


class Broker(Protocol):
    """`what` says what is stopped, `url` how it is reached."""

    what: str
    url: str

    def start(self) -> None:
        """Returns when it answers."""

    def stop(self) -> None:
        """From now on it does not answer. Safe to repeat."""

    def vex(self, stage: int) -> str:
        """Does it harm while it runs; returns what was done, or nothing where it can do no more."""

    def soothe(self) -> None:
        """Ends what `vex` did."""


class Redis:
    """Keeps nothing: what is in it when it stops is gone, as it is by default for whoever runs it as a cache."""

    what = "a Redis server of its own, stopped and started"

    def __init__(self, directory: Path) -> None:
        self.port, self.directory = free_port(), directory
        self.url = f"redis://{HOST}:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", HOST, "--save", "", "--dir", str(self.directory)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_for(self.port)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def vex(self, stage: int) -> str:
        if stage >= 2:
            return ""
        with socket.create_connection((HOST, self.port)) as line:
            line.sendall(b"FLUSHALL\r\n")
            assert line.recv(100).startswith(b"+OK")
        return "flushed"

    def soothe(self) -> None:
        return


class Rabbit:
    """A node of its own, with its own cookie; run by the user rabbitmq, or whoever runs this."""

    what = "a RabbitMQ node of its own, its application stopped and started"

    def __init__(self, directory: Path) -> None:
        self.home, self.port = directory / "rabbitmq", free_port()
        self.url = f"amqp://guest:guest@{HOST}:{self.port}//"
        self.home.mkdir()
        self._user = None if os.getuid() else "rabbitmq"
        if self._user:
            directory.chmod(0o711)
            shutil.chown(self.home, self._user)
        self._node: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self._node is None:
            log = (self.home.parent / "rabbitmq.log").open("wb")
            self._node = self._run("rabbitmq-server", log=log)
        else:
            self._control("start_app")
        wait_for(self.port)

    def stop(self) -> None:
        self._control("stop_app")

    def vex(self, stage: int) -> str:
        """Whoever publishes is blocked from then on."""
        if stage:
            return ""
        self._control("set_vm_memory_high_watermark", "0.000001")
        return "out of memory"

    def soothe(self) -> None:
        self._control("set_vm_memory_high_watermark", "0.4")

    def end(self) -> None:
        if self._node is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._node.pid, signal.SIGTERM)
            self._node.wait(UP_WITHIN)

    def _control(self, *words: str) -> None:
        node = self._run("rabbitmqctl", "--quiet", *words, log=subprocess.DEVNULL)
        assert node.wait(UP_WITHIN) == 0, f"rabbitmqctl {words}"

    def _run(self, program: str, *words: str, log: object) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [RABBITMQ / program, *words],
            cwd=self.home,
            env=self._environment(),
            user=self._user,
            group=pwd.getpwnam(self._user).pw_gid if self._user else None,
            stdout=log,  # type: ignore[arg-type]
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _environment(self) -> Mapping[str, str]:
        own = {
            "NODENAME": f"recovery_faults_{self.port}@localhost",
            "NODE_PORT": str(self.port),
            "NODE_IP_ADDRESS": HOST,
            "DIST_PORT": str(free_port()),
            "MNESIA_BASE": str(self.home / "db"),
            "LOG_BASE": str(self.home / "log"),
            "CONFIG_FILE": str(self.home / "none"),
            "CONF_ENV_FILE": str(self.home / "none-either"),
            "ENABLED_PLUGINS_FILE": str(self.home / "plugins"),
            "PID_FILE": str(self.home / "pid"),
        }
        named = {f"RABBITMQ_{name}": value for name, value in own.items()}
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "ERL_EPMD_ADDRESS": HOST, **named}


class Proxy:
    """A line to a broker that others use too."""

    what = "a proxy before a broker of others, which refuses connections"

    def __init__(self, upstream: str) -> None:
        self.port, self._upstream = free_port(), urlsplit(upstream)
        login, at, _ = self._upstream.netloc.rpartition("@")
        self.url = urlunsplit(self._upstream._replace(netloc=f"{login}{at}{HOST}:{self.port}"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        where = f"{self._upstream.hostname}:{self._upstream.port}"
        command = [sys.executable, __file__, str(self.port), where]
        self._process = subprocess.Popen(command)
        wait_for(self.port)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def vex(self, stage: int) -> str:
        return ""

    def soothe(self) -> None:
        return


@contextmanager
def running(kind: str, directory: Path) -> Iterator[Broker]:
    """A broker of that kind, which answers; gone at the end."""
    broker: Broker
    if kind == "redis" and shutil.which("redis-server"):
        broker = Redis(directory)
    elif kind == "rabbitmq" and (RABBITMQ / "rabbitmq-server").exists():
        broker = Rabbit(directory)
    else:
        broker = Proxy(os.environ.get({"redis": "REDIS_URL", "rabbitmq": "AMQP_URL"}[kind], USUAL[kind]))
    broker.start()
    try:
        yield broker
    finally:
        broker.end() if isinstance(broker, Rabbit) else broker.stop()


def free_port() -> int:
    with socket.socket() as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
        return port


def wait_for(port: int) -> None:
    end = time.monotonic() + UP_WITHIN
    while True:
        with socket.socket() as line:
            if line.connect_ex((HOST, port)) == 0:
                return
        assert time.monotonic() < end, f"nothing answers on port {port}"
        time.sleep(0.1)


# --- The proxy's own process ----------------------------------------------------------------------------------------


async def forward(port: int, host: str, to: int) -> None:
    async def line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            their_reader, their_writer = await asyncio.open_connection(host, to)
            await asyncio.gather(_pour(reader, their_writer), _pour(their_reader, writer))

    server = await asyncio.start_server(line, HOST, port)
    await server.serve_forever()


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    where, _, number = sys.argv[2].partition(":")
    asyncio.run(forward(int(sys.argv[1]), where, int(number)))
