"""Proposals that wait for a second clinician, and what became of the others."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from tracker.models import Clinic, Episode, EpisodeFact, Note, Proposal

Rows = QuerySet[Proposal, Any]


def of_episode(episode: Episode) -> Rows:
    """Every proposal ever made for the knee, the latest first."""
    return _told(Proposal.objects.filter(episode=episode))


def waiting_in(clinic: Clinic) -> Rows:
    """What waits for somebody's answer in the clinic, the longest waiting first."""
    rows = Proposal.objects.filter(episode__clinic=clinic, agreed=None)
    rows = rows.filter(episode__patient__erased_at=None, episode__patient__restricted_at=None)
    return _told(rows).order_by("at")


def answered_in(clinic: Clinic, most: int = 20) -> Rows:
    """The last that were answered."""
    rows = Proposal.objects.filter(episode__clinic=clinic, agreed__isnull=False)
    return _told(rows).order_by("-answered_at")[:most]


def withdrawn(rows: Rows | list[Proposal]) -> dict[str, EpisodeFact]:
    """The facts that the proposals would withdraw, by id, in one statement."""
    ids = [row.said["fact"] for row in rows if "fact" in row.said]
    return {str(fact.pk): fact for fact in EpisodeFact.objects.filter(pk__in=ids)} if ids else {}


def _told(rows: Rows) -> Rows:
    """With names and free text joined in."""
    return (
        rows.select_related("episode__patient", "episode__clinic")
        .annotate(
            by_name=F("by__name"),
            answered_by_name=F("answered_by__name"),
            reason=_note("reason_digest"),
            answer=_note("answer_digest"),
        )
        .order_by("-at")
    )


def _note(digest: str) -> Coalesce:
    notes = Note.objects.filter(patient=OuterRef("episode__patient"), digest=OuterRef(digest))
    return Coalesce(Subquery(notes.values("text")[:1]), Value(""), output_field=TextField())
