"""Who may do what: the whole of the rules, as tables. What no row allows is refused."""

from __future__ import annotations

from enum import StrEnum

from tracker.models import Role, Scope


class Do(StrEnum):
    """What somebody wants to do."""

    READ = "read"
    READ_AS_STAFF = "read_as_staff"
    CONTACT = "contact"
    LIST = "list"
    WORKLIST = "worklist"
    PROTOCOLS = "protocols"
    ENROL = "enrol"
    DETAILS = "details"
    FACT = "fact"
    SIGN = "sign"
    ORDER = "order"
    CLEAR = "clear"
    RELEASE = "release"
    CLOSE = "close"
    REOPEN = "reopen"
    ACKNOWLEDGE = "acknowledge"
    CHECK_IN = "check_in"
    AMEND = "amend"
    MEASURE = "measure"
    REACH = "reach"
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"
    REVIEW = "review"
    TRIAGE = "triage"
    SETTINGS = "settings"
    CALLS = "calls"
    OPERATIONS = "operations"
    COUNTERSIGN = "countersign"
    INVITE = "invite"
    HAND_OVER = "hand_over"
    CAREGIVERS = "caregivers"
    TRANSFER = "transfer"
    RECEIVE = "receive"
    EMERGENCY = "emergency"
    TEAM = "team"
    CLINIC = "clinic"
    TRAIL = "trail"
    LOOKED = "looked"
    EXPORT = "export"
    ERASE = "erase"


_CLINICIANS = frozenset({Role.PHYSIOTHERAPIST, Role.SURGEON})
_WITH_PATIENT = _CLINICIANS | {Role.PATIENT}
_WITH_HELP = _WITH_PATIENT | {Role.CAREGIVER}
_STAFF = _CLINICIANS | {Role.COORDINATOR}

MAY: dict[Do, frozenset[Role]] = {
    Do.READ: _WITH_HELP,
    Do.READ_AS_STAFF: _CLINICIANS,
    Do.CONTACT: _WITH_HELP | {Role.COORDINATOR},
    Do.LIST: _WITH_HELP | {Role.COORDINATOR},
    Do.WORKLIST: _CLINICIANS,
    Do.PROTOCOLS: _WITH_HELP | {Role.COORDINATOR, Role.AUDITOR},
    Do.ENROL: _STAFF,
    Do.DETAILS: _STAFF,
    Do.FACT: _CLINICIANS,
    Do.SIGN: frozenset({Role.SURGEON}),
    Do.ORDER: _CLINICIANS,
    # Which gate a physiotherapist may clear, and which hold release, is a rule of the gate and the hold.
    Do.CLEAR: _CLINICIANS,
    Do.RELEASE: _CLINICIANS,
    Do.CLOSE: _CLINICIANS,
    Do.REOPEN: frozenset({Role.SURGEON}),
    Do.ACKNOWLEDGE: frozenset({Role.PATIENT}),
    # A caregiver records only where the patient's link says so.
    Do.CHECK_IN: _WITH_HELP,
    Do.AMEND: _WITH_HELP,
    Do.MEASURE: _WITH_HELP,
    Do.REACH: _WITH_HELP,
    Do.CONFIRM: _CLINICIANS,
    Do.WITHDRAW: _CLINICIANS,
    Do.REVIEW: _STAFF,
    Do.TRIAGE: _CLINICIANS,
    Do.SETTINGS: frozenset({Role.PATIENT}),
    Do.CALLS: _CLINICIANS,
    Do.OPERATIONS: _STAFF,
    Do.COUNTERSIGN: _CLINICIANS,
    Do.INVITE: _STAFF,
    # A printed invite: whoever reads it off the screen needs only a date of birth that staff know.
    Do.HAND_OVER: _STAFF,
    Do.CAREGIVERS: frozenset({Role.PATIENT}),
    Do.TRANSFER: _CLINICIANS,
    Do.RECEIVE: _CLINICIANS,
    Do.EMERGENCY: _CLINICIANS,
    Do.TEAM: frozenset({Role.COORDINATOR}),
    Do.CLINIC: frozenset({Role.COORDINATOR}),
    Do.TRAIL: frozenset({Role.AUDITOR}),
    Do.LOOKED: frozenset({Role.PATIENT}),
    Do.EXPORT: _WITH_PATIENT,
    Do.ERASE: frozenset({Role.COORDINATOR}),
}

SCOPES: dict[Do, Scope] = {
    **dict.fromkeys((Do.CHECK_IN, Do.AMEND, Do.MEASURE, Do.REACH, Do.ACKNOWLEDGE), Scope.RECORD),
    **dict.fromkeys(
        (Do.ENROL, Do.DETAILS, Do.CONFIRM, Do.WITHDRAW, Do.REVIEW, Do.TRIAGE, Do.SETTINGS, Do.CALLS), Scope.TREAT
    ),
    **dict.fromkeys(
        (Do.FACT, Do.SIGN, Do.ORDER, Do.CLEAR, Do.RELEASE, Do.CLOSE, Do.REOPEN, Do.COUNTERSIGN), Scope.SIGN
    ),
    Do.EXPORT: Scope.EXPORT,
}
"""What a token's scopes must name for it. What stands neither here nor in READING is not for programs."""

READING = frozenset({Do.READ, Do.READ_AS_STAFF, Do.CONTACT, Do.LIST, Do.WORKLIST, Do.PROTOCOLS, Do.LOOKED})

STEP_UP = frozenset(
    {
        *(Do.SIGN, Do.ORDER, Do.CLEAR, Do.RELEASE, Do.CLOSE, Do.REOPEN, Do.COUNTERSIGN),
        *(Do.TRANSFER, Do.RECEIVE, Do.EMERGENCY, Do.TEAM, Do.CLINIC, Do.EXPORT, Do.ERASE, Do.CAREGIVERS, Do.HAND_OVER),
    }
)
"""What a browser may do only shortly after signing in."""

IN_AN_EMERGENCY = frozenset({Do.READ, Do.READ_AS_STAFF, Do.CONTACT})
RECORDING = frozenset({Do.CHECK_IN, Do.AMEND, Do.MEASURE, Do.REACH})

WHILE_RESTRICTED = frozenset(
    {Do.READ, Do.CONTACT, Do.LIST, Do.PROTOCOLS, Do.SETTINGS, Do.LOOKED, Do.EXPORT, Do.CAREGIVERS}
)
"""What a patient may do with their own record while it is restricted."""
