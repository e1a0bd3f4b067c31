"""The demo's post, read on screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client

from tests.services.reminding import message
from tracker.clock import StoppedClock
from tracker.models import Episode, OutboxMessage
from tracker.services import dispatch

pytestmark = pytest.mark.django_db


@pytest.fixture
def post_box(settings: LazySettings, tmp_path: Path) -> Path:
    settings.MAIL_DIR, settings.DEMO = tmp_path, True
    return tmp_path


@pytest.fixture
def sent(knee: Episode, post_box: Path, clock: StoppedClock) -> Episode:
    OutboxMessage.objects.all().delete()
    message(knee)
    while dispatch.deliver(now=clock.instant):
        pass
    return knee


def test_a_message_is_shown_with_reader_subject_and_links_that_lead_back_here(client: Client, sent: Episode) -> None:
    text = client.get("/demo/mail/").content.decode()
    assert "Time for your check-in" in text
    assert sent.patient.email in text
    assert 'href="/check-in/"' in text
    assert 'href="/unsubscribe/' in text
    assert 'href="http' not in text


def test_the_latest_stands_first_and_one_readers_can_be_picked(client: Client, post_box: Path) -> None:
    for at, reader in (("20260615T080000Z", "+447700900123"), ("20260615T090000Z", "+447700900124")):
        (post_box / f"{at}-_{reader[1:]}-abcdef12.txt").write_text(f"To: {reader}\n\nYour <plan> has changed.\n")
    (post_box / "notes.txt").write_text("not a message")
    text = client.get("/demo/mail/").content.decode()
    assert text.index("+447700900124") < text.index("+447700900123")
    assert "Your &lt;plan&gt; has changed." in text
    assert "2 messages" in text
    assert "+447700900124" not in client.get("/demo/mail/?to=%2B447700900123").content.decode()


def test_where_nothing_was_sent_it_says_so(client: Client, post_box: Path) -> None:
    assert "Nothing has been sent" in client.get("/demo/mail/?page=7").content.decode()


def test_every_page_of_the_demo_leads_to_it(client: Client, post_box: Path) -> None:
    assert 'href="/demo/mail/"' in client.get("/accounts/login/").content.decode()


def test_outside_the_demo_there_is_no_such_page(client: Client, physio: Client) -> None:
    assert client.get("/demo/mail/").status_code == 404
    assert physio.get("/demo/mail/").status_code == 404
