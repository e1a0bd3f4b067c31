"""Who the patient is: everything that names a person, kept apart from the append-only clinical rows."""

from __future__ import annotations

import secrets

from django.db import models

from tracker.clinical.terms import Sex
from tracker.models.accounts import User
from tracker.models.clinics import Clinic
from tracker.models.fields import coded, public_id


def new_salt() -> str:
    return secrets.token_hex(16)


class Patient(models.Model):
    id = public_id()
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="patients")
    user = models.OneToOneField(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="patient")
    record_number = models.CharField(max_length=40, blank=True)
    given_name = models.CharField(max_length=80)
    family_name = models.CharField(max_length=80)
    birth_date = models.DateField()
    sex = coded(Sex)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    time_zone = models.CharField(max_length=64)
    language = models.CharField(max_length=8, default="en")
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_until = models.TimeField(null=True, blank=True)
    """No routine message between the two, on the patient's clock. Empty: the clinic's hours."""
    consent_version = models.CharField(max_length=20, blank=True)
    consent_at = models.DateTimeField(null=True, blank=True)
    consent_withdrawn_at = models.DateTimeField(null=True, blank=True)
    """From then on the patient gets no message."""
    restricted_at = models.DateTimeField(null=True, blank=True)
    """From then on nobody works with the record; it waits for the end of its retention."""
    erased_at = models.DateTimeField(null=True, blank=True)
    """From then on nothing here names a person; the clinical rows stay under a name that means nobody."""
    salt = models.CharField(max_length=32, default=new_salt, editable=False)
    """Makes note digests meaningless once it is erased."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "record_number"],
                condition=~models.Q(record_number=""),
                name="patient_record_number_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.family_name}, {self.given_name}"


class Note(models.Model):
    """Free text about a patient. Append-only rows name it by `digest`, so erasing it leaves them whole."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="notes")
    digest = models.CharField(max_length=64)
    text = models.TextField(max_length=2000)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "digest"], name="note_once")]

    def __str__(self) -> str:
        return self.digest[:8]
