"""Whose records are worked with, neither those that are erased nor those that are restricted; and which knee is which."""

from __future__ import annotations

from django.db.models import OuterRef, Q, Subquery

from tracker.models import Episode


def workable(patient: str = "patient") -> Q:
    """Rows whose patient, at the end of the path `patient`, stands in lists, is ticked and gets messages."""
    return Q(**{f"{patient}__restricted_at": None, f"{patient}__erased_at": None})


def latest_knee(patient: str) -> Subquery:
    """The open episode of the patient whose id stands in the column `patient`, else the latest."""
    rows = Episode.objects.filter(patient=OuterRef(patient)).order_by("-state", "-created_at")
    return Subquery(rows.values("pk")[:1])
