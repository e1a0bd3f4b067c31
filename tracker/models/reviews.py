"""Appointments the protocol asks for: wound, X-ray, clinic."""

from __future__ import annotations

from django.db import models

from tracker.clinical.terms import ReviewKind
from tracker.models.accounts import User
from tracker.models.episodes import Episode
from tracker.models.fields import coded, public_id


class Review(models.Model):
    id = public_id()
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="reviews")
    kind = coded(ReviewKind)
    key = models.CharField(max_length=24)
    window_from = models.DateField()
    window_to = models.DateField()
    booked_at = models.DateTimeField(null=True, blank=True)
    done_on = models.DateField(null=True, blank=True)
    result = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["episode", "key"], name="review_once")]

    def __str__(self) -> str:
        return self.key
