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
        if message.recipient_id is None and not isinstance(reminders.objection(message, now=now), Withheld):
            _go_another_way(message, now)
    return came_back


def _go_another_way(message: OutboxMessage, now: datetime) -> None:
    channel = reminders.next_channel(message)
    if channel is not None:
        outbox.fall_back(message, channel=channel, now=now)
