"""What the clinic makes of its call list."""

from __future__ import annotations

from django.db import models

from tracker.models.accounts import User
from tracker.models.fields import digest
from tracker.models.outbox import OutboxMessage


class Call(models.Model):
    """What became of an entry on the call list. It stays there until somebody reached the patient or settled it."""

    class Outcome(models.TextChoices):
        REACHED = "reached", "Spoke to the patient"
        NO_ANSWER = "no_answer", "No answer"
        SETTLED = "settled", "Settled another way"

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="calls")
    outcome = models.CharField(max_length=12, choices=Outcome)
    note_digest = digest()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.outcome
