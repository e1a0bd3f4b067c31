"""What to do when a provider says, hours later, that a message did not arrive after all."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from tracker.models import OutboxMessage
from tracker.services import outbox, reach, reminders
from tracker.services.reminders import Withheld


@transaction.atomic
def take(*, message_id: str, detail: str, now: datetime) -> list[OutboxMessage]:
    """Marks what left under that Message-ID as failed, and sends it another way where it is still wanted.

    Returns the messages that came back; none for an id that is unknown or was dealt with before.
    """
    came_back = reach.bounced(message_id=message_id, detail=detail, now=now)
    for message in came_back:
        if channel := _another_way(message, now):
            outbox.fall_back(message, channel=channel, now=now)
    return came_back


def _another_way(message: OutboxMessage, now: datetime) -> str | None:
    """By which it is to go now; nothing where it is no longer wanted, or goes to staff."""
    objection = reminders.objection(message, now=now)
    return objection.instead if isinstance(objection, Withheld) else reminders.next_channel(message)
