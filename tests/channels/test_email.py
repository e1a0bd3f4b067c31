"""E-mail by SMTP: what left, what surely did not, and the one moment of which nobody can tell."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default

import pytest

from tests.channels.sink import CUT, HALF, HANG, Sink, serving
from tracker.channels import Letter, RefusedError, UnsureError
from tracker.channels.email import Email, Server

LETTER = Letter(
    to="robin@example.org",
    sender="Recovery <recovery@clinic.example>",
    subject="Time for your check-in",
    text="Hello Zoë,\n\n.a line that begins with a dot\n",
    html="<p>Hello Zoë</p>",
    message_id="<one@clinic.example>",
    date=datetime(2026, 6, 15, 8, 0, tzinfo=UTC),
)


def send(sink: Sink, letter: Letter = LETTER, *, patience: float = 5) -> str:
    channel = Email(Server("127.0.0.1", sink.port, timeout=0.5, patience=patience))
    with channel.open(letter) as handover:
        return handover.commit()


def test_a_letter_arrives_whole_under_its_own_message_id() -> None:
    with serving() as sink:
        assert send(sink) == "250 taken"
    mail = message_from_bytes(sink.taken[0], policy=default)
    assert (mail["To"], mail["Message-ID"]) == ("robin@example.org", "<one@clinic.example>")
    body = mail.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == ["Hello Zoë,", "", ".a line that begins with a dot"]


def test_nothing_but_ascii_is_put_on_the_wire() -> None:
    """A server that never offered 8BITMIME must not be sent eight bits."""
    with serving() as sink:
        send(sink)
    assert sink.taken[0].isascii()


def test_a_repeat_says_so_in_a_header() -> None:
    with serving() as sink:
        send(sink, replace(LETTER, repeat=True))
    assert message_from_bytes(sink.taken[0])["X-Recovery-Repeat"] == "yes"


def test_a_letter_that_is_opened_and_not_committed_never_leaves() -> None:
    with serving() as sink, Email(Server("127.0.0.1", sink.port)).open(LETTER):
        pass
    assert not sink.taken
    assert not any(command.startswith("DATA") for command in sink.commands)


@pytest.mark.parametrize(
    "answers",
    [
        {"BANNER": "554 go away"},
        {"BANNER": "421 busy"},
        {"BANNER": CUT},
        {"BANNER": HANG},
        {"BANNER": f"{HALF}220 si"},
        {"BANNER": "\xff\xfe\x00 what is this"},
        {"EHLO": "502 no", "HELO": "502 no"},
        {"MAIL": "451 later"},
        {"MAIL": "550 the sender is not welcome"},
        {"MAIL": HANG},
        {"RCPT": "450 later"},
        {"RCPT": CUT},
        {"DATA": "451 later"},
        {"DATA": CUT},
        {"DATA": "junk"},
        {"END": "451 later"},
    ],
    ids=str,
)
def test_what_surely_did_not_leave_and_may_be_tried_again_is_refused_for_now(answers: dict[str, str]) -> None:
    with serving(answers) as sink, pytest.raises(RefusedError) as refusal:
        send(sink)
    assert not refusal.value.permanent


@pytest.mark.parametrize(
    "answers", [{"RCPT": "550 no such user"}, {"END": "554 looks like spam"}, {"DATA": "554 no"}], ids=str
)
def test_an_address_or_message_that_is_refused_for_good_is_not_tried_again(answers: dict[str, str]) -> None:
    with serving(answers) as sink, pytest.raises(RefusedError) as refusal:
        send(sink)
    assert refusal.value.permanent
    assert next(iter(answers.values())) in refusal.value.detail


@pytest.mark.parametrize("answer", [CUT, HANG, f"{HALF}25", "junk", "354 again"])
def test_only_after_the_content_is_on_its_way_can_nobody_tell(answer: str) -> None:
    with serving({"END": answer}) as sink, pytest.raises(UnsureError):
        send(sink)
    assert len(sink.taken) == 1


def test_a_server_that_is_not_there_is_refused_for_now() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(RefusedError) as refusal:
        send(Sink(port=port))
    assert not refusal.value.permanent


def test_answers_that_are_each_in_time_cannot_keep_a_sender_for_longer_than_its_patience() -> None:
    with serving(slowly=0.3) as sink:
        began = time.monotonic()
        with pytest.raises((RefusedError, UnsureError)):
            send(sink, patience=0.7)
    assert time.monotonic() - began < 1.5


@pytest.mark.parametrize(
    "to",
    [
        "robin@example.org\nBcc: all@example.org",
        "robin@example.org\r\nSubject: other",
        "robin@example.org, second@example.org",
        "robin@example.org>\r\nDATA",
        "robin",
        "",
        "röbin@example.org",
        "robin @example.org",
    ],
)
def test_an_address_that_could_smuggle_something_in_never_reaches_the_wire(to: str) -> None:
    with serving() as sink, pytest.raises(RefusedError) as refusal:
        send(sink, replace(LETTER, to=to))
    assert refusal.value.permanent
    assert not sink.commands


def test_a_subject_with_a_line_break_adds_no_header() -> None:
    with serving() as sink, pytest.raises(RefusedError):
        send(sink, replace(LETTER, subject="Hello\nBcc: all@example.org"))
    assert not sink.commands
