"""The end of a recovery, and the decision to take it up again."""

from __future__ import annotations

from django.db import models

from tracker.clinical.terms import Ending, Role
from tracker.models.accounts import User
from tracker.models.episodes import Episode
from tracker.models.fields import coded, digest, one_of, public_id


class Closing(models.Model):
    """That a recovery is followed no longer, and why. It lifts nothing: what was signed last stays what is shown."""

    id = public_id()
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="closings")
    outcome = coded(Ending)
    note_digest = digest()
    closed_on = models.DateField()
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = coded(Role)

    class Meta:
        constraints = [models.CheckConstraint(condition=one_of("outcome", Ending), name="closing_outcome_known")]
        indexes = [models.Index(fields=["episode", "at"], name="closing_by_episode")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.closed_on}"


class Reopening(models.Model):
    closing = models.OneToOneField(Closing, on_delete=models.PROTECT, related_name="reopening")
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = coded(Role)
    reason_digest = digest()

    def __str__(self) -> str:
        return f"reopened {self.closing_id}"
