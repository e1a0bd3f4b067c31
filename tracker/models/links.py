"""Short addresses for messages."""

from __future__ import annotations

from django.db import models


class ShortLink(models.Model):
    """A short address of our own for a page of our own, where every letter costs."""

    code = models.CharField(max_length=12, primary_key=True)
    path = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code
