from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from typing import Any

from django.core.management.base import BaseCommand

from tracker import clock
from tracker.services import bounces

LARGEST = 10 * 1024 * 1024


class Command(BaseCommand):
    help = (
        "Read a mail server's report of a failed delivery (RFC 3464) from standard input, and mark the message as not "
        "arrived. For an alias of the sender's address, for example: recovery: |python3 manage.py bounce"
    )

    def handle(self, *args: Any, **options: Any) -> None:
        """Never ends with an error over what was sent in: the mail server would answer a bounce with a bounce."""
        report = read(sys.stdin.buffer.read(LARGEST))
        if report is None:
            self.stdout.write("This is no report of a delivery that failed for good. Nothing was changed.")
            return
        came_back = bounces.take(message_id=report.message_id, detail=report.detail, now=clock.now())
        self.stdout.write(f"{len(came_back)} messages came back under {report.message_id}: {report.detail}")


@dataclass(frozen=True, slots=True)
class Report:
    """Which message did not arrive, and what the reader's own mail server said."""

    message_id: str
    detail: str


def read(raw: bytes) -> Report | None:
    """The report in a mail; None for any other mail, for one about a delay, and for one that names no message of ours.

    Only a status of 5.x.x counts: with any other the mail server goes on trying.
    """
    parts = list(message_from_bytes(raw).walk())
    failed = next((fields for fields in _recipients(parts) if _failed_for_good(fields)), None)
    message_id = next(filter(None, map(_original_id, parts)), "")
    if failed is None or not message_id:
        return None
    return Report(message_id, _word(failed, "Diagnostic-Code") or f"status {_word(failed, 'Status')}")


def _recipients(parts: Iterable[Message]) -> Iterator[Message]:
    """The fields of each reader: what follows the first group of a delivery-status part."""
    for part in parts:
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            groups: Any = part.get_payload()
            yield from groups[1:]


def _failed_for_good(fields: Message) -> bool:
    return _word(fields, "Action").lower() == "failed" and _word(fields, "Status").startswith("5.")


def _original_id(part: Message) -> str:
    """The Message-ID of the mail that a report carries back, whole or its headers alone."""
    carried: Any = ""
    if part.get_content_type() == "message/rfc822" and part.is_multipart():
        carried = part.get_payload(0)
    elif part.get_content_type() == "text/rfc822-headers":
        octets: Any = part.get_payload(decode=True)
        carried = message_from_bytes(octets or b"")
    return _word(carried, "Message-ID") if carried else ""


def _word(fields: Message, name: str) -> str:
    return " ".join(str(fields.get(name, "")).split())
