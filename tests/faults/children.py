"""Child processes forked from one in which the product is loaded and no connection open: ready in milliseconds.

`fork` starts one that plays a role, `ask` has one answer a question about the database. The parent keeps to one
thread and opens no connection of Django's, so that nothing is shared but memory.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Answer = TypeVar("Answer")
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
PATIENCE = 60.0

_libc = ctypes.CDLL(None)


@dataclass(slots=True)
class Child:
    """A running process. `log` is where it writes what it would say."""

    pid: int
    log: Path
    ended: int | None = None
    """The signal that ended it, negative, or its exit code; None while it lives."""

    def poll(self) -> int | None:
        if self.ended is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.ended = os.waitstatus_to_exitcode(status) if pid else None
        return self.ended

    def wait(self, seconds: float) -> int | None:
        """How it ended, or None when it lives on."""
        return self.poll() if until(lambda: self.poll() is not None, seconds) else None

    def kill(self) -> None:
        """By the signal that nobody can catch. Safe to repeat."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait(PATIENCE)

    def is_stopped(self) -> bool:
        return self.poll() is None and _state(self.pid) == "T"

    def go_on(self) -> None:
        os.kill(self.pid, signal.SIGCONT)


def fork(role: Callable[[], object], log: Path) -> Child:
    """Starts a child that plays `role` and ends with it."""
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        _settle_in(log)
        _leave(_play(role))
    return Child(pid, log)


def ask(question: Callable[[], Answer]) -> Answer:
    """What a child of its own answers. Raises RuntimeError with its traceback where it cannot."""
    reading, writing = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if not pid:
        os.close(reading)
        _settle_in(None)
        said = pickle.dumps(_answer(question))
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(said)
        _leave(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    well, answer = pickle.loads(said) if said else (False, "a child that was asked something died")
    if not well:
        raise RuntimeError(answer)
    return answer  # type: ignore[no-any-return]


def until(true: Callable[[], bool], seconds: float, step: float = 0.02) -> bool:
    """Waits for something to become true; whether it did in time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(step)
    return True


def _play(role: Callable[[], object]) -> int:
    try:
        role()
    except BaseException:  # noqa: BLE001 - whatever it is, a child must not go on as if it were the parent
        traceback.print_exc()
        return 1
    return 0


def _answer(question: Callable[[], object]) -> tuple[bool, object]:
    try:
        return True, question()
    except BaseException:  # noqa: BLE001 - as above
        return False, traceback.format_exc()


def _settle_in(log: Path | None) -> None:
    _libc.prctl(DIE_WITH_PARENT, signal.SIGKILL)
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_DFL)
    if log is not None:
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(file, 1)
        os.dup2(file, 2)


def _leave(code: int) -> None:
    """Without what Python does at its end: that is the parent's to do."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
