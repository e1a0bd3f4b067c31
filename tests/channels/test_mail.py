"""A letter as mail: its headers, and that nothing written by people can add to them."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from tests.channels.letters import LETTER
from tracker.channels import Letter, RefusedError
from tracker.channels.mail import as_mail

USUAL = {
    "From",
    "To",
    "Subject",
    "Message-ID",
    "Date",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "X-Recovery-Repeat",
    "MIME-Version",
    "Content-Type",
}
OF_A_PART = {"Content-Type", "Content-Transfer-Encoding", "MIME-Version"}

breaks = some.sampled_from(
    [
        "\n",
        "\r",
        "\r\n",
        "\0",
        "\v",
        "\f",
        "\x1c",
        "\x85",
        "\u2028",
        "\r\nBcc: all@example.org",
        "\n\n<script>alert(1)</script>",
        "\r\n.\r\nMAIL FROM:<x@example.org>",
        "=?utf-8?q?=0D=0ABcc:_all@example.org?=",
        "=?utf-8?b?DQpCY2M6IGFsbEBleGFtcGxlLm9yZw==?=",
        "<b>Zoë</b>",
        '"',
        "\\",
        "<",
        ">",
        "(",
        ",",
        ";",
        ":",
        "@",
        "\ud800",
        "e\u0301",
        "\u202e",
        "a" * 1200,
    ]
)
nasty = some.lists(some.one_of(some.text(max_size=20), breaks), max_size=5).map("".join)
FIELDS: dict[str, some.SearchStrategy[Any]] = {
    "to": nasty | some.emails(),
    "sender": nasty | nasty.map(lambda name: f"{name} <recovery@clinic.example>"),
    "subject": nasty,
    "text": nasty,
    "html": nasty,
    "message_id": nasty.map(lambda text: f"<{text}@clinic.example>"),
    "repeat": some.booleans(),
    "unsubscribe": nasty.map(lambda token: f"https://clinic.example/unsubscribe/{token}/") | some.just(""),
    "short": nasty,
    "link": nasty,
}


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=default)


def written(letter: Letter) -> bytes | None:
    try:
        return as_mail(letter)
    except RefusedError:
        return None


def test_a_letter_says_how_to_end_such_messages_in_one_click() -> None:
    mail = read(as_mail(LETTER))
    assert mail["List-Unsubscribe"] == f"<{LETTER.unsubscribe}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_address_of_the_unsubscribe_page_stands_in_one_line_as_mail_programs_look_for_it() -> None:
    assert f"List-Unsubscribe: <{LETTER.unsubscribe}>\r\n".encode() in as_mail(LETTER)


def test_a_message_that_cannot_be_switched_off_offers_no_such_thing() -> None:
    mail = read(as_mail(replace(LETTER, unsubscribe="")))
    assert mail["List-Unsubscribe"] is None
    assert mail["List-Unsubscribe-Post"] is None


def test_robots_are_asked_not_to_answer_but_bounces_may_come() -> None:
    mail = read(as_mail(LETTER))
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert mail["Precedence"] is None


def test_no_line_is_longer_than_mail_allows() -> None:
    long = replace(LETTER, subject="A subject of many words " * 60, text="word " * 1000)
    assert max(map(len, as_mail(long).split(b"\r\n"))) <= 998


@given(
    changes=some.lists(some.one_of(*(some.tuples(some.just(name), how) for name, how in FIELDS.items())), max_size=2)
)
def test_no_field_of_a_letter_can_add_a_header_a_reader_or_a_second_message(changes: list[tuple[str, Any]]) -> None:
    """It is refused for good, or it arrives with the headers of a letter and none besides, whatever is in it."""
    letter = replace(LETTER, **dict(changes))
    raw = written(letter)
    if raw is None:
        return
    mail = read(raw)
    assert set(mail.keys()) <= USUAL | OF_A_PART
    assert len(mail.keys()) == len(set(mail.keys()))
    assert mail.defects == []
    assert str(mail["To"]) == letter.to
    assert all("\r" not in value and "\n" not in value for value in map(str, mail.values()))
    assert len(mail["From"].addresses) == 1
    for part in mail.iter_parts() if mail.is_multipart() else ():
        assert set(part.keys()) <= OF_A_PART
    assert b"\nBcc:" not in raw.split(b"\r\n\r\n")[0]
    assert raw.isascii()


@pytest.mark.parametrize("field", ["subject", "sender", "message_id", "unsubscribe"])
@pytest.mark.parametrize("value", ["x\r\nBcc: all@example.org", "=?utf-8?q?x=0D=0ABcc:_all@example.org?="])
def test_a_line_break_in_a_header_is_refused_even_where_it_is_hidden(field: str, value: str) -> None:
    changed: Any = {field: value}
    with pytest.raises(RefusedError) as refusal:
        as_mail(replace(LETTER, **changed))
    assert (refusal.value.permanent, refusal.value.provider) == (True, False)
