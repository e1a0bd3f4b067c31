"""What is exported of a patient, table by table: a rule for each, or the reason why there is nothing of theirs in it.

A table with a path to a patient or an episode that stands in neither list fails a test: nothing is forgotten silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Model

from tracker.models import (
    Acknowledgement,
    Alert,
    AlertEvent,
    ApiToken,
    Assessment,
    Attempt,
    AuditEvent,
    AuditSeal,
    Call,
    CaregiverLink,
    CheckIn,
    Clearance,
    Closing,
    Consent,
    EmergencyAccess,
    Episode,
    EpisodeFact,
    FactWithdrawal,
    Hold,
    HoldRelease,
    IdempotencyKey,
    Invite,
    Measurement,
    MilestoneEvent,
    MilestoneRecord,
    Note,
    Occurrence,
    OutboxMessage,
    Patient,
    Proposal,
    PushSubscription,
    Reach,
    ReminderPlan,
    Reopening,
    Restriction,
    Review,
    Signature,
    StaffLook,
    Transfer,
)


class Of(StrEnum):
    """Whose the rows are, and so where they stand in the export."""

    PATIENT = "patient"
    EPISODE = "episode"
    USER = "account"


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one table.

    `to` leads from a row to the patient, episode or user. A column is `name`, `name=path`, or `name=path*` where the
    column names a note, whose text is exported instead. Units and scales stand in the names.
    """

    model: type[Model]
    name: str
    of: Of
    to: str
    says: str
    columns: str
    order: str = "pk"


PATIENT = Section(
    Patient,
    "patient",
    Of.PATIENT,
    "pk",
    "Who the patient is and how the clinic reaches them.",
    "id given_name family_name birth_date sex email phone record_number time_zone language clinic=clinic__name "
    "clinic_phone=clinic__phone quiet_from quiet_until consent_version consent_at consent_withdrawn_at restricted_at",
)
EPISODE = Section(
    Episode,
    "episodes",
    Of.EPISODE,
    "pk",
    "The recovery of one operated knee.",
    "id clinic=clinic__name state procedure side indication compartment surgeon=surgeon__name fixation plate graft "
    "correction_planned_degrees=correction_planned correction_achieved_degrees=correction_achieved "
    "baseline_pain_0_10=baseline_pain baseline_flexion_degrees=baseline_flexion baseline_scores created_at "
    "created_by=created_by__name",
    "created_at",
)

SECTIONS: tuple[Section, ...] = (
    # --- Of one knee --------------------------------------------------------------------------------------------------
    Section(
        Restriction,
        "restrictions",
        Of.EPISODE,
        "episode",
        "What the leg may carry, from `starts_on` up to, not including, `ends_on`; `superseded_at` is when another "
        "order took its place.",
        "id starts_on ends_on loading term max_percent_of_body_weight=max_percent max_kg cap_kg aids "
        "brace_from_degrees=brace_min brace_to_degrees=brace_max source gate signed_by=signature__by__name "
        "signed_at=signature__signed_at reason=signature__reason_digest* recorded_at "
        "superseded_at=superseded_by__signed_at",
        "starts_on recorded_at",
    ),
    Section(
        Signature,
        "signatures",
        Of.EPISODE,
        "episode",
        "Who signed orders, with the body weight that their kilograms were worked out from.",
        "id kind by=by__name role authority weight_kg signed_at reason=reason_digest*",
        "signed_at",
    ),
    Section(
        Acknowledgement,
        "acknowledgements",
        Of.EPISODE,
        "restriction__episode",
        "When the patient confirmed having seen a restriction.",
        "restriction=restriction_id by=by__name at",
        "at",
    ),
    Section(
        EpisodeFact,
        "facts",
        Of.EPISODE,
        "episode",
        "What the plan rests on.",
        "id kind value protocol=protocol__key since recorded_at by=by__name reason=reason_digest*",
        "recorded_at",
    ),
    Section(
        FactWithdrawal,
        "facts_withdrawn",
        Of.EPISODE,
        "fact__episode",
        "Facts that were taken back.",
        "fact=fact_id at by=by__name reason=reason_digest*",
        "at",
    ),
    Section(
        Clearance,
        "clearances",
        Of.EPISODE,
        "episode",
        "Decisions on the next steps.",
        "id gate decision decided_on entered_at by=by__name role basis=basis_digest*",
        "entered_at",
    ),
    Section(
        Hold,
        "holds",
        Of.EPISODE,
        "episode",
        "Levels that a warning sign held the leg at.",
        "id code cause max_percent_of_body_weight=max_percent cap_kg full since entered_at",
        "entered_at",
    ),
    Section(
        HoldRelease,
        "holds_released",
        Of.EPISODE,
        "hold__episode",
        "The end of holds.",
        "hold=hold_id released_on at by=by__name role basis=basis_digest*",
        "at",
    ),
    Section(
        CheckIn,
        "check_ins",
        Of.EPISODE,
        "episode",
        "What was reported for a day. Null is not answered; `symptoms` [] is none of these.",
        "id date pain_rest_0_10=pain_rest pain_load_0_10=pain_load pain_worst_0_10=pain_worst "
        "pain_night_0_10=pain_night pain_site reported_load reported_load_kg aids exercises swelling analgesia "
        "pain_eased can_load symptoms fall note=note_digest* entered_at entered_by=by__name role client_key "
        "amends=amends_id earlier=earlier_id limit_percent_of_body_weight=limit_percent limit_kg core_version findings",
        "date entered_at",
    ),
    Section(
        Measurement,
        "measurements",
        Of.EPISODE,
        "episode",
        "Numbers that were taken; `unit` belongs to `value`.",
        "id kind value unit measured_on entered_at by=by__name role",
        "measured_on entered_at",
    ),
    Section(
        MilestoneRecord,
        "milestones",
        Of.EPISODE,
        "episode",
        "Goals that were reached.",
        "id key reached_on value entered_at by=by__name role",
        "reached_on entered_at",
    ),
    Section(
        MilestoneEvent,
        "milestone_events",
        Of.EPISODE,
        "record__episode",
        "Goals that were confirmed or taken back.",
        "milestone=record_id kind at by=by__name reason=reason_digest*",
        "at",
    ),
    Section(
        Review,
        "reviews",
        Of.EPISODE,
        "episode",
        "Appointments.",
        "id kind key window_from window_to booked_at done_on result by=by__name",
        "window_from",
    ),
    Section(
        Alert,
        "alerts",
        Of.EPISODE,
        "episode",
        "What the clinic was to look at.",
        "id code urgency cause sentence evidence check_in=check_in_id opened_at",
        "opened_at",
    ),
    Section(
        AlertEvent,
        "alert_events",
        Of.EPISODE,
        "alert__episode",
        "What became of alerts.",
        "alert=alert_id kind outcome note=note_digest* by=by__name to=to__name at",
        "at",
    ),
    Section(
        Assessment,
        "assessment",
        Of.EPISODE,
        "episode",
        "How the knee was last seen to be doing against its own plan.",
        "as_of computed_at core_version status reason findings milestones pain flexion load",
    ),
    Section(
        StaffLook,
        "looks",
        Of.EPISODE,
        "episode",
        "When a clinician marked the record as looked at.",
        "by=by__name at next_look_on",
        "at",
    ),
    Section(
        Proposal,
        "proposals",
        Of.EPISODE,
        "episode",
        "What one clinician asked a second to agree to.",
        "id act said by=by__name role at reason=reason_digest* answered_by=answered_by__name answered_at agreed answer=answer_digest*",
        "at",
    ),
    Section(
        EmergencyAccess,
        "emergency_accesses",
        Of.EPISODE,
        "episode",
        "When somebody of another clinic read the record in an emergency.",
        "id user=user__name clinic=clinic__name role reason=reason_digest* asked_at started_at expires_at ended_at "
        "agreed_by=agreed_by__name",
        "started_at",
    ),
    Section(
        Closing,
        "closings",
        Of.EPISODE,
        "episode",
        "When a recovery was closed, and why. It lifts no restriction.",
        "id outcome closed_on at by=by__name role note=note_digest*",
        "at",
    ),
    Section(
        Reopening,
        "reopenings",
        Of.EPISODE,
        "closing__episode",
        "When a closed recovery was taken up again.",
        "closing=closing_id at by=by__name role reason=reason_digest*",
        "at",
    ),
    # --- Of the patient -----------------------------------------------------------------------------------------------
    Section(
        Consent,
        "consents",
        Of.PATIENT,
        "patient",
        "What the patient agreed to, or took back.",
        "version given by=by__name at",
        "at",
    ),
    Section(
        CaregiverLink,
        "caregivers",
        Of.PATIENT,
        "patient",
        "Who may help the patient here, and until when.",
        "id name email relation may_record made_by=made_by__name made_at expires_at ended_at",
        "made_at",
    ),
    Section(
        Invite,
        "invites",
        Of.PATIENT,
        "patient",
        "Ways in that were sent out.",
        "id purpose name email made_by=made_by__name made_at expires_at used_at voided_at",
        "made_at",
    ),
    Section(
        Transfer,
        "transfers",
        Of.PATIENT,
        "patient",
        "Moves to another clinic.",
        "id from_clinic=from_clinic__name to_clinic=to_clinic__name asked_by=asked_by__name asked_at "
        "reason=reason_digest* answered_by=answered_by__name answered_at accepted owner=owner__name",
        "asked_at",
    ),
    Section(
        ReminderPlan,
        "reminders",
        Of.PATIENT,
        "patient",
        "Which reminders the patient gets, at what hour on their clock.",
        "kind at enabled channels next_due_at",
        "kind",
    ),
    Section(
        Reach,
        "ways_to_reach",
        Of.PATIENT,
        "patient",
        "By which ways messages may go, and which failed.",
        "channel allowed address failed_at failure",
        "channel",
    ),
    Section(
        OutboxMessage,
        "messages",
        Of.PATIENT,
        "patient",
        "Messages about the patient. `colleague` is the reader where it did not go to the patient.",
        "id kind channel colleague=recipient__name state reason due_at finished_at",
        "due_at",
    ),
    Section(
        Call,
        "calls",
        Of.PATIENT,
        "message__patient",
        "Calls that the clinic made, or tried to.",
        "message=message_id outcome note=note_digest* by=by__name at",
        "at",
    ),
    # --- Of the patient's login ---------------------------------------------------------------------------------------
    Section(
        ApiToken, "programs", Of.USER, "user", "Programs with a key.", "id name scopes created_at expires_at revoked_at"
    ),
    Section(PushSubscription, "browsers", Of.USER, "user", "Browsers that show notifications.", "id device created_at"),
    Section(EmailAddress, "addresses", Of.USER, "user", "Addresses to sign in with.", "email verified primary"),
    Section(
        Authenticator, "ways_to_sign_in", Of.USER, "user", "Passkeys and the like.", "type created_at last_used_at"
    ),
    Section(
        UserSession,
        "sessions",
        Of.USER,
        "user",
        "Browsers in which the patient is signed in.",
        "ip user_agent created_at last_seen_at",
    ),
)

LOOKED = Section(
    AuditEvent,
    "looked",
    Of.PATIENT,
    "episode__patient",
    "Who saw or changed something, or was refused it. `page` is what was shown.",
    "at who=user__name role clinic=clinic__name did=action outcome page=detail__page",
    "at",
)
"""From the trail; lists that showed the patient among others count as well."""

LEFT_OUT: dict[type[Model], str] = {
    Note: "The text stands where a row names it.",
    AuditSeal: "Numbers that show whether the trail is whole; nothing about a person.",
    Occurrence: "What fell due; each message says the same.",
    Attempt: "Tries to hand a message to a provider; the message says what became of it.",
    EmailConfirmation: "Codes that proved an address; the address itself is exported.",
    IdempotencyKey: "Copies of answers, for 90 days; all of it stands in the rows themselves.",
}


def every() -> tuple[Section, ...]:
    return (PATIENT, EPISODE, *SECTIONS, LOOKED)
