"""Signed, dated weight-bearing orders. The database lets nobody edit, delete, overlap or leave a gap in them."""

from __future__ import annotations

from django.db import models

from tracker.clinical.terms import Aids, Gate, Loading, Role, Term
from tracker.models.accounts import User
from tracker.models.episodes import Episode
from tracker.models.fields import coded, digest, one_of, public_id


class Signature(models.Model):
    """One act of signing by one clinician, with the body weight its kilograms were worked out from."""

    class Kind(models.TextChoices):
        PLAN = "plan"
        CLEARANCE = "clearance"
        REFUSAL = "refusal"
        ORDER = "order"
        RELEASE = "release"
        FACT = "fact"

    id = public_id()
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="signatures")
    kind = models.CharField(max_length=12, choices=Kind)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = coded(Role)
    authority = models.BooleanField()
    """A surgeon's word or a cleared gate; a physiotherapist's own order is not, and may never loosen past one that is."""
    weight_kg = models.DecimalField(max_digits=5, decimal_places=1)
    signed_at = models.DateTimeField()
    reason_digest = digest()

    class Meta:
        indexes = [models.Index(fields=["episode", "signed_at"], name="signature_by_episode")]

    def __str__(self) -> str:
        return f"{self.kind} {self.signed_at:%Y-%m-%d}"


class Restriction(models.Model):
    """What the leg may carry from `starts_on` up to, not including, `ends_on`; None is until further notice."""

    id = public_id()
    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="restrictions")
    signature = models.ForeignKey(Signature, on_delete=models.PROTECT, related_name="restrictions")
    loading = coded(Loading)
    term = coded(Term)
    max_percent = models.PositiveSmallIntegerField()
    cap_kg = models.DecimalField(max_digits=5, decimal_places=1, null=True)
    full = models.BooleanField()
    max_kg = models.PositiveSmallIntegerField(null=True)
    aids = coded(Aids)
    brace_min = models.SmallIntegerField("brace from, degrees", null=True)
    brace_max = models.SmallIntegerField("brace to, degrees", null=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True)
    source = models.CharField(max_length=12, choices=Signature.Kind)
    gate = coded(Gate, blank=True, default="")
    """The gate whose clearance freed this step."""
    origin = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    """The row this one carries on after an order cut it, so that having seen that one counts for this one."""
    recorded_at = models.DateTimeField()
    superseded_by = models.ForeignKey(Signature, on_delete=models.PROTECT, null=True, related_name="superseded")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(max_percent__lte=100),
                name="restriction_percent_0_100",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gt=models.F("starts_on")),
                name="restriction_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(full=False) | models.Q(max_percent=100, cap_kg__isnull=True),
                name="restriction_full_is_full",
            ),
            models.CheckConstraint(
                condition=models.Q(max_percent=100) | models.Q(max_kg__isnull=False),
                name="restriction_kg_known",
            ),
            models.CheckConstraint(condition=one_of("loading", Loading), name="restriction_loading_known"),
            models.CheckConstraint(condition=one_of("term", Term), name="restriction_term_known"),
        ]
        indexes = [models.Index(fields=["episode", "starts_on"], name="restriction_by_episode")]

    def __str__(self) -> str:
        return f"{self.term} from {self.starts_on}"


class Acknowledgement(models.Model):
    """The patient saw this restriction."""

    restriction = models.ForeignKey(Restriction, on_delete=models.PROTECT, related_name="acknowledgements")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"seen {self.at:%Y-%m-%d %H:%M}"
