"""Puts the shipped protocols into the table, a new row for each version."""

from __future__ import annotations

from tracker import clock
from tracker.clinical import protocol as protocols
from tracker.errors import Problem
from tracker.models import Protocol


def ship() -> None:
    """Adds the shipped versions that are not stored yet. Safe to repeat.

    Raises Problem when a shipped file says something else under a version that is already stored: plans rest on the
    stored one, so a change needs a new version number.
    """
    stored = {(row.key, row.version): row.body for row in Protocol.objects.filter(clinic=None)}
    for key, protocol in protocols.shipped().items():
        body = stored.get((key, protocol.version))
        if body is None:
            now = clock.now()
            Protocol.objects.create(key=key, version=protocol.version, body=protocol.body, approved_at=now)
        elif body != protocol.body:
            raise Problem(
                f"The shipped protocol {key} v{protocol.version} differs from the stored one. "
                "Give the changed file a new version number."
            )


def current(key: str, clinic_id: object) -> Protocol | None:
    """The newest approved version of a protocol: the clinic's own before the shipped one."""
    found = Protocol.objects.filter(key=key, approved_at__isnull=False, clinic_id__in=[clinic_id]).order_by("-version")
    shipped = Protocol.objects.filter(key=key, approved_at__isnull=False, clinic=None).order_by("-version")
    return found.first() or shipped.first()
