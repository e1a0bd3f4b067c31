"""By which ways a patient can be reached, and the browsers that show notifications."""

from __future__ import annotations

from django.db import models

from tracker.models.accounts import User
from tracker.models.fields import public_id
from tracker.models.patients import Patient


class Reach(models.Model):
    """What is known of one way to reach a patient. No row: the patient allows it, and nothing speaks against it."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="reach")
    channel = models.CharField(max_length=12)
    allowed = models.BooleanField(default=True)
    """The patient's own wish."""
    address = models.CharField(max_length=254, blank=True)
    """The address that failed. Once the patient has another, the failure no longer counts."""
    failed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)
    """The provider's own words."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "channel"], name="reach_once")]

    def __str__(self) -> str:
        return self.channel


class PushSubscription(models.Model):
    """A browser that agreed to show notifications to the person signed in there."""

    id = public_id()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="push_subscriptions")
    endpoint = models.URLField(max_length=500, unique=True)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=60)
    device = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.device or "a browser"
