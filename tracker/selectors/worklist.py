"""Who needs somebody today, in order of need: reads kept assessments, works nothing out again.

Three statements whatever the size of the clinic or the length of a history: the rows, the counts with what colleagues
ask of the reader, the alerts that nobody has acknowledged.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from tracker.clinical.terms import Attention, Urgency
from tracker.models import Actor, Alert, AlertEvent, Episode, StaffLook
from tracker.selectors.standing import workable
from tracker.selectors.worklist_figures import NEEDS, Asked, figures

PAGE = 200
"""Rows on one page of the whole clinic; the rows that need somebody are never cut."""

ALL = "all"


class Row(NamedTuple):
    """One active episode as the worklist shows it. `attention` is None where no assessment was ever kept."""

    episode: UUID
    side: str
    procedure: str
    family_name: str
    given_name: str
    time_zone: str
    attention: int | None
    status: str | None
    reason: str | None
    surgery_date: date | None
    phase: int | None
    term: str | None
    max_percent: int | None
    max_kg: int | None
    seen: bool | None
    open_alerts: int | None
    sparkline: Mapping[str, Any] | None
    last_check_in: date | None
    last_check_in_at: datetime | None
    as_of: date | None
    looked_at: datetime | None
    next_look_on: date | None

    @property
    def need(self) -> Attention:
        """Its place on the list. An episode that was never assessed is one that could not be evaluated."""
        return NEEDS[self.attention]

    @property
    def name(self) -> str:
        return f"{self.family_name}, {self.given_name}"


_COLUMNS = (
    "pk",
    "side",
    "procedure",
    "patient__family_name",
    "patient__given_name",
    "patient__time_zone",
    "assessment__attention",
    "assessment__status",
    "assessment__reason",
    "assessment__surgery_date",
    "assessment__phase",
    "assessment__term",
    "assessment__max_percent",
    "assessment__max_kg",
    "assessment__seen",
    "assessment__open_alerts",
    "assessment__sparkline",
    "assessment__last_check_in",
    "assessment__last_check_in_at",
    "assessment__as_of",
    "looked_at",
    "next_look_on",
)


class Unacknowledged(NamedTuple):
    """An alert that nobody has taken up yet."""

    alert: UUID
    episode: UUID
    urgency: Urgency
    sentence: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Worklist:
    """One page of the list. `counts` are of the whole clinic, whatever the filter."""

    rows: Sequence[Row]
    counts: Mapping[Attention, int]
    alerts: Mapping[UUID, Sequence[Unacknowledged]]
    looked: frozenset[UUID]
    """Episodes that somebody has seen today, or that are not to be looked at before a later day."""
    needing: int
    page: int
    pages: int
    asked: Asked

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def folded(self) -> int:
        """Episodes that need nobody today."""
        return self.total - self.needing

    @property
    def seen(self) -> int:
        """How many of those that need somebody have been seen."""
        return len(self.looked)


def worklist(actor: Actor, *, now: datetime, need: str = "", query: str = "", page: int = 1) -> Worklist:
    """The clinic's list as `actor` filtered it.

    `need` is "" for everybody who needs somebody, "all", or one need by its name in lower case; `query` searches the
    names, without regard to accents. Emergencies stand first whatever is asked for.
    """
    everybody = need == ALL or need == Attention.ON_TRACK.name.lower() or bool(query)
    rows = _rows(actor, everybody=everybody)
    alerts = _unacknowledged(actor)
    wanted = [row for row in rows if _wanted(row, need, query)]
    pages = max(1, -(-len(wanted) // PAGE))
    page = min(max(1, page), pages)
    needing = [row for row in rows if row.need < Attention.ON_TRACK]
    counts, asked = figures(actor, None if everybody else _active(actor))
    return Worklist(
        rows=wanted[(page - 1) * PAGE : page * PAGE],
        counts=Counter(row.need for row in rows) if everybody else counts,
        alerts=alerts,
        looked=_looked(needing, alerts, now, actor.clinic.time_zone),
        needing=len(needing),
        page=page,
        pages=pages,
        asked=asked,
    )


def every(actor: Actor, *, need: str = ALL, query: str = "") -> list[Row]:
    """Every row as `actor` filtered the list, for programs, which cut pages of their own. One statement."""
    return [row for row in _rows(actor, everybody=True) if _wanted(row, need, query)]


def _active(actor: Actor) -> QuerySet[Episode]:
    return Episode.objects.filter(workable(), clinic=actor.clinic, state=Episode.State.OPEN)


def _rows(actor: Actor, *, everybody: bool) -> list[Row]:
    looks = StaffLook.objects.filter(episode=OuterRef("pk")).order_by("-at")
    found = _active(actor).annotate(
        looked_at=Subquery(looks.values("at")[:1]),
        next_look_on=Subquery(looks.values("next_look_on")[:1]),
    )
    if not everybody:
        found = found.filter(Q(assessment=None) | Q(assessment__attention__lt=Attention.ON_TRACK))
    return sorted(map(Row._make, found.values_list(*_COLUMNS)), key=_order)


def _order(row: Row) -> tuple[Any, ...]:
    """Most urgent first. Among emergencies the one just reported, which a call can still change; among other equals the
    one whose operation is most recent, whose bone is softest."""
    reported = row.last_check_in_at.timestamp() if row.last_check_in_at and row.need is Attention.EMERGENCY else 0.0
    days = -row.surgery_date.toordinal() if row.surgery_date else 0
    return row.need, -reported, days, row.family_name, row.given_name, row.episode


def _unacknowledged(actor: Actor) -> dict[UUID, list[Unacknowledged]]:
    taken_up = AlertEvent.objects.filter(
        alert=OuterRef("pk"), kind__in=(AlertEvent.Kind.ACKNOWLEDGED, AlertEvent.Kind.CLOSED)
    )
    found = Alert.objects.filter(
        ~Exists(taken_up),
        workable("episode__patient"),
        episode__clinic=actor.clinic,
        episode__state=Episode.State.OPEN,
    ).order_by("urgency", "opened_at")
    by_episode: dict[UUID, list[Unacknowledged]] = {}
    for alert in map(Unacknowledged._make, found.values_list("pk", "episode_id", "urgency", "sentence", "opened_at")):
        by_episode.setdefault(alert.episode, []).append(alert)
    return by_episode


def _wanted(row: Row, need: str, query: str) -> bool:
    if row.need is Attention.EMERGENCY:
        return True
    if query:
        return fold(query) in fold(f"{row.family_name}, {row.given_name} {row.family_name}")
    return need in ("", ALL) or row.need.name.lower() == need


@lru_cache(maxsize=4096)
def _fold_character(character: str) -> str:
    if unicodedata.combining(character):
        return ""
    return unicodedata.normalize("NFKD", character)[0].casefold()


def fold(text: str) -> str:
    """The text as somebody in a hurry types it: no capitals, no accents."""
    return "".join(map(_fold_character, text.strip()))


def _looked(
    rows: Iterable[Row], alerts: Mapping[UUID, Sequence[Unacknowledged]], now: datetime, zone: str
) -> frozenset[UUID]:
    local = now.astimezone(ZoneInfo(zone))
    midnight = datetime.combine(local.date(), datetime.min.time(), ZoneInfo(zone))
    return frozenset(row.episode for row in rows if _is_looked(row, alerts.get(row.episode, ()), midnight))


def _is_looked(row: Row, alerts: Sequence[Unacknowledged], midnight: datetime) -> bool:
    """A look counts for its day or until the next one set, but never for an alert that came after it."""
    if row.looked_at is None or any(alert.opened_at > row.looked_at for alert in alerts):
        return False
    return row.looked_at >= midnight or (row.next_look_on is not None and row.next_look_on > midnight.date())


def post_op_day(surgery_date: date, now: datetime, zone: str) -> int:
    """The day after surgery on the patient's own calendar."""
    return _today(now, zone).toordinal() - surgery_date.toordinal()


@lru_cache(maxsize=64)
def _today(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()
