"""A provider that is asked over HTTP: what its answer, or its silence, says about the message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from tracker.channels.channel import PATIENCE, RefusedError, UnsureError, one_line
from tracker.channels.patience import within

Result = TypeVar("Result")

CONNECT, ANSWER = 5.0, 15.0
"""Seconds for reaching a provider, and for each part of its answer."""
NO_ENTRY = {401, 402, 403, 407, 429, 503}
"""No account, no credit, no permission, too many, closed: the same would be said to every message."""
NOT_NOW = {408, 409, 425}


def ask(call: Callable[[], Result], *, patience: float = PATIENCE) -> Result:
    """What `call` returns; it makes one request by the library `requests`.

    Raises RefusedError where the request surely never left, UnsureError where it broke on its way or took too long.
    What a library says about an answer that came passes through.
    """
    try:
        return within(patience, call)
    except OSError as error:
        if getattr(error, "response", None) is not None:
            raise
        if never_left(error):
            raise RefusedError(f"connect: {in_words(error)}", permanent=False, provider=True) from error
        raise UnsureError(f"while the message was being handed over: {in_words(error)}") from error


def never_left(error: Exception) -> bool:
    """Whether a failed request got no further than looking for its server."""
    from requests import ConnectTimeout, RequestException
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    own = error.__cause__ if isinstance(error.__cause__, RequestException) else error
    reason = getattr(own.args[0], "reason", None) if own.args else None
    return isinstance(own, ConnectTimeout) or isinstance(reason, NewConnectionError | ConnectTimeoutError)


def meaning(status: int, said: str) -> RefusedError | UnsureError | None:
    """What an answer of HTTP means that is not a success. After 500, 502 or 504 nobody knows how far the provider got."""
    words = one_line(f"{status} {said}")
    if 200 <= status < 300:
        return None
    if status in NO_ENTRY or 300 <= status < 400:
        return RefusedError(words, permanent=False, provider=True)
    if 400 <= status < 500:
        return RefusedError(words, permanent=status not in NOT_NOW)
    return UnsureError(words)


def in_words(error: Any) -> str:
    return f"{type(error).__name__} {error}".strip()
