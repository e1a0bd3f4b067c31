"""What is stored: fields, constraints and cheap properties. No input or output, no clock."""

from tracker.clinical.terms import Role
from tracker.models.accounts import ApiToken, IdempotencyKey, Scope, User
from tracker.models.actors import Actor
from tracker.models.alerts import Alert, AlertEvent
from tracker.models.assessments import Assessment, StaffLook
from tracker.models.audit import AuditEvent, AuditHead, AuditSeal, AuditSweep
from tracker.models.calls import Call
from tracker.models.checkins import CheckIn
from tracker.models.clearances import Clearance, Hold, HoldRelease
from tracker.models.clinics import Clinic, Membership
from tracker.models.closings import Closing, Reopening
from tracker.models.crossings import EmergencyAccess, Proposal, Transfer
from tracker.models.engine import Breaker, Heartbeat, Sending
from tracker.models.episodes import Episode, EpisodeFact, FactWithdrawal
from tracker.models.invites import CaregiverLink, Consent, Invite, Relation
from tracker.models.links import ShortLink
from tracker.models.measurements import Measurement
from tracker.models.milestones import MilestoneEvent, MilestoneRecord
from tracker.models.outbox import Attempt, OutboxMessage
from tracker.models.patients import Note, Patient
from tracker.models.presence import Opening, Presence
from tracker.models.privacy import Erasure
from tracker.models.protocols import Protocol
from tracker.models.reach import PushSubscription, Reach
from tracker.models.reminders import ChannelName, Kind, Occurrence, ReminderPlan
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
    "AuditHead",
    "AuditSeal",
    "AuditSweep",
    "Breaker",
    "Call",
    "CaregiverLink",
    "ChannelName",
    "CheckIn",
    "Clearance",
    "Clinic",
    "Closing",
    "Consent",
    "EmergencyAccess",
    "Episode",
    "EpisodeFact",
    "Erasure",
    "FactWithdrawal",
    "Heartbeat",
    "Hold",
    "HoldRelease",
    "IdempotencyKey",
    "Invite",
    "Kind",
    "Measurement",
    "Membership",
    "MilestoneEvent",
    "MilestoneRecord",
    "Note",
    "Occurrence",
    "Opening",
    "OutboxMessage",
    "Patient",
    "Presence",
    "Proposal",
    "Protocol",
    "PushSubscription",
    "Reach",
    "Relation",
    "ReminderPlan",
    "Reopening",
    "Restriction",
    "Review",
    "Role",
    "Scope",
    "Sending",
    "ShortLink",
    "Signature",
    "StaffLook",
    "Transfer",
    "User",
]
