"""Whose records are worked with: neither those that are erased nor those that are restricted."""

from __future__ import annotations

from django.db.models import Q


def workable(patient: str = "patient") -> Q:
    """Rows whose patient, at the end of the path `patient`, stands in lists, is ticked and gets messages."""
    return Q(**{f"{patient}__restricted_at": None, f"{patient}__erased_at": None})
