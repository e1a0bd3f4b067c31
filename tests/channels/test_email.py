"""E-mail by SMTP: what left, what surely did not and whose fault that was, and the one moment nobody can tell of."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.channels.letters import LETTER
from tests.channels.sink import CUT, DRIP, HALF, HANG, Sink, serving
from tracker.channels import Letter, RefusedError, UnsureError
from tracker.channels.email import Email, Server

PATIENCE = 0.8


def send(sink: Sink, letter: Letter = LETTER, *, patience: float = 5, timeout: float = 0.3) -> str:
    channel = Email(Server("127.0.0.1", sink.port, timeout=timeout, patience=patience))
    with channel.open(letter) as handover:
        return handover.commit()


@pytest.fixture
def soon() -> Iterator[None]:
    """Whatever a server does, the sender is free again."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < PATIENCE + 1


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


def test_junk_in_a_greeting_hurts_nobody() -> None:
    with serving({"BANNER": "220 \xff\xfe\x80", "EHLO": "250 \xff\xfe\x80"}) as sink:
        assert send(sink) == "250 taken"


# --- Whose fault ------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize(
    "answers",
    [
        {"BANNER": "554 go away"},
        {"BANNER": "421 busy"},
        {"BANNER": "451 not now"},
        {"BANNER": CUT},
        {"BANNER": HANG},
        {"BANNER": DRIP},
        {"BANNER": f"{HALF}220 si"},
        {"BANNER": "\xff\xfe\x00 what is this"},
        {"EHLO": "502 no", "HELO": "502 no"},
        {"EHLO": "421 closing", "HELO": "421 closing"},
        {"EHLO": HANG},
        {"EHLO": DRIP},
        {"MAIL": "421 closing"},
        {"MAIL": "550 the sender is not welcome"},
        {"MAIL": HANG},
        {"MAIL": CUT},
        {"MAIL": DRIP},
        {"RCPT": "421 closing"},
        {"RCPT": HANG},
        {"RCPT": CUT},
        {"RCPT": DRIP},
        {"RCPT": f"{HALF}250 o"},
        {"RCPT": f"{HALF}550 no such us"},
        {"RCPT": "\xff\xff junk"},
        {"DATA": "421 closing"},
        {"DATA": CUT},
        {"DATA": HANG},
        {"DATA": DRIP},
        {"DATA": "junk"},
        {"DATA": "250 go ahead?"},
    ],
    ids=str,
)
def test_a_provider_that_takes_no_message_at_present_is_told_from_a_message_that_is_refused(
    answers: dict[str, str],
) -> None:
    with serving(answers) as sink, pytest.raises(RefusedError) as refusal:
        send(sink, patience=PATIENCE)
    assert (refusal.value.provider, refusal.value.permanent) == (True, False)
    assert not sink.taken


@pytest.mark.parametrize(
    "answers",
    [
        {"MAIL": "450 later"},
        {"MAIL": "451 later"},
        {"MAIL": "452 no room"},
        {"RCPT": "450 mailbox busy"},
        {"RCPT": "451 greylisted"},
        {"RCPT": "452 mailbox full"},
        {"DATA": "451 later"},
        {"END": "451 later"},
        {"END": "452 no room"},
        {"END": "421 closing, and it was not taken"},
    ],
    ids=str,
)
def test_a_message_that_is_refused_for_now_may_be_tried_again(answers: dict[str, str]) -> None:
    with serving(answers) as sink, pytest.raises(RefusedError) as refusal:
        send(sink)
    assert (refusal.value.provider, refusal.value.permanent) == (False, False)


@pytest.mark.parametrize(
    "answers",
    [{"RCPT": "550 no such user"}, {"RCPT": "553 what?"}, {"DATA": "554 no"}, {"END": "554 looks like spam"}],
    ids=str,
)
def test_an_address_or_message_that_is_refused_for_good_is_not_tried_again(answers: dict[str, str]) -> None:
    with serving(answers) as sink, pytest.raises(RefusedError) as refusal:
        send(sink)
    assert (refusal.value.provider, refusal.value.permanent) == (False, True)
    assert next(iter(answers.values())) in refusal.value.detail


@pytest.mark.usefixtures("soon")
@pytest.mark.parametrize("answer", [CUT, HANG, DRIP, f"{HALF}250 tak", f"{HALF}55", "junk", "\xff\xfe", "354 again"])
def test_only_after_the_content_is_on_its_way_can_nobody_tell(answer: str) -> None:
    with serving({"END": answer}) as sink, pytest.raises(UnsureError):
        send(sink, patience=PATIENCE)
    assert len(sink.taken) == 1


def test_a_server_that_is_not_there_is_the_providers_fault() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(RefusedError) as refusal:
        send(Sink(port=port))
    assert (refusal.value.provider, refusal.value.permanent) == (True, False)


def test_a_provider_that_does_not_offer_tls_gets_neither_password_nor_message() -> None:
    with serving() as sink:
        server = Server("127.0.0.1", sink.port, user="clinic", password="secret", starttls=True)
        with pytest.raises(RefusedError) as refusal, Email(server).open(LETTER):
            pass
    assert refusal.value.provider
    assert [command.split()[0] for command in sink.commands[:2]] == ["ehlo", "STARTTLS"]
    assert sink.commands[2:] in ([], ["QUIT"])


@pytest.fixture
def provider(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A provider whose certificate this side trusts."""
    file = certificate(tmp_path)
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(file)
    ours = ssl.create_default_context(cafile=str(file))
    ours.verify_flags &= ~ssl.VERIFY_X509_STRICT  # newer Pythons ask more of a certificate than this one says
    monkeypatch.setattr(ssl, "create_default_context", lambda: ours)
    return theirs


def certificate(directory: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    file = directory / "provider.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return file


@pytest.mark.parametrize("at_once", [True, False])
def test_over_tls_the_login_is_given_and_the_letter_arrives(provider: ssl.SSLContext, at_once: bool) -> None:
    answers = {"EHLO": "250-sink\r\n250 AUTH PLAIN", "AUTH": "235 welcome", "STARTTLS": "220 go ahead"}
    with serving(answers, tls=provider, at_once=at_once) as sink:
        server = Server(
            "127.0.0.1", sink.port, user="clinic", password="secret", starttls=not at_once, tls=at_once, timeout=5
        )
        with Email(server).open(LETTER) as handover:
            assert handover.commit() == "250 taken"
    words = [command.split()[0].upper() for command in sink.commands]
    before = [] if at_once else ["EHLO", "STARTTLS"]
    assert words[: len(before) + 5] == [*before, "EHLO", "AUTH", "MAIL", "RCPT", "DATA"]
    assert len(sink.taken) == 1


def test_what_was_slipped_in_before_tls_is_not_taken_for_an_answer_within_it(provider: ssl.SSLContext) -> None:
    with serving({"STARTTLS": "220 go ahead\r\n250 AUTH PLAIN", "RCPT": "550 no such user"}, tls=provider) as sink:
        server = Server("127.0.0.1", sink.port, starttls=True, timeout=5)
        with pytest.raises(RefusedError) as refusal, Email(server).open(LETTER):
            pass
    assert refusal.value.detail == "550 no such user"


def test_a_certificate_of_somebody_else_ends_the_conversation() -> None:
    with serving({"STARTTLS": "220 go ahead"}) as sink:
        server = Server("127.0.0.1", sink.port, starttls=True, timeout=0.5, patience=2)
        with pytest.raises(RefusedError) as refusal, Email(server).open(LETTER):
            pass
    assert refusal.value.provider
    assert refusal.value.detail.startswith("TLS:")
    assert not any(command.startswith("MAIL") for command in sink.commands)


def test_a_login_that_is_refused_is_the_providers_fault() -> None:
    with serving({"EHLO": "250-sink\r\n250 AUTH PLAIN", "AUTH": "535 wrong password"}) as sink:
        server = Server("127.0.0.1", sink.port, user="clinic", password="wrong")
        with pytest.raises(RefusedError) as refusal, Email(server).open(LETTER):
            pass
    assert (refusal.value.provider, refusal.value.permanent) == (True, False)
    assert "wrong password" in refusal.value.detail


# --- How long ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("soon")
def test_answers_that_are_each_in_time_cannot_keep_a_sender_for_longer_than_its_patience() -> None:
    with serving(slowly=0.25) as sink, pytest.raises((RefusedError, UnsureError)):
        send(sink, patience=PATIENCE)


@pytest.mark.usefixtures("soon")
def test_a_server_that_drips_is_left_when_patience_ends() -> None:
    """Every byte is in time, and there is always another."""
    with serving({"RCPT": DRIP}) as sink, pytest.raises(RefusedError):
        send(sink, patience=PATIENCE, timeout=10)


@pytest.mark.usefixtures("soon")
def test_a_drip_in_place_of_tls_is_left_too() -> None:
    with serving({"BANNER": DRIP}) as sink:
        server = Server("127.0.0.1", sink.port, tls=True, timeout=10, patience=PATIENCE)
        with pytest.raises(RefusedError) as refusal, Email(server).open(LETTER):
            pass
    assert refusal.value.provider


@pytest.mark.usefixtures("soon")
def test_a_name_that_nobody_answers_for_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: ended.wait(20))
    with pytest.raises(RefusedError) as refusal:
        send(Sink(port=25), patience=PATIENCE)
    ended.set()
    assert refusal.value.provider


def test_a_connection_that_comes_too_late_is_closed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    slow = threading.Event()

    def found_at_last(*_: object, **__: object) -> socket.socket:
        slow.wait(5)
        return ours

    monkeypatch.setattr(socket, "create_connection", found_at_last)
    with pytest.raises(RefusedError):
        send(Sink(port=25), patience=0.1)
    slow.set()
    theirs.settimeout(5)
    assert theirs.recv(1) == b""
    theirs.close()


# --- What is never put on the wire ------------------------------------------------------------------------------------


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
    assert (refusal.value.provider, refusal.value.permanent) == (False, True)
    assert not sink.commands


def test_a_subject_with_a_line_break_adds_no_header() -> None:
    with serving() as sink, pytest.raises(RefusedError):
        send(sink, replace(LETTER, subject="Hello\nBcc: all@example.org"))
    assert not sink.commands
