"""A finding: one rule that fired. What it asks of whom, which alert it raises, whether it holds the load."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from tracker.clinical.history import Alert
from tracker.clinical.terms import HARD_SIGNS, Attention, Urgency

Key = TypeVar("Key")

NOT_EVALUATED = "not_evaluated"
"""The code of the alert that stands where a check-in could not be evaluated."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that fired on one cause.

    `evidence` is plain data that can be stored as JSON (dates as ISO text), enough to say the finding in words again.
    `alert` says that a clinician must close it. `cause` is a stable string: the same cause never re-opens.
    """

    code: str
    urgency: Urgency | None
    attention: Attention
    cause: str
    evidence: Mapping[str, object]
    alert: bool
    patient: str = ""
    clinician: str = ""


class Freeze(NamedTuple):
    """A finding that holds the load; `put_back` when also the step just begun is undone (design 10.7)."""

    put_back: bool


BY_URGENCY = {
    Urgency.R0: Attention.EMERGENCY,
    Urgency.R1: Attention.SAME_DAY,
    Urgency.R2: Attention.SOON,
    Urgency.R3: Attention.THIS_WEEK,
    Urgency.R4: Attention.ROUTINE,
}

PLACES = {
    NOT_EVALUATED: Attention.NOT_EVALUATED,
    "over_loading": Attention.OVER_LOADING,
    "gate_due": Attention.GATE_DUE,
    "gate_refused": Attention.GATE_DUE,
    "gate_soon": Attention.ROUTINE,
    "unsigned": Attention.GATE_DUE,
    "held": Attention.GATE_DUE,
    "unseen_tightening": Attention.UNSEEN,
    "unseen_loosening": Attention.ROUTINE,
    "milestone_overdue": Attention.BEHIND,
    "pain_above_band": Attention.BEHIND,
    "silence": Attention.SILENT,
}
"""Codes whose place on the worklist does not follow from their urgency alone (design 10.13)."""

PATTERNS = frozenset(
    {
        "over_loading",
        "sustained_rise",
        "pain_after_fall",
        "plateau",
        "late_load_pain",
        "opioid_long",
        "stiffness",
        "low_mood",
    }
)
"""Codes that go on over days: while an alert of the code stands, a newer cause raises no second one."""

_LEVELS = frozenset(urgency.value for urgency in Urgency)

PUT_BACK = frozenset({"fall", "pain_after_fall", *HARD_SIGNS})
"""Signs that the hinge or the implant may have given way."""


def finding(code: str, urgency: Urgency | None, cause: str, **evidence: object) -> Finding:
    """A finding in its place on the worklist; R0 to R3 is an alert, what has no urgency or R4 is not."""
    alert = urgency is not None and urgency is not Urgency.R4
    return Finding(code, urgency, place(code, urgency), cause, evidence, alert)


def as_finding(alert: Alert) -> Finding:
    """A stored alert as the finding that raised it, to say it in words again."""
    where = place(alert.code, alert.urgency)
    return Finding(alert.code, alert.urgency, where, alert.cause, alert.evidence, True)


def place(code: str, urgency: Urgency | None) -> Attention:
    """Where a finding or an alert stands on the worklist (design 10.13)."""
    if code in PLACES:
        return PLACES[code]
    return Attention.ON_TRACK if urgency is None else BY_URGENCY[urgency]


def holds_for(found: Finding) -> Freeze | None:
    """Whether the finding writes a hold, and whether that undoes the step just begun (design 10.7)."""
    urgent = found.urgency in (Urgency.R0, Urgency.R1)
    if urgent or found.code == NOT_EVALUATED or found.code in HARD_SIGNS:
        return Freeze(found.code in PUT_BACK)
    return None


def to_raise(found: Iterable[Finding], alerts: Iterable[Alert]) -> tuple[Finding, ...]:
    """The findings for which an alert has to be opened, each with the cause to store.

    Nothing lower hides it: where an alert of the same code and cause, or of the same lasting pattern, stands at a
    lower urgency, the finding is raised again with its urgency added to the cause.
    """
    return Alerts(alerts).new(found)


class Alerts:
    """The alerts of an episode, asked by code and cause."""

    def __init__(self, alerts: Iterable[Alert]) -> None:
        self.open: list[Alert] = []
        self._known: dict[tuple[str, str], Urgency] = {}
        self._closed: dict[tuple[str, str], Urgency] = {}
        self._standing: dict[str, Urgency] = {}
        for alert in alerts:
            self._learn(alert)

    def _learn(self, alert: Alert) -> None:
        key = (alert.code, bare(alert.cause))
        _keep_most_urgent(self._known, key, alert.urgency)
        if alert.state == "closed":
            _keep_most_urgent(self._closed, key, alert.urgency)
            return
        self.open.append(alert)
        _keep_most_urgent(self._standing, alert.code, alert.urgency)

    def new(self, found: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings that no alert covers yet."""
        return tuple(self._named(each) for each in found if each.alert and not self.covers(each))

    def covers(self, found: Finding) -> bool:
        """Whether an alert, open or closed, at least as urgent stands for the same matter."""
        known = self._known.get((found.code, found.cause))
        standing = self._standing.get(found.code) if found.code in PATTERNS else None
        return _at_least(known, found.urgency) or _at_least(standing, found.urgency)

    def settled(self, found: Finding) -> bool:
        """Whether a clinician has closed the finding's alert."""
        return _at_least(self._closed.get((found.code, found.cause)), found.urgency)

    def _named(self, found: Finding) -> Finding:
        if (found.code, found.cause) not in self._known:
            return found
        cause = f"{found.cause}:{found.urgency}"
        return Finding(
            found.code, found.urgency, found.attention, cause, found.evidence, True, found.patient, found.clinician
        )


def bare(cause: str) -> str:
    """The cause without the urgency that a raise added."""
    head, _, last = cause.rpartition(":")
    return head if last in _LEVELS and head else cause


def _at_least(one: Urgency | None, other: Urgency | None) -> bool:
    return one is not None and other is not None and one <= other


def _keep_most_urgent(known: dict[Key, Urgency], key: Key, urgency: Urgency) -> None:
    known[key] = min(known.get(key, urgency), urgency)
