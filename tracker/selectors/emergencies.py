"""Records that were opened in an emergency: one's own, a colleague's that wait, and those of the clinic's patients."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from tracker.models import Actor, Clinic, EmergencyAccess, Episode, Note, walls

Rows = QuerySet[EmergencyAccess, Any]
WEEKS = 12


def open_to(who: Actor, *, now: datetime) -> Rows:
    """What they may read now."""
    return _told().filter(user=who.user, clinic=who.clinic, ended_at=None, expires_at__gt=now).order_by("started_at")


def own_waiting(who: Actor, *, since: datetime) -> bool:
    """Whether something that they asked for waits for a colleague's word."""
    with walls.outside(walls.Why.EMERGENCY):
        return _waiting(who, since).filter(user=who.user).exists()


def of_colleagues(who: Actor, *, since: datetime) -> list[EmergencyAccess]:
    """What colleagues asked for and wait for somebody's word. A page names no patient of these."""
    with walls.outside(walls.Why.EMERGENCY):
        return list(_waiting(who, since).exclude(user=who.user).order_by("asked_at"))


def _waiting(who: Actor, since: datetime) -> Rows:
    return _told().filter(clinic=who.clinic, started_at=None, ended_at=None, asked_at__gt=since)


def standing(who: Actor, episode: Episode, *, now: datetime) -> EmergencyAccess | None:
    """By which they read this record."""
    return open_to(who, now=now).filter(episode=episode).first()


def row(who: Actor, public_id: UUID) -> EmergencyAccess | None:
    """One of their clinic's."""
    with walls.outside(walls.Why.EMERGENCY):
        return _told().filter(clinic=who.clinic, pk=public_id).first()


def into(clinic: Clinic, *, now: datetime) -> Rows:
    """What others opened of the clinic's records lately, the latest first."""
    rows = _told().filter(episode__clinic=clinic, started_at__gte=now - timedelta(weeks=WEEKS))
    return rows.order_by("-started_at")


def clinics(who: Actor) -> list[tuple[str, str]]:
    """The clinics that allow it, as choices."""
    rows = Clinic.objects.filter(~Q(pk=who.clinic.pk), emergency_access=True).order_by("name")
    return [(str(pk), name) for pk, name in rows.values_list("pk", "name")]


def _told() -> Rows:
    notes = Note.objects.filter(patient=OuterRef("episode__patient"), digest=OuterRef("reason_digest"))
    return EmergencyAccess.objects.select_related("episode__patient", "episode__clinic", "clinic", "user").annotate(
        by_name=F("user__name"),
        agreed_by_name=F("agreed_by__name"),
        reason=Coalesce(Subquery(notes.values("text")[:1]), Value(""), output_field=TextField()),
    )
