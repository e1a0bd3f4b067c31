"""The demo's post: what it would have sent, to be read on screen, with links that lead back into it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from tracker import access
from tracker.errors import NotFound
from tracker.web import addresses, shell

PAGE = 10
OUR_LINK = re.compile(r"(https?://[^\s/]+(/(?!/)[^\s]*))")
LONGEST_LINK = 48
TIME = re.compile(r"\d{8}T\d{6}Z")


@dataclass(frozen=True, slots=True)
class Mail:
    """One message that was written to a file instead of being sent."""

    to: str
    subject: str
    at: datetime | None
    way: str
    body: SafeString
    foot: SafeString
    repeat: bool


@require_safe
def mail(request: HttpRequest) -> HttpResponse:
    """Only in the demo, where everybody is made up; elsewhere there is no such page."""
    if not settings.DEMO:
        raise NotFound
    actor = access.actor(request.user) if request.user.is_authenticated else None
    to, page = addresses.words(request, "to"), addresses.number(request, "page")
    files = _files(settings.MAIL_DIR, to)
    pages = max(1, -(-len(files) // PAGE))
    page = min(max(1, page), pages)
    context = {
        "mails": [_read(file) for file in files[(page - 1) * PAGE : page * PAGE]],
        "total": len(files),
        "to": to,
        "page": page,
        "pages": pages,
    }
    return shell.page(request, "tracker/mail/page.html", actor, context)


def _files(directory: Path, to: str) -> list[Path]:
    """The latest first: their names begin with the time, and go on with the reader."""
    reader = re.sub(r"[^\w.-]+", "_", to, flags=re.ASCII)
    found = [file for file in directory.glob("*") if file.suffix in (".eml", ".txt") and TIME.match(file.name)]
    return sorted((file for file in found if reader in file.name), key=lambda file: file.name, reverse=True)


def _read(file: Path) -> Mail:
    return _text_message(file) if file.suffix == ".txt" else _letter(file)


def _letter(file: Path) -> Mail:
    read = message_from_bytes(file.read_bytes(), policy=default)
    plain = read.get_body(("plain",))
    body, _, foot = (str(plain.get_content()) if plain else "").partition("\n--\n")
    return Mail(
        to=str(read["To"]),
        subject=str(read["Subject"]),
        at=parsedate_to_datetime(str(read["Date"])),
        way="E-mail",
        body=_linked(body),
        foot=_linked(foot),
        repeat=read["X-Recovery-Repeat"] is not None,
    )


def _text_message(file: Path) -> Mail:
    head, _, body = file.read_text(encoding="utf-8").partition("\n\n")
    return Mail(head.removeprefix("To: "), "", None, "Text message", _linked(body), SafeString(), repeat=False)


def _linked(text: str) -> SafeString:
    """The text with its links leading to the same pages here, whatever address they were written for."""
    paragraphs = (part for part in text.strip().split("\n\n") if part.strip())
    return format_html_join("", "<p>{}</p>", ((_lines(part),) for part in paragraphs))


def _lines(paragraph: str) -> SafeString:
    parts = (_line(line) for line in paragraph.splitlines())
    return format_html_join(SafeString("<br>"), "{}", ((part,) for part in parts))


def _line(line: str) -> SafeString:
    pieces = OUR_LINK.split(line)  # text, address, path, text, address, path, ... text
    return format_html_join("", "{}", ((_piece(pieces, at),) for at in range(0, len(pieces), 3)))


def _piece(pieces: list[str], at: int) -> SafeString:
    """A stretch of text, and the link after it."""
    if at + 2 >= len(pieces):
        return format_html("{}", pieces[at])
    said = pieces[at + 1] if len(pieces[at + 1]) <= LONGEST_LINK else f"{pieces[at + 1][:LONGEST_LINK]}…"
    return format_html('{}<a href="{}">{}</a>', pieces[at], pieces[at + 2], said)
