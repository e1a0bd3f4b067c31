"""Mail by a provider's own interface: what it is given, and what its answers mean."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pytest_django import Settings

from tests.channels.letters import LETTER
from tests.channels.sink import CUT, DRIP, HANG
from tests.channels.web_sink import WebSink, answering
from tracker.channels import Letter, RefusedError, UnsureError
from tracker.channels.provider import Provider

TAKEN = (200, json.dumps({"ErrorCode": 0, "Message": "OK", "MessageID": "p-1", "To": LETTER.to}))
INACTIVE = {
    "ErrorCode": 406,
    "Message": "You tried to send to recipient(s) that have been marked as inactive. "
    "Found inactive addresses: robin@example.org. Inactive recipients are ones that have generated a hard bounce.",
}

Send = Callable[..., str]


@pytest.fixture
def postmark(settings: Settings) -> Send:
    """Sends a letter to a sink that stands in for Postmark's own server."""
    settings.EMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"

    def send(sink: WebSink, letter: Letter = LETTER, patience: float = 3) -> str:
        settings.ANYMAIL = {
            "POSTMARK_SERVER_TOKEN": "token",
            "POSTMARK_API_URL": sink.url,
            "REQUESTS_TIMEOUT": (5, 15),
        }
        with Provider(patience).open(letter) as handover:
            return handover.commit()

    return send


def given(sink: WebSink) -> dict[str, Any]:
    (asked,) = sink.asked
    found: dict[str, Any] = json.loads(asked.body)
    return found


def test_a_provider_gets_the_letter_with_its_headers_and_what_a_bounce_needs_to_find_it(postmark: Send) -> None:
    with answering(TAKEN) as sink:
        assert postmark(sink, replace(LETTER, repeat=True)) == "Postmark p-1"
    mail = given(sink)
    headers = {header["Name"]: header["Value"] for header in mail["Headers"]}
    assert (mail["To"], mail["TextBody"], mail["HtmlBody"]) == (LETTER.to, LETTER.text, LETTER.html)
    assert mail["Metadata"] == {"message_id": "one@clinic.example"}
    assert headers["List-Unsubscribe"] == f"<{LETTER.unsubscribe}>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["X-Recovery-Repeat"] == "yes"
    assert (headers["Message-ID"], headers["X-PM-KeepID"]) == ("<one@clinic.example>", "true")


def test_a_provider_that_takes_a_key_gets_the_same_for_every_try_and_another_for_a_marked_repeat(
    settings: Settings,
) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.resend.EmailBackend"
    with answering((200, json.dumps({"id": "r-1"}))) as sink:
        settings.ANYMAIL = {"RESEND_API_KEY": "key", "RESEND_API_URL": sink.url}
        for letter in (LETTER, LETTER, replace(LETTER, repeat=True)):
            with Provider().open(letter) as handover:
                handover.commit()
    keys = [asked.headers["Idempotency-Key"] for asked in sink.asked]
    assert keys == ["one@clinic.example", "one@clinic.example", "one@clinic.example-repeat"]


def test_a_letter_that_is_opened_and_not_committed_never_leaves(postmark: Send, settings: Settings) -> None:
    with answering(TAKEN) as sink:
        settings.ANYMAIL = {"POSTMARK_SERVER_TOKEN": "token", "POSTMARK_API_URL": sink.url}
        with Provider().open(LETTER):
            pass
    assert not sink.asked


@pytest.mark.parametrize(
    "said", [INACTIVE, {"ErrorCode": 300, "Message": "Invalid 'To' address: 'robin@example.org'."}]
)
def test_an_address_that_is_refused_is_not_tried_again(postmark: Send, said: dict[str, Any]) -> None:
    with answering((422, json.dumps(said))) as sink, pytest.raises(RefusedError) as refusal:
        postmark(sink)
    assert (refusal.value.permanent, refusal.value.provider) == (True, False)


@pytest.mark.parametrize("status", [400, 422])
def test_a_refusal_that_names_no_address_is_not_held_against_the_patients(postmark: Send, status: int) -> None:
    """Such as a sender that the provider has not confirmed yet."""
    answer = (status, '{"ErrorCode": 400, "Message": "no such sender"}')
    with answering(answer) as sink, pytest.raises(RefusedError) as refusal:
        postmark(sink)
    assert (refusal.value.permanent, refusal.value.provider) == (False, False)


@pytest.mark.parametrize("status", [401, 403, 429, 503, 302])
def test_an_account_that_may_not_send_is_the_providers_affair(postmark: Send, status: int) -> None:
    with answering((status, "{}")) as sink, pytest.raises(RefusedError) as refusal:
        postmark(sink)
    assert (refusal.value.permanent, refusal.value.provider) == (False, True)


@pytest.mark.parametrize("answer", [CUT, HANG, DRIP, (500, "{}"), (502, "<html>"), (200, "junk"), (200, "{}")])
def test_once_the_provider_was_asked_an_answer_that_fails_leaves_nobody_able_to_tell(
    postmark: Send, answer: tuple[int, str] | str
) -> None:
    with answering(answer) as sink, pytest.raises(UnsureError):
        postmark(sink, patience=0.5)
    assert len(sink.asked) == 1


def test_a_server_that_is_not_there_is_the_providers_fault(postmark: Send) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        sink = WebSink([], url=f"http://127.0.0.1:{unused.getsockname()[1]}")
    with pytest.raises(RefusedError) as refusal:
        postmark(sink)
    assert (refusal.value.permanent, refusal.value.provider) == (False, True)


def test_a_key_that_is_not_set_is_the_providers_fault_and_named(settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.ANYMAIL = "anymail.backends.postmark.EmailBackend", {}
    with pytest.raises(RefusedError) as refusal, Provider().open(LETTER):
        pass
    assert refusal.value.provider
    assert "POSTMARK_SERVER_TOKEN" in refusal.value.detail


@pytest.mark.parametrize(
    "letter",
    [
        replace(LETTER, to="robin@example.org\nBcc: all@example.org"),
        replace(LETTER, to="robin@example.org, second@example.org"),
        replace(LETTER, subject="Hello\nBcc: all@example.org"),
    ],
)
def test_what_a_mail_may_not_carry_is_not_given_to_a_provider_either(postmark: Send, letter: Letter) -> None:
    with answering(TAKEN) as sink, pytest.raises(RefusedError) as refusal:
        postmark(sink, letter)
    assert refusal.value.permanent
    assert not sink.asked
