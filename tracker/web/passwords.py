"""What a password must be: long, and not one that others guess first. No rules about which signs are in it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from pathlib import Path

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from tracker.models import User
from tracker.selectors import staff

ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "12345678901234567890",
    "qwertzuiopasdfghjklyxcvbnm",
)
OWN_WORDS = frozenset(
    {"recovery", "osteotomy", "kneeosteotomy", "knee", "clinic", "hospital", "patient", "physio", "surgeon"}
)
TELL_TALE = "This password is easy to guess. Take four or five words that do not belong together."


class Long:
    """Twelve characters, fifteen where nothing else is asked for."""

    def __init__(self, least: int = 12, alone: int = 15) -> None:
        self.least, self.alone = least, alone

    def validate(self, password: str, user: User | None = None) -> None:
        alone = user is not None and not (staff.works(user) or is_mfa_enabled(user))
        needed = self.alone if alone else self.least
        if len(password) < needed:
            raise ValidationError(f"Use at least {needed} characters. This has {len(password)}.", code="too_short")

    def get_help_text(self) -> str:
        return f"At least {self.least} characters; at least {self.alone} without a passkey or a code app."


class Uncommon(CommonPasswordValidator):
    """Django's list of the most common passwords; also one of them twice, with a year behind it, or a row of keys."""

    def validate(self, password: str, user: User | None = None) -> None:
        if any(_guessed(core, self.passwords) for core in _cores(password.lower())):
            raise ValidationError(TELL_TALE, code="common")

    def get_help_text(self) -> str:
        return "Not one that many people use."


def _cores(password: str) -> set[str]:
    """What is left of a password without what people put around it to make it longer."""
    letters = re.sub(r"^[\d\W_]+|[\d\W_]+$", "", password)
    return {_unrepeated(core) for core in (password, letters, re.sub(r"[\W_]+", "", password)) if core}


def _unrepeated(text: str) -> str:
    """`abcabc` is `abc`."""
    size = (text + text).find(text, 1)
    return text[:size]


def _guessed(core: str, common: Collection[str]) -> bool:
    in_a_row = len(core) > 3 and any(core in row or core in row[::-1] for row in ROWS)
    return core in common or core in OWN_WORDS or len(core) < 4 or in_a_row


class Unbreached:
    """Passwords that were stolen elsewhere, looked up in a file on this machine: nothing is asked of anybody outside.

    The file holds upper-case SHA-1 sums in order, one a line, as Have I Been Pwned gives them out (`SUM:COUNT`).
    """

    def validate(self, password: str, user: User | None = None) -> None:
        if settings.BREACHED_PASSWORDS and _stands_in(Path(settings.BREACHED_PASSWORDS), _sum(password)):
            raise ValidationError("This password was stolen from another site. Take a new one.", code="breached")

    def get_help_text(self) -> str:
        return "Not one that was stolen elsewhere."


def _sum(password: str) -> bytes:
    return hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()


def _stands_in(file: Path, wanted: bytes) -> bool:
    """By halving: a file of a thousand million lines takes some thirty looks."""
    with file.open("rb") as lines:
        low, high = 0, file.stat().st_size
        while low < high:
            middle = (low + high) // 2
            lines.seek(middle)
            if middle:
                lines.seek(middle - 1)
                lines.readline()
            start, line = lines.tell(), lines.readline()
            found = line.partition(b":")[0].strip()
            if found == wanted:
                return True
            if not line or found > wanted:
                high = middle
            else:
                low = start + len(line)
    return False
