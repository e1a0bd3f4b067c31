"""The reminder engine's rows: what is wanted, what falls due, what is on its way, what became of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from tracker.models.accounts import User
from tracker.models.clinics import Clinic
from tracker.models.episodes import Episode
from tracker.models.fields import digest, public_id
from tracker.models.invites import Invite
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


class OutboxMessage(models.Model):
    """A message on its way. The database is the queue; a broker only wakes the sender."""

    class Nature(models.TextChoices):
        REMINDER = "reminder", "At most once"
        NOTICE = "notice", "At least once, a repeat is marked"

    class State(models.TextChoices):
        DUE = "due", "Waiting for its time or its turn"
        CLAIMED = "claimed", "A sender has taken it"
        SENDING = "sending", "Being handed to the mail provider"
        SENT = "sent", "The mail provider took it"
        UNCERTAIN = "uncertain", "The line broke while handing it over: it may or may not arrive"
        FAILED = "failed", "Refused for good"
        DEAD = "dead", "Given up after many tries"
        EXPIRED = "expired", "Its time passed before it could be sent"
        CANCELLED = "cancelled", "No longer needed"

    id = public_id()
    dedupe_key = models.CharField(max_length=200, unique=True)
    nature = models.CharField(max_length=12, choices=Nature)
    kind = models.CharField(max_length=32)
    channel = models.CharField(max_length=12)
    urgent = models.BooleanField(default=False)
    """Goes out before everything that is not."""
    clinic = models.ForeignKey(Clinic, on_delete=models.CASCADE, null=True)
    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, null=True, related_name="messages")
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, null=True)
    recipient = models.ForeignKey(User, on_delete=models.CASCADE, null=True)
    """Staff recipient; empty when it goes to the patient."""
    invite = models.ForeignKey(Invite, on_delete=models.CASCADE, null=True, related_name="messages")
    """Only where it goes to somebody who is invited, to the invite's own address."""
    occurrence = models.ForeignKey(Occurrence, on_delete=models.CASCADE, null=True, related_name="messages")
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=12, choices=State, default=State.DUE)
    reason = models.CharField(max_length=120, blank=True)
    """Why it was not sent, or why nobody can know, in words a patient could read."""
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    """On the database's own clock, as only that one is the same for every sender."""
    holder = models.CharField(max_length=40, blank=True)
    """The claim that took it last."""
    fence = models.PositiveIntegerField(default=0)
    """Counts the claims. A sender that lost its lease finds the number moved on and can write no result."""
    message_id = models.CharField(max_length=120, blank=True)
    """The Message-ID it left under; a repeat and whatever is bundled with it share one."""
    repeat = models.BooleanField(default=False)
    last_error = models.CharField(max_length=300, blank=True)
    """The provider's own words."""
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    """In a list of the product's own, when it was done with: read by the patient, or dealt with by the clinic."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(patient__isnull=False) | Q(recipient__isnull=False) | Q(invite__isnull=False),
                name="outbox_has_reader",
            )
        ]
        indexes = [
            # Read by the claim: only rows that can still be sent.
            models.Index(fields=["urgent", "due_at"], condition=Q(state="due"), name="outbox_due"),
            # Read by the sweeper: only rows somebody holds, and those whose time may have passed.
            models.Index(fields=["lease_until"], condition=Q(state__in=["claimed", "sending"]), name="outbox_leased"),
            models.Index(fields=["expires_at"], condition=Q(state="due"), name="outbox_expiring"),
            models.Index(fields=["state", "finished_at"], name="outbox_by_state"),
            models.Index(fields=["patient", "kind", "state"], name="outbox_by_patient"),
            models.Index(fields=["message_id"], condition=~Q(message_id=""), name="outbox_by_message_id"),
            # What else waits for the same reader, so that one letter carries it.
            models.Index(fields=["recipient", "patient", "due_at"], condition=Q(state="due"), name="outbox_by_reader"),
            # The open entries of call lists, counted for every page of the staff.
            models.Index(
                fields=["clinic", "finished_at"],
                condition=Q(state="sent", settled_at__isnull=True, channel="calls"),
                name="outbox_calls",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class Attempt(models.Model):
    """One try to hand a message to a provider. Without a result, the sender died on the way."""

    class Result(models.TextChoices):
        SENT = "sent"
        REFUSED = "refused"
        UNSURE = "unsure"

    message = models.ForeignKey(OutboxMessage, on_delete=models.CASCADE, related_name="tries")
    fence = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    result = models.CharField(max_length=12, blank=True, choices=Result)
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["message", "fence"], name="attempt_once_a_claim")]

    def __str__(self) -> str:
        return f"try {self.fence}"


class Heartbeat(models.Model):
    """The last sign of life of a working part: planner, dispatcher, sender, sweeper, tick, beat."""

    name = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()
    detail = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return self.name


class Reach(models.Model):
    """What is known of one way to reach a patient. No row: the patient allows it, and nothing speaks against it."""

    patient = models.ForeignKey(Patient, on_delete=models.CASCADE, related_name="reach")
    channel = models.CharField(max_length=12)
    allowed = models.BooleanField(default=True)
    """The patient's own wish."""
    address = models.CharField(max_length=254, blank=True)
    """The address that failed. Once the patient has another, the failure no longer counts."""
    failed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=300, blank=True)
    """The provider's own words."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["patient", "channel"], name="reach_once")]

    def __str__(self) -> str:
        return self.channel


class PushSubscription(models.Model):
    """A browser that agreed to show notifications to the person signed in there."""

    id = public_id()
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="push_subscriptions")
    endpoint = models.URLField(max_length=500, unique=True)
    p256dh = models.CharField(max_length=120)
    auth = models.CharField(max_length=60)
    device = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.device or "a browser"


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


class ShortLink(models.Model):
    """A short address of our own for a page of our own, where every letter costs."""

    code = models.CharField(max_length=12, primary_key=True)
    path = models.CharField(max_length=300)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.code
