"""The clinic's messages that did not arrive, or may not have: which, to whom, why, after how many tries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, OuterRef, Subquery

from tracker.models import Actor, OutboxMessage
from tracker.selectors.standing import workable
from tracker.selectors.totals import told_about

State = OutboxMessage.State

PAGE = 50
KEPT = timedelta(days=30)
"""How long a message that did not arrive is listed."""
STATES = (State.FAILED, State.DEAD, State.UNCERTAIN, State.EXPIRED)
REPLAYABLE = frozenset({State.FAILED, State.DEAD, State.UNCERTAIN})


class Undelivered(NamedTuple):
    """One message. Of its two readers one is empty: a colleague's name, or the patient's."""

    id: UUID
    state: str
    kind: str
    channel: str
    reason: str
    last_error: str
    attempts: int
    due_at: datetime
    finished_at: datetime
    colleague: str | None
    colleague_email: str | None
    family_name: str | None
    given_name: str | None
    email: str | None
    phone: str | None
    episode: UUID | None
    instead: str | None
    """The channel by which the patient was told instead."""

    @property
    def to_patient(self) -> bool:
        return self.colleague is None

    @property
    def reader(self) -> str:
        return self.colleague or f"{self.family_name}, {self.given_name}"

    @property
    def address(self) -> str:
        """Where it goes as things stand, so that a wrong address can be seen."""
        if self.channel == "push":
            return ""
        if not self.to_patient:
            return self.colleague_email or ""
        return (self.phone if self.channel == "sms" else self.email) or ""

    @property
    def replayable(self) -> bool:
        return self.state in REPLAYABLE


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the messages in a state. `counts` are of every state."""

    rows: Sequence[Undelivered]
    counts: Mapping[str, int]
    state: str
    page: int
    pages: int


_COLUMNS = (
    "pk",
    "state",
    "kind",
    "channel",
    "reason",
    "last_error",
    "attempts",
    "due_at",
    "finished_at",
    "recipient__name",
    "recipient__email",
    "patient__family_name",
    "patient__given_name",
    "patient__email",
    "patient__phone",
    "episode",
    "instead",
)


def undelivered(actor: Actor, *, now: datetime, state: str = "", page: int = 1) -> Listed:
    """Two statements, whatever the number of messages. Without a state, the first that has any."""
    found = told_about(clinic=actor.clinic, state__in=STATES, finished_at__gte=now - KEPT).filter(workable())
    counts = dict.fromkeys(map(str, STATES), 0) | dict(found.values_list("state").annotate(Count("pk")).order_by())
    state = state if state in counts else next((each for each, count in counts.items() if count), str(STATES[0]))
    pages = max(1, -(-counts[state] // PAGE))
    page = min(max(1, page), pages)
    rows = found.filter(state=state).annotate(instead=_instead()).order_by("-finished_at", "pk").values_list(*_COLUMNS)
    listed = [Undelivered._make(row) for row in rows[(page - 1) * PAGE : page * PAGE]]
    return Listed(listed, counts, state, page, pages)


def _instead() -> Subquery:
    same = OutboxMessage.objects.filter(occurrence=OuterRef("occurrence"), recipient=None, state=State.SENT)
    return Subquery(same.exclude(pk=OuterRef("pk")).values("channel")[:1])
