"""How many SQL statements a request takes, beside those that only open and close transactions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

FRAME = re.compile(r"^(SAVEPOINT|RELEASE|ROLLBACK|BEGIN|COMMIT)")


def count(
    headers: Mapping[str, str], path: str, wanted: int = 200, data: Callable[[], Any] | None = None, **sent: Any
) -> int:
    """Statements of the second request of its kind, when what is read once a process has been read.

    `headers` are those of a browser or a program. `data` makes what is posted, anew for each request.
    """
    client = Client(headers={"host": "127.0.0.1", "referer": "https://127.0.0.1/", **headers})
    for _ in range(2):
        with CaptureQueriesContext(connection) as captured:
            answer = client.post(path, data(), secure=True, **sent) if data else client.get(path, secure=True)
        assert answer.status_code == wanted, f"{path} answered {answer.status_code}: {answer.content[:400]!r}"
    return sum(not FRAME.match(query["sql"]) for query in captured)
