"""Notifications: sealed as the standards say, sent to the services that are known, and only the short line in them."""

from __future__ import annotations

import json
import socket
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as some

from tests.channels.letters import LETTER, NOW
from tests.channels.sink import CUT, DRIP, HANG
from tests.channels.web_sink import Asked, WebSink, answering
from tracker.channels import Device, Letter, RefusedError, UnsureError, push, webpush
from tracker.channels.push import Keys, Push

PRIVATE, PUBLIC = webpush.new_keys()
KEYS = Keys(PRIVATE, "mailto:it@clinic.example")
SECRET = bytes(range(16))


class Browser:
    """A browser that agreed to notifications, and can read them."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.device = Device(f"https://fcm.googleapis.com/fcm/send/{name}", b64(webpush.point(self.key)), b64(SECRET))

    def read(self, sealed: bytes) -> bytes:
        """RFC 8188 and 8291, written down a second time, from the reader's side."""
        salt, sender = sealed[:16], sealed[21:86]
        shared = self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
        secret = hkdf(SECRET, shared, b"WebPush: info\0" + webpush.point(self.key) + sender, 32)
        key = hkdf(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
        nonce = hkdf(salt, secret, b"Content-Encoding: nonce\0", 12)
        padded = AESGCM(key).decrypt(nonce, sealed[86:], None)
        return padded.rstrip(b"\0")[:-1]


def hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def b64(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


ROBIN, OLD = Browser("robin"), Browser("old")
Send = Callable[..., str]


def send(sink: WebSink, letter: Letter, *, patience: float = 3, gone: list[str] | None = None) -> str:
    """Sends a letter to a sink that stands in for the push services."""

    def elsewhere(endpoint: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        return push.post(endpoint.replace("https://fcm.googleapis.com", sink.url), headers, body)

    with Push(KEYS, elsewhere, patience).open(letter) as handover:
        try:
            return handover.commit()
        finally:
            if gone is not None:
                gone += handover.gone


def to(*browsers: Browser) -> Letter:
    return replace(LETTER, to="", devices=tuple(browser.device for browser in browsers))


def test_the_seal_is_the_one_of_the_standards_own_example() -> None:
    """RFC 8291, appendix A."""
    own = webpush.private_key(unb64("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
    sealed = webpush.sealed(
        b"When I grow up, I want to be a watermelon",
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        "BTBZMqHH6r4Tts7J_aSIgg",
        own=own,
        salt=unb64("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert b64(sealed) == (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6Tlz"
        "AC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


@given(text=some.binary(max_size=webpush.LONGEST))
def test_whatever_is_sealed_for_a_browser_only_that_browser_reads(text: bytes) -> None:
    assert ROBIN.read(webpush.sealed(text + b"!", ROBIN.device.p256dh, ROBIN.device.auth)) == text + b"!"


def test_a_notification_shows_the_short_line_and_opens_the_link_and_holds_nothing_else() -> None:
    with answering((201, "")) as sink:
        assert send(sink, to(ROBIN)) == "taken for 1 of 1 devices"
    (asked,) = sink.asked
    shown = json.loads(ROBIN.read(asked.body))
    assert shown == {"title": "Recovery", "body": LETTER.short, "link": LETTER.link, "tag": asked.headers["Topic"]}
    assert asked.headers["TTL"] == str(6 * 3600)
    assert asked.headers["Content-Encoding"] == "aes128gcm"


def test_a_repeat_takes_the_place_of_what_it_repeats() -> None:
    with answering((201, "")) as sink:
        send(sink, to(ROBIN))
        send(sink, replace(to(ROBIN), repeat=True))
        send(sink, replace(to(ROBIN), message_id="<two@clinic.example>"))
    topics = [asked.headers["Topic"] for asked in sink.asked]
    assert topics[0] == topics[1] != topics[2]
    assert all(len(topic) <= 32 for topic in topics)


def test_what_has_no_end_is_kept_for_a_day_and_what_is_over_not_at_all() -> None:
    with answering((201, "")) as sink:
        send(sink, replace(to(ROBIN), expires_at=None))
        send(sink, replace(to(ROBIN), expires_at=NOW - timedelta(hours=1)))
    assert [asked.headers["TTL"] for asked in sink.asked] == ["86400", "0"]


def test_the_push_service_can_tell_who_sends() -> None:
    with answering((201, "")) as sink:
        send(sink, to(ROBIN))
    token, key = proof(sink.asked[0])
    head, body, mark = token.split(".")
    numbers = unb64(mark)
    signature = utils.encode_dss_signature(int.from_bytes(numbers[:32], "big"), int.from_bytes(numbers[32:], "big"))
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(key))
    theirs.verify(signature, f"{head}.{body}".encode(), ec.ECDSA(SHA256()))
    claims = json.loads(unb64(body))
    assert key == PUBLIC == webpush.public_key(PRIVATE)
    assert claims["aud"] == "https://fcm.googleapis.com"
    assert claims["sub"] == "mailto:it@clinic.example"
    assert NOW.timestamp() < claims["exp"] <= (NOW + timedelta(hours=24)).timestamp()


def proof(asked: Asked) -> tuple[str, str]:
    words = dict(part.split("=", 1) for part in asked.headers["Authorization"].removeprefix("vapid ").split(", "))
    return words["t"], words["k"]


def test_a_message_that_is_opened_and_not_committed_never_leaves() -> None:
    with Push(KEYS).open(to(ROBIN)):
        pass  # a request would have gone out into the world, where tests have none


# --- What the answers mean --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_named_so_that_it_is_forgotten(status: int) -> None:
    gone: list[str] = []
    with answering((status, ""), (201, "")) as sink:
        assert send(sink, to(OLD, ROBIN), gone=gone) == "taken for 1 of 2 devices"
    assert gone == [OLD.device.endpoint]


def test_where_every_browser_is_gone_another_way_must_be_found() -> None:
    gone: list[str] = []
    with answering((410, "")) as sink, pytest.raises(RefusedError) as refusal:
        send(sink, to(OLD, ROBIN), gone=gone)
    assert (refusal.value.permanent, refusal.value.provider) == (True, False)
    assert gone == [OLD.device.endpoint, ROBIN.device.endpoint]


def test_a_person_without_a_browser_is_refused_at_once() -> None:
    with pytest.raises(RefusedError) as refusal, Push(KEYS).open(to()):
        pass
    assert refusal.value.permanent


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_one_browsers_refusal_is_not_taken_for_the_services(status: int) -> None:
    """Such as one that agreed while this installation had another key."""
    gone: list[str] = []
    with answering((status, "")) as sink, pytest.raises(RefusedError) as refusal:
        send(sink, to(ROBIN), gone=gone)
    assert (refusal.value.permanent, refusal.value.provider, gone) == (True, False, [])


@pytest.mark.parametrize("status", [429, 500, 502, 503, 302])
def test_a_service_that_is_down_is_the_providers_affair_and_another_try_replaces_the_first(status: int) -> None:
    with answering((status, "")) as sink, pytest.raises(RefusedError) as refusal:
        send(sink, to(ROBIN))
    assert (refusal.value.permanent, refusal.value.provider) == (False, True)


@pytest.mark.parametrize("answer", [CUT, HANG, DRIP])
def test_an_answer_that_never_comes_leaves_nobody_able_to_tell(answer: str) -> None:
    with answering(answer) as sink, pytest.raises(UnsureError):
        send(sink, to(ROBIN), patience=0.5)


def test_a_service_that_is_not_there_is_the_providers_fault() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        sink = WebSink([], url=f"http://127.0.0.1:{unused.getsockname()[1]}")
    with pytest.raises(RefusedError) as refusal:
        send(sink, to(ROBIN))
    assert (refusal.value.permanent, refusal.value.provider) == (False, True)


def test_keys_that_are_none_are_the_installations_fault() -> None:
    with pytest.raises(RefusedError) as refusal, Push(Keys("short", "mailto:it@clinic.example")).open(to(ROBIN)):
        pass
    assert (refusal.value.permanent, refusal.value.provider) == (False, True)


# --- Whom the server asks ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAA",
        "https://web.push.apple.com/QGx",
        "https://db5p.notify.windows.com/w/?token=BQ",
    ],
)
def test_the_push_services_of_the_browsers_are_known(endpoint: str) -> None:
    assert push.is_known(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "http://fcm.googleapis.com/fcm/send/abc",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evil.example/fcm.googleapis.com",
        "https://fcm.googleapis.com@evil.example/",
        "https://user@fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://evilnotify.windows.com/x",
        "https://notify.windows.com/x",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://[broken/x",
        "https://fcm.googleapis.com\\@evil.example/",
        "https://fcm.googleapis.com/\r\nHost: evil.example",
        "https://FCM.GOOGLEAPIS.COM./x",
        "file:///etc/passwd",
        "//fcm.googleapis.com/x",
    ],
)
def test_no_other_address_is_ever_asked(endpoint: str) -> None:
    assert not push.is_known(endpoint)
    gone: list[str] = []
    with answering((201, "")) as sink, pytest.raises(RefusedError):
        send(sink, replace(LETTER, devices=(replace(ROBIN.device, endpoint=endpoint),)), gone=gone)
    assert not sink.asked
    assert gone == [endpoint]


@pytest.mark.parametrize(
    ("p256dh", "auth"),
    [
        ("", ""),
        ("AAAA", "AAAA"),
        (b64(b"\x02" + bytes(64)), b64(SECRET)),
        (ROBIN.device.p256dh, b64(b"short")),
        ("ü", "ü"),
    ],
    ids=["none", "too short", "no point of the curve", "short secret", "no base64"],
)
def test_keys_of_another_form_are_told_apart(p256dh: str, auth: str) -> None:
    assert not push.are_keys(p256dh, auth)
    assert push.are_keys(ROBIN.device.p256dh, ROBIN.device.auth)


def test_a_browser_whose_key_is_no_key_spoils_nothing_for_the_others() -> None:
    broken = replace(OLD.device, p256dh=b64(b"\x04" + bytes(64)))
    gone: list[str] = []
    with answering((201, "")) as sink:
        send(sink, replace(LETTER, devices=(broken, ROBIN.device)), gone=gone)
    assert gone == [broken.endpoint]


def test_a_long_line_is_cut_and_still_fits_into_one_notification() -> None:
    with answering((201, "")) as sink:
        send(sink, replace(to(ROBIN), short="ü" * 5000))
    shown: dict[str, Any] = json.loads(ROBIN.read(sink.asked[0].body))
    assert len(shown["body"]) == 200
