"""Log lines that cannot carry a name or a note: what is not known to be harmless is withheld.

Each record is cleaned as it is made, whoever makes it and wherever it goes. Of a line its fixed words stay; of what is
put into them numbers, ids, times, codes and names in the program; of a path the page that it leads to, with ids but
without a token or a query; of an exception its kind, where it was raised and which rule was broken, never its text,
which quotes what people typed. A line stays one line whatever is put into it.
"""

from __future__ import annotations

import errno
import http
import logging
import logging.config
import os
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time, timedelta
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.apps import apps
from django.urls import Resolver404, resolve

WITHHELD = "(withheld)"
OURS = ("tracker", "recovery")
ENGINES = ("celery", "kombu", "amqp", "gunicorn")
"""Their lines are about processes and brokers; what a request or a job holds reaches them only as an argument."""

PLACE = re.compile(r"%(\(\w+\))?[-#0 +]*\d*(?:\.\d+)?[a-zA-Z]")
PLAIN = re.compile(r"[A-Za-z0-9 ,.()@_-]*")
NUMBER = re.compile(r"-?\d{1,6}(\.\d{1,9})?")
INSTANT = re.compile(r"\[?\d{2}/\w{3}/\d{4}[: ][\d:]+( [+-]\d{4})?\]?")
SERVER = re.compile(r"(https?://)?(\d{1,3}(\.\d{1,3}){3}|\[[0-9a-f:]+\]|localhost)(:\d{1,5})?/?")
TRAIL = re.compile(
    r"(head|chain) ([0-9a-f-]{36}|installation)( \d+ [0-9a-f]{64}|(, number \d+)?: [A-Za-z0-9 ,.;'-]{1,160})"
)
"""How a chain of the trail ends, and what is wrong with it: see `selectors.chains`."""
NAME = re.compile(r"[a-z-]{1,40}")
ORIGIN = re.compile(r"(https?|wss?)://[a-z0-9.-]{1,253}(:\d{1,5})?")
TASK = re.compile(r"tracker\.tasks\.\w+")
REQUEST = re.compile(r"(?P<method>[A-Z]{3,7}) (?P<path>/\S*)(?P<version> HTTP/[\d.]+)?")
BROKEN_RULE = re.compile(
    r"(UNIQUE|CHECK|NOT NULL|FOREIGN KEY) constraint failed(: [\w., ]+)?|database (table )?is locked"
)


def configure(config: dict[str, Any]) -> None:
    """Django's LOGGING_CONFIG."""
    logging.setLogRecordFactory(Record)
    logging.config.dictConfig(config)


class Record(logging.LogRecord):
    """A record that holds nothing but what may be read by anybody who looks after the machine."""

    def __init__(
        self,
        name: str,
        level: int,
        pathname: str,
        lineno: int,
        msg: object,
        args: Any,
        exc_info: Any,
        func: str | None = None,
        sinfo: str | None = None,
        **_: object,
    ) -> None:
        super().__init__(name, level, pathname, lineno, one_line(said(name, msg, args)), None, None, func, sinfo)
        if isinstance(exc_info, tuple) and exc_info[1] is not None:
            self.exc_text = trouble(exc_info[1])


def said(name: str, msg: object, args: Any) -> str:
    """The line with whatever may stand in it."""
    if not isinstance(msg, str):
        return str(clean(msg))
    if not args:
        return msg if _is_fixed(name, msg) else WITHHELD
    given = args if isinstance(args, tuple) else (args,)
    try:
        if "%(" in msg and isinstance(given[0], Mapping):
            return msg % {key: clean(value) for key, value in dict(given[0]).items()}
        return msg % tuple(clean(value) for value in given)
    except (TypeError, ValueError, KeyError):
        return PLACE.sub(WITHHELD, msg)


def _is_fixed(name: str, msg: str) -> bool:
    """A line without arguments may have been put together before: ours are not, which a test looks after."""
    room = name.partition(".")[0]
    return room in OURS or (room in ENGINES and PLAIN.fullmatch(msg) is not None)


def one_line(text: str) -> str:
    """Whatever would end the line, colour it or turn it about, as an escape."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


# --- What is put into a line ----------------------------------------------------------------------------------------


def clean(value: object) -> Any:
    """The value if it is harmless, else a word in its place."""
    for kind, harmless in HARMLESS:
        if isinstance(value, kind):
            return harmless(value)
    return f"({type(value).__name__})"


def word(text: str) -> str:
    """A text that is known to come from the program."""
    if request := REQUEST.fullmatch(text):
        return f"{request['method']} {page(request['path'])}{request['version'] or ''}"
    if text.startswith("/"):
        return page(text)
    known = _is_id(text) or any(shape.fullmatch(text) for shape in (NUMBER, INSTANT, SERVER, ORIGIN, TASK, TRAIL))
    return text if known or text in vocabulary() or text in of_pages(text) else WITHHELD


def of_pages(text: str) -> frozenset[str]:
    """The names of our pages and the words of the content policy; only for what looks like one, as it loads the pages."""
    try:
        return _policy_words() if NAME.fullmatch(text) else frozenset()
    except Exception:  # noqa: BLE001 - a line is written while the program starts or breaks, too
        return frozenset()


@cache
def _policy_words() -> frozenset[str]:
    from django.urls import get_resolver

    from tracker.web import csp

    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    return frozenset({*names, *csp.DIRECTIVES, *csp.SOURCES, csp.UNKNOWN})


def page(path: str) -> str:
    """The address as the program knows it. Of its parts only ids are shown: a token opens something."""
    try:
        match = resolve(path.partition("?")[0])
    except Resolver404:
        return "/(no page)"
    except Exception:  # noqa: BLE001 - a line is written while the program starts or breaks, too
        return "/(path)"
    route = "/" + match.route.removeprefix("/")
    for name, value in match.kwargs.items():
        if _is_id(str(value)):
            route = re.sub(rf"<(\w+:)?{name}>", str(value), route)
    return route


def _is_id(text: str) -> bool:
    try:
        return len(text) in (32, 36) and bool(UUID(text))
    except ValueError:
        return False


def vocabulary() -> frozenset[str]:
    """Words of the protocol, of the machine and of our own code tables."""
    return _all_words() if apps.ready else _machine_words()


@cache
def _machine_words() -> frozenset[str]:
    phrases = {status.phrase for status in http.HTTPStatus} | {method.value for method in http.HTTPMethod}
    return frozenset({*phrases, *map(os.strerror, errno.errorcode), "None", "True", "False"})


@cache
def _all_words() -> frozenset[str]:
    """Read late: our modules log, so this one must not need them to be loaded."""
    from django.conf import settings

    from tracker.clinical import terms
    from tracker.models import ChannelName, Kind
    from tracker.services import heartbeats, rounds, sending

    tables: list[type[Enum]] = [ChannelName, Kind]
    tables += [table for table in vars(terms).values() if isinstance(table, type) and issubclass(table, Enum)]
    codes = {str(member.value) for table in tables for member in table}
    parts = {part.__name__ for part in rounds.PARTS} | {v for v in vars(heartbeats).values() if isinstance(v, str)}
    return _machine_words() | codes | parts | set(settings.LIMITS) | {sending.ANOTHER, sending.GONE_BACK} | EVENTS


EVENTS = frozenset({"bounced", "rejected", "failed", "complained", "deferred", "delivered", "unsubscribed"})
"""What a mail provider calls what became of a message."""


# --- What went wrong ------------------------------------------------------------------------------------------------


def trouble(error: BaseException) -> str:
    """The kinds of the exceptions and the places that they went through, the first cause first."""
    lines = []
    for each in reversed(list(_chain(error))):
        lines += [f"{fault(each)} at", *(f"  {place}" for place in _places(each))]
    return "\n".join(one_line(line) for line in lines)


def fault(error: BaseException) -> str:
    """Its kind, and what of its text is no quotation."""
    told = [str(known) for ask in ASKED if (known := ask(error))]
    return " ".join([type(error).__name__, *told])


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _places(error: BaseException) -> Iterator[str]:
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"{frame.filename}:{frame.lineno} in {frame.name}"


def _of_database(error: BaseException) -> str:
    cause = error.__cause__ or error
    names = [getattr(cause, "sqlstate", None), getattr(getattr(cause, "diag", None), "constraint_name", None)]
    return " ".join(str(name) for name in names if name)


def _broken_rule(error: BaseException) -> str:
    text = str(error)
    return text if BROKEN_RULE.fullmatch(text) else ""


def _of_machine(error: BaseException) -> str:
    return os.strerror(error.errno) if isinstance(error, OSError) and error.errno else ""


def _of_mail(error: BaseException) -> object:
    code = getattr(error, "smtp_code", None)
    return code if isinstance(code, int) else ""


ASKED: tuple[Callable[[BaseException], object], ...] = (_of_database, _broken_rule, _of_machine, _of_mail)


def _as_it_is(value: object) -> object:
    return value


def _each(values: Any) -> list[Any]:
    return [clean(value) for value in list(values)[:20]]


HARMLESS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    ((bool, int, float, type(None), UUID, date, time, timedelta), _as_it_is),
    (Enum, lambda member: str(member.value)),
    (str, word),
    (BaseException, fault),
    (Path, lambda path: path.name),
    ((list, tuple, set, frozenset), _each),
    (type, lambda kind: kind.__name__),
)
"""By kind, what of a value is shown; the first that fits."""
