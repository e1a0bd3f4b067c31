"""Why and since when a recovery is closed."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OuterRef, QuerySet

from tracker.models import Closing, Episode, Note


def of_episode(episode: Episode) -> QuerySet[Closing, Any]:
    """Every closing of the recovery, the latest first, each with its note and whether it was taken back."""
    notes = Note.objects.filter(patient=episode.patient_id)
    return (
        Closing.objects.filter(episode=episode)
        .order_by("-at")
        .annotate(
            by_name=F("by__name"),
            note=notes.filter(digest=OuterRef("note_digest")).values("text")[:1],
            reopened_at=F("reopening__at"),
            reopened_by=F("reopening__by__name"),
            reopened_because=notes.filter(digest=OuterRef("reopening__reason_digest")).values("text")[:1],
        )
    )


def standing(episode: Episode) -> Closing | None:
    """The closing that stands; None while the recovery is open."""
    if episode.state == Episode.State.OPEN:
        return None
    return of_episode(episode).filter(reopening=None).first()
