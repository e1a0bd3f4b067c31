"""The clinic's call list: whom somebody has to phone, why, and who has tried."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Case, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When

from tracker.models import Call, ChannelName, Clinic, Kind, Note, OutboxMessage
from tracker.selectors.standing import workable

STRICTER = ":stricter"
"""How the slot ends of a change that allows less than the patient believes."""

_STRICTER = Q(kind=Kind.UNSEEN, occurrence__slot__endswith=STRICTER)
_ORDER = (
    Q(kind=Kind.ALERT_CALL),
    _STRICTER,
    Q(kind=Kind.SILENCE),
    Q(kind=Kind.UNSEEN),
    Q(kind=Kind.UNREACHABLE),
)
"""The first that holds gives an entry its place."""

WAYS: Mapping[str, str] = {
    ChannelName.EMAIL: "Mail to this patient is refused: check the address",
    ChannelName.SMS: "Text messages to this patient are refused: check the number",
    ChannelName.PUSH: "No notification reaches this patient's phone: ask for an e-mail address or a number",
}

WORDS: Mapping[str, str] = {
    Kind.ALERT_CALL: "An urgent alert that nobody has taken on: phone now, and take it on",
    Kind.SILENCE: "Has not checked in for two days: please ask how it is going",
    Kind.UNSEEN: "A change of plan, not seen for 24 hours: please phone",
    Kind.RECORD_REQUEST: "Asks that the record be deleted: phone, then your coordinator decides on the record's page",
}


@dataclass(frozen=True, slots=True)
class Try:
    """One call that was made: when, by whom, and what came of it."""

    at: datetime
    by: str
    outcome: str
    note: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One call to be made. `since` is when it came on the list; the tries are those without an answer."""

    id: UUID
    kind: str
    episode: UUID | None
    name: str
    phone: str
    since: datetime
    sentence: str
    stricter: bool
    tries: Sequence[Try]


def open_entries(clinic: Clinic) -> list[Entry]:
    """The calls that nobody has dealt with, the most urgent first, the longest waiting first among equals.

    Two statements, however long the list.
    """
    rows = (
        _open(clinic).annotate(place=_place()).select_related("patient", "occurrence").order_by("place", "due_at", "pk")
    )
    found = list(rows)
    tries = _tries([row.pk for row in found])
    return [_entry(row, tries.get(row.pk, ())) for row in found]


def count(clinic: Clinic) -> int:
    """How many calls wait."""
    return _open(clinic).count()


def _open(clinic: Clinic) -> QuerySet[OutboxMessage]:
    """What `outbox_calls` is an index of."""
    return OutboxMessage.objects.filter(
        workable(), clinic=clinic, channel=ChannelName.CALLS, state=OutboxMessage.State.SENT, settled_at=None
    )


def _place() -> Case:
    places = [When(which, then=Value(place)) for place, which in enumerate(_ORDER)]
    return Case(*places, default=Value(len(places)), output_field=IntegerField())


def _entry(message: OutboxMessage, tries: Sequence[Try]) -> Entry:
    patient = message.patient
    slot = message.occurrence.slot if message.occurrence else ""
    return Entry(
        id=message.pk,
        kind=message.kind,
        episode=message.episode_id,
        name=f"{patient.family_name}, {patient.given_name}" if patient else "",
        phone=patient.phone if patient else "",
        since=message.due_at,
        sentence=sentence(message.kind, slot),
        stricter=slot.endswith(STRICTER),
        tries=tries,
    )


def sentence(kind: str, slot: str) -> str:
    """Why the patient is to be phoned."""
    if kind == Kind.UNREACHABLE:
        return WAYS.get(slot.partition(":")[0], "Messages do not reach this patient: ask how to reach them")
    if kind == Kind.UNSEEN and slot.endswith(STRICTER):
        return "A stricter limit, not seen for 4 hours: please phone"
    return WORDS.get(kind, "Please phone this patient")


def _tries(messages: Sequence[UUID]) -> dict[UUID, list[Try]]:
    """The calls made so far, oldest first, with their notes."""
    notes = Note.objects.filter(digest=OuterRef("note_digest"), patient=OuterRef("message__patient"))
    rows = (
        Call.objects.filter(message__in=messages).annotate(note=Subquery(notes.values("text")[:1])).order_by("at", "pk")
    )
    found: dict[Any, list[Try]] = defaultdict(list)
    for message, at, by, outcome, note in rows.values_list("message", "at", "by__name", "outcome", "note"):
        found[message].append(Try(at, by, str(Call.Outcome(outcome).label), note or ""))
    return found
