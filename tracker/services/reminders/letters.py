"""Writes what one reader is told by one channel at one moment. No clinical detail, the first name only, and links."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string

from tracker.channels import Letter
from tracker.models import Clinic, Kind, OutboxMessage
from tracker.services import tickets
from tracker.services.kinds import RULES, Rule
from tracker.services.reminders import morning, optout
from tracker.services.reminders.ways import address_of, devices_of

LEADING = (Kind.RESTRICTION_CHANGED, Kind.REVIEW_TOMORROW)
"""They give the subject to a letter that tells of other things too; the rest follow in the order of RULES."""
SETTINGS = "/reminders/"


@dataclass(frozen=True, slots=True)
class Part:
    """What a letter says of one kind, once, and where it leads: one link for each message."""

    text: str
    links: tuple[str, ...]
    go: str


@dataclass(frozen=True, slots=True)
class Stop:
    """How to end one kind of message without signing in."""

    label: str
    link: str


def letter(messages: Sequence[OutboxMessage], *, now: datetime) -> Letter:
    """One letter for all that one reader is to be told by one channel now; that each is still wanted was asked before."""
    ordered = sorted(messages, key=_place)
    lead = ordered[0]
    rule, context = RULES[lead.kind], _context(ordered, now)
    frame = "invited" if lead.invite else "staff" if lead.recipient else "patient"
    unsubscribe = next((stop.link for stop in context["stops"]), "")
    repeat = any(message.repeat for message in messages)
    return Letter(
        to=address_of(lead),
        sender=settings.DEFAULT_FROM_EMAIL,
        subject=f"Again: {rule.subject}" if repeat else rule.subject,
        text=render_to_string(f"messages/{frame}.txt", context).strip() + "\n",
        html=render_to_string(f"messages/{frame}.html", context),
        message_id=message_id(messages),
        date=now,
        repeat=repeat,
        unsubscribe=unsubscribe,
        short=" ".join(RULES[kind].line for kind in _by_kind(ordered)),
        link=link_of(lead, rule),
        devices=devices_of(lead),
        expires_at=min((each.expires_at for each in messages if each.expires_at), default=None),
    )


def message_id(messages: Sequence[OutboxMessage]) -> str:
    """A repeat has the one it may have left under, so that readers' programs recognise it; else that of the first."""
    first = messages[0]
    return first.message_id if first.repeat else f"<{first.pk}@{urlsplit(settings.SITE_URL).hostname}>"


def link_of(message: OutboxMessage, rule: Rule) -> str:
    invite = "" if message.invite is None else tickets.path_of(message.invite)
    return settings.SITE_URL + rule.path.format(episode=message.episode_id, invite=invite)


def _place(message: OutboxMessage) -> tuple[bool, int]:
    return message.kind not in LEADING, list(RULES).index(Kind(message.kind))


def _by_kind(messages: Sequence[OutboxMessage]) -> dict[str, list[OutboxMessage]]:
    found: dict[str, list[OutboxMessage]] = {}
    for message in messages:
        found.setdefault(message.kind, []).append(message)
    return found


def _context(messages: Sequence[OutboxMessage], now: datetime) -> dict[str, Any]:
    lead, by_kind = messages[0], _by_kind(messages)
    return {
        "name": one_line(_reader(lead)),
        **_clinic(lead.clinic),
        "subject": RULES[lead.kind].subject,
        "parts": [_part(kind, found, now) for kind, found in by_kind.items()],
        "stops": [_stop(found[0]) for kind, found in by_kind.items() if RULES[kind].optional],
        "reminders": settings.SITE_URL + SETTINGS,
        "repeat": any(message.repeat for message in messages),
    }


def _reader(message: OutboxMessage) -> str:
    if message.recipient is not None:
        return message.recipient.name
    if message.patient is not None:
        return message.patient.given_name
    invite = message.invite
    if invite is None:
        return ""
    return invite.name if invite.purpose == invite.Purpose.STAFF else next(iter(invite.name.split()), "")


def _clinic(clinic: Clinic | None) -> dict[str, str]:
    if clinic is None:
        return {}
    return {
        "clinic": one_line(clinic.name),
        "phone": one_line(clinic.phone),
        "emergency_number": one_line(clinic.emergency_number),
    }


def _part(kind: str, messages: Sequence[OutboxMessage], now: datetime) -> Part:
    rule = RULES[kind]
    more = MORE[kind](messages[0], now) if kind in MORE else {}
    text = render_to_string(rule.template, {"messages": messages, **more}).strip()
    links = dict.fromkeys(link_of(message, rule) for message in messages)
    return Part(text, tuple(links), rule.go)


def _stop(message: OutboxMessage) -> Stop:
    token = optout.unsubscribe_token(message)
    return Stop(str(Kind(message.kind).label), f"{settings.SITE_URL}/unsubscribe/{token}/")


def one_line(text: str) -> str:
    return " ".join(text.split())


MORE: dict[str, Callable[[OutboxMessage, datetime], Mapping[str, Any]]] = {Kind.MORNING_LIST: morning.more}
"""By kind: what its text needs to know beside the message itself, such as how many wait."""
