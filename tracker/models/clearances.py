"""Signed decisions: on a gate, and on the end of a hold."""

from __future__ import annotations

from django.db import models

from tracker.clinical.terms import Decision, Gate, Role
from tracker.models.accounts import User
from tracker.models.episodes import Episode
from tracker.models.fields import coded, digest, one_of, public_id


class Clearance(models.Model):
    """The latest entered decision of a gate stands."""

    id = public_id()
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="clearances")
    gate = coded(Gate)
    decision = coded(Decision)
    basis_digest = digest()
    decided_on = models.DateField()
    entered_at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = coded(Role)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=one_of("gate", Gate), name="clearance_gate_known"),
            models.CheckConstraint(condition=one_of("decision", Decision), name="clearance_decision_known"),
        ]
        indexes = [models.Index(fields=["episode", "entered_at"], name="clearance_by_episode")]

    def __str__(self) -> str:
        return f"{self.gate} {self.decision}"


class Hold(models.Model):
    """The level a red flag held the leg at. It outlives the alert and ends only by a signed release."""

    id = public_id()
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="holds")
    code = models.CharField(max_length=40)
    cause = models.CharField(max_length=120)
    max_percent = models.PositiveSmallIntegerField()
    cap_kg = models.DecimalField(max_digits=5, decimal_places=1, null=True)
    full = models.BooleanField()
    put_back = models.BooleanField()
    since = models.DateField()
    entered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["episode", "code", "cause"], name="hold_once_a_cause"),
            models.CheckConstraint(condition=models.Q(max_percent__lte=100), name="hold_percent_0_100"),
        ]

    def __str__(self) -> str:
        return f"{self.code} since {self.since}"


class HoldRelease(models.Model):
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="release")
    released_on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = coded(Role)
    basis_digest = digest()

    def __str__(self) -> str:
        return f"released {self.released_on}"
