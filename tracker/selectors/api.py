"""Rows for programs: each list is one query that a page is cut from, free text and names joined in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from tracker.clinical.terms import FactKind, Role
from tracker.models import (
    Acknowledgement,
    Alert,
    AlertEvent,
    CheckIn,
    Clearance,
    Clinic,
    Episode,
    EpisodeFact,
    Hold,
    Measurement,
    Membership,
    MilestoneEvent,
    MilestoneRecord,
    Note,
    Restriction,
    User,
)
from tracker.selectors.alerts import with_state
from tracker.selectors.patients import read_date
from tracker.selectors.standing import workable


@dataclass(slots=True)
class Basis:
    """What an episode's plan rests on, from the facts that were not withdrawn; None where one cannot be read."""

    protocol: str = ""
    surgery_date: date | None = None
    body_weight_kg: Decimal | None = None
    modifiers: list[str] = field(default_factory=list)


def bases(episodes: Iterable[Episode]) -> Mapping[UUID, Basis]:
    """What the plan of each episode rests on, in one statement."""
    found = {episode.pk: Basis() for episode in episodes}
    standing = EpisodeFact.objects.filter(episode__in=list(found), withdrawal=None).order_by(
        "recorded_at", "since", "value"
    )
    for episode, kind, value in standing.values_list("episode_id", "kind", "value"):
        _take(found[episode], kind, value)
    return found


def _take(basis: Basis, kind: str, value: str) -> None:
    if kind == FactKind.PROTOCOL:
        basis.protocol = value
    elif kind == FactKind.SURGERY_DATE:
        basis.surgery_date = read_date(value)
    elif kind == FactKind.BODY_WEIGHT:
        basis.body_weight_kg = _read_number(value)
    elif value not in basis.modifiers:
        basis.modifiers.append(value)


def _read_number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def facts(episode: Episode) -> QuerySet[EpisodeFact, Any]:
    rows = episode.facts.order_by("recorded_at", "kind", "value")
    return rows.annotate(
        by_name=F("by__name"),
        reason=_note("reason_digest"),
        withdrawn_at=F("withdrawal__at"),
        withdrawn_by=F("withdrawal__by__name"),
        withdrawn_reason=_note("withdrawal__reason_digest"),
    )


def restrictions(episode: Episode) -> QuerySet[Restriction, Any]:
    """By first day; of one day the latest recorded is last. Superseded rows stay in the list."""
    seen = Acknowledgement.objects.filter(Q(restriction=OuterRef("pk")) | Q(restriction=OuterRef("origin")))
    rows = episode.restrictions.order_by("starts_on", "recorded_at")
    return rows.annotate(
        set_by=F("signature__by__name"),
        set_by_role=F("signature__role"),
        superseded_at=F("superseded_by__signed_at"),
        reason=_note("signature__reason_digest"),
        acknowledged_at=Subquery(seen.order_by("at").values("at")[:1]),
    )


def clearances(episode: Episode) -> QuerySet[Clearance, Any]:
    """Latest entry first: the first of a gate is the decision that stands."""
    rows = episode.clearances.order_by("-entered_at")
    return rows.annotate(by_name=F("by__name"), basis=_note("basis_digest"))


def holds(episode: Episode) -> QuerySet[Hold, Any]:
    rows = episode.holds.order_by("-entered_at")
    return rows.annotate(
        released_on=F("release__released_on"), released_by=F("release__by__name"), basis=_note("release__basis_digest")
    )


def check_ins(episode: Episode) -> QuerySet[CheckIn, Any]:
    """Latest day first, of one day the latest entry first, which is the day's current one."""
    same_day = CheckIn.objects.filter(episode=OuterRef("episode"), date=OuterRef("date"))
    later = same_day.filter(Q(entered_at__gt=OuterRef("entered_at")) | Q(earlier=OuterRef("pk")))
    rows = episode.check_ins.order_by("-date", "-entered_at")
    return rows.annotate(by_name=F("by__name"), note=_note("note_digest"), current=~Exists(later))


def measurements(episode: Episode) -> QuerySet[Measurement, Any]:
    rows = episode.measurements.order_by("-measured_on", "-entered_at")
    return rows.annotate(by_name=F("by__name"))


def milestones(episode: Episode) -> QuerySet[MilestoneRecord, Any]:
    """Every record ever made, withdrawn ones too, the latest first."""
    events = MilestoneEvent.objects.filter(record=OuterRef("pk"))
    confirmed = events.filter(kind=MilestoneEvent.Kind.CONFIRMED)
    withdrawn = events.filter(kind=MilestoneEvent.Kind.WITHDRAWN)
    rows = episode.milestone_records.order_by("-reached_on", "-entered_at")
    return rows.annotate(
        by_name=F("by__name"),
        confirmed_at=Subquery(confirmed.values("at")[:1]),
        confirmed_by=Subquery(confirmed.values("by__name")[:1]),
        withdrawn_at=Subquery(withdrawn.values("at")[:1]),
        withdrawn_reason=Subquery(
            withdrawn.annotate(reason=_note("reason_digest", "record__episode")).values("reason")[:1]
        ),
    )


def alerts(clinic: Clinic) -> QuerySet[Alert, Any]:
    """The clinic's alerts, the most urgent first, the longest waiting first among equals."""
    story = AlertEvent.objects.select_related("by", "to").annotate(note=_note("note_digest", "alert__episode"))
    rows = with_state(Alert.objects.filter(workable("episode__patient"), episode__clinic=clinic))
    return (
        rows.select_related("episode__patient")
        .prefetch_related(Prefetch("events", story.order_by("at", "pk")))
        .order_by("urgency", "opened_at")
    )


def open_alerts(episodes: Iterable[UUID]) -> Mapping[UUID, list[Alert]]:
    """The alerts of each episode that nobody has closed, the most urgent first, in one statement."""
    found: dict[UUID, list[Alert]] = {}
    rows = with_state(Alert.objects.filter(episode__in=list(episodes))).exclude(state="closed")
    for alert in rows.order_by("urgency", "opened_at"):
        found.setdefault(alert.episode_id, []).append(alert)
    return found


def surgeons(clinic: Clinic) -> list[User]:
    found = Membership.objects.select_related("user").filter(clinic=clinic, role=Role.SURGEON).order_by("user__name")
    return [membership.user for membership in found]


def own_episode_ids(user: User) -> list[UUID]:
    """Ids of the user's own knees, open ones first."""
    return list(
        Episode.objects.filter(patient__user=user).order_by("-state", "-created_at").values_list("pk", flat=True)
    )


def _note(digest: str, episode: str = "episode") -> Coalesce:
    """The free text that a row names by its digest; empty where there is none, or where it was erased."""
    notes = Note.objects.filter(patient=OuterRef(f"{episode}__patient"), digest=OuterRef(digest))
    return Coalesce(Subquery(notes.values("text")[:1]), Value(""), output_field=TextField())
