"""How a record comes to be seen outside its clinic, and what takes two clinicians."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tracker.models.accounts import User
from tracker.models.clinics import Clinic
from tracker.models.episodes import Episode
from tracker.models.fields import digest, public_id
from tracker.models.patients import Patient


class Transfer(models.Model):
    """A patient's move to another clinic: asked for by the one that has the record, taken by the other."""

    id = public_id()
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="transfers")
    from_clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    to_clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    reason_digest = digest()
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    accepted = models.BooleanField(null=True)
    """Null while the other clinic has not answered."""
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The clinician of the new clinic who takes over the open alerts."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient"], condition=Q(accepted=None), name="transfer_open_once"),
            models.CheckConstraint(condition=~Q(from_clinic=models.F("to_clinic")), name="transfer_between_two"),
        ]

    def __str__(self) -> str:
        return f"{self.from_clinic_id} -> {self.to_clinic_id}"


class EmergencyAccess(models.Model):
    """One clinician of another clinic reads one record, for an hour, with a reason, announced."""

    id = public_id()
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="emergency_accesses")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")
    """Where the clinician works."""
    role = models.CharField(max_length=24)
    reason_digest = digest()
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    """Null while it waits for the second person."""
    expires_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    agreed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The second person, whom a fourth use on one day needs."""

    class Meta:
        indexes = [models.Index(fields=["user", "expires_at"], name="emergency_access_by_user")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.asked_at:%Y-%m-%d %H:%M}"


class Proposal(models.Model):
    """An act that loosens outside the protocol: signed by one clinician, in force when a second agrees."""

    class Act(models.TextChoices):
        CLEARANCE = "clearance", "Clear a gate although a criterion does not hold"
        FACT = "fact", "Change to a protocol that allows more"
        WITHDRAWAL = "withdrawal", "Withdraw a modifier that holds the load down"

    id = public_id()
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="proposals")
    act = models.CharField(max_length=12, choices=Act)
    said = models.JSONField()
    """The act in codes and ids; its free text is the note that `reason_digest` names."""
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=24)
    at = models.DateTimeField()
    reason_digest = digest()
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)
    agreed = models.BooleanField(null=True)
    """Null while nobody has answered."""
    answer_digest = digest()
    """Names the note that says why it was refused."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_by=None) | ~Q(answered_by=models.F("by")), name="proposal_by_two_people"
            )
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.at:%Y-%m-%d}"
