"""What is on its way, and each try to hand it over."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tracker.models.accounts import User
from tracker.models.clinics import Clinic
from tracker.models.episodes import Episode
from tracker.models.fields import public_id
from tracker.models.invites import Invite
from tracker.models.patients import Patient
from tracker.models.reminders import Occurrence


class OutboxMessage(models.Model):
    """A message on its way. The database is the queue; a broker only wakes the sender."""

    class Nature(models.TextChoices):
        REMINDER = "reminder", "At most once"
        NOTICE = "notice", "At least once, a repeat is marked"

    class State(models.TextChoices):
        DUE = "due", "Waiting for its time or its turn"
        CLAIMED = "claimed", "A sender has taken it"
        SENDING = "sending", "Being handed to the mail provider"
        SENT = "sent", "The mail provider took it"
        UNCERTAIN = "uncertain", "The line broke while handing it over: it may or may not arrive"
        FAILED = "failed", "Refused for good"
        DEAD = "dead", "Given up after many tries"
        EXPIRED = "expired", "Its time passed before it could be sent"
        CANCELLED = "cancelled", "No longer needed"

    id = public_id()
    dedupe_key = models.CharField(max_length=200, unique=True)
    nature = models.CharField(max_length=12, choices=Nature)
    kind = models.CharField(max_length=32)
    channel = models.CharField(max_length=12)
    urgent = models.BooleanField(default=False)
    """Goes out before everything that is not."""
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, null=True)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, null=True, related_name="messages")
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, null=True)
    recipient = models.ForeignKey(User, on_delete=models.CASCADE, null=True)
    """Staff recipient; empty when it goes to the patient."""
    invite = models.ForeignKey(Invite, on_delete=models.CASCADE, null=True, related_name="messages")
    """Only where it goes to somebody who is invited, to the invite's own address."""
    occurrence = models.ForeignKey(Occurrence, on_delete=models.CASCADE, null=True, related_name="messages")
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, choices=State, default=State.DUE)
    reason = models.CharField(max_length=120, blank=True)
    """Why it was not sent, or why nobody can know, in words a patient could read."""
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    """On the database's own clock, as only that one is the same for every sender."""
    holder = models.CharField(max_length=40, blank=True)
    """The claim that took it last."""
    fence = models.PositiveIntegerField(default=0)
    """Counts the claims. A sender that lost its lease finds the number moved on and can write no result."""
    message_id = models.CharField(max_length=120, blank=True)
    """The Message-ID it left under; a repeat and whatever is bundled with it share one."""
    repeat = models.BooleanField(default=False)
    last_error = models.CharField(max_length=300, blank=True)
    """The provider's own words."""
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    """In a list of the product's own, when it was done with: read by the patient, or dealt with by the clinic."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(patient__isnull=False) | Q(recipient__isnull=False) | Q(invite__isnull=False),
                name="outbox_has_reader",
            )
        ]
        indexes = [
            # Read by the claim: only rows that can still be sent.
            models.Index(fields=["urgent", "due_at"], condition=Q(state="due"), name="outbox_due"),
            # Read by the sweeper: only rows somebody holds, and those whose time may have passed.
            models.Index(fields=["lease_until"], condition=Q(state__in=["claimed", "sending"]), name="outbox_leased"),
            models.Index(fields=["expires_at"], condition=Q(state="due"), name="outbox_expiring"),
            models.Index(fields=["state", "finished_at"], name="outbox_by_state"),
            models.Index(fields=["patient", "kind", "state"], name="outbox_by_patient"),
            models.Index(fields=["message_id"], condition=~Q(message_id=""), name="outbox_by_message_id"),
            # What else waits for the same reader, so that one letter carries it.
            models.Index(fields=["recipient", "patient", "due_at"], condition=Q(state="due"), name="outbox_by_reader"),
            # The open entries of call lists, counted for every page of the staff.
            models.Index(
                fields=["clinic", "finished_at"],
                condition=Q(state="sent", settled_at__isnull=True, channel="calls"),
                name="outbox_calls",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class Attempt(models.Model):
    """One try to hand a message to a provider. Without a result, the sender died on the way."""

    class Result(models.TextChoices):
        SENT = "sent"
        REFUSED = "refused"
        UNSURE = "unsure"

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="tries")
    fence = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=12, blank=True, choices=Result)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "fence"], name="attempt_once_a_claim")]

    def __str__(self) -> str:
        return f"try {self.fence}"
