"""Passkeys, authenticator apps and recovery codes: what differs from django-allauth's defaults, and the trail of them."""

from __future__ import annotations

import base64
import hashlib
from copy import copy
from typing import Any
from urllib.parse import urlsplit

import qrcode
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.core import context
from allauth.mfa import signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.mfa.webauthn.internal.auth import parse_authentication_response
from cryptography.fernet import Fernet, MultiFernet
from django import forms
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tracker.models import User
from tracker.services import second_factors, sessions

QUIET = 4
"""Blank modules around a QR code, as its standard asks."""


class SecondFactors(DefaultMFAAdapter):
    """Passkeys belong to this installation's own host; secrets are kept enciphered."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "That did not fit. Look at the newest code, or try your passkey again.",
    }

    def _get_site_name(self) -> str:
        return "Recovery"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        own = urlsplit(settings.SITE_URL).hostname if settings.PRODUCTION else None
        host = context.request.get_host().rpartition(":")[0] or context.request.get_host()
        return {"id": own or host, "name": "Recovery"}

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002 - the name that allauth gives
        return f"Passkey {len(second_factors.passkeys(user)) + 1}"

    def build_totp_svg(self, url: str) -> SafeString:
        """The QR code as one path: no image address, no inline style."""
        code = qrcode.QRCode(border=QUIET)
        code.add_data(url)
        code.make()
        rows = code.get_matrix()
        dots = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
        return format_html(
            '<svg class="qr" viewBox="0 0 {0} {0}" role="img" aria-label="QR code for your authenticator app" '
            'shape-rendering="crispEdges"><rect width="{0}" height="{0}" fill="#fff"/><path d="{1}" fill="#000"/></svg>',
            len(rows),
            dots,
        )

    def encrypt(self, text: str) -> str:
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _cipher().decrypt(encrypted_text.encode()).decode()


def _cipher() -> MultiFernet:
    """The installation's key; older keys still open what they closed."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"second factors:" + key.encode()).digest())


class PasskeyForm(AddWebAuthnForm):
    """Every key is a passkey: it knows its owner by PIN, finger or face, and signs in by itself."""

    name = forms.CharField(
        label="Name of this passkey",
        required=False,
        max_length=60,
        help_text="So that you recognise it: for example, My phone.",
    )
    passwordless = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def clean_passwordless(self) -> bool:
        return True


@receiver(signals.authenticator_added)
def set_up(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Whoever has just set one up has shown it."""
    second_factors.note(user=_there(request, user), action="second_factor_added", authenticator=authenticator)
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)


@receiver(signals.authenticator_removed)
def removed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Without any left, having shown one counts no longer: here, and in other browsers, which are signed out."""
    second_factors.note(user=_there(request, user), action="second_factor_removed", authenticator=authenticator)
    if not second_factors.any_left(user):
        records = get_authentication_records(request, user)
        others = [record for record in records if record.get("method") != "mfa"]
        request.session[AUTHENTICATION_METHODS_SESSION_KEY] = others
        sessions.end_all(user=_there(request, user), tokens=False, keep=request.session.session_key or "")


@receiver(signals.authenticator_reset)
def made_anew(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    second_factors.note(user=_there(request, user), action="recovery_codes_made", authenticator=authenticator)


@receiver(signals.authentication_failed)
def used_wrongly(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    who = _there(request, user)
    second_factors.note(user=who, action="second_factor_wrong", authenticator=authenticator, refused=True)


@receiver(signals.authenticator_used)
def used(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """A recovery code is worth a line; a passkey says how often it has signed."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        second_factors.note(user=_there(request, user), action="recovery_code_used", authenticator=authenticator)
    if authenticator.type == Authenticator.Type.WEBAUTHN:
        credential = forms.JSONField().clean(request.POST.get("credential", ""))
        count = parse_authentication_response(credential).response.authenticator_data.counter
        second_factors.signed(user=_there(request, user), authenticator=authenticator, count=count)


def _there(request: HttpRequest, user: User) -> User:
    """The user with the presence of this request, for the trail; also while they are still signing in."""
    who = copy(user)
    who.presence = user.presence or getattr(request, "presence", None)
    return who
