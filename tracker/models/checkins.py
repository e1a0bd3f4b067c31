"""What the patient reports for a day. Append-only: a correction is a new row that names the old one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tracker.clinical.terms import (
    PAIN_SCORES,
    Aids,
    Analgesia,
    Exercises,
    Fall,
    PainSite,
    ReportedLoad,
    Role,
    Swelling,
)
from tracker.models.accounts import User
from tracker.models.episodes import Episode
from tracker.models.fields import coded, digest, public_id


def _pain() -> models.SmallIntegerField[int | None, int | None]:
    return models.SmallIntegerField(null=True)


class CheckIn(models.Model):
    """Null or blank is "not answered". `symptoms` [] is "none of these", null is "not answered"."""

    id = public_id()
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="check_ins")
    date = models.DateField()
    pain_rest = _pain()
    pain_load = _pain()
    pain_worst = _pain()
    pain_night = _pain()
    pain_site = coded(PainSite, blank=True, default="")
    reported_load = coded(ReportedLoad, blank=True, default="")
    reported_load_kg = models.DecimalField(max_digits=5, decimal_places=1, null=True)
    aids = coded(Aids, blank=True, default="")
    exercises = coded(Exercises, blank=True, default="")
    swelling = coded(Swelling, blank=True, default="")
    analgesia = coded(Analgesia, blank=True, default="")
    pain_eased = models.BooleanField(null=True)
    can_load = models.BooleanField(null=True)
    symptoms = models.JSONField(null=True)
    fall = coded(Fall, blank=True, default="")
    note_digest = digest()
    entered_at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = coded(Role)
    client_key = models.UUIDField(null=True)
    amends = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="amended_by")
    earlier = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    """The day's row that this one took the place of."""
    limit_percent = models.PositiveSmallIntegerField(null=True)
    limit_kg = models.PositiveSmallIntegerField(null=True)
    """The limit known for that day at entry; null before anyone signed."""
    core_version = models.CharField(max_length=20)
    findings = models.JSONField(default=list)
    """What the check-in's own rules found at entry."""

    class Meta:
        constraints = [
            *[
                models.CheckConstraint(
                    condition=Q(**{f"{score}__isnull": True}) | Q(**{f"{score}__range": (0, 10)}),
                    name=f"check_in_{score}_0_10",
                )
                for score in PAIN_SCORES
            ],
            models.CheckConstraint(
                condition=Q(reported_load_kg__isnull=True) | Q(reported_load_kg__range=(0, 250)),
                name="check_in_load_kg_0_250",
            ),
            models.UniqueConstraint(fields=["episode", "client_key"], name="check_in_client_key_once"),
        ]
        indexes = [models.Index(fields=["episode", "date", "entered_at"], name="check_in_by_day")]

    def __str__(self) -> str:
        return f"check-in of {self.date}"
