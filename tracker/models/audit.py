"""Who did or saw what, when, from where, and the chain that shows whether the trail is whole."""

from __future__ import annotations

from django.db import models

from tracker.models.accounts import User
from tracker.models.clinics import Clinic
from tracker.models.episodes import Episode


class AuditEvent(models.Model):
    """One line of the trail. It holds codes and ids, never names or free text."""

    class Outcome(models.TextChoices):
        DONE = "done"
        SEEN = "seen"
        REFUSED = "refused"

    at = models.DateTimeField()
    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, null=True)
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True)
    role = models.CharField(max_length=24, blank=True)
    action = models.CharField(max_length=60)
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.DONE)
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, null=True)
    object_id = models.CharField(max_length=40, blank=True)
    detail = models.JSONField(default=dict)
    via = models.CharField(max_length=45, blank=True)
    """`browser`, `token:<id>`, or empty for the program itself."""
    address = models.GenericIPAddressField(null=True, blank=True)
    request_id = models.CharField(max_length=32, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["episode", "at"], name="audit_by_episode"),
            models.Index(fields=["clinic", "at"], name="audit_by_clinic"),
            models.Index(fields=["user", "at"], name="audit_by_user"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d %H:%M}"


class AuditSeal(models.Model):
    """The place of an event in its clinic's chain: each hash covers the event and the hash before it.

    Laid shortly after the event, by whoever seals next, so that no check-in waits for another clinician's.
    """

    event = models.OneToOneField(AuditEvent, on_delete=models.PROTECT, primary_key=True, related_name="seal")
    chain = models.CharField(max_length=36)
    """The clinic's id, or `installation` for what concerns no clinic."""
    number = models.PositiveBigIntegerField()
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "number"], name="audit_seal_number_once")]

    def __str__(self) -> str:
        return f"{self.chain} {self.number}"


class AuditHead(models.Model):
    """The last seal of a chain. Its row is the lock under which the next is laid."""

    chain = models.CharField(max_length=36, primary_key=True)
    number = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)
    sealed_at = models.DateTimeField(null=True, blank=True)
    """When the last seal was laid."""
    checked_at = models.DateTimeField(null=True, blank=True)
    """When the whole chain was last read and worked out anew."""
    faults = models.PositiveIntegerField(default=0)
    """How many things were wrong then."""

    def __str__(self) -> str:
        return f"{self.chain} {self.number}"


class AuditSweep(models.Model):
    """Where the sealer looks for events without a seal, so that it need not look at all of them each minute."""

    ONLY = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=ONLY, editable=False)
    settled = models.PositiveBigIntegerField(default=0)
    """Every event up to this id was sealed when last looked at."""
    looked_at = models.DateTimeField(null=True, blank=True)
    """When all events were last looked at, for one that was committed long after later ones."""
    told_on = models.DateField(null=True, blank=True)
    """The day on which the chains were last checked and their heads told outside."""

    def __str__(self) -> str:
        return f"up to {self.settled}"
