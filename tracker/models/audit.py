"""Who did or saw what, when, and why."""

from __future__ import annotations

from django.db import models

from tracker.models.accounts import User
from tracker.models.clinics import Clinic
from tracker.models.episodes import Episode


class AuditEvent(models.Model):
    at = models.DateTimeField()
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, null=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    role = models.CharField(max_length=24, blank=True)
    action = models.CharField(max_length=60)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, null=True)
    object_id = models.CharField(max_length=40, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["episode", "at"], name="audit_by_episode")]

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d %H:%M}"
