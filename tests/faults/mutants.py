"""Whether the kill grid would notice: each safeguard of the engine is taken out in turn, and a trial must fail.

The safeguards are taken out in the processes of one installation alone, by name, as the fault points are set.
Promise: every mutant is caught. Without mutants the same trials hold. --short takes every fourth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

from tests.faults import cells, ground, installation, shard, world

# isort: split
from django.db import transaction
from django.db.models import F, Q

from tests.benchmarks import figures
from tests.benchmarks.figures import Figures
from tests.faults.cells import Draw, Variant
from tests.faults.points import NOTICE, REMINDER
from tests.faults.verdict import Verdict
from tests.faults.world import World
from tracker import clock
from tracker.models import OutboxMessage
from tracker.services import outbox
from tracker.services.outbox import Swept, claims
from tracker.services.reminders import letters

State = OutboxMessage.State
NOTHING = Swept(0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Mutant:
    """What is taken out, how, and the trial in which it must show."""

    what: str
    take_out: Callable[[], None]
    cell: str
    variant: Variant


def main() -> None:
    told = Figures("mutants", short=figures.options(__doc__).short)
    template, of = ground.make(world.build)
    chosen = MUTANTS[::4] if told.short else MUTANTS
    caught = sum(is_caught(told, mutant, template, of) for mutant in chosen)
    told.promise("caught", f"{caught}/{len(chosen)}", caught == len(chosen), "all of them")
    told.end()


def is_caught(told: Figures, mutant: Mutant, template: str, of: World) -> bool:
    sound = tried(mutant, template, of, ())
    assert sound.holds, f"{mutant.cell} fails without a mutant: {sound.wrong}"
    found = tried(mutant, template, of, [mutant.take_out])
    seen = f"lost {found.lost}, doubled {found.doubled}, {'; '.join(found.wrong[:1])}"
    told.say(f"  {mutant.what:<66} {mutant.cell}  {'escaped' if found.holds else 'caught: ' + seen}")
    return not found.holds


def tried(mutant: Mutant, template: str, of: World, taken_out: Sequence[Callable[[], None]]) -> Verdict:
    with installation.of(template) as at:
        at.armed = taken_out
        try:
            found, _ = shard.run(shard.Trial(mutant.cell, 1, Draw(mutant.variant, 0, by_sender=False), of, at))
        except (AssertionError, RuntimeError) as error:
            return Verdict(wrong=[str(error)])
    return found


# --- What is taken out ----------------------------------------------------------------------------------------------


def nobody_sweeps() -> None:
    outbox.sweep = lambda *, now: NOTHING


def sweeper_sends_again() -> None:
    """Also what may have left, and whatever its nature."""
    outbox.sweep = lambda *, now: _swept(repeat=False)


def sweeper_says_repeat() -> None:
    """Of everything that may have left, reminders too."""
    outbox.sweep = lambda *, now: _swept(repeat=True)


def _swept(*, repeat: bool) -> Swept:
    lapsed = Q(lease_until__lt=clock.database_now(), state__in=(State.CLAIMED, State.SENDING))
    OutboxMessage.objects.filter(lapsed).update(state=State.DUE, lease_until=None, repeat=repeat)
    return NOTHING


def nobody_asks_for_the_lease() -> None:
    def begin(messages: Sequence[OutboxMessage], *, message_id: str, now: datetime) -> bool:
        rows = OutboxMessage.objects.filter(pk__in=[message.pk for message in messages])
        rows.update(state=State.SENDING, attempts=F("attempts") + 1, message_id=message_id)
        for message in messages:
            message.state = State.SENDING
        return True

    outbox.begin = begin


def nothing_is_noted_before_the_dot() -> None:
    outbox.begin = lambda messages, *, message_id, now: True


def a_claim_takes_what_others_hold() -> None:
    original = claims.claim

    def claim(**asked: Any) -> list[OutboxMessage]:
        OutboxMessage.objects.filter(state__in=(State.CLAIMED, State.SENDING)).update(state=State.DUE)
        return original(**asked)

    outbox.claim = claim


def every_try_has_a_name_of_its_own() -> None:
    letters.message_id = lambda messages: f"<{uuid4()}@example.org>"


def stored_after_the_commit() -> None:
    original = outbox.enqueue
    outbox.enqueue = lambda tellings, *, now: transaction.on_commit(partial(original, tellings, now=now))


MUTANTS = (
    Mutant("nobody takes back what a dead sender held", nobody_sweeps, "K4", Variant("claimed")),
    Mutant("what may have left is sent again", sweeper_sends_again, "K7", Variant("taken", REMINDER, unknowable=True)),
    Mutant(
        "what may have left is sent again, marked as a repeat",
        sweeper_says_repeat,
        "K6",
        Variant("dot sent", REMINDER, unknowable=True),
    ),
    Mutant("a repeat does not say so", sweeper_sends_again, "K7", Variant("taken", NOTICE, unknowable=True)),
    Mutant("a sender does not look whether its lease is over", nobody_asks_for_the_lease, "K9", Variant("accepted")),
    Mutant(
        "nothing is noted before the unsure moment",
        nothing_is_noted_before_the_dot,
        "K6",
        Variant("dot sent", REMINDER, unknowable=True),
    ),
    Mutant(
        "a claim takes what others hold",
        a_claim_takes_what_others_hold,
        "K9",
        Variant("begun", REMINDER, unknowable=True),
    ),
    Mutant(
        "a repeat goes under another Message-ID",
        every_try_has_a_name_of_its_own,
        "K7",
        Variant("taken", NOTICE, unknowable=True),
    ),
    Mutant(
        "a message is stored after what it tells of is committed",
        stored_after_the_commit,
        "K2",
        Variant("in the database", act=cells.ORDER),
    ),
)


if __name__ == "__main__":
    main()
