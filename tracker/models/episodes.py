"""The recovery of one operated knee, and the dated facts its plan rests on."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models

from tracker.clinical.terms import (
    Compartment,
    FactKind,
    Fixation,
    Indication,
    Procedure,
    Side,
)
from tracker.models.accounts import User
from tracker.models.clinics import Clinic
from tracker.models.fields import coded, digest, one_of, public_id
from tracker.models.patients import Patient
from tracker.models.protocols import Protocol


class Episode(models.Model):
    class State(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"

    id = public_id()
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="episodes")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="episodes")
    procedure = coded(Procedure)
    side = coded(Side)
    indication = coded(Indication, blank=True, default="")
    compartment = coded(Compartment, blank=True, default="")
    surgeon = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    fixation = coded(Fixation, blank=True, default="")
    plate = models.CharField(max_length=80, blank=True, default="")
    graft = models.CharField(max_length=80, blank=True, default="")
    correction_planned = models.DecimalField("planned correction, degrees", max_digits=4, decimal_places=1, null=True)
    correction_achieved = models.DecimalField("achieved correction, degrees", max_digits=4, decimal_places=1, null=True)
    baseline_pain = models.PositiveSmallIntegerField(null=True, validators=[MaxValueValidator(10)])
    baseline_flexion = models.PositiveSmallIntegerField("bend before surgery, degrees", null=True)
    baseline_scores = models.JSONField(default=dict)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveIntegerField(default=1)
    """Counts the writes that can change what is allowed; a client names it in If-Match."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "side"],
                condition=models.Q(state="open"),
                name="one_open_episode_a_knee",
            ),
            models.CheckConstraint(
                condition=models.Q(baseline_pain__isnull=True) | models.Q(baseline_pain__lte=10),
                name="baseline_pain_0_10",
            ),
            models.CheckConstraint(condition=one_of("procedure", Procedure), name="procedure_known"),
            models.CheckConstraint(condition=one_of("side", Side), name="side_known"),
        ]
        indexes = [models.Index(fields=["clinic", "state"], name="episode_clinic_state")]

    def __str__(self) -> str:
        return f"{self.procedure} {self.side}"


class EpisodeFact(models.Model):
    """One thing the plan rests on. The latest fact of a kind that was not withdrawn counts; modifiers add up."""

    id = public_id()
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="facts")
    kind = coded(FactKind)
    value = models.CharField(max_length=40)
    protocol = models.ForeignKey(Protocol, on_delete=models.PROTECT, null=True, blank=True)
    since = models.DateField()
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason_digest = digest()

    class Meta:
        constraints = [models.CheckConstraint(condition=one_of("kind", FactKind), name="fact_kind_known")]
        indexes = [models.Index(fields=["episode", "recorded_at"], name="fact_by_episode")]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"


class FactWithdrawal(models.Model):
    fact = models.OneToOneField(EpisodeFact, on_delete=models.PROTECT, related_name="withdrawal")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason_digest = digest()

    def __str__(self) -> str:
        return f"withdrawn {self.fact_id}"
