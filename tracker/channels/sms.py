"""Text messages: one short line and a link, through Twilio (the extra `sms`)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit

from tracker.channels import api
from tracker.channels.channel import PATIENCE, Letter, RefusedError, UnsureError

E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
SEPARATORS = str.maketrans("", "", " -.()/\u00a0")
NOT_A_NUMBER = "The telephone number must begin with + and the country code, for example +44 20 7946 0018."

GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The basic alphabet of text messages (3GPP TS 23.038); with any other letter only 70 fit into one."""
GSM_TWICE = frozenset("^{}\\[~]|€")
"""Its extension: each of these takes the room of two."""
LONGEST, LONGEST_ELSE = 160, 70
PLAIN = str.maketrans(
    {"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-", "\u2026": "..."}
    | {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "\u0131": "i", "œ": "oe", "Œ": "OE"}
)
"""The quotation marks, dashes and dots of print, and letters that are no plain letter with an accent."""

WRONG_SENDER = {21212, 21603, 21606, 21611, 21659, 21660, 21703, 21704, 21705}
"""Twilio's codes for a sender that is not ours to use: no message gets out with it."""


@dataclass(frozen=True, slots=True)
class Account:
    sid: str
    token: str
    sender: str
    """A number of ours, or the id of a messaging service ("MG...")."""

    @classmethod
    def of(cls, url: str) -> Account:
        """From twilio://SID:TOKEN@/+44... Raises ValueError for anything else."""
        parts = urlsplit(url)
        sender = unquote(parts.path.strip("/"))
        if parts.scheme != "twilio" or not (parts.username and parts.password and sender):
            raise ValueError("SMS_URL must be twilio://SID:TOKEN@/SENDER, with a sender such as +447700900123.")
        return cls(unquote(parts.username), unquote(parts.password), sender)


class Twilio:
    """`reports` is the address where Twilio is to say later what became of a message; without it, it says nothing."""

    def __init__(self, account: Account, patience: float = PATIENCE, reports: str = "") -> None:
        self.account = account
        self.patience = patience
        self.reports = reports

    @contextmanager
    def open(self, letter: Letter) -> Iterator[Text]:
        content = {"to": number(letter.to), "body": text(letter)}
        if self.reports:
            content["status_callback"] = f"{self.reports}?{urlencode({'message_id': letter.message_id})}"
        yield Text(self.account, content, self.patience)


class Text:
    gone: tuple[str, ...] = ()

    def __init__(self, account: Account, content: dict[str, str], patience: float) -> None:
        from twilio.http.http_client import TwilioHttpClient
        from twilio.rest import Client

        way = "messaging_service_sid" if account.sender.startswith("MG") else "from_"
        self.content, self.patience = content | {way: account.sender}, patience
        http = TwilioHttpClient(timeout=api.ANSWER, max_retries=0)
        self.messages = Client(account.sid, account.token, http_client=http).messages

    def commit(self) -> str:
        from twilio.base.exceptions import TwilioException

        try:
            made: Any = api.ask(lambda: self.messages.create(**self.content), patience=self.patience)
        except TwilioException as error:
            raise _meaning(error) from error
        return f"Twilio {made.sid} {made.status}"


def _meaning(error: Any) -> RefusedError | UnsureError:
    """What an answer of Twilio's means. Its words may quote the number, so that only its code is kept."""
    status, code = getattr(error, "status", None), getattr(error, "code", None)
    if status is None:
        return UnsureError("Twilio's answer was not understood.")
    words = f"Twilio error {code}, see https://www.twilio.com/docs/errors/{code}"
    if code in WRONG_SENDER:
        return RefusedError(words, permanent=False, provider=True)
    return api.meaning(status, words) or UnsureError(words)


def number(written: str) -> str:
    """The number as every network understands it (E.164), without what people put between the digits."""
    bare = written.translate(SEPARATORS)
    if not E164.fullmatch(bare):
        raise RefusedError(NOT_A_NUMBER, permanent=True)
    return bare


def text(letter: Letter) -> str:
    """The short line and the link, as one text message: letters it has no room for are written in plain ones."""
    link = f" {letter.link}" if letter.link else ""
    line = plain(letter.short or letter.subject)
    longest = LONGEST if is_gsm(line + link) else LONGEST_ELSE
    return cut(line, longest - room(link)) + link


def plain(line: str) -> str:
    """In the basic alphabet where it can be told without its accents; else as it was."""
    line = " ".join(line.translate(PLAIN).split())
    told = "".join(letter if is_gsm(letter) else bare(letter) for letter in line)
    return told if is_gsm(told) else line


def bare(letter: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))


def is_gsm(line: str) -> bool:
    return set(line) <= GSM | GSM_TWICE


def room(line: str) -> int:
    """What it takes up of a text message; outside the basic alphabet, what UTF-16 takes."""
    return sum(1 + (letter in GSM_TWICE or ord(letter) > 0xFFFF) for letter in line)


def cut(line: str, longest: int) -> str:
    """As many whole words as there is room for."""
    while room(line) > longest:
        shorter = line.removesuffix("...").rpartition(" ")[0].rstrip(" .,;:")
        line = f"{shorter}..." if shorter else ""
    return line
