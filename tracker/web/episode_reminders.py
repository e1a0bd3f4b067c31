"""The reminders of one patient as the clinic sees them: what comes, what was told, what did not arrive and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tracker.models import ChannelName, Episode
from tracker.selectors import reminders as told_to
from tracker.selectors.operations import channel_word
from tracker.selectors.told import Failing, Message, Messages
from tracker.services import reach
from tracker.web import reminders
from tracker.web.reminders import Day
from tracker.web.staff_words import MESSAGES

WAYS = reminders.BY_WAY | {
    ChannelName.PUSH.value: "as a notification",
    ChannelName.APP.value: "in the patient's list",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One message in words."""

    when: str
    what: str
    way: str
    chip: str
    word: str
    reason: str


def context(episode: Episode, messages: Messages, *, now: datetime, week: bool) -> dict[str, Any]:
    """What `_reminders.html` shows. The seven days ahead are worked out only when they are asked for."""
    zone = ZoneInfo(episode.clinic.time_zone)
    last, coming = messages.last_sent, messages.coming
    return {
        "failing": failing_words(messages.failing),
        "next_message": _shown(coming[0], now, zone) if coming else None,
        "last_message": _shown(last, now, zone) if last else None,
        "lost": [_shown(each, now, zone) for each in messages.lost],
        "past": [_shown(each, now, zone) for each in messages.past],
        "week": _week(episode, now) if week else None,
    }


def failing_words(failing: Sequence[Failing]) -> list[tuple[str, str, str]]:
    """Way, address and the provider's words."""
    return [(channel_word(each.channel), each.address, each.failure) for each in failing]


def _week(episode: Episode, now: datetime) -> list[Day]:
    """On the patient's clock, since that is when it comes."""
    patient = episode.patient
    planned = told_to.week_ahead(patient, now=now, usable=reach.usable(patient))
    today = now.astimezone(ZoneInfo(patient.time_zone)).date()
    return reminders.by_day(reminders.coming(planned, now, WAYS), today)


def _shown(message: Message, now: datetime, zone: ZoneInfo) -> Shown:
    at = message.at.astimezone(zone)
    when = f"{reminders.day_name(at.date(), now.astimezone(zone).date())}, {at:%H:%M}"
    what = MESSAGES.get(message.kind, message.kind)
    to = f" to {message.colleague}" if message.colleague else ""
    chip, word = reminders.end_of(message.state, message.channel, "Planned")
    way = WAYS.get(message.channel, message.channel)
    return Shown(when, what, f"{way}{to}", chip, word, message.reason)
