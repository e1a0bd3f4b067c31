"""What is stored: fields, constraints and cheap properties. No input or output, no clock."""

from tracker.clinical.terms import Role
from tracker.models.accounts import ApiToken, IdempotencyKey, User
from tracker.models.actors import Actor
from tracker.models.alerts import Alert, AlertEvent
from tracker.models.assessments import Assessment, StaffLook
from tracker.models.audit import AuditEvent
from tracker.models.checkins import CheckIn
from tracker.models.clearances import Clearance, Hold, HoldRelease
from tracker.models.clinics import Clinic, Membership
from tracker.models.episodes import Episode, EpisodeFact, FactWithdrawal
from tracker.models.measurements import Measurement
from tracker.models.milestones import MilestoneEvent, MilestoneRecord
from tracker.models.patients import Note, Patient
from tracker.models.protocols import Protocol
from tracker.models.reminders import (
    Attempt,
    Breaker,
    Call,
    ChannelName,
    Heartbeat,
    Kind,
    Occurrence,
    OutboxMessage,
    PushSubscription,
    Reach,
    ReminderPlan,
    Sending,
    ShortLink,
)
from tracker.models.restrictions import Acknowledgement, Restriction, Signature
from tracker.models.reviews import Review

__all__ = [
    "Acknowledgement",
    "Actor",
    "Alert",
    "AlertEvent",
    "ApiToken",
    "Assessment",
    "Attempt",
    "AuditEvent",
    "Breaker",
    "Call",
    "ChannelName",
    "CheckIn",
    "Clearance",
    "Clinic",
    "Episode",
    "EpisodeFact",
    "FactWithdrawal",
    "Heartbeat",
    "Hold",
    "HoldRelease",
    "IdempotencyKey",
    "Kind",
    "Measurement",
    "Membership",
    "MilestoneEvent",
    "MilestoneRecord",
    "Note",
    "Occurrence",
    "OutboxMessage",
    "Patient",
    "Protocol",
    "PushSubscription",
    "Reach",
    "ReminderPlan",
    "Restriction",
    "Review",
    "Role",
    "Sending",
    "ShortLink",
    "Signature",
    "StaffLook",
    "User",
]
