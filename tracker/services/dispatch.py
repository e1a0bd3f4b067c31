"""Carries messages out: claims through the outbox, asks reminders what to say, talks to a channel."""

from __future__ import annotations

import logging
from datetime import datetime

from tracker import channels
from tracker.channels import Letter, RefusedError, UnsureError
from tracker.models import OutboxMessage
from tracker.services import outbox, reminders
from tracker.services.reminders import Withheld

logger = logging.getLogger(__name__)


def deliver(*, now: datetime, limit: int = outbox.BATCH) -> bool:
    """One step: takes up to `limit` due messages and deals with each. Returns whether there was any.

    Must not be called inside a transaction, so that none stays open while a provider is being talked to.
    """
    claimed = outbox.claim(now=now, limit=limit)
    for message in claimed:
        try:
            _deal_with(message, now)
        except Exception as error:
            logger.exception("message %s could not be sent", message.pk)
            _fail(message, error, now)
    return bool(claimed)


def _deal_with(message: OutboxMessage, now: datetime) -> None:
    objection = reminders.objection(message, now=now)
    if isinstance(objection, Withheld):
        outbox.withhold(message, state=objection.state, reason=objection.reason, now=now)
        return
    try:
        _hand_over(message, reminders.letter([message], now=now), now)
    except RefusedError as refusal:
        outbox.refused(message, detail=refusal.detail, permanent=refusal.permanent, now=now)
    except UnsureError as doubt:
        outbox.unsure(message, detail=doubt.detail, now=now)


def _hand_over(message: OutboxMessage, letter: Letter, now: datetime) -> None:
    with channels.named(message.channel).open(letter) as handover:
        if outbox.begin(message, message_id=letter.message_id, now=now):
            answer = handover.commit()
            outbox.sent(message, answer=answer, now=now)


def _fail(message: OutboxMessage, error: Exception, now: datetime) -> None:
    """An error of our own. After the moment of handing over, nobody knows; before it, another try is safe."""
    detail = f"{type(error).__name__} in the program"
    if message.state == OutboxMessage.State.SENDING:
        outbox.unsure(message, detail=detail, now=now)
    else:
        outbox.refused(message, detail=detail, permanent=False, now=now)
