"""From a patient's word to whoever hears of it: by mail within seconds, again, and at last by a telephone call."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from recovery import embedded
from tests import scenes
from tests.scenes import Staff
from tests.services.reminding import mails
from tests.services.telling import told as told_of
from tracker.clock import StoppedClock
from tracker.models import Alert
from tracker.selectors import calls
from tracker.services import rounds


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


def test_an_alert_that_nobody_takes_on_ends_as_a_call_with_the_number_and_a_word_about_it(
    home: Staff, clock: StoppedClock, mail: Path, client: Client
) -> None:
    knee = scenes.knee(home)
    scenes.check_in(knee, pain_load=4, symptoms=["breathless"])
    for _ in range(13):
        rounds.once(now=clock.instant)
        clock.advance(timedelta(minutes=15))
    assert len(told_of(mail, "Urgent: please look now")) == 2
    assert len(told_of(mail, "Urgent: nobody has taken this on yet")) == 2 * 2

    client.force_login(home.physiotherapist.user)
    page = client.get("/calls/").content.decode()
    (entry,) = calls.open_entries(home.clinic)
    assert all(said in page for said in (entry.sentence, entry.name, entry.phone))
    client.post(f"/calls/{entry.id}/", {"outcome": "reached", "note": "On her way."})
    assert calls.open_entries(home.clinic) == []

    (alert,) = Alert.objects.all()
    client.post(
        f"/api/v1/alerts/{alert.pk}/acknowledge/",
        {"note": "Sent her to emergency care."},
        content_type="application/json",
    )
    assert alert.events.filter(kind="acknowledged").exists()
    mailed = len(mails(mail))
    clock.advance(timedelta(days=1))
    rounds.once(now=clock.instant)
    assert [letter["Subject"] for letter in mails(mail)[mailed:] if "Urgent" in str(letter["Subject"])] == []
