"""Notifications in browsers (the extra `push`): one short line, sealed for each device, and the page it opens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlsplit

from tracker.channels import api, webpush
from tracker.channels.channel import PATIENCE, Device, Letter, RefusedError, UnsureError
from tracker.channels.webpush import are_keys, new_keys

__all__ = ["Keys", "Push", "are_keys", "is_known", "new_keys"]

TITLE = "Recovery"
SERVICES = ("fcm.googleapis.com", "updates.push.services.mozilla.com", ".push.apple.com", ".notify.windows.com")
"""The push services of the browsers there are. A name that begins with a dot stands for every host below it.

An endpoint comes from a browser, that is from anybody; this list is what keeps the server from asking any other host.
"""
GONE = {404, 410}
OTHER_KEY = {401, 403}
LONGEST_LINE = 200
USUALLY_LASTS = timedelta(days=1)
SIGNED_FOR = timedelta(hours=12)
NO_DEVICE = "No browser of this person shows notifications any more."

Post = Callable[[str, Mapping[str, str], bytes], tuple[int, str]]
"""Sends a body with headers to an address; returns status and text of the answer."""


@dataclass(frozen=True, slots=True)
class Keys:
    private: str
    contact: str
    """Whom a push service may ask about us: mailto:... or https://..."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A notification ready for one device."""

    endpoint: str
    headers: Mapping[str, str]
    body: bytes


def is_known(endpoint: str) -> bool:
    """Whether an endpoint is at one of the SERVICES, over TLS and with nothing that could lead elsewhere."""
    try:
        where = urlsplit(endpoint)
        plain = where.scheme == "https" and where.netloc == (where.hostname or "")
    except ValueError:
        return False
    host = where.hostname or ""
    ours = any(host.endswith(name) if name.startswith(".") else host == name for name in SERVICES)
    return plain and ours and endpoint.isascii() and endpoint.isprintable() and not set(endpoint) & set(" \\@")


def post(endpoint: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
    import requests

    answer = requests.post(
        endpoint, data=body, headers=headers, timeout=(api.CONNECT, api.ANSWER), allow_redirects=False
    )
    return answer.status_code, answer.text


class Push:
    def __init__(self, keys: Keys, post: Post = post, patience: float = PATIENCE) -> None:
        self.keys = keys
        self.post = post
        self.patience = patience

    @contextmanager
    def open(self, letter: Letter) -> Iterator[Batch]:
        if not letter.devices:
            raise RefusedError(NO_DEVICE, permanent=True)
        sealed: list[Sealed] = []
        useless: list[str] = []
        for device in letter.devices:
            body = self._body(letter, device)
            if body:
                sealed.append(Sealed(device.endpoint, self._headers(letter, device), body))
            else:
                useless.append(device.endpoint)
        yield Batch(sealed, tuple(useless), self.post, self.patience)

    def _headers(self, letter: Letter, device: Device) -> dict[str, str]:
        lasts = (letter.expires_at - letter.date) if letter.expires_at else USUALLY_LASTS
        until = letter.date + SIGNED_FOR
        try:
            proof = webpush.authorization(
                device.endpoint, private=self.keys.private, contact=self.keys.contact, until=until
            )
        except ValueError as error:
            raise _unusable(error) from error
        return {
            "Authorization": proof,
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(max(0, int(lasts.total_seconds()))),
            "Topic": topic(letter),
            "Urgency": "normal",
        }

    def _body(self, letter: Letter, device: Device) -> bytes:
        """Empty for a device that nothing can be sent to: an unknown service, or a key that is none."""
        try:
            known = is_known(device.endpoint)
            return webpush.sealed(content(letter), device.p256dh, device.auth) if known else b""
        except ValueError:
            return b""
        except ImportError as error:
            raise _unusable(error) from error


def _unusable(error: Exception) -> RefusedError:
    return RefusedError(f"Notifications are not set up rightly: {error}", permanent=False, provider=True)


class Batch:
    """The same notification for every device of one person. It has arrived when one of them is reached."""

    def __init__(self, sealed: list[Sealed], gone: tuple[str, ...], post: Post, patience: float) -> None:
        self.sealed, self.gone, self.post = sealed, gone, post
        self.patience = patience / max(1, len(sealed))

    def commit(self) -> str:
        troubles = [trouble for one in self.sealed if (trouble := self._send(one))]
        if len(troubles) < len(self.sealed):
            return f"taken for {len(self.sealed) - len(troubles)} of {len(self.sealed)} devices"
        raise worst(troubles)

    def _send(self, one: Sealed) -> RefusedError | UnsureError | None:
        try:
            status, said = api.ask(lambda: self.post(one.endpoint, one.headers, one.body), patience=self.patience)
        except (RefusedError, UnsureError) as trouble:
            return trouble
        if status in GONE:
            self.gone += (one.endpoint,)
            return RefusedError(NO_DEVICE, permanent=True)
        return meaning(status, said)


def meaning(status: int, said: str) -> RefusedError | UnsureError | None:
    """As of any provider, but: one device may know us by an older key, and another try replaces the first (`topic`)."""
    if status in OTHER_KEY:
        return RefusedError(f"{status} {said}", permanent=True)
    if status >= 500:
        return RefusedError(f"{status} {said}", permanent=False, provider=True)
    return api.meaning(status, said)


def worst(troubles: list[RefusedError | UnsureError]) -> RefusedError | UnsureError:
    """What none of the devices reached comes to: unknown if one is unknown, to be tried again if one may be."""
    ranked = sorted(troubles, key=lambda one: 0 if isinstance(one, UnsureError) else 1 + one.permanent)
    return ranked[0] if ranked else RefusedError(NO_DEVICE, permanent=True)


def content(letter: Letter) -> bytes:
    """What the browser shows and opens. `tag` lets a repeat replace what it repeats instead of standing beside it."""
    told = {
        "title": TITLE,
        "body": (letter.short or letter.subject)[:LONGEST_LINE],
        "link": letter.link,
        "tag": topic(letter),
    }
    return json.dumps(told).encode()


def topic(letter: Letter) -> str:
    """The same for every try of a message, so that the service keeps only the last one that waits (RFC 8030, 5.4)."""
    return webpush.written(sha256(letter.message_id.encode()).digest())[:32]
