"""E-mail through a provider's own interface (the extra `mail`), instead of SMTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection

from tracker.channels import api
from tracker.channels.channel import PATIENCE, Letter, RefusedError, UnsureError
from tracker.channels.mail import as_mail, headers

KEEPS_MESSAGE_ID: dict[str, dict[str, str]] = {"Mailgun": {}, "Postmark": {"X-PM-KeepID": "true"}}
"""Providers that let a mail keep our Message-ID, and what they want to be told for it. The others give their own."""
TAKES_KEY = {"Resend": "Idempotency-Key"}
"""Providers that take one message once under the same key, and the header that carries it."""


class Provider:
    """Whatever EMAIL_BACKEND of anymail this installation is set up with."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self.patience = patience

    @contextmanager
    def open(self, letter: Letter) -> Iterator[Parcel]:
        as_mail(letter)  # refuses what a mail may not carry; not every provider does
        try:
            backend = get_connection()
        except (ImproperlyConfigured, ImportError) as error:
            raise RefusedError(str(error), permanent=False, provider=True) from error
        backend.open()
        try:
            yield Parcel(backend, letter, self.patience)
        finally:
            backend.close()


class Parcel:
    gone: tuple[str, ...] = ()

    def __init__(self, backend: Any, letter: Letter, patience: float) -> None:
        self.backend = backend
        self.message = message(letter, backend.esp_name)
        self.patience = patience
        if backend.esp_name in TAKES_KEY:
            backend.session.headers[TAKES_KEY[backend.esp_name]] = key(letter)

    def commit(self) -> str:
        from anymail.exceptions import AnymailError, AnymailRecipientsRefused

        try:
            api.ask(lambda: self.backend.send_messages([self.message]), patience=self.patience)
        except AnymailRecipientsRefused as error:
            raise RefusedError(f"{self.backend.esp_name} refused the address.", permanent=True) from error
        except AnymailError as error:
            raise _meaning(error) from error
        return self._taken()

    def _taken(self) -> str:
        status = self.message.anymail_status  # type: ignore[attr-defined]
        if status.status and status.status <= {"sent", "queued"}:
            return f"{self.backend.esp_name} {status.message_id}"
        raise _answered(getattr(status.esp_response, "status_code", 200), f"{self.backend.esp_name}: {status.status}")


def _meaning(error: Any) -> RefusedError | UnsureError:
    """What an answer means that anymail made nothing of, or a message that it could not put to this provider."""
    if error.status_code is None:
        return RefusedError(api.in_words(error), permanent=True)
    return _answered(error.status_code, getattr(error.response, "text", ""))


def _answered(status: int, said: str) -> RefusedError | UnsureError:
    """Never for good: that an address is wrong a provider says of the address, and anymail passes that on."""
    meant = api.meaning(status, said)
    if isinstance(meant, RefusedError):
        return RefusedError(meant.detail, permanent=False, provider=meant.provider)
    return meant or UnsureError(f"the answer to the message was not understood: {said}")


def message(letter: Letter, provider: str) -> EmailMultiAlternatives:
    """The letter as anymail takes it. Its metadata comes back with a bounce, whatever id the provider gave it."""
    keeping = KEEPS_MESSAGE_ID.get(provider)
    own = {} if keeping is None else {"Message-ID": letter.message_id, **keeping}
    written = EmailMultiAlternatives(
        letter.subject, letter.text, letter.sender, [letter.to], headers=dict(headers(letter)) | own
    )
    if letter.html:
        written.attach_alternative(letter.html, "text/html")
    written.metadata = {"message_id": letter.message_id.strip("<>")}  # type: ignore[attr-defined]
    return written


def key(letter: Letter) -> str:
    """A marked repeat is another message: that it may arrive twice was decided before."""
    return letter.message_id.strip("<>") + ("-repeat" if letter.repeat else "")
