"""What every test may use. Cast and scenes stand in the rooms that need them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.conf import settings

from tracker import clock as real_clock

# The same calendar date in New York, London and Auckland.
A_MONDAY_MORNING = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[real_clock.StoppedClock]:
    """The product's clock, standing at A_MONDAY_MORNING; `.set(instant)` and `.advance(days=1)` move it."""
    with real_clock.freeze(A_MONDAY_MORNING) as stopped:
        yield stopped


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A database of this test process alone: a file on SQLite, so that threads and WAL behave as they do in use."""
    entry = settings.DATABASES["default"]
    entry.setdefault("TEST", {})
    if "sqlite" in entry["ENGINE"]:
        entry["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
    else:
        entry["TEST"]["NAME"] = f"test_recovery_{os.getpid()}"
