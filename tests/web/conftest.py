"""A knee on day 21 and its people, for the pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from tests import scenes
from tests.scenes import Staff
from tracker.clock import StoppedClock
from tracker.models import Actor, Episode


@pytest.fixture
def riverside(db: None, clock: StoppedClock) -> Staff:
    return scenes.clinic()


@pytest.fixture
def knee(riverside: Staff) -> Episode:
    """84 kg, left, mowhto_std, day 21, signed: up to 42 kg."""
    return scenes.knee(riverside)


@pytest.fixture
def phone(knee: Episode, client: Client) -> Client:
    """The patient's browser."""
    client.force_login(scenes.patient(knee).user)
    return client


@pytest.fixture
def browser_of() -> Callable[[Actor], Client]:
    """A signed-in browser for anybody of the cast."""

    def sign_in(who: Actor) -> Client:
        browser = Client()
        browser.force_login(who.user)
        return browser

    return sign_in


@pytest.fixture
def physio(riverside: Staff, browser_of: Callable[[Actor], Client]) -> Client:
    return browser_of(riverside.physiotherapist)


@pytest.fixture
def surgeon(riverside: Staff, browser_of: Callable[[Actor], Client]) -> Client:
    return browser_of(riverside.surgeon)


@pytest.fixture
def coordinator(riverside: Staff, browser_of: Callable[[Actor], Client]) -> Client:
    return browser_of(riverside.coordinator)


@pytest.fixture
def stranger(riverside: Staff, browser_of: Callable[[Actor], Client]) -> Client:
    """A surgeon of another clinic."""
    return browser_of(scenes.clinic("Hillside Clinic").surgeon)
