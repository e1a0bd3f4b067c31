"""The reminder engine's rows: what is wanted, what falls due, what is on its way, what became of it."""

from __future__ import annotations

from django.db import models

from tracker.models.accounts import User
from tracker.models.clinics import Clinic
from tracker.models.episodes import Episode
from tracker.models.fields import public_id
from tracker.models.patients import Patient


class ReminderPlan(models.Model):
    """One kind of reminder as one patient wants it. `at` is wall-clock time in the patient's own zone."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="reminder_plans")
    kind = models.CharField(max_length=32)
    at = models.TimeField()
    enabled = models.BooleanField(default=True)
    channel = models.CharField(max_length=12, default="email")
    next_due_at = models.DateTimeField(null=True, db_index=True)
    """The next instant the planner must look at this row; the planner reads only rows whose time has come."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "kind"], name="reminder_plan_once")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at}"


class Occurrence(models.Model):
    """One due instance of a rule. The unique key is what makes planning safe to repeat."""

    class State(models.TextChoices):
        PLANNED = "planned"
        CANCELLED = "cancelled"

    id = public_id()
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="occurrences")
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, null=True)
    rule = models.CharField(max_length=32)
    local_date = models.DateField()
    slot = models.CharField(max_length=80)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.PLANNED)
    reason = models.CharField(max_length=120, blank=True)
    """Why it will not be sent, in words a patient could read."""
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient", "rule", "local_date", "slot"], name="occurrence_once")
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.local_date}"


class OutboxMessage(models.Model):
    """A message on its way. The database is the queue; a broker only wakes the sender."""

    class Nature(models.TextChoices):
        REMINDER = "reminder", "At most once"
        NOTICE = "notice", "At least once, a repeat is marked"

    class State(models.TextChoices):
        DUE = "due"
        CLAIMED = "claimed"
        SENDING = "sending"
        SENT = "sent"
        UNCERTAIN = "uncertain"
        FAILED = "failed"
        DEAD = "dead"
        EXPIRED = "expired"
        CANCELLED = "cancelled"

    id = public_id()
    dedupe_key = models.CharField(max_length=200, unique=True)
    nature = models.CharField(max_length=12, choices=Nature)
    kind = models.CharField(max_length=32)
    channel = models.CharField(max_length=12)
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, null=True)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, null=True, related_name="messages")
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, null=True)
    recipient = models.ForeignKey(User, on_delete=models.CASCADE, null=True)
    """Staff recipient; empty when it goes to the patient."""
    occurrence = models.ForeignKey(Occurrence, on_delete=models.CASCADE, null=True, related_name="messages")
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, choices=State, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    message_id = models.CharField(max_length=120, blank=True)
    repeat = models.BooleanField(default=False)
    last_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # Read by the claim: only rows that can still be sent.
            models.Index(fields=["due_at"], condition=models.Q(state="due"), name="outbox_due"),
            # Read by the sweeper: only rows somebody holds.
            models.Index(
                fields=["lease_until"],
                condition=models.Q(state__in=["claimed", "sending"]),
                name="outbox_leased",
            ),
            models.Index(fields=["patient", "kind", "state"], name="outbox_by_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class Attempt(models.Model):
    """One try to hand a message to a provider."""

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="tries")
    fence = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=12, blank=True)
    detail = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"try {self.fence}"


class Heartbeat(models.Model):
    """The last sign of life of a working part: planner, dispatcher, sweeper, tick."""

    name = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()
    detail = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name
