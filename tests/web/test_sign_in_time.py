"""Nobody reads off the time of an answer whether an address is known. The medians of many tries are compared, taken in
turns, so that whatever else the machine does falls on both alike.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from threading import BoundedSemaphore

import pytest
from django.conf import LazySettings
from django.test import Client

from tests import scenes
from tests.scenes import Staff
from tracker.channels import Letter
from tracker.models import Episode
from tracker.services import account_mail

pytestmark = pytest.mark.django_db

NOBODY = "nobody@example.org"
TRIES = 200
NEAR = 0.020


@pytest.fixture(autouse=True)
def unlimited(settings: LazySettings) -> None:
    settings.ACCOUNT_RATE_LIMITS = dict.fromkeys(settings.ACCOUNT_RATE_LIMITS)


@pytest.fixture(autouse=True)
def slow_mail(settings: LazySettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Mail leaves in the background as it does in use, and the mail server takes its time."""
    left: list[str] = []

    def hand_over(letter: Letter) -> None:
        time.sleep(0.06)
        left.append(letter.to)

    settings.ACCOUNT_MAIL_IN_BACKGROUND = True
    senders = ThreadPoolExecutor(2)
    monkeypatch.setattr(account_mail, "_senders", senders)
    monkeypatch.setattr(account_mail, "_room", BoundedSemaphore(10 * TRIES))
    monkeypatch.setattr(account_mail, "_hand_over", hand_over)
    yield left
    senders.shutdown(cancel_futures=True)


def apart(ask: Callable[[str], None], known: str, tries: int = TRIES) -> float:
    """By how much the medians differ, in seconds."""
    took: dict[str, list[float]] = {known: [], NOBODY: []}
    for number in range(tries):
        for email in (known, NOBODY) if number % 2 else (NOBODY, known):
            began = time.perf_counter()
            ask(email)
            took[email].append(time.perf_counter() - began)
    found = median(took[known]) - median(took[NOBODY])
    print(
        f"{tries} tries each: {median(took[known]) * 1000:.1f} ms known, {median(took[NOBODY]) * 1000:.1f} ms unknown"
    )
    return abs(found)


def post(path: str, **fields: str) -> Callable[[str], None]:
    def ask(email: str) -> None:
        sent = {name: value.format(email) for name, value in fields.items()}
        assert Client().post(path, sent).status_code in (200, 302)

    return ask


def test_a_wrong_password_takes_as_long_for_a_known_address_as_for_an_unknown_one(
    riverside: Staff, settings: LazySettings
) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    known = scenes.user()
    ask = post("/accounts/login/", login="{}", password="wrong")
    assert apart(ask, known.email, tries=60) < NEAR


@pytest.mark.parametrize("of", ["patient", "staff"])
def test_a_mailed_code_is_asked_for_in_the_same_time(riverside: Staff, knee: Episode, of: str) -> None:
    known = scenes.patient(knee).user if of == "patient" else riverside.surgeon.user
    assert apart(post("/accounts/login/code/", email="{}"), known.email) < NEAR


def test_a_new_password_is_asked_for_in_the_same_time(knee: Episode, slow_mail: list[str]) -> None:
    known = scenes.patient(knee).user
    assert apart(post("/accounts/password/reset/", email="{}"), known.email) < NEAR
    assert slow_mail, "or it proves nothing"
