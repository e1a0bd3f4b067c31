"""Carries messages out: claims through the outbox, asks reminders whether and what to say, talks to a channel."""

from __future__ import annotations

import logging
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection, transaction

from tracker import channels, clock
from tracker.channels import Letter, RefusedError, UnsureError
from tracker.models import OutboxMessage
from tracker.services import breakers, devices, outbox, reach, reminders, sending
from tracker.services.outbox import claims
from tracker.services.reminders import Postponed, Withheld

logger = logging.getLogger(__name__)
Bundle = Sequence[OutboxMessage]

PAUSES = (1, 2, 4, 8)
"""Seconds between tries to note what was sent; together less than is left of the lease then."""


def deliver(*, now: datetime, limit: int = outbox.BATCH) -> bool:
    """One step: takes what is due, up to `limit` letters, and deals with each. Returns whether there was any.

    `now` says what is due. Must not be called inside a transaction, so that none stays open while a provider is being
    talked to.
    """
    if not sending.is_open(now=now):
        return False
    failing = breakers.failing(now=clock.now())
    shut = [channel for channel, may_be_tried in failing.items() if not may_be_tried]
    claimed = outbox.claim(now=now, limit=limit, shut=shut)
    if claimed:
        sending.count_batch()
        _Batch(bundles(claimed), failing, now).carry_out()
    return bool(claimed)


def bundles(claimed: Iterable[OutboxMessage]) -> list[Bundle]:
    """What goes into one letter each: the routine messages of one reader and channel; all others go alone.

    What is a repeat goes again with what it went with before.
    """
    letters: dict[tuple[object, ...], list[OutboxMessage]] = defaultdict(list)
    for message in claimed:
        shared = (*claims.letter_of(message), message.message_id if message.repeat else "")
        letters[shared if claims.is_bundled(message) else (message.pk,)].append(message)
    return list(letters.values())


class _Batch:
    """What one claim took, letter by letter, for as long as its lease allows."""

    def __init__(self, letters: Iterable[Bundle], doubtful: Iterable[str], now: datetime) -> None:
        self.queue = deque(letters)
        self.doubtful = set(doubtful)
        """Channels whose provider did not answer the last time."""
        self.now = now
        self.until = clock.now() + claims.LEASE / 2  # a letter begun by then is done before its lease ends

    def carry_out(self) -> None:
        while self.queue and clock.now() <= self.until:
            bundle = self.queue.popleft()
            wanted = [message for message in bundle if _is_wanted(message, self.now)]
            if wanted:
                self._send(wanted)
        self._give_back(self.queue)

    def _send(self, bundle: Bundle) -> None:
        channel = bundle[0].channel
        try:
            letter = reminders.letter(bundle, now=self.now)
            if channel in self.doubtful and not breakers.may_try(channel=channel, now=clock.now()):
                self._leave(channel, bundle)
                return
            if not _hand_over(bundle, letter, self.now):
                self._give_back([bundle])
                return
        except RefusedError as refusal:
            if refusal.provider:
                outbox.put_off(bundle, until=self._broken(channel, refusal.detail), detail=refusal.detail, now=self.now)
                return
            _refuse(bundle, refusal, self.now)
        except UnsureError as doubt:
            outbox.unsure(bundle, detail=doubt.detail, now=self.now)
            self._broken(channel, doubt.detail)
            return
        except Exception as error:
            logger.exception("messages %s could not be sent", [str(message.pk) for message in bundle])
            _fail(bundle, error, self.now)
            return
        self._answers(channel)

    def _answers(self, channel: str) -> None:
        if channel in self.doubtful:
            breakers.worked(channel=channel, now=clock.now())
            self.doubtful.discard(channel)

    def _broken(self, channel: str, detail: str) -> datetime:
        """Its other letters would fare no better. Returns when the next may be tried, by whichever sender."""
        again = breakers.failed(channel=channel, detail=detail, now=clock.now())
        self._leave(channel)
        return again

    def _leave(self, channel: str, *others: Bundle) -> None:
        left = [bundle for bundle in self.queue if bundle[0].channel == channel]
        self.queue = deque(bundle for bundle in self.queue if bundle[0].channel != channel)
        self._give_back([*others, *left])

    def _give_back(self, letters: Iterable[Bundle]) -> None:
        outbox.release([message for bundle in letters for message in bundle])


def _is_wanted(message: OutboxMessage, now: datetime) -> bool:
    """Asks at the last moment, and deals with what is not to be sent, or not now."""
    try:
        objection = reminders.objection(message, now=now)
        if isinstance(objection, Withheld):
            _withhold(message, objection, now)
        elif isinstance(objection, Postponed):
            outbox.postpone(message, until=objection.until, reason=objection.reason, now=now)
    except Exception as error:
        logger.exception("whether message %s is still wanted cannot be told", message.pk)
        _fail([message], error, now)
        return False
    return objection is None


def _withhold(message: OutboxMessage, withheld: Withheld, now: datetime) -> None:
    with transaction.atomic():
        ended = outbox.withhold(message, state=withheld.state, reason=withheld.reason, now=now)
        if ended and withheld.instead:
            outbox.fall_back(message, channel=withheld.instead, now=now)


def _hand_over(bundle: Bundle, letter: Letter, now: datetime) -> bool:
    """False: the lease was gone before the unsure moment, and nothing has left."""
    with channels.named(bundle[0].channel).open(letter) as handover:
        if not outbox.begin(bundle, message_id=letter.message_id, now=now):
            return False
        try:
            answer = handover.commit()
            _note_sent(bundle, answer, now)
        finally:
            if handover.gone:
                devices.gone(endpoints=handover.gone)
    return True


def _note_sent(bundle: Bundle, answer: str, now: datetime) -> None:
    """Waits for a database that is being restarted: what is not noted now is uncertain for ever."""
    for pause in PAUSES:
        try:
            outbox.sent(bundle, answer=answer, now=now)
            return
        except (OperationalError, InterfaceError):
            connection.close()
            time.sleep(pause)
    outbox.sent(bundle, answer=answer, now=now)


def _refuse(bundle: Bundle, refusal: RefusedError, now: datetime) -> None:
    """What is refused for good is told by another way, and the clinic hears that this one leads nowhere."""
    with transaction.atomic():
        mine = outbox.refused(bundle, detail=refusal.detail, permanent=refusal.permanent, now=now)
        if mine and refusal.permanent:
            _note_failed_way(bundle[0], refusal.detail, now)
            for message in bundle:
                if channel := reminders.next_channel(message):
                    outbox.fall_back(message, channel=channel, now=now)


def _note_failed_way(message: OutboxMessage, detail: str, now: datetime) -> None:
    """A channel that this installation does not have is no fault of the patient's address."""
    if message.patient and message.recipient_id is None and message.channel in channels.installed():
        reach.failed(patient=message.patient, channel=message.channel, detail=detail, now=now)


def _fail(bundle: Bundle, error: Exception, now: datetime) -> None:
    """An error of our own. After the moment of handing over, nobody knows; before it, another try is safe."""
    detail = f"{type(error).__name__} in the program"
    if bundle[0].state == OutboxMessage.State.SENDING:
        outbox.unsure(bundle, detail=detail, now=now)
    else:
        outbox.refused(bundle, detail=detail, permanent=False, now=now)
