"""The clinic's alerts with their whole story: what raised them, who did what about them and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Value, When

from tracker.clinical.terms import Role, Urgency
from tracker.models import Actor, Alert, AlertEvent, Episode, Membership, Note
from tracker.selectors.standing import workable

PAGE = 50

STATES = ("open", "acknowledged", "closed")


class Event(NamedTuple):
    """One line of an alert's story."""

    alert: UUID
    kind: str
    outcome: str
    note: str
    by: str
    to: str
    at: datetime

    @property
    def said(self) -> str:
        """The outcome in words."""
        return AlertEvent.Outcome(self.outcome).label if self.outcome else ""


@dataclass(frozen=True, slots=True)
class Listed:
    """An alert of a patient of the clinic."""

    id: UUID
    episode: UUID
    family_name: str
    given_name: str
    side: str
    procedure: str
    code: str
    urgency: Urgency
    sentence: str
    evidence: Mapping[str, Any]
    opened_at: datetime
    state: str
    events: Sequence[Event] = ()

    @property
    def name(self) -> str:
        return f"{self.family_name}, {self.given_name}"

    @property
    def with_whom(self) -> str:
        """The colleague it was last handed to, else whoever took it on."""
        names = [event.to or event.by for event in self.events if event.kind in ("acknowledged", "handed_over")]
        return names[-1] if names else ""


@dataclass(frozen=True, slots=True)
class AlertList:
    alerts: Sequence[Listed]
    counts: Mapping[str, int]
    page: int
    pages: int


class Colleague(NamedTuple):
    id: UUID
    name: str
    role: str


_COLUMNS = (
    "pk",
    "episode_id",
    "episode__patient__family_name",
    "episode__patient__given_name",
    "episode__side",
    "episode__procedure",
    "code",
    "urgency",
    "sentence",
    "evidence",
    "opened_at",
    "state",
)
_EVENT = ("events__kind", "events__outcome", "note", "events__by__name", "events__to__name", "events__at")


def alerts(actor: Actor, *, state: str = "open", page: int = 1) -> AlertList:
    """One page of the clinic's alerts in a state: the most urgent first, the longest waiting first among equals.

    Closed ones are listed the other way round, the latest first. What a closed recovery left open is not listed.
    """
    found = with_state(Alert.objects.filter(workable("episode__patient"), episode__clinic=actor.clinic))
    found = found.filter(Q(state="closed") | Q(episode__state=Episode.State.OPEN))
    counts = dict.fromkeys(STATES, 0) | dict(found.values_list("state").annotate(Count("pk")).order_by())
    pages = max(1, -(-counts[state] // PAGE))
    page = min(max(1, page), pages)
    order = ("-opened_at",) if state == "closed" else ("urgency", "opened_at")
    ids = found.filter(state=state).order_by(*order, "pk").values_list("pk", flat=True)[(page - 1) * PAGE : page * PAGE]
    return AlertList(_told(found.filter(pk__in=list(ids)), *order), counts, page, pages)


def of_episode(episode_id: UUID) -> Sequence[Listed]:
    """Every alert of an episode, the latest first, in one statement."""
    return _told(with_state(Alert.objects.filter(episode=episode_id)), "-opened_at")


def colleagues(actor: Actor) -> list[Colleague]:
    """The clinicians of the clinic to whom an alert can be handed, but oneself."""
    clinical = (Role.PHYSIOTHERAPIST, Role.SURGEON)
    found = Membership.objects.filter(clinic=actor.clinic, role__in=clinical).exclude(user=actor.user)
    return list(map(Colleague._make, found.order_by("user__name").values_list("user_id", "user__name", "role")))


def with_state(found: QuerySet[Alert]) -> QuerySet[Any]:
    """Alerts with `state`: open, acknowledged or closed, as their events tell."""
    events = AlertEvent.objects.filter(alert=OuterRef("pk"))
    return found.annotate(
        state=Case(
            When(Exists(events.filter(kind=AlertEvent.Kind.CLOSED)), then=Value("closed")),
            When(Exists(events.filter(kind=AlertEvent.Kind.ACKNOWLEDGED)), then=Value("acknowledged")),
            default=Value("open"),
        )
    )


def _told(found: QuerySet[Any], *order: str) -> list[Listed]:
    """In `order`, each with its events joined in, oldest first, and their notes."""
    notes = Note.objects.filter(digest=OuterRef("events__note_digest"), patient=OuterRef("episode__patient"))
    rows = found.annotate(note=notes.values("text")[:1]).order_by(*order, "pk", "events__at", "events__pk")
    told = groupby(rows.values_list(*_COLUMNS, *_EVENT), key=lambda row: row[: len(_COLUMNS)])
    return [replace(Listed(*alert), events=[_event(row) for row in rows if row[-1]]) for alert, rows in told]


def _event(row: tuple[Any, ...]) -> Event:
    *words, at = row[len(_COLUMNS) :]
    return Event._make((row[0], *(word or "" for word in words), at))
