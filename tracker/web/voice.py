"""What a patient's pages say around the core's sentences: the big number, its words, what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

from tracker.clinical import bands, explain
from tracker.clinical.allowance import Allowance
from tracker.clinical.explain import words
from tracker.clinical.explain.patient import TOLD, action, told
from tracker.clinical.findings import Finding
from tracker.clinical.terms import Side, StepState, Term
from tracker.models import Episode
from tracker.selectors import today as selector
from tracker.selectors.answer import Answer
from tracker.selectors.today import Today

LATELY = 3
"""Days for which the last answer still says how it is going."""


class To(TypedDict):
    """Whom the core's sentences speak to, and whom they tell them to call."""

    side: Side
    emergency: str


def of(episode: Episode) -> To:
    return {"side": Side(episode.side), "emergency": episode.clinic.emergency_number}


def said(findings: Sequence[Finding], to: To) -> str:
    """Findings of one urgency in one breath: what to do once, then what was told; empty without any."""
    if not findings:
        return ""
    act = action(findings[0].urgency, explain.Voice(**to))
    symptoms = [finding.code for finding in findings if finding.code in TOLD]
    rest = [explain.for_patient(finding, **to) for finding in findings if finding.code not in TOLD and finding.evidence]
    parts = [act, told(symptoms, explain.Voice(**to)), *(each.removeprefix(act).strip() for each in rest)]
    return " ".join(part for part in parts if part)


def alarm(findings: Sequence[Finding], to: To) -> str:
    """What stands under the headline "Call ... now"."""
    return said(findings, to).removeprefix(f"Call {to['emergency']} now. ")


@dataclass(frozen=True, slots=True)
class LoadCard:
    """The most important fact of Today: lead-in, figure with its unit, words, and the share of the bar."""

    lead: str
    figure: str
    words: str
    unit: str = ""
    share: float = 0
    mark: str = ""
    full: str = ""
    show_bar: bool = False
    aids: str = ""
    source: str = ""

    @property
    def short(self) -> bool:
        """Whether the figure fits in the largest type."""
        return len(self.figure) < 5


def load_card(allowed: Allowance, side: Side, as_of: str) -> LoadCard:
    """The level of today as figure, picture and words. Kilograms and percent are never rounded up."""
    limb = words.leg(side)
    source = f"{explain.set_by_for_patient(allowed)} Shown as of {as_of} today.".strip()
    if not allowed.known:
        call = f"Keep your {limb} off the floor and call your clinic. {_why_unknown(allowed)}"
        return LoadCard("Today: no weight", "0", call, "kg", 0, "", "", False, aids(allowed, side), source)
    full = f"{int(allowed.weight_used)} kg, full weight"
    more: dict[str, Any] = {"aids": aids(allowed, side), "source": source, "full": full, "show_bar": True}
    if allowed.term is Term.NWB:
        return LoadCard(
            "Today you may put", "0", f"on your {limb}: no weight. Keep the foot off the floor.", "kg", **more
        )
    if allowed.max_kg is None:
        return _unlimited(allowed, limb, more)
    share = round(100 * allowed.max_kg / float(allowed.weight_used), 1)
    mark = f"{allowed.max_kg} kg" if 12 <= share <= 55 else ""  # else it would run into the ends
    return LoadCard("Today you may put up to", str(allowed.max_kg), _words(allowed, limb), "kg", share, mark, **more)


def _why_unknown(allowed: Allowance) -> str:
    if not allowed.signed:
        return "Your surgeon has not signed your plan yet."
    return "We cannot tell your level."


def _unlimited(allowed: Allowance, limb: str, more: dict[str, object]) -> LoadCard:
    if allowed.term is Term.FWB:
        return LoadCard("Today you may put your", "Full weight", f"on your {limb}.", share=100, **more)  # type: ignore[arg-type]
    so = f"on your {limb}, as much as feels comfortable."
    return LoadCard("Today you may put your", "Full weight", so, share=100, **more)  # type: ignore[arg-type]


def _words(allowed: Allowance, limb: str) -> str:
    whole = int(allowed.max_percent * allowed.weight_used / 100)
    share = words.share(allowed.max_percent)
    is_share = f"That is {share}." if whole <= (allowed.max_kg or 0) else f"That is less than {share}."
    return f"through your {limb}. {is_share}"


def aids(allowed: Allowance, side: Side) -> str:
    """Walking aids and brace in one line."""
    return f"{explain.aids_for_patient(allowed.aids)} {explain.brace_for_patient(allowed.brace, side)}"


@dataclass(frozen=True, slots=True)
class Next:
    """The next step: a title, when at the earliest and what must happen first; locked until somebody says yes."""

    title: str
    text: str
    locked: bool


def next_step(allowed: Allowance, side: Side) -> Next | None:
    """None where there is no higher level, or where today's cannot be told. A hold is named before any gate."""
    step = allowed.next_step
    if step is None or not allowed.known:
        return None
    title, _, text = explain.next_step_for_patient(step, side, on_hold=allowed.frozen).partition(". ")
    return Next(title, text, step.state is not StepState.SIGNED)


def going(seen: Today, side: Side) -> str:
    """How the last pain compares, in one sentence; that the last answer is old, where it is."""
    points = selector.pain_points(seen.case)
    if not points:
        return explain.how_it_is_going(None, None, seen.allowed.post_op_day, side)
    day, score = points[-1]
    if seen.allowed.post_op_day - day > LATELY:
        return f"Your last answer is from day {day}. Please check in."
    return explain.how_it_is_going(int(score), _place(seen, day, score), day, side)


def _place(seen: Today, day: int, score: float) -> str | None:
    band = bands.pain(seen.case.plan, seen.case.history.baseline_pain, day)
    if band is None:
        return None
    return "above" if score > band.high else "below" if score < band.low else "inside"


def load_against_order(given: Answer) -> str:
    """The load reported beside what was allowed; empty where it was not reported or is not judged."""
    if given.reported_percent is None or given.over is None:
        return ""
    used = f"You put about {words.about(given.reported_percent)} through the leg."
    if given.over:
        return f"{used} That is more than you may. Your bone is still healing: please keep to your level."
    return f"{used} That fits your level."
