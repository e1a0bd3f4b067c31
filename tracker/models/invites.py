"""How people come in: nobody registers, everybody is invited."""

from __future__ import annotations

import secrets

from django.db import models

from tracker.models.accounts import User
from tracker.models.clinics import STAFF_ROLES, Clinic
from tracker.models.fields import public_id
from tracker.models.patients import Patient


def new_nonce() -> str:
    """128 random bits, from which the invite's secret is worked out with the installation's key."""
    return secrets.token_hex(16)


class Relation(models.TextChoices):
    """What a caregiver is to the patient."""

    PARTNER = "partner", "Partner"
    PARENT = "parent", "Parent or guardian"
    CHILD = "child", "Son or daughter"
    FRIEND = "friend", "Friend or neighbour"
    CARER = "carer", "Professional carer"


class CaregiverLink(models.Model):
    """Lets somebody with a login of their own help one patient, until a day."""

    id = public_id()
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="caregivers")
    user = models.ForeignKey(User, on_delete=models.CASCADE, null=True, blank=True, related_name="cares_for")
    """Null until the invite was accepted."""
    relation = models.CharField(max_length=12, choices=Relation)
    name = models.CharField(max_length=120)
    email = models.EmailField()
    may_record = models.BooleanField(default=False)
    """Whether they may enter check-ins, measurements and milestones; they always may read."""
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.relation} of {self.patient_id}"


class Invite(models.Model):
    """A way in for one person, once, for a short time. Its secret is kept nowhere: see `services.invites`."""

    class Purpose(models.TextChoices):
        PATIENT = "patient"
        CAREGIVER = "caregiver"
        STAFF = "staff"

    id = public_id()
    purpose = models.CharField(max_length=12, choices=Purpose)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, null=True, blank=True, related_name="invites")
    caregiver = models.ForeignKey(
        CaregiverLink, on_delete=models.CASCADE, null=True, blank=True, related_name="invites"
    )
    role = models.CharField(max_length=24, blank=True, choices=[(role.value, role.value) for role in STAFF_ROLES])
    name = models.CharField(max_length=120, blank=True)
    email = models.EmailField()
    nonce = models.CharField(max_length=32, default=new_nonce, editable=False)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    """How often the second fact was given wrongly."""
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    voided_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.purpose} {self.made_at:%Y-%m-%d}"


class Consent(models.Model):
    """What a patient agreed to, by the version of its text, or took back. Never edited."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="consents")
    version = models.CharField(max_length=20)
    given = models.BooleanField()
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.version} {'given' if self.given else 'withdrawn'}"
