"""What became of a call: somebody was reached, nobody answered, or it was settled another way."""

from __future__ import annotations

from django.db import transaction

from tracker import clock
from tracker.errors import Conflict, Invalid
from tracker.models import Actor, Call, Kind, OutboxMessage, Reach
from tracker.services import audit, notes

Outcome, State = Call.Outcome, OutboxMessage.State


@transaction.atomic
def record(*, message: OutboxMessage, by: Actor, outcome: str, note: str = "") -> Call:
    """Keeps what came of a call on the call list. Without an answer the entry stays; else it is done with.

    Raises Invalid, or Conflict when somebody else has dealt with it.
    """
    _check(outcome, note)
    now = clock.now()
    waiting = OutboxMessage.objects.select_for_update(of=("self",)).filter(
        pk=message.pk, state=State.SENT, settled_at=None
    )
    if waiting.select_related("patient", "episode").first() is None:
        raise Conflict("Somebody has already dealt with this call.", code="settled", current=message)
    call = Call.objects.create(message=message, outcome=outcome, note_digest=_kept(message, note), by=by.user, at=now)
    audit.note(by, f"call {outcome}", message.episode, message.pk, kind=message.kind)
    if outcome != Outcome.NO_ANSWER:
        waiting.update(settled_at=now)
        _try_again(message)
    return call


def _check(outcome: str, note: str) -> None:
    if outcome not in Outcome.values:
        raise Invalid({"outcome": f"Choose what came of it: {', '.join(Outcome.values)}."})
    if outcome == Outcome.SETTLED and not note.strip():
        raise Invalid({"note": "Say how it was settled."})


def _kept(message: OutboxMessage, note: str) -> str:
    return notes.keep(message.patient, note) if message.patient is not None else ""


def _try_again(message: OutboxMessage) -> None:
    """Whoever dealt with an address vouches for it: messages go there again, and another failure is another call."""
    if message.kind == Kind.UNREACHABLE and message.occurrence is not None:
        channel = message.occurrence.slot.partition(":")[0]
        Reach.objects.filter(patient=message.patient, channel=channel).update(failed_at=None)
