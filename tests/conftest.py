"""What every test may use. Cast and scenes stand in the rooms that need them."""

from __future__ import annotations

import os
import socket
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.userkit import user_id_to_str
from django.conf import settings
from django.contrib.auth import user_logged_in
from django.core.cache import cache
from django.core.management import call_command
from django.dispatch import receiver
from django.http import HttpRequest
from hypothesis import settings as hypothesis_settings

from tracker import clock as real_clock
from tracker.models import User, triggers
from tracker.web import consents, lock, presence  # noqa: F401  each takes part in a sign-in, also before any request

# The same calendar date in New York, London and Auckland.
A_MONDAY_MORNING = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)

# Examples share the machine with other tests, so none is judged by how long it took.
hypothesis_settings.register_profile("shared", deadline=None)
hypothesis_settings.load_profile("shared")


@pytest.fixture
def clock() -> Iterator[real_clock.StoppedClock]:
    """The product's clock, standing at A_MONDAY_MORNING; `.set(instant)` and `.advance(days=1)` move it."""
    with real_clock.freeze(A_MONDAY_MORNING) as stopped:
        yield stopped


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    """Each test begins with no try counted against anybody."""
    cache.clear()


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """A database in which every write is committed, as threads need it; emptied again although rows are undeletable."""
    yield
    with triggers.lifted():
        call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A database of this test process alone: a file on SQLite, so that threads and WAL behave as they do in use."""
    entry = settings.DATABASES["default"]
    entry.setdefault("TEST", {})
    if "sqlite" in entry["ENGINE"]:
        entry["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
    else:
        entry["TEST"]["NAME"] = f"test_recovery_{os.getpid()}"


# --- Servers: from the environment, else on their usual local port, else the test is skipped ------------------------


@pytest.fixture(scope="session")
def redis_url() -> str:
    return server("REDIS_URL", "redis://127.0.0.1:6379/15")


@pytest.fixture(scope="session")
def amqp_url() -> str:
    return server("AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//")


def server(variable: str, usual: str) -> str:
    url = os.environ.get(variable, usual)
    address = urlsplit(url)
    try:
        socket.create_connection((address.hostname or "", address.port or 0), timeout=1).close()
    except OSError:
        pytest.skip(f"nothing answers at {address.hostname}:{address.port}; set {variable}")
    return url


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where TESTS_THAT_MUST_RUN names a marker (browser, servers), a test that skips itself has failed."""
    report = yield
    needed = os.environ.get("TESTS_THAT_MUST_RUN", "").split()
    if report.skipped and not hasattr(report, "wasxfail") and any(item.get_closest_marker(name) for name in needed):
        report.outcome = "failed"
        report.longrepr = f"must run here, but was skipped: {report.longrepr}"
    return report


@receiver(user_logged_in)
def fully(request: HttpRequest, user: User, **_: object) -> None:
    """`force_login` stands for somebody who has just shown a passkey; a sign-in through the pages is what it was."""
    if request.path:
        return
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "mfa", "type": "webauthn", "at": real_clock.now().timestamp(), "reauthenticated": True}
    ]
    request.session["account_authentication_methods_user"] = user_id_to_str(user)
