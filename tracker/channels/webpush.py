"""How a notification is sealed for one browser (RFC 8291) and how this installation proves who it is (RFC 8292).

Needs the extra `push`, which is looked for when a notification is written and not before.
"""

from __future__ import annotations

import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

RECORD = 4096
LONGEST = RECORD - 16 - 1 - 86
"""Bytes of text in the one record of a notification: the rest is its header, its end mark and its seal."""
POINT, SECRET, SCALAR = 65, 16, 32
"""Bytes of a public key, of a browser's secret and of a private key."""


def new_keys() -> tuple[str, str]:
    """A private key and its public key, as browsers and settings write them."""
    from cryptography.hazmat.primitives.asymmetric import ec

    made = ec.generate_private_key(ec.SECP256R1())
    return written(made.private_numbers().private_value.to_bytes(SCALAR, "big")), written(point(made))


def public_key(private: str) -> str:
    """The public key that belongs to a private one. Raises ValueError for what is no private key."""
    return written(point(private_key(read(private))))


def are_keys(p256dh: str, auth: str) -> bool:
    """Whether a browser's two keys have the form they must have."""
    try:
        key, secret = read(p256dh), read(auth)
    except ValueError:
        return False
    return len(key) == POINT and key[:1] == b"\x04" and len(secret) == SECRET


def sealed(text: bytes, p256dh: str, auth: str, *, own: Any = None, salt: bytes = b"") -> bytes:
    """The text for the one browser with these keys, in one record. `own` and `salt` are new each time.

    Raises ValueError for keys that are none and for a text that is too long.
    """
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(text) > LONGEST:
        raise ValueError(f"a notification holds {LONGEST} bytes, not {len(text)}")
    own, salt = own or ec.generate_private_key(ec.SECP256R1()), salt or os.urandom(16)
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), read(p256dh))
    shared = own.exchange(ec.ECDH(), theirs)
    secret = derived(shared, salt=read(auth), info=b"WebPush: info\0" + read(p256dh) + point(own), length=32)
    key = derived(secret, salt=salt, info=b"Content-Encoding: aes128gcm\0", length=16)
    nonce = derived(secret, salt=salt, info=b"Content-Encoding: nonce\0", length=12)
    header = salt + RECORD.to_bytes(4, "big") + bytes([POINT]) + point(own)
    return header + AESGCM(key).encrypt(nonce, text + b"\x02", None)  # 2 marks the last record


def authorization(endpoint: str, *, private: str, contact: str, until: datetime) -> str:
    """The header that tells a push service who sends, and whom to ask about it, until that instant."""
    where = urlsplit(endpoint)
    claims = {"aud": f"{where.scheme}://{where.netloc}", "exp": int(until.timestamp()), "sub": contact}
    head = written(b'{"typ":"JWT","alg":"ES256"}')
    body = written(json.dumps(claims, separators=(",", ":")).encode())
    key = private_key(read(private))
    return f"vapid t={head}.{body}.{written(signature(key, f'{head}.{body}'.encode()))}, k={written(point(key))}"


def signature(key: Any, text: bytes) -> bytes:
    """ES256: both numbers of the signature at full length (RFC 7518, 3.4)."""
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.hazmat.primitives.hashes import SHA256

    numbers = utils.decode_dss_signature(key.sign(text, ec.ECDSA(SHA256())))
    return b"".join(number.to_bytes(SCALAR, "big") for number in numbers)


def derived(secret: bytes, *, salt: bytes, info: bytes, length: int) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def private_key(number: bytes) -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    if len(number) != SCALAR:
        raise ValueError(f"a private key has {SCALAR} bytes, not {len(number)}")
    return ec.derive_private_key(int.from_bytes(number, "big"), ec.SECP256R1())


def point(key: Any) -> bytes:
    """The public key of a private one, in full."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    made: bytes = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return made


def written(octets: bytes) -> str:
    return urlsafe_b64encode(octets).rstrip(b"=").decode()


def read(text: str) -> bytes:
    """The octets of base64url, with or without its filling. Raises ValueError."""
    bare = text.rstrip("=")
    try:
        return urlsafe_b64decode(bare + "=" * (-len(bare) % 4)) if bare.isascii() else b""
    except NotBase64 as error:
        raise ValueError("this is not base64url") from error
