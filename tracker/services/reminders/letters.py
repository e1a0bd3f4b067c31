"""Writes a message at the moment it is sent. No clinical detail, the first name only, and a link."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string

from tracker.channels import Letter
from tracker.models import OutboxMessage
from tracker.services.kinds import RULES, Rule
from tracker.services.reminders.recheck import address_of


def letter(messages: Sequence[OutboxMessage], *, now: datetime) -> Letter:
    """One letter for all that one reader is to be told by one channel now; that each is still wanted was asked before."""
    first = messages[0]
    return _write(first, RULES[first.kind], message_id(messages), now)


def message_id(messages: Sequence[OutboxMessage]) -> str:
    """A repeat has the one it may have left under, so that readers' programs recognise it; else that of the first."""
    first = messages[0]
    return first.message_id if first.repeat else f"<{first.pk}@{urlsplit(settings.SITE_URL).hostname}>"


def _write(message: OutboxMessage, rule: Rule, named: str, now: datetime) -> Letter:
    context = _context(message, rule)
    return Letter(
        to=address_of(message),
        sender=settings.DEFAULT_FROM_EMAIL,
        subject=f"Again: {rule.subject}" if message.repeat else rule.subject,
        text=render_to_string(f"{rule.template}.txt", context).strip() + "\n",
        html=render_to_string(f"{rule.template}.html", context),
        message_id=named,
        date=now,
        repeat=message.repeat,
    )


def _context(message: OutboxMessage, rule: Rule) -> dict[str, Any]:
    reader = message.recipient.name if message.recipient else message.patient.given_name if message.patient else ""
    return {
        "name": " ".join(reader.split()),
        "clinic": message.clinic,
        "subject": rule.subject,
        "link": settings.SITE_URL + rule.path.format(episode=message.episode_id),
        "repeat": message.repeat,
    }
