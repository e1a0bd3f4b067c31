"""Findings that a clinician must close. An alert's life is told by its events; nothing is ever edited."""

from __future__ import annotations

from django.db import models

from tracker.clinical.terms import Urgency
from tracker.models.accounts import User
from tracker.models.checkins import CheckIn
from tracker.models.episodes import Episode
from tracker.models.fields import coded, digest, one_of, public_id


class Alert(models.Model):
    id = public_id()
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="alerts")
    code = models.CharField(max_length=40)
    urgency = coded(Urgency)
    cause = models.CharField(max_length=120)
    evidence = models.JSONField(default=dict)
    sentence = models.CharField(max_length=300)
    """The clinician's sentence as it was when the alert opened."""
    check_in = models.ForeignKey(CheckIn, on_delete=models.PROTECT, null=True, related_name="alerts")
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["episode", "code", "cause"], name="alert_once_a_cause"),
            models.CheckConstraint(condition=one_of("urgency", Urgency), name="alert_urgency_known"),
        ]
        indexes = [
            models.Index(fields=["episode", "opened_at"], name="alert_by_episode"),
            # Read every round by whatever looks after urgent alerts that nobody has taken on.
            models.Index(fields=["opened_at"], name="alert_by_opening"),
        ]

    def __str__(self) -> str:
        return f"{self.urgency} {self.code}"


class AlertEvent(models.Model):
    class Kind(models.TextChoices):
        ACKNOWLEDGED = "acknowledged"
        HANDED_OVER = "handed_over"
        SOURCE_CHANGED = "source_changed"
        CLOSED = "closed"

    class Outcome(models.TextChoices):
        ADVICE = "advice", "Advice given"
        SEEN = "seen", "Seen in person"
        SENT_TO_EMERGENCY = "emergency", "Sent to emergency care"
        REVIEW_BOOKED = "review", "Review booked"
        RESTRICTION_CHANGED = "restriction", "Restriction changed"
        NO_ACTION = "no_action", "No action needed"

    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=16, choices=Kind)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True)
    note_digest = digest()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    """Empty only where the program itself noted that the source changed."""
    to = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alert"],
                condition=models.Q(kind="closed"),
                name="alert_closed_once",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="closed") | ~models.Q(outcome=""),
                name="alert_closed_with_outcome",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="source_changed") | models.Q(by__isnull=False),
                name="alert_event_has_author",
            ),
        ]

    def __str__(self) -> str:
        return self.kind
