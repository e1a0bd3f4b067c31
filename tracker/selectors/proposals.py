"""Proposals that wait for a second clinician, and what became of the others."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Coalesce

from tracker.clinical.terms import Role
from tracker.models import Actor, Clinic, Episode, EpisodeFact, Note, Proposal
from tracker.selectors.standing import workable

Rows = QuerySet[Proposal, Any]

LATELY = timedelta(days=14)
"""For so long an answer stands on the page of its knee."""


def of_episode(episode: Episode) -> Rows:
    """Every proposal ever made for the knee, the latest first."""
    return _told(Proposal.objects.filter(episode=episode))


def shown_at(episode: Episode, *, now: datetime) -> Rows:
    """What waits, and what was answered lately, so that whoever proposed it finds the answer."""
    return of_episode(episode).filter(Q(agreed=None) | Q(answered_at__gt=now - LATELY))


def answerable() -> Rows:
    """What can still be answered: a recovery that has ended takes no more decisions."""
    return Proposal.objects.filter(workable("episode__patient"), agreed=None, episode__state=Episode.State.OPEN)


def waiting_in(clinic: Clinic) -> Rows:
    """What waits for somebody's answer in the clinic, the longest waiting first."""
    return _told(answerable().filter(episode__clinic=clinic)).order_by("at")


def waiting_for(actor: Actor) -> Rows:
    """What this clinician may agree to: not what they proposed, nor what takes a surgeon where neither would be one."""
    rows = answerable().filter(episode__clinic=actor.clinic).exclude(by=actor.user)
    return rows if actor.role is Role.SURGEON else rows.exclude(~Q(role=Role.SURGEON), act=Proposal.Act.CLEARANCE)


def takes_surgeon(proposal: Proposal) -> bool:
    """Whether the second must be a surgeon: to clear a gate against its criteria one of the two is."""
    return proposal.act == Proposal.Act.CLEARANCE and proposal.role != Role.SURGEON


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
