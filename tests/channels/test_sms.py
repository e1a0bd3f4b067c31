"""Text messages: whom to, how short, and what Twilio's answers mean."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as some
from twilio.http.http_client import TwilioHttpClient

from tests.channels.letters import LETTER
from tests.channels.sink import CUT, DRIP, HANG
from tests.channels.web_sink import WebSink, answering
from tracker.channels import Letter, RefusedError, UnsureError, sms
from tracker.channels.sms import Account, Twilio

ACCOUNT = Account("AC00000000000000000000000000000000", "token", "+447700900999")
TEXT = replace(LETTER, to="+44 7700 900123")
TAKEN = (201, json.dumps({"sid": "SM1", "status": "queued"}))


def refusing(status: int, code: int) -> tuple[int, str]:
    return status, json.dumps({"status": status, "code": code, "message": "no +447700900123"})


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Sends a letter to a sink that stands in for Twilio's own server."""
    real = TwilioHttpClient.request

    def send(
        sink: WebSink, letter: Letter = TEXT, account: Account = ACCOUNT, patience: float = 3, reports: str = ""
    ) -> str:
        def elsewhere(self: TwilioHttpClient, method: str, url: str, *rest: Any, **named: Any) -> Any:
            return real(self, method, url.replace("https://api.twilio.com", sink.url), *rest, **named)

        monkeypatch.setattr(TwilioHttpClient, "request", elsewhere)
        with Twilio(account, patience, reports).open(letter) as handover:
            return handover.commit()

    return send


def test_a_text_message_is_the_short_line_and_the_link(twilio: Callable[..., str]) -> None:
    with answering(TAKEN) as sink:
        assert twilio(sink) == "Twilio SM1 queued"
    (asked,) = sink.asked
    sent = parse_qs(asked.body.decode())
    assert sent == {
        "To": ["+447700900123"],
        "From": ["+447700900999"],
        "Body": [f"Time for your check-in. {LETTER.link}"],
    }


def test_a_messaging_service_may_send_instead_of_a_number(twilio: Callable[..., str]) -> None:
    with answering(TAKEN) as sink:
        twilio(sink, account=Account("AC1", "token", "MG1"))
    assert parse_qs(sink.asked[0].body.decode())["MessagingServiceSid"] == ["MG1"]


def test_twilio_is_asked_to_report_what_becomes_of_it(twilio: Callable[..., str]) -> None:
    with answering(TAKEN) as sink:
        twilio(sink, reports="https://clinic.example/hooks/texts/")
    assert parse_qs(sink.asked[0].body.decode())["StatusCallback"] == [
        "https://clinic.example/hooks/texts/?message_id=%3Cone%40clinic.example%3E"
    ]


def test_a_message_that_is_opened_and_not_committed_never_leaves() -> None:
    with Twilio(ACCOUNT).open(TEXT):
        pass  # nothing listens: asking would have raised


# --- Whose fault ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [refusing(400, 21211), refusing(400, 21614), refusing(400, 21610)])
def test_a_number_that_is_refused_is_not_tried_again(twilio: Callable[..., str], answer: tuple[int, str]) -> None:
    with answering(answer) as sink, pytest.raises(RefusedError) as refusal:
        twilio(sink)
    assert (refusal.value.permanent, refusal.value.provider) == (True, False)
    assert "900123" not in refusal.value.detail


@pytest.mark.parametrize(
    "answer", [refusing(401, 20003), refusing(429, 20429), refusing(503, 20503), refusing(400, 21606)]
)
def test_an_account_that_may_not_send_is_the_providers_affair(
    twilio: Callable[..., str], answer: tuple[int, str]
) -> None:
    with answering(answer) as sink, pytest.raises(RefusedError) as refusal:
        twilio(sink)
    assert (refusal.value.permanent, refusal.value.provider) == (False, True)


@pytest.mark.parametrize("answer", [CUT, HANG, DRIP, (500, "{}"), (502, "<html>"), (504, "")])
def test_once_twilio_was_asked_an_answer_that_fails_leaves_nobody_able_to_tell(
    twilio: Callable[..., str], answer: tuple[int, str] | str
) -> None:
    with answering(answer) as sink, pytest.raises(UnsureError):
        twilio(sink, patience=0.5)
    assert len(sink.asked) == 1


def test_a_server_that_is_not_there_is_the_providers_fault(twilio: Callable[..., str]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        sink = WebSink([], url=f"http://127.0.0.1:{unused.getsockname()[1]}")
    with pytest.raises(RefusedError) as refusal:
        twilio(sink)
    assert (refusal.value.permanent, refusal.value.provider) == (False, True)


# --- Numbers and length -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "number"),
    [("+44 7700 900123", "+447700900123"), ("+1 (212) 555-0123", "+12125550123"), ("+49.30.1234567", "+49301234567")],
)
def test_a_number_is_understood_as_people_write_it(written: str, number: str) -> None:
    assert sms.number(written) == number


@pytest.mark.parametrize(
    "written", ["", "07700 900123", "+0123456789", "+44", "+44 7700 900123 ext 4", "+٤٤٧٧٠٠٩٠٠١٢٣"]
)
def test_a_number_without_its_country_is_refused_with_the_remedy(written: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        sms.number(written)
    assert refusal.value.permanent
    assert "begin with + and the country code" in refusal.value.detail


def test_letters_that_would_halve_the_room_are_written_in_plain_ones() -> None:
    told = sms.text(replace(TEXT, short="Zoë\u2019s plan \u2014 \u201cnew\u201d \u2026 see Łódź, señor é"))
    assert told == f'Zoe\'s plan - "new" ... see Lodz, señor é {LETTER.link}'
    assert sms.is_gsm(told)


def test_what_has_no_plain_letters_is_left_as_it_is_and_kept_shorter() -> None:
    told = sms.text(replace(TEXT, short="Время для вашей ежедневной записи, пожалуйста, не забудьте"))
    assert not sms.is_gsm(told)
    assert sms.room(told) <= 70
    assert told.endswith(LETTER.link)


@given(short=some.text(max_size=400))
def test_no_text_message_is_longer_than_one_and_none_loses_its_link(short: str) -> None:
    told = sms.text(replace(TEXT, short=short))
    assert sms.room(told) <= (160 if sms.is_gsm(told) else 70)
    assert told.endswith(LETTER.link)
    assert "\n" not in told


@pytest.mark.parametrize("url", ["", "twilio://", "twilio://sid@/+44", "twilio://sid:token@/", "http://sid:token@/+44"])
def test_an_account_that_is_not_whole_says_how_it_is_written(url: str) -> None:
    with pytest.raises(ValueError, match="twilio://SID:TOKEN@/SENDER"):
        Account.of(url)


def test_an_account_is_read_from_its_address() -> None:
    assert Account.of("twilio://AC1:s%2Fcret@/+447700900999") == Account("AC1", "s/cret", "+447700900999")
