"""Where a process can be made to die: names for moments in the product's functions, which know nothing of it.

    arm("claimed", kill)                        # the first time
    arm("begun", kill, skip=3, about=NOTICE)    # the fourth time, counting notices alone

A point wraps the function of that name in the process that arms it, and in no other.
"""

from __future__ import annotations

import functools
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import connection

BEFORE, AFTER, AMID, HALF, DOT = "before", "after", "amid", "half", "dot"
REMINDER, NOTICE = "reminder", "notice"

Call = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Point:
    """`when` is before the function begins, after it has returned, before one of the UPDATEs amid it, or when half of
    what it was given to send has left, or all of it. `fruitful`: a call that returns nothing does not count."""

    module: str
    attribute: str
    when: str
    what: str
    fruitful: bool = False


POINTS: dict[str, Point] = {
    # K1, K2: whoever writes
    "stored": Point("tracker.services.outbox", "enqueue", AFTER, "the message is written, not committed"),
    "ringing": Point("tracker.services.wakeups", "wake_after_commit", AFTER, "the bell is tied to a commit to come"),
    "in the database": Point(
        "django.db.backends.base.base", "BaseDatabaseWrapper.run_and_clear_commit_hooks", BEFORE, "just committed"
    ),
    "committed": Point("tracker.services.wakeups", "Bell.ring", BEFORE, "committed, nobody woken"),
    "publishing": Point("celery.app.base", "Celery.send_task", BEFORE, "about to speak to the broker"),
    # K3: the planner
    "planning": Point("tracker.services.outbox.incoming", "_message", BEFORE, "occurrences written, messages not"),
    "batch stored": Point("tracker.services.outbox", "enqueue", AFTER, "a batch is written, not committed"),
    "batch done": Point(
        "tracker.services.reminders.planner", "_plan_batch", AFTER, "a batch is committed, others wait", True
    ),
    # K4 to K7: the sender
    "claimed": Point("tracker.services.outbox", "claim", AFTER, "taken, nothing done", True),
    "accepted": Point("tracker.services.outbox", "begin", BEFORE, "the server accepted the reader"),
    "begun": Point("tracker.services.outbox", "begin", AFTER, "marked as being handed over", True),
    "half sent": Point("smtplib", "SMTP.send", HALF, "half of the content has left"),
    "dot sent": Point("smtplib", "SMTP.send", DOT, "the final dot has left, no answer read"),
    "taken": Point("tracker.services.outbox", "sent", BEFORE, "the server took it, not yet written"),
    # K8: the sweeper
    "sweeping": Point("tracker.services.outbox", "sweep", AMID, "between two of its updates"),
    # Not to die at, but to know of
    "handing over": Point("tracker.services.dispatch", "_hand_over", BEFORE, "a letter is about to leave"),
    "delivered": Point("tracker.services.dispatch", "deliver", AFTER, "one step of the dispatcher is done", True),
}


def kill() -> None:
    """Nothing of this process runs any more, not even a `finally`."""
    os.kill(os.getpid(), signal.SIGKILL)


def stop() -> None:
    """The process stands still, from this very moment of this thread, until somebody lets it go on."""
    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def arm(
    name: str, act: Callable[[], object], *, skip: int = 0, about: str = "", to: str = "", always: bool = False
) -> None:
    """Lets `act` happen at the point, `skip` times later than the first, and then no more unless `always`; `about`
    counts only reminders or notices, `to` only what goes to the patient of that address."""
    point = POINTS[name]
    owner, last = place(point)
    original = getattr(owner, last)
    wrapped = WRAPPERS[point.when](original, Fuse(act, skip, always), Counting(about, to, point.fruitful))
    setattr(owner, last, functools.wraps(original)(wrapped))


def measure(name: str, into: Path) -> None:
    """Writes into a file how many seconds each call of the function took, however it ended."""
    owner, last = place(POINTS[name])
    original = getattr(owner, last)

    @functools.wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        begun = time.monotonic()
        try:
            return original(*args, **kwargs)
        finally:
            with into.open("a") as file:
                file.write(f"{time.monotonic() - begun}\n")

    setattr(owner, last, wrapped)


def place(point: Point) -> tuple[Any, str]:
    """The object that holds the function, and its name there. Raises AttributeError where the product has no such."""
    owner: Any = import_module(point.module)
    *path, last = point.attribute.split(".")
    for each in path:
        owner = getattr(owner, each)
    getattr(owner, last)
    return owner, last


class Fuse:
    """Burns down by one each time; then it acts, once or always."""

    def __init__(self, act: Callable[[], object], skip: int, always: bool) -> None:
        self._act, self._left, self._always = act, skip + 1, always
        self._one_at_a_time = threading.Lock()

    def burn(self) -> bool:
        """Whether this time is the one."""
        with self._one_at_a_time:
            self._left -= 1
            return self._left == 0 or (self._always and self._left < 0)

    def act(self) -> None:
        if self.burn():
            self.end()

    def end(self) -> None:
        self._act()


@dataclass(frozen=True, slots=True)
class Counting:
    """Which calls count."""

    about: str
    to: str
    fruitful: bool

    def __call__(self, args: tuple[Any, ...], result: object = True) -> bool:
        if args and (args[0] == [] or getattr(args[0], "run_on_commit", True) == []):
            return False  # nothing to store, no hooks to run
        if self.to and self.to not in _patients(args):
            return False
        return bool(result or not self.fruitful) and self.about in ("", _nature(args, self.about))


def _nature(args: tuple[Any, ...], unknown: str) -> str:
    """Of the message that a call is about: a row, several rows of one bundle, or the content on its way."""
    *_, last = args or (None,)
    if isinstance(last, bytes):
        return NOTICE if b"Subject: Urgent" in last or b"Subject: Again" in last else REMINDER
    first = args[0][0] if args and isinstance(args[0], list | tuple) else args[0] if args else None
    return str(getattr(first, "nature", unknown))


def _patients(args: tuple[Any, ...]) -> set[str]:
    """Addresses of the patients whom the rows that a call is about are for."""
    rows = args[0] if args and isinstance(args[0], list | tuple) else []
    return {row.patient.email for row in rows if row.patient is not None and row.recipient_id is None}


def _is_content(smtp: object, sent: bytes | str) -> bool:
    return isinstance(sent, bytes) and sent.endswith(b"\r\n.\r\n")


def _before(original: Call, fuse: Fuse, counts: Counting) -> Call:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if counts(args):
            fuse.act()
        return original(*args, **kwargs)

    return wrapped


def _after(original: Call, fuse: Fuse, counts: Counting) -> Call:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        if counts(args, result):
            fuse.act()
        return result

    return wrapped


def _dot(original: Call, fuse: Fuse, counts: Counting) -> Call:
    def wrapped(*args: Any) -> None:
        original(*args)
        if _is_content(*args) and counts(args):
            fuse.act()

    return wrapped


def _half(original: Call, fuse: Fuse, counts: Counting) -> Call:
    def wrapped(smtp: Any, sent: Any) -> None:
        if _is_content(smtp, sent) and counts((smtp, sent)) and fuse.burn():
            original(smtp, sent[: len(sent) // 2])
            fuse.end()
        original(smtp, sent)

    return wrapped


def _amid(original: Call, fuse: Fuse, counts: Counting) -> Call:
    def watched(execute: Call, sql: str, params: Any, many: bool, context: Mapping[str, Any]) -> Any:
        if sql.startswith("UPDATE"):
            fuse.act()
        return execute(sql, params, many, context)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        with connection.execute_wrapper(watched):
            return original(*args, **kwargs)

    return wrapped


WRAPPERS = {BEFORE: _before, AFTER: _after, AMID: _amid, HALF: _half, DOT: _dot}
