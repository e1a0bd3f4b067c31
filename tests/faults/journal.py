"""What reached the mail server, line by line as it stood on the disk before the sender heard of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

KINDS = {
    "Time for your check-in": "check_in",
    "Your check-in is still open": "nudge",
    "Your next step is coming up": "next_step",
    "Your appointment tomorrow": "review_tomorrow",
    "Your goals this week": "milestones",
    "Your plan has changed": "restriction_changed",
    "A decision is waiting for you": "gate_due",
    "Urgent: please look now": "urgent_alert",
    "Urgent: nobody has taken this on yet": "alert_unanswered",
    "Your list this morning": "morning_list",
}
"""By the subject that a reader sees; written down here once more, so that a mix-up in the product shows."""
LINKS = {
    "/check-in/": "check_in",
    "/plan/": "review_tomorrow",
    "/progress/": "milestones",
    "/today/": "restriction_changed",
}
"""What else a letter tells of shows in where it leads; so no two kinds that lead to one page may be due at a time."""
LEADS_TO = {"nudge": "/check-in/", "next_step": "/plan/"}
AGAIN = "Again: "
CANARIES = ("<b>Eve", "evil@example.org")
"""Names and addresses that somebody typed to see how far they get."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message that the server has taken responsibility for, whether or not it could still say so."""

    at: float
    to: str
    subject: str
    message_id: str
    repeat: bool
    links: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    canaries: tuple[str, ...] = ()
    """What of CANARIES a program that shows the mail would take for markup, or a server for a header's content."""

    @property
    def kinds(self) -> set[str]:
        """All that the letter tells of."""
        kind = KINDS.get(self.subject.removeprefix(AGAIN), self.subject)
        return {kind} | {other for link, other in LINKS.items() if link in self.links and link != LEADS_TO.get(kind)}


def line(at: float, to: str, content: bytes) -> str:
    """A mail as one line of the journal. Most need no look at their parts, which takes long."""
    head, _, body = content.partition(b"\r\n\r\n")
    mail = message_from_bytes(head, policy=default)
    suspect = any(each.encode() in content for each in CANARIES)
    said: dict[str, Any] = {
        "at": at,
        "to": to,
        "subject": str(mail["Subject"]),
        "message_id": str(mail["Message-ID"]),
        "repeat": mail["X-Recovery-Repeat"] == "yes",
        "headers": list(mail),
        "canaries": canaries(content) if suspect else [],
        "links": sorted(set(re.findall(r"https?://[^/\s\"<]+(/[\w/.-]*)", body.decode("latin-1")))),
    }
    return json.dumps(said) + "\n"


def canaries(content: bytes) -> list[str]:
    mail = message_from_bytes(content, policy=default)
    html = mail.get_body(("html",))
    shown = "\n".join([*map(str, mail.values()), html.get_content() if html else ""])
    return [each for each in CANARIES if each in shown]


def read(path: Path, since: int = 0) -> Iterator[Mail]:
    """The mails whose lines begin at or after the byte `since`."""
    with path.open("rb") as file:
        file.seek(since)
        for each in file:
            said = json.loads(each)
            yield Mail(**{name: tuple(value) if isinstance(value, list) else value for name, value in said.items()})
