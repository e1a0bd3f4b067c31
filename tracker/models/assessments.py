"""The kept assessment of an episode, made anew from the record at any time, and who looked at it."""

from __future__ import annotations

from django.db import models

from tracker.clinical.terms import Attention, Status
from tracker.models.accounts import User
from tracker.models.clinics import Clinic
from tracker.models.episodes import Episode
from tracker.models.fields import coded


class Assessment(models.Model):
    """A rebuildable cache: the worklist and charts read it, `reassess` writes it from nothing."""

    episode = models.OneToOneField(Episode, on_delete=models.CASCADE, primary_key=True, related_name="assessment")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    as_of = models.DateField()
    computed_at = models.DateTimeField()
    core_version = models.CharField(max_length=20)
    fingerprint = models.CharField(max_length=64, blank=True)
    """Digest of all that was worked out, so that a tick writes only what changed."""
    status = coded(Status)
    attention = models.PositiveSmallIntegerField(choices=[(a.value, a.name) for a in Attention])
    reason = models.CharField(max_length=300)
    findings = models.JSONField(default=list)
    milestones = models.JSONField(default=list)
    pain = models.JSONField(default=dict)
    flexion = models.JSONField(default=dict)
    load = models.JSONField(default=dict)
    surgery_date = models.DateField()
    phase = models.PositiveSmallIntegerField()
    term = models.CharField(max_length=8)
    max_percent = models.PositiveSmallIntegerField()
    max_kg = models.PositiveSmallIntegerField(null=True)
    next_step = models.JSONField(null=True)
    """`{on, gate, state}` of the next step of the plan; null where none is ahead."""
    seen = models.BooleanField(null=True)
    """Whether the patient confirmed the standing restriction; null before anyone signed."""
    open_alerts = models.PositiveSmallIntegerField(default=0)
    sparkline = models.JSONField(default=dict)
    """Two SVG paths, `band` and `line`, and the last point, drawn once here rather than on every look."""
    last_check_in = models.DateField(null=True)
    last_check_in_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["clinic", "attention", "surgery_date"], name="worklist_order")]

    def __str__(self) -> str:
        return f"{self.status} as of {self.as_of}"


class StaffLook(models.Model):
    """A clinician looked at the episode today, and may have set the next look."""

    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="looks")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    next_look_on = models.DateField(null=True)

    class Meta:
        indexes = [models.Index(fields=["episode", "at"], name="look_by_episode")]

    def __str__(self) -> str:
        return f"look {self.at:%Y-%m-%d}"
