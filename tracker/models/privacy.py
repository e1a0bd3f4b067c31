"""What patients asked to be done with their records, to be done again after a backup comes back."""

from __future__ import annotations

from django.db import models

from tracker.models.accounts import User
from tracker.models.fields import public_id


class Erasure(models.Model):
    """One entry of the ledger. It names the patient by id alone, so that it outlives what was erased."""

    class Kind(models.TextChoices):
        ERASE = "erase", "Erased"
        RESTRICT = "restrict", "Restricted until retention ends"
        LIFT = "lift", "Restriction lifted"

    class Reason(models.TextChoices):
        ASKED = "asked", "The patient asked for it"
        RETENTION = "retention", "The time for which records are kept is over"
        MISTAKE = "mistake", "The record was made by mistake"

    id = public_id()
    patient_id = models.UUIDField(db_index=True)
    kind = models.CharField(max_length=8, choices=Kind)
    reason = models.CharField(max_length=10, choices=Reason)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    keep_until = models.DateField(null=True, blank=True)
    """With a restriction: when retention ends and the record is erased."""

    def __str__(self) -> str:
        return f"{self.kind} {self.patient_id}"
