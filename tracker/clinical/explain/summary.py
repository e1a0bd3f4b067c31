"""One sentence for a whole knee: why it stands where it does on the worklist, and how it is going for the patient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from tracker.clinical.explain.clinician import SYMPTOMS, for_alert, for_clinician, symptoms
from tracker.clinical.findings import Finding, bare, place
from tracker.clinical.history import Alert
from tracker.clinical.terms import Attention, Side, Urgency


@dataclass(frozen=True, slots=True)
class _Candidate:
    """Something the worklist could say, with what decides whether it is said."""

    attention: Attention
    urgency: str
    on: str
    words: str

    @property
    def rank(self) -> tuple[int, str, int]:
        """Most urgent first, then the latest."""
        age = date.max.toordinal() - (date.fromisoformat(self.on).toordinal() if self.on else 0)
        return (self.attention, self.urgency, age)


def reason(found: Sequence[Finding], alerts: Sequence[Alert], otherwise: str) -> str:
    """The most urgent thing in one sentence for a clinician; `otherwise` where nothing calls for anybody.

    An alert that still stands counts also when its finding no longer fires.
    """
    candidates = [*_of_findings(found), *_of_alerts(found, alerts)]
    return min(candidates, key=lambda each: each.rank).words if candidates else otherwise


def _of_findings(found: Sequence[Finding]) -> Iterator[_Candidate]:
    for each in found:
        if each.attention is not Attention.ON_TRACK:
            words = _together(each, found) if each.code in SYMPTOMS else each.clinician or for_clinician(each)
            yield _Candidate(each.attention, each.urgency or _LAST, _on(each), words)


_LAST = "R9"
"""After every urgency."""


def _on(found: Finding) -> str:
    return str(found.evidence.get("on") or "")


def _together(found: Finding, every: Sequence[Finding]) -> str:
    """The symptoms of one check-in in one sentence, the most urgent first."""
    same = [each for each in every if each.cause == found.cause and each.code in SYMPTOMS]
    if len(same) < 2 or not _on(found):
        return found.clinician or for_clinician(found)
    return symptoms([each.code for each in sorted(same, key=lambda each: each.urgency or Urgency.R4)], _on(found))


def _of_alerts(found: Sequence[Finding], alerts: Sequence[Alert]) -> Iterator[_Candidate]:
    said = {(each.code, each.cause): each.urgency or Urgency.R4 for each in found}
    for alert in alerts:
        told = said.get((alert.code, bare(alert.cause)))
        if told is None or alert.urgency < told:
            on = alert.opened_at.date().isoformat()
            yield _Candidate(place(alert.code, alert.urgency), alert.urgency, on, for_alert(alert))


def on_track(pain: int | None, low: float | None, high: float | None) -> str:
    """What the worklist says of a knee that needs nobody."""
    if pain is None:
        return "Nothing stands out; no pain reported yet."
    if low is None or high is None:
        return f"Nothing stands out; pain {pain}."
    return f"Nothing stands out; pain {pain}, expected {low:.0f}-{high:.0f}."


def how_it_is_going(pain: int | None, band: str | None, day: int, side: Side | None) -> str:
    """How the last pain compares, for the patient. `band` is inside, above, below, or None without a reference.

    Never that someone is ahead: little pain does not mean that the bone has healed.
    """
    limb = f"your {side.value} knee" if side else "your knee"
    if pain is None:
        return f"You have not told us yet how {limb} feels."
    if band == "inside":
        return f"The pain in {limb} is in the expected range for day {day}."
    if band == "above":
        return f"The pain in {limb} is higher than we expect on day {day}. Your clinic can see this."
    if band == "below":
        return f"The pain in {limb} is low. The bone still needs its time: keep to your level."
    return f"The pain in {limb} was {pain} of 10. There are no published numbers for your operation."
