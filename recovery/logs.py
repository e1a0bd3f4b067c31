"""Log lines that carry no patient data: no query string, no row that a database quotes back."""

from __future__ import annotations

import logging
import re
from types import TracebackType

QUERY_STRING = re.compile(r"(\s|^)(/[^\s?\"']*)\?[^\s\"']*")
QUOTED_ROW = re.compile(r"^(DETAIL|CONTEXT):.*$", re.MULTILINE)


class NoQueryString(logging.Filter):
    """Cut everything after the `?` of a path, wherever the line mentions one."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = QUERY_STRING.sub(r"\1\2", record.getMessage()), None
        return True


class PlainFormatter(logging.Formatter):
    """One line a record; of a database error only the statement of what was broken, not the row that broke it."""

    def formatException(
        self, error: tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    ) -> str:
        return QUOTED_ROW.sub(r"\1: (withheld)", super().formatException(error))
