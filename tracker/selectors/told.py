"""What staff see of one patient's messages: what comes, what was told, what did not arrive, which address fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from tracker.models import ChannelName, Episode, OutboxMessage, Patient, Reach

State = OutboxMessage.State

READ, SHOWN = 40, 6
"""Messages that are read, the latest, and those of each sort that are shown."""
OPEN = (State.DUE, State.CLAIMED, State.SENDING)
LOST = (State.FAILED, State.DEAD, State.UNCERTAIN)


class Message(NamedTuple):
    """A message about the patient. `colleague` is its reader where it does not go to the patient."""

    kind: str
    channel: str
    state: str
    due_at: datetime
    finished_at: datetime | None
    reason: str
    colleague: str | None

    @property
    def at(self) -> datetime:
        return self.finished_at or self.due_at


class Failing(NamedTuple):
    """An address of the patient where messages do not arrive, in the provider's words."""

    channel: str
    address: str
    failed_at: datetime
    failure: str


@dataclass(frozen=True, slots=True)
class Messages:
    """Each sort with the one nearest to now first. Calls have a list of their own."""

    coming: Sequence[Message]
    past: Sequence[Message]
    lost: Sequence[Message]
    failing: Sequence[Failing]

    last_sent: Message | None
    """To the patient, by a way that leaves the house."""


def messages(episode: Episode) -> Messages:
    """Two statements, however many messages."""
    about = OutboxMessage.objects.filter(patient=episode.patient_id).exclude(channel=ChannelName.CALLS)
    columns = ("kind", "channel", "state", "due_at", "finished_at", "reason", "recipient__name")
    rows = [Message._make(row) for row in about.order_by("-due_at", "-pk").values_list(*columns)[:READ]]
    ended = sorted((row for row in rows if row.state not in OPEN), key=lambda row: row.at, reverse=True)
    return Messages(
        coming=[row for row in reversed(rows) if row.state in OPEN][:SHOWN],
        past=ended[:SHOWN],
        lost=[row for row in ended if row.state in LOST][:SHOWN],
        failing=failing(episode.patient),
        last_sent=next((row for row in ended if _is_sent(row)), None),
    )


def _is_sent(row: Message) -> bool:
    return row.state == State.SENT and row.colleague is None and row.channel != ChannelName.APP


def failing(patient: Patient) -> list[Failing]:
    """The addresses that the patient has now and where messages do not arrive; one statement."""
    rows = _fails(Reach.objects.filter(patient=patient))
    return [Failing._make(row) for row in rows.values_list("channel", "address", "failed_at", "failure")]


def unreachable(patient: str) -> Exists:
    """Whether an address of the patient that the outer row names by `patient` fails, as a part of another statement."""
    return Exists(_fails(Reach.objects.filter(patient=OuterRef(patient))))


def _fails(rows: QuerySet[Reach]) -> QuerySet[Reach]:
    """A failure counts only at the address that the patient still has."""
    mail = Q(channel=ChannelName.EMAIL, address=F("patient__email"))
    number = Q(channel=ChannelName.SMS, address=F("patient__phone"))
    return rows.filter(mail | number, failed_at__isnull=False).exclude(address="").order_by("channel")
