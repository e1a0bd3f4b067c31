"""Messages that have come to some end, and an engine that is alive, for tests and pictures of pages.

post.alive()                                          # every part of the engine has just been heard of
post.ended(knee, State.FAILED, reason="No such box")  # a message of the knee's patient, refused
post.entry(knee, Kind.SILENCE)                        # waits on the clinic's call list
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.services.reminding import message
from tracker import clock
from tracker.models import ChannelName, Episode, Kind, OutboxMessage, User
from tracker.selectors import operations
from tracker.services import heartbeats

State = OutboxMessage.State


def alive() -> None:
    for part in operations.PARTS:
        heartbeats.beat(part.name, now=clock.now())


def ended(
    knee: Episode,
    state: str,
    *,
    kind: str = Kind.CHECK_IN,
    channel: str = ChannelName.EMAIL,
    reader: User | None = None,
    ago: timedelta = timedelta(hours=1),
    **columns: Any,
) -> OutboxMessage:
    """A message that ended that long ago; to the patient unless there is a reader."""
    row = message(knee, kind, reader=reader)
    at = clock.now() - ago
    changes = {"state": state, "channel": channel, "due_at": at, "finished_at": at, "attempts": 1} | columns
    OutboxMessage.objects.filter(pk=row.pk).update(**changes)
    row.refresh_from_db()
    return row


def entry(
    knee: Episode, kind: str, *, channel: str = ChannelName.CALLS, ago: timedelta = timedelta(hours=1)
) -> OutboxMessage:
    """An open entry of the clinic's call list or, on the channel `app`, of the patient's own list."""
    return ended(knee, State.SENT, kind=kind, channel=channel, ago=ago)
