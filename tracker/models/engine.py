"""How the reminder engine is doing: its signs of life, its providers, and whether it may send at all."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Heartbeat(models.Model):
    """The last sign of life of a working part: planner, dispatcher, sender, sweeper, tick, beat."""

    name = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()
    detail = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name


class Breaker(models.Model):
    """Whether a provider answers. While it is open, one message at a time tries; the others wait."""

    channel = models.CharField(max_length=12, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    """In a row."""
    open_until = models.DateTimeField(null=True)
    """When the next try may be made. Null: closed."""
    since = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.channel} {self.failures}"


class Sending(models.Model):
    """The one row that says whether anything may be sent. A database that came back from a backup is shut."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    known_as = models.CharField(max_length=120, blank=True)
    """What tells this database from a copy of it."""
    shut_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField(null=True)
    opened_by = models.CharField(max_length=120, blank=True)
    batches = models.PositiveBigIntegerField(default=0)
    """Grows with every batch that is taken to be sent. One that is behind what a sender has seen has gone back."""

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="sending_one_row")]

    def __str__(self) -> str:
        return "open" if self.shut_at is None else "shut"
