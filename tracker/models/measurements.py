"""Numbers taken by a clinician or the patient."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tracker.clinical.terms import MEASUREMENTS, Role
from tracker.models.accounts import User
from tracker.models.episodes import Episode
from tracker.models.fields import coded, public_id


def _in_range() -> Q:
    condition = Q()
    for name, kind in MEASUREMENTS.items():
        condition |= Q(kind=name, unit=kind.unit, value__range=(kind.lowest, kind.highest))
    return condition


class Measurement(models.Model):
    id = public_id()
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="measurements")
    kind = models.CharField(
        max_length=24,
        choices=[(name, kind.label) for name, kind in MEASUREMENTS.items()],
    )
    value = models.DecimalField(max_digits=7, decimal_places=2)
    unit = models.CharField(max_length=8)
    measured_on = models.DateField()
    entered_at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = coded(Role)

    class Meta:
        constraints = [models.CheckConstraint(condition=_in_range(), name="measurement_in_range")]
        indexes = [models.Index(fields=["episode", "measured_on"], name="measurement_by_day")]

    def __str__(self) -> str:
        return f"{self.kind} {self.value}"
