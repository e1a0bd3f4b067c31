"""Waiting for others, but never for longer than was meant."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

Result = TypeVar("Result")


def nothing(result: object) -> None:
    """What is done with a result that came too late, where nothing needs to be."""


def within(seconds: float, take: Callable[[], Result], late: Callable[[Result], object] = nothing) -> Result:
    """What `take` returns or raises; TimeoutError where that needs longer, as looking up a name may.

    It goes on in a thread that nobody waits for; what it still brings is given to `late`.
    """
    outcome: Future[Result] = Future()
    threading.Thread(target=_settle, args=(outcome, take), daemon=True).start()
    try:
        return outcome.result(seconds)
    except TimeoutError:
        outcome.add_done_callback(lambda done: None if done.exception() else late(done.result()))
        raise


def _settle(outcome: Future[Result], take: Callable[[], Result]) -> None:
    try:
        result = take()
    except Exception as error:  # noqa: BLE001 - raised where it is waited for
        outcome.set_exception(error)
    else:
        outcome.set_result(result)
