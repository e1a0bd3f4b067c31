"""Takes back what a sender that died was holding, and ends what has become pointless."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q

from tracker import clock
from tracker.models import OutboxMessage
from tracker.services import wakeups
from tracker.services.kinds import Nature
from tracker.services.outbox.outcomes import MOST_ATTEMPTS, UNKNOWN, end

State = OutboxMessage.State

EXPIRED = "Its time had passed before it could be sent."
NONE_SURVIVES = "Given up: no sender survived it."

LAST_TRY = Q(attempts__gte=MOST_ATTEMPTS - 1)
TO_BE_REPEATED = Q(nature=Nature.NOTICE, attempts__lt=MOST_ATTEMPTS)
# Each is also taken out of the statement for the rest: a lease may lapse between the two, and its message then waits
# for the next sweep instead of being treated like another kind.


@dataclass(frozen=True, slots=True)
class Swept:
    """How many messages a sweep put back in the queue, sent again, gave up as unknown or dead, let expire."""

    released: int
    repeated: int
    uncertain: int
    dead: int
    expired: int


def sweep(*, now: datetime) -> Swept:
    """Takes back what a sender that died was holding, and ends what has become pointless. Safe to repeat.

    To have been held by a sender that died counts as a try, so that a message that kills them does not do so for ever.
    """
    lapsed = OutboxMessage.objects.filter(lease_until__lt=clock.database_now())
    claimed, sending = lapsed.filter(state=State.CLAIMED), lapsed.filter(state=State.SENDING)
    again = {"state": State.DUE, "lease_until": None}
    tried = {"attempts": F("attempts") + 1}
    dead = claimed.filter(LAST_TRY).update(lease_until=None, **tried, **end(State.DEAD, NONE_SURVIVES, now))
    released = claimed.exclude(LAST_TRY).update(**again, **tried)
    repeated = sending.filter(TO_BE_REPEATED).update(**again, repeat=True)
    uncertain = sending.exclude(TO_BE_REPEATED).update(lease_until=None, **end(State.UNCERTAIN, UNKNOWN, now))
    waiting = OutboxMessage.objects.filter(state=State.DUE, expires_at__lte=now)
    expired = waiting.update(**end(State.EXPIRED, EXPIRED, now))
    if released or repeated:
        wakeups.wake_after_commit()
    return Swept(released, repeated, uncertain, dead, expired)


def expire(*, before: datetime, now: datetime) -> int:
    """Ends unsent whatever fell due before an instant: for a record of the past, of which nobody is to be told now."""
    waiting = OutboxMessage.objects.filter(state=State.DUE, due_at__lt=before)
    return waiting.update(**end(State.EXPIRED, EXPIRED, now))
