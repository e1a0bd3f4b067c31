"""Reminders: what a message can be about and by which way, what a patient wants, and what falls due."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tracker.models.clinics import Clinic
from tracker.models.episodes import Episode
from tracker.models.fields import public_id
from tracker.models.patients import Patient


class Kind(models.TextChoices):
    """What a message is about. Stored as text without choices, so that a new kind changes no table."""

    CHECK_IN = "check_in", "Daily check-in"
    NUDGE = "nudge", "Second nudge"
    NEXT_STEP = "next_step", "Next step coming"
    REVIEW_TOMORROW = "review_tomorrow", "Appointment tomorrow"
    MILESTONES = "milestones", "Goals of the week"
    QUESTIONNAIRE = "questionnaire", "Questionnaires"
    RESTRICTION_CHANGED = "restriction_changed", "Your plan has changed"
    TEST = "test", "Test message"

    GATE_DUE = "gate_due", "A clearance is due"
    URGENT_ALERT = "urgent_alert", "An urgent alert"
    ALERT_UNANSWERED = "alert_unanswered", "An urgent alert that nobody took on"
    MORNING_LIST = "morning_list", "Morning list"

    SILENCE = "silence", "Two days without a check-in"
    UNSEEN = "unseen", "A change of plan not seen"
    ALERT_CALL = "alert_call", "An urgent alert still open"
    UNREACHABLE = "unreachable", "Messages do not arrive"
    RECORD_REQUEST = "record_request", "Asks that the record be deleted"
    EMERGENCY_OPENED = "emergency_opened", "Another clinic read your record"
    EMERGENCY_NOTICE = "emergency_notice", "A record was opened in an emergency"
    MOVED = "moved", "Another clinic looks after you"
    TAKEN_OVER = "taken_over", "A patient came from another clinic"
    PROPOSAL_WAITS = "proposal_waits", "A proposal waits for a second clinician"
    PROPOSAL_ANSWERED = "proposal_answered", "A proposal was answered"
    TRANSFER_OFFERED = "transfer_offered", "A patient is offered to the clinic"
    TRANSFER_ANSWERED = "transfer_answered", "An offer of a patient was answered"

    PATIENT_INVITE = "patient_invite", "Invite to sign in"
    CAREGIVER_INVITE = "caregiver_invite", "Invite to help a patient"
    STAFF_INVITE = "staff_invite", "Invite to work in a clinic"


class ChannelName(models.TextChoices):
    """By which way a message leaves. The last two never leave the house: lists in the product itself."""

    EMAIL = "email", "E-mail"
    SMS = "sms", "Text message"
    PUSH = "push", "Notification on your phone"
    APP = "app", "Your list in Recovery"
    CALLS = "calls", "The clinic's call list"


def by_email() -> list[str]:
    return ["email"]


class ReminderPlan(models.Model):
    """One kind of reminder of one patient. `at` is wall-clock time where its readers are."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="reminder_plans")
    kind = models.CharField(max_length=32)
    at = models.TimeField()
    enabled = models.BooleanField(default=True)
    channels = models.JSONField(default=by_email)
    """Names of the channels the patient allows, the preferred one first."""
    next_due_at = models.DateTimeField(null=True, db_index=True)
    """When the planner must look at this row next; it reads no row whose time has not come. Null: not at all."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "kind"], name="reminder_plan_once")]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at}"


class Occurrence(models.Model):
    """One due instance of a rule. Its unique key is what makes planning safe to repeat.

    A cancelled one stays to be read and makes room: after a move, the same local date may get one at another time.
    """

    class State(models.TextChoices):
        PLANNED = "planned"
        CANCELLED = "cancelled"

    id = public_id()
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, null=True, related_name="occurrences")
    """Empty for what concerns a whole clinic, such as its morning list."""
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, null=True, related_name="+")
    """Only where there is no patient."""
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, null=True)
    rule = models.CharField(max_length=32)
    local_date = models.DateField()
    """The day it is about, on its readers' calendar."""
    slot = models.CharField(max_length=80, blank=True)
    """What tells two of one rule and day apart: the gate, the milestone, the signature, the alert."""
    due_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=State, default=State.PLANNED)
    reason = models.CharField(max_length=120, blank=True)
    """Why it was cancelled or reaches nobody, in words a patient could read."""
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "rule", "local_date", "slot"],
                condition=Q(state="planned"),
                name="occurrence_once",
            ),
            models.UniqueConstraint(
                fields=["clinic", "rule", "local_date", "slot"],
                condition=Q(state="planned", patient__isnull=True),
                name="occurrence_once_a_clinic",
            ),
            models.CheckConstraint(
                condition=Q(patient__isnull=False) | Q(clinic__isnull=False), name="occurrence_has_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.local_date}"
