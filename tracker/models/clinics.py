"""Clinics and who works in them."""

from __future__ import annotations

from datetime import time

from django.db import models

from tracker.clinical.terms import Role
from tracker.models.accounts import User
from tracker.models.fields import public_id

STAFF_ROLES = (Role.PHYSIOTHERAPIST, Role.SURGEON, Role.COORDINATOR, Role.AUDITOR)


class Clinic(models.Model):
    class TermDisplay(models.TextChoices):
        TERM = "term", "Surgeon's term (PWB)"
        LOADING = "loading", "Three levels (limited)"

    id = public_id()
    name = models.CharField(max_length=120, unique=True)
    time_zone = models.CharField(max_length=64, default="UTC")
    phone = models.CharField(max_length=40)
    emergency_number = models.CharField(max_length=20, default="112")
    emergency_text = models.CharField(max_length=300, blank=True)
    quiet_from = models.TimeField(default=time(21))
    quiet_until = models.TimeField(default=time(7))
    morning_at = models.TimeField(default=time(7, 30))
    """When the clinicians on duty get the list of their day."""
    morning_due_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    """When the planner must next make that list; null until it has looked for the first time."""
    term_display = models.CharField(max_length=8, choices=TermDisplay, default=TermDisplay.TERM)
    ticked_on = models.DateField(null=True, blank=True, editable=False)
    """The clinic's local date that the daily tick last finished."""

    retention_years = models.PositiveSmallIntegerField(default=10)
    """How long a record is kept after the recovery ended, before it may be erased."""
    emergency_access = models.BooleanField(default=True)
    """Whether clinicians of other clinics may open one record in an emergency, announced and for an hour."""

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One role of one person in one clinic."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=24, choices=[(role.value, role.value) for role in STAFF_ROLES])
    on_duty = models.BooleanField(default=True)
    """Whether urgent notices go to this person now."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "clinic"], name="membership_once"),
            models.CheckConstraint(
                condition=models.Q(role__in=[role.value for role in STAFF_ROLES]),
                name="membership_role_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role}"
