"""Approved rehabilitation protocols, as versioned data."""

from __future__ import annotations

from django.db import models

from tracker.models.accounts import User
from tracker.models.clinics import Clinic
from tracker.models.fields import public_id


class Protocol(models.Model):
    """A protocol version. `clinic` None is shipped with the product. The body never changes after approval."""

    id = public_id()
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, null=True, blank=True)
    key = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    body = models.JSONField()
    approved_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "key", "version"], name="protocol_version_once"),
            models.UniqueConstraint(
                fields=["key", "version"],
                condition=models.Q(clinic=None),
                name="protocol_shipped_version_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"
