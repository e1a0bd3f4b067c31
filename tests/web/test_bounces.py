"""What did not arrive after all: a mail server's report on standard input, and a provider's webhook."""

from __future__ import annotations

import io
import json
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.apps import apps
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import clear_url_caches
from hypothesis import given
from hypothesis import strategies as some
from pytest_django import Settings
from twilio.request_validator import RequestValidator

from tests.services.reminding import message
from tests.web.reports import HEADERS, REPORT, WHOLE, report
from tracker import clock as product_clock
from tracker.management.commands import bounce
from tracker.models import Call, Episode, Kind, OutboxMessage, Reach
from tracker.services import dispatch
from tracker.web import bounces

State = OutboxMessage.State
SECRET = "postmark:a long secret"


@pytest.fixture
def left(knee: Episode, settings: Settings, tmp_path: Path) -> OutboxMessage:
    """A check-in reminder that left under its Message-ID."""
    settings.MAIL_DIR = tmp_path
    sent = message(knee)
    dispatch.deliver(now=product_clock.now())
    sent.refresh_from_db()
    assert (sent.state, bool(sent.message_id)) == (State.SENT, True)
    return sent


# --- A mail server's report -------------------------------------------------------------------------------------------


def pipe(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> str:
    said = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    call_command("bounce", stdout=said)
    return said.getvalue()


@pytest.mark.parametrize("original", [WHOLE, HEADERS])
def test_a_message_that_came_back_is_failed_and_its_way_is_known_to_fail(
    left: OutboxMessage, monkeypatch: pytest.MonkeyPatch, original: str
) -> None:
    said = pipe(report(left.message_id, original=original), monkeypatch)
    assert f"came back under {left.message_id}" in said
    left.refresh_from_db()
    assert left.state == State.FAILED
    assert "User unknown" in left.last_error
    row = Reach.objects.get(channel="email")
    assert row.failed_at == product_clock.now()
    assert OutboxMessage.objects.filter(kind=Kind.UNREACHABLE, channel="calls").count() == 1


def test_the_same_report_twice_is_told_once(left: OutboxMessage, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(report(left.message_id), monkeypatch)
    assert "0 messages came back" in pipe(report(left.message_id), monkeypatch)
    assert OutboxMessage.objects.filter(kind=Kind.UNREACHABLE).count() == 1
    assert not Call.objects.exists()


@pytest.mark.parametrize(
    "raw",
    [
        report("<one@clinic.example>", action="delayed", status="4.4.1"),
        report("<one@clinic.example>", action="failed", status="4.2.2"),
        report("<one@clinic.example>", action="delivered", status="2.0.0"),
        report("", original="Content-Type: text/plain\n\nnothing of the original\n"),
        b"From: robin@example.org\r\nSubject: Re: your message\r\n\r\nI am on holiday.\r\n",
        b"",
        b"\xff\xfe\x00",
    ],
)
def test_only_a_delivery_that_failed_for_good_counts(raw: bytes) -> None:
    assert bounce.read(raw) is None


def test_whatever_is_piped_in_the_mail_server_gets_no_error_to_send_back(
    knee: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Nothing was changed" in pipe(b"\xff" * 5000, monkeypatch)
    assert "0 messages came back" in pipe(report("<unknown@clinic.example>"), monkeypatch)


@given(
    changed=some.lists(some.tuples(some.integers(0, len(REPORT)), some.binary(max_size=8)), max_size=6),
    message_id=some.text(max_size=30),
)
def test_no_mail_however_broken_is_too_much_for_it(changed: list[tuple[int, bytes]], message_id: str) -> None:
    raw = bytearray(report("<one@clinic.example>"))
    for at, octets in changed:
        raw[at : at + len(octets)] = octets
    for each in (bytes(raw), report(message_id.encode("utf-8", "replace").decode())):
        found = bounce.read(each)
        assert found is None or (found.message_id and found.detail)


# --- A provider's webhook ---------------------------------------------------------------------------------------------

urlpatterns: list[Any] = []


@pytest.fixture
def hook() -> Iterator[Callable[..., int]]:
    """An installation set up with Postmark; tells what its webhook answers."""
    set_up = {"POSTMARK_SERVER_TOKEN": "token", "WEBHOOK_SECRET": SECRET}
    names = [*(config.name for config in apps.get_app_configs()), "anymail"]
    with override_settings(ANYMAIL=set_up, MAIL_PROVIDER="postmark", INSTALLED_APPS=names, ROOT_URLCONF=__name__):
        urlpatterns[:] = bounces.patterns()
        clear_url_caches()

        def post(event: dict[str, Any], secret: str = SECRET) -> int:
            proof = "Basic " + b64encode(secret.encode()).decode()
            client = Client(enforce_csrf_checks=True)
            body, kind = json.dumps(event), "application/json"
            return client.post("/hooks/postmark/tracking/", body, kind, headers={"Authorization": proof}).status_code

        yield post
    clear_url_caches()


def event(of: OutboxMessage, **changes: str) -> dict[str, Any]:
    """As Postmark sends it."""
    return {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "MessageID": "883953f4",
        "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
        "Details": "smtp;550 5.1.1 no such user",
        "Email": "robin@example.org",
        "BouncedAt": "2026-06-15T09:00:05Z",
        "Metadata": {"message_id": of.message_id.strip("<>")},
    } | changes


def test_a_bounce_that_a_provider_tells_of_counts_like_a_report(left: OutboxMessage, hook: Callable[..., int]) -> None:
    assert hook(event(left)) == 200
    left.refresh_from_db()
    assert left.state == State.FAILED
    assert Reach.objects.get(channel="email").failed_at == product_clock.now()


def test_telling_it_again_changes_nothing_more(left: OutboxMessage, hook: Callable[..., int]) -> None:
    assert [hook(event(left)) for _ in range(3)] == [200, 200, 200]
    assert OutboxMessage.objects.filter(kind=Kind.UNREACHABLE).count() == 1


@pytest.mark.parametrize("changes", [{"Type": "Transient"}, {"RecordType": "Delivery"}, {"RecordType": "Open"}])
def test_what_is_no_failure_is_taken_note_of_and_no_more(
    left: OutboxMessage, hook: Callable[..., int], changes: dict[str, str]
) -> None:
    assert hook(event(left, **changes)) == 200
    left.refresh_from_db()
    assert left.state == State.SENT


def test_a_complaint_counts_since_the_provider_takes_no_more_for_that_address(
    left: OutboxMessage, hook: Callable[..., int]
) -> None:
    assert hook(event(left, RecordType="SpamComplaint", Type="SpamComplaint")) == 200
    left.refresh_from_db()
    assert left.state == State.FAILED


@pytest.mark.parametrize("secret", ["", "postmark:wrong", "a long secret"])
def test_nobody_without_the_secret_can_say_that_a_message_came_back(
    left: OutboxMessage, hook: Callable[..., int], secret: str
) -> None:
    assert hook(event(left), secret) == 400
    left.refresh_from_db()
    assert left.state == State.SENT


@pytest.mark.parametrize("metadata", [{}, {"message_id": "unknown@clinic.example"}, {"message_id": ""}])
def test_an_event_about_a_message_of_somebody_else_is_let_pass(
    left: OutboxMessage, hook: Callable[..., int], metadata: dict[str, str]
) -> None:
    assert hook(event(left) | {"Metadata": metadata}) == 200
    left.refresh_from_db()
    assert left.state == State.SENT


def test_there_is_no_webhook_without_a_secret_or_without_a_provider() -> None:
    assert bounces.patterns() == []
    names = [*(config.name for config in apps.get_app_configs()), "anymail"]
    with override_settings(ANYMAIL={"WEBHOOK_SECRET": ""}, MAIL_PROVIDER="postmark", INSTALLED_APPS=names):
        assert bounces.patterns() == []


def test_of_the_many_providers_that_anymail_knows_only_ones_own_is_listened_to(hook: Callable[..., int]) -> None:
    assert [str(pattern.pattern) for pattern in urlpatterns] == ["hooks/postmark/tracking/"]


# --- Twilio's reports -------------------------------------------------------------------------------------------------

TOKEN = "a token"


@pytest.fixture
def texted(knee: Episode, settings: Settings, tmp_path: Path) -> OutboxMessage:
    """A reminder that left as a text message."""
    settings.MAIL_DIR, settings.SMS_URL = tmp_path, "files://"
    knee.patient.phone = "+447700900123"
    knee.patient.save()
    sent = message(knee)
    OutboxMessage.objects.filter(pk=sent.pk).update(channel="sms")
    dispatch.deliver(now=product_clock.now())
    sent.refresh_from_db()
    assert sent.state == State.SENT
    return sent


@pytest.fixture
def twilio() -> Iterator[Callable[..., int]]:
    """An installation set up with Twilio; tells what its webhook answers."""
    with override_settings(SMS_URL=f"twilio://AC1:{quote(TOKEN)}@/+447700900999", ROOT_URLCONF=__name__):
        urlpatterns[:] = bounces.patterns()
        clear_url_caches()

        def post(of: OutboxMessage, token: str = TOKEN, **said: str) -> int:
            address = f"/hooks/texts/?{urlencode({'message_id': of.message_id})}"
            signature = RequestValidator(token).compute_signature(f"http://127.0.0.1:8000{address}", said)
            client = Client(enforce_csrf_checks=True)
            return client.post(address, said, headers={"X-Twilio-Signature": signature}).status_code

        yield post
    clear_url_caches()


def test_a_number_that_no_text_can_reach_counts_as_failing(texted: OutboxMessage, twilio: Callable[..., int]) -> None:
    assert twilio(texted, MessageStatus="undelivered", ErrorCode="30006") == 204
    texted.refresh_from_db()
    assert texted.state == State.FAILED
    assert Reach.objects.get(channel="sms").failed_at == product_clock.now()


@pytest.mark.parametrize(
    "said",
    [{"MessageStatus": "delivered"}, {"MessageStatus": "undelivered", "ErrorCode": "30003"}, {"MessageStatus": "sent"}],
)
def test_a_telephone_that_is_switched_off_is_no_wrong_number(
    texted: OutboxMessage, twilio: Callable[..., int], said: dict[str, str]
) -> None:
    assert twilio(texted, **said) == 204
    texted.refresh_from_db()
    assert texted.state == State.SENT


def test_nobody_but_twilio_can_say_what_became_of_a_text(texted: OutboxMessage, twilio: Callable[..., int]) -> None:
    assert twilio(texted, token="another", MessageStatus="undelivered", ErrorCode="30006") == 400
    texted.refresh_from_db()
    assert texted.state == State.SENT
