"""What a patient has set: reminders and the programs that may act for them."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet

from tracker.models import ApiToken, Kind, Patient, ReminderPlan, User


@dataclass(frozen=True, slots=True)
class Settings:
    check_in: ReminderPlan | None
    tokens: list[ApiToken]
    """Keys that still work, the newest first."""


def settings(user: User, patient: Patient) -> Settings:
    plan = ReminderPlan.objects.filter(patient=patient, kind=Kind.CHECK_IN).first()
    return Settings(plan, list(_working(user).order_by("-created_at")))


def _working(user: User) -> QuerySet[ApiToken]:
    return ApiToken.objects.filter(user=user, revoked_at=None)
