"""The queue of record: stores messages and what became of them. What to send, and how, others know.

Every change is one conditional UPDATE, so that any number of senders may work at once on either database. A sender
holds messages by a lease on the database's clock and by its claim: once they are gone, so is its right to write.

`incoming` takes messages in, `claims` gives them to senders, `outcomes` keeps what became of them, `again` gives one
another chance, `lapses` takes back what a dead sender held and ends what has become pointless.
"""

from tracker.services.outbox.again import fall_back, replay
from tracker.services.outbox.claims import BATCH, LEASE, MOST_IN_A_LETTER, begin, claim, release
from tracker.services.outbox.incoming import NOBODY, Telling, cancel, enqueue
from tracker.services.outbox.lapses import EXPIRED, Swept, expire, sweep
from tracker.services.outbox.outcomes import (
    MOST_ATTEMPTS,
    UNKNOWN,
    postpone,
    put_off,
    refused,
    sent,
    unsure,
    wait_after,
    withhold,
)

__all__ = [
    "BATCH",
    "EXPIRED",
    "LEASE",
    "MOST_ATTEMPTS",
    "MOST_IN_A_LETTER",
    "NOBODY",
    "UNKNOWN",
    "Swept",
    "Telling",
    "begin",
    "cancel",
    "claim",
    "enqueue",
    "expire",
    "fall_back",
    "postpone",
    "put_off",
    "refused",
    "release",
    "replay",
    "sent",
    "sweep",
    "unsure",
    "wait_after",
    "withhold",
]
