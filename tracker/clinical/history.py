"""What is known of one episode, as plain frozen facts. The pure core reads these and nothing else.

Dates are local dates, instants are aware UTC. `None` means not answered or not known, never zero and never fine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from tracker.clinical.terms import (
    Aids,
    Analgesia,
    Decision,
    Exercises,
    Fall,
    Gate,
    PainSite,
    ReportedLoad,
    Role,
    Side,
    Swelling,
    Symptom,
    Urgency,
)


@dataclass(frozen=True, slots=True)
class Limit:
    """A level of load: the percent of body weight, an absolute cap in kg, and whether full weight is freed.

    `percent` 100 with `full` false is weight-bearing as tolerated (WBAT); with `full` true it is FWB.
    """

    percent: int
    cap_kg: Decimal | None = None
    full: bool = False


@dataclass(frozen=True, slots=True)
class CheckIn:
    """What the patient reported for a day. `symptoms` None is "not answered"; an empty set is "none of these"."""

    id: str
    date: date
    entered_at: datetime
    pain_rest: int | None = None
    pain_load: int | None = None
    pain_worst: int | None = None
    pain_night: int | None = None
    pain_site: PainSite | None = None
    reported_load: ReportedLoad | None = None
    reported_load_kg: Decimal | None = None
    aids: Aids | None = None
    exercises: Exercises | None = None
    swelling: Swelling | None = None
    analgesia: Analgesia | None = None
    pain_eased: bool | None = None
    can_load: bool | None = None
    symptoms: frozenset[Symptom] | None = None
    fall: Fall | None = None
    limit_percent: int | None = None
    limit_kg: int | None = None
    """The limit known for that day when it was entered; None before anyone signed (never judged, design 10.5)."""
    current: bool = True
    """Whether this is the day's current row, or one that a later entry replaced."""


@dataclass(frozen=True, slots=True)
class Measurement:
    id: str
    kind: str
    value: Decimal
    on: date
    by_patient: bool = False


@dataclass(frozen=True, slots=True)
class Reached:
    """A standing milestone record."""

    key: str
    on: date
    confirmed: bool
    value: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Clearance:
    """A signed decision on a gate. The latest entered decision of a gate stands."""

    gate: Gate
    decision: Decision
    decided_on: date
    entered_at: datetime
    basis: str = ""
    id: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """One restriction row in force from `starts_on` up to, not including, `ends_on` (None is open).

    `authority` is true for a surgeon's word and for a cleared gate; false for a physiotherapist's own order.
    `superseded` rows are history, kept because a physiotherapist may not loosen past the latest word of authority.
    """

    id: str
    starts_on: date
    ends_on: date | None
    limit: Limit
    kg: int | None
    aids: Aids
    recorded_at: datetime
    authority: bool = True
    superseded: bool = False
    brace_min: int | None = None
    brace_max: int | None = None
    signed_by: str = ""
    signed_role: Role = Role.SURGEON
    source: str = "plan"
    reason: str = ""
    acknowledged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """A level held after a red flag until a signed release."""

    id: str
    code: str
    since: date
    limit: Limit
    put_back: bool = False
    """True where the hold undid the step that had just begun (design 10.7)."""
    released_on: date | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    id: str
    code: str
    urgency: Urgency
    cause: str
    state: str
    """open, acknowledged or closed."""
    opened_at: datetime
    closed_at: datetime | None = None
    evidence: Mapping[str, object] = field(default_factory=dict)
    """The finding's evidence when the alert was raised, so that it can be said again in words."""


@dataclass(frozen=True, slots=True)
class ReviewDone:
    kind: str
    done_on: date | None
    booked_on: date | None = None
    result: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """Everything the core may know of one episode. Check-ins by date, then entry time, oldest first."""

    baseline_pain: int | None = None
    baseline_flexion: int | None = None
    signed: bool = False
    check_ins: tuple[CheckIn, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    reached: tuple[Reached, ...] = ()
    clearances: tuple[Clearance, ...] = ()
    orders: tuple[Order, ...] = ()
    holds: tuple[Hold, ...] = ()
    alerts: tuple[Alert, ...] = ()
    reviews: tuple[ReviewDone, ...] = ()
    latest_weight: Decimal | None = None
    """The clinician's latest body weight in kg."""
    patient_weight: Decimal | None = None
    """The patient's own latest body weight in kg; may only lower a limit."""
    signed_weight: Decimal | None = None
    """The body weight the standing order was signed with."""
    replanned: bool = False
    """Whether the protocol, the date of surgery or a withdrawn fact changed the plan after a surgeon last signed it."""
    started_on: date | None = None
    """The day the patient joined the program; silence is counted from here at the earliest."""
    side: Side | None = None
    """The operated side, so that every sentence for the patient can name the leg."""
