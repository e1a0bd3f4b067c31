"""The product and the floor, each under gunicorn with two workers, and how much CPU they take. Linux."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks import ground

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
WORKERS = 2


@dataclass(frozen=True, slots=True)
class Server:
    """A program that answers on `port`; `secrets` is what a client needs to get in."""

    name: str
    port: int
    pid: int
    secrets: dict[str, str] = field(default_factory=dict)

    def cpu(self) -> float:
        """Seconds of CPU that it and its workers have taken so far."""
        return sum(map(_cpu, _family(self.pid)))


@contextmanager
def product() -> Iterator[Server]:
    """The product as a clinic would run it, on the scratch database."""
    ground.collect()
    with _gunicorn("recovery.wsgi", dict(os.environ), ROOT) as (port, pid):
        yield Server("ours", port, pid)


@contextmanager
def floor(*clinics: str) -> Iterator[Server]:
    """The Django floor on a scratch database of its own; `clinics` as "1:200:180", number, people, days."""
    with ground.scratch(f"{ground.NAME}_floor") as url:
        environment = {**os.environ, "DATABASE_URL": url}
        seed = [sys.executable, str(HERE / "floor.py"), *clinics]
        made = subprocess.run(seed, env=environment, check=True, stdout=subprocess.PIPE, text=True)
        with _gunicorn("floor", environment, HERE) as (port, pid):
            yield Server("floor", port, pid, json.loads(made.stdout))


@contextmanager
def _gunicorn(application: str, environment: dict[str, str], where: Path) -> Iterator[tuple[int, int]]:
    port = _free_port()
    command = [sys.executable, "-m", "gunicorn", "--workers", str(WORKERS), "--bind", f"{ground.HOST}:{port}"]
    command += ["--log-level", "error", application]
    process = subprocess.Popen(command, cwd=where, env=environment)
    try:
        _wait(process, port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind((ground.HOST, 0))
        port: int = free.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(300):
        if process.poll() is not None:
            sys.exit(f"the server on port {port} ended with {process.returncode}")
        if len(_family(process.pid)) > WORKERS:
            try:
                socket.create_connection((ground.HOST, port), timeout=1).close()
            except OSError:
                pass
            else:
                return
        time.sleep(0.1)
    sys.exit(f"nothing answers on port {port}")


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _family(int(child)))]


def _cpu(pid: int) -> float:
    """In nanoseconds the kernel counts it for each thread."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9
