"""Writes a message at the moment it is sent. No clinical detail, the first name only, and a link."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string

from tracker.channels import Letter
from tracker.models import OutboxMessage
from tracker.services.kinds import RULES, Rule
from tracker.services.reminders.recheck import Withheld, address_of, objection


def letter(message: OutboxMessage, *, now: datetime) -> Letter | Withheld:
    """The message as it is to be sent now, or why it should not be."""
    return objection(message, now=now) or _write(message, RULES[message.kind], now)


def message_id(message: OutboxMessage) -> str:
    """The same for every try, so that readers' programs recognise a repeat."""
    return message.message_id or f"<{message.pk}@{urlsplit(settings.SITE_URL).hostname}>"


def _write(message: OutboxMessage, rule: Rule, now: datetime) -> Letter:
    context = _context(message, rule)
    return Letter(
        to=address_of(message),
        sender=settings.DEFAULT_FROM_EMAIL,
        subject=f"Again: {rule.subject}" if message.repeat else rule.subject,
        text=render_to_string(f"{rule.template}.txt", context).strip() + "\n",
        html=render_to_string(f"{rule.template}.html", context),
        message_id=message_id(message),
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
