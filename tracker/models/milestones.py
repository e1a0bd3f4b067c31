"""Rehabilitation goals reached, confirmed and withdrawn."""

from __future__ import annotations

from django.db import models

from tracker.clinical.terms import Role
from tracker.models.accounts import User
from tracker.models.episodes import Episode
from tracker.models.fields import coded, digest, public_id


class MilestoneRecord(models.Model):
    """A claim that a goal was reached. It stands until a withdrawal; two standing records of a key are refused."""

    id = public_id()
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="milestone_records")
    key = models.CharField(max_length=24)
    reached_on = models.DateField()
    value = models.DecimalField(max_digits=7, decimal_places=2, null=True)
    entered_at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = coded(Role)

    class Meta:
        indexes = [models.Index(fields=["episode", "key"], name="milestone_by_key")]

    def __str__(self) -> str:
        return f"{self.key} {self.reached_on}"


class MilestoneEvent(models.Model):
    class Kind(models.TextChoices):
        CONFIRMED = "confirmed"
        WITHDRAWN = "withdrawn"

    record = models.ForeignKey(MilestoneRecord, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12, choices=Kind)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason_digest = digest()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "kind"], name="milestone_event_once")]

    def __str__(self) -> str:
        return self.kind
