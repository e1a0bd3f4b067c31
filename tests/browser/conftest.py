"""A running site and a real browser. Skipped where no Chromium is found; runs everywhere else with `pytest -m browser`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from tests import scenes
from tests.browser import chromium
from tests.scenes import Staff
from tracker.clock import StoppedClock
from tracker.models import Episode, User


@pytest.fixture(scope="session")
def chrome() -> Iterator[Browser]:
    if chromium.PATH is None:
        pytest.skip("no Chromium on PATH")
    with pytest.MonkeyPatch.context() as environment, chromium.chromium() as browser:
        # Playwright keeps an event loop in this thread, which Django would take for an asynchronous caller.
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield browser


@dataclass(frozen=True, slots=True)
class Site:
    """The running product, and windows onto it."""

    url: str
    browser: Browser
    opened: list[BrowserContext]

    def window(
        self, user: User | None, size: dict[str, int] = chromium.PHONE, scheme: str = "light", **options: Any
    ) -> Page:
        """A page of a fresh window in which `user` is signed in."""
        context = chromium.window(self.browser, size, scheme, base_url=self.url, **options)
        self.opened.append(context)
        if user is not None:
            client = Client()
            client.force_login(user)
            chromium.sign_in(context, self.url, str(client.session.session_key))
        return context.new_page()


@pytest.fixture
def site(chrome: Browser, committed: None, clock: StoppedClock, live_server: LiveServer) -> Iterator[Site]:
    running = Site(live_server.url, chrome, [])
    yield running
    for context in running.opened:
        context.close()


@pytest.fixture
def riverside(site: Site) -> Staff:
    return scenes.clinic()


@pytest.fixture
def knee(riverside: Staff) -> Episode:
    """84 kg, left, mowhto_std, day 21, signed: up to 42 kg."""
    return scenes.knee(riverside)


@pytest.fixture
def phone(site: Site, knee: Episode) -> Callable[..., Page]:
    """A window of the patient's phone; `phone(java_script_enabled=False)` is one without scripts."""
    return lambda **options: site.window(scenes.patient(knee).user, **options)
