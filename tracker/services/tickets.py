"""The secret of an invite: worked out with the installation's key whenever it is needed, and kept nowhere.

Whoever reads the table finds the random nonce and can make no link of it; whoever has the key finds no nonce in it.
"""

from __future__ import annotations

from binascii import Error as NotBase64
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from tracker.models import Invite

SALT = "recovery.invites"
ID_BYTES, MAC_BYTES = 16, 32
NOBODYS = bytes(ID_BYTES + MAC_BYTES)
"""Stands in for what is no secret, or another spelling of one, which would be counted as another link."""
NO_NONCE = "0" * 32
"""Stands in for that of an invite that there is none of, so that both take as long."""


def token_of(invite: Invite) -> str:
    """64 letters: which invite, and the proof that this program made them."""
    return urlsafe_base64_encode(invite.pk.bytes + _mac(invite.pk, invite.nonce, settings.SECRET_KEY))


def path_of(invite: Invite) -> str:
    return f"/invites/{token_of(invite)}/"


def find(token: str) -> Invite | None:
    """The invite whose secret this is, whatever has become of it."""
    raw = _raw(token)
    pk = UUID(bytes=raw[:ID_BYTES])
    invite = Invite.objects.select_related("clinic", "patient", "caregiver").filter(pk=pk).first()
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    nonce = NO_NONCE if invite is None else invite.nonce
    fits = [constant_time_compare(_mac(pk, nonce, key), raw[ID_BYTES:]) for key in keys]
    return invite if any(fits) else None


def _mac(pk: UUID, nonce: str, key: str) -> bytes:
    return salted_hmac(SALT, f"{pk.hex}{nonce}", secret=key, algorithm="sha256").digest()


def _raw(token: str) -> bytes:
    try:
        raw = urlsafe_base64_decode(token)
    except (ValueError, NotBase64):
        raw = b""
    return raw if len(raw) == ID_BYTES + MAC_BYTES and urlsafe_base64_encode(raw) == token else NOBODYS
