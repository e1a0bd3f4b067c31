"""From a patient's word to the mail of whoever is on duty, by the wake-up alone: no beat, no page, within seconds."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from recovery import embedded
from tests import scenes
from tests.services.reminding import mails
from tracker.clock import StoppedClock


@pytest.fixture
def mail(settings: Settings, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path
    return tmp_path


@pytest.fixture
def worker() -> Iterator[None]:
    background = embedded.start(concurrency=2)
    background.beat.stop()
    yield
    background.stop()


def told(mail: Path) -> set[str]:
    return {str(letter["To"]) for letter in mails(mail) if letter["Subject"] == "Urgent: please look now"}


def test_breathlessness_reaches_the_clinicians_on_duty_within_seconds(
    committed: None, clock: StoppedClock, mail: Path, worker: None
) -> None:
    home = scenes.clinic()
    knee = scenes.knee(home)
    scenes.check_in(knee, pain_load=4, symptoms=["breathless"])
    on_duty = {home.physiotherapist.user.email, home.surgeon.user.email}
    until = time.monotonic() + 20
    while told(mail) != on_duty and time.monotonic() < until:
        time.sleep(0.02)
    assert told(mail) == on_duty
