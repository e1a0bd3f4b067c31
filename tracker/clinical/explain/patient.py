"""Findings in words for the patient: what was told, what to do, whom to call. Advice to seek care, never a diagnosis.

Written for a reader of twelve: short sentences, no abbreviations, the leg always named, the action first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tracker.clinical.explain.words import foot, knee, leg, listed, long_iso, number, sentence, share
from tracker.clinical.findings import NOT_EVALUATED, Finding
from tracker.clinical.terms import Side, Urgency


@dataclass(frozen=True, slots=True)
class Voice:
    """Whom the sentence is for, and how the clinic wants to be called."""

    side: Side | None = None
    emergency: str = "your emergency number"
    clinic: str = "your clinic"

    @property
    def leg(self) -> str:
        return f"your {leg(self.side)}"

    @property
    def knee(self) -> str:
        return f"your {knee(self.side)}"

    @property
    def foot(self) -> str:
        return f"your {foot(self.side)}" if self.side else "the foot of your operated leg"


Say = Callable[[Finding, Voice], str]

TOLD: Mapping[str, Callable[[Voice], str]] = {
    "breathless": lambda voice: "you are newly short of breath",
    "chest_pain": lambda voice: "you have pain in your chest",
    "cough_blood": lambda voice: "you coughed up blood",
    "faint": lambda voice: "you fainted",
    "calf_sore": lambda voice: "your calf is sore or bigger",
    "leg_tight": lambda voice: f"{voice.leg} is very tight and hard",
    "toes_numb": lambda voice: f"the toes of {voice.foot} are numb",
    "toe_stretch_pain": lambda voice: f"it hurts to stretch the toes of {voice.foot}",
    "foot_cold": lambda voice: f"{voice.foot} is cold",
    "foot_white": lambda voice: f"{voice.foot} looks white",
    "foot_drop": lambda voice: f"you cannot pull up {voice.foot}",
    "fever": lambda voice: "you feel hot and ill",
    "rigors": lambda voice: "you are shivering",
    "wound_leak": lambda voice: f"the wound on {voice.knee} is leaking",
    "wound_red": lambda voice: f"the skin near the wound on {voice.knee} is getting redder",
    "leg_shape": lambda voice: f"{voice.leg} looks more bent than before",
    "new_click": lambda voice: f"there is a new click or crack in {voice.leg}",
}
"""What the patient ticked, said back."""


def for_patient(
    found: Finding, *, side: Side | None = None, emergency: str = "your emergency number", clinic: str = "your clinic"
) -> str:
    """The finding in words for the patient. `emergency` and `clinic` are the clinic's own numbers or names."""
    voice = Voice(side, emergency, clinic)
    say = SENTENCES.get(found.code)
    if say is not None:
        return say(found, voice)
    return f"{action(found.urgency, voice)} {told([found.code], voice)}".strip()


def action(urgency: Urgency | None, voice: Voice) -> str:
    """What to do and how fast, in the clinic's own numbers."""
    return {
        Urgency.R0: f"Call {voice.emergency} now. Do not wait for us.",
        Urgency.R1: f"Call {voice.clinic} now. You need help today. If nobody answers, go to the emergency department.",
        Urgency.R2: f"Call {voice.clinic} today or tomorrow.",
        Urgency.R3: f"Tell {voice.clinic} this week.",
        Urgency.R4: f"Tell {voice.clinic} at your next visit.",
        None: "",
    }[urgency]


def told(codes: list[str], voice: Voice) -> str:
    """What the patient told, said back in one sentence; empty for codes that are not symptoms."""
    phrases = [TOLD[code](voice) for code in codes if code in TOLD]
    return sentence(f"You told us: {listed(phrases)}") if phrases else ""


def _act(found: Finding, voice: Voice, *more: str) -> str:
    return " ".join([action(found.urgency, voice), *more])


def _stay(voice: Voice) -> str:
    return f"Put no more weight on {voice.leg} until they say so."


def _fall(found: Finding, voice: Voice) -> str:
    kind = str(found.evidence.get("kind"))
    happened = {"slip": "you slipped", "twist": f"you twisted {voice.leg}"}.get(kind, "you fell")
    if found.urgency is Urgency.R1:
        worse = "It hurts more, or you cannot stand on it."
        return _act(found, voice, f"You told us: {happened}. {worse}", f"Rest {voice.leg}.")
    return _act(found, voice, f"You told us: {happened}. If {voice.leg} starts to hurt more, call at once.")


def _pain_after_fall(found: Finding, voice: Voice) -> str:
    since = f"It got worse after your fall on {long_iso(found.evidence['fell_on'])}."
    return _act(found, voice, since, f"Rest {voice.leg}.")


def _severe(found: Finding, voice: Voice) -> str:
    return _act(found, voice, f"You told us: your pain is {found.evidence['pain']} of 10.", _stay(voice))


def _rise(found: Finding, voice: Voice) -> str:
    higher = f"Your pain has been higher than usual since {long_iso(found.evidence['first'])}."
    return _act(found, voice, higher, _stay(voice))


def _temperature(found: Finding, voice: Voice) -> str:
    return _act(found, voice, f"Your temperature was {number(found.evidence['value'])} degrees.")


def _film(found: Finding, voice: Voice) -> str:
    return _act(found, voice, f"The X-rays of {voice.leg} need a second look.", _stay(voice))


def _plateau(found: Finding, voice: Voice) -> str:
    return _act(found, voice, f"The pain in {voice.leg} has not gone down for a month.")


def _late_load(found: Finding, voice: Voice) -> str:
    still = f"It still hurts deep in the bone when you put weight on {voice.leg}."
    return _act(found, voice, still, "You may need an X-ray.")


def _plate(found: Finding, voice: Voice) -> str:
    return _act(found, voice, f"The metal in {voice.leg} is sore when you touch it. Many people have this.")


def _opioid(found: Finding, voice: Voice) -> str:
    return _act(found, voice, "You still take strong painkillers. We can help you to stop. Do not stop all at once.")


def _over(found: Finding, voice: Voice) -> str:
    days, limit = found.evidence["days"], found.evidence["limit_percent"]
    allowed = share(limit) if isinstance(limit, int) else "your level"
    more = f"On {days} days you put more weight on {voice.leg} than you may."
    return _act(found, voice, more, f"Your bone is still healing. Go back to {allowed}.")


def _low_mood(found: Finding, voice: Voice) -> str:
    felt = "You told us: you feel low. Many people do after surgery."
    return _act(found, voice, felt, f"If you think of hurting yourself, call {voice.emergency} now.")


def _motion(found: Finding, voice: Voice) -> str:
    if found.evidence["kind"] == "flexion":
        now = f"{voice.knee} bends to {number(found.evidence['value'])} degrees. We hoped for a little more."
    else:
        now = f"{voice.knee} does not go quite straight yet."
    return _act(found, voice, sentence(now), "Keep up your exercises.")


def _union(found: Finding, voice: Voice) -> str:
    return _act(found, voice, f"The bone in {voice.leg} needs more time. Your surgeon wants to look at it again.")


def _overdue(found: Finding, voice: Voice) -> str:
    name = str(found.evidence["name"])
    return f"One goal for {voice.leg} takes longer: {name[:1].lower()}{name[1:]}. Ask {voice.clinic} what helps."


def _above(found: Finding, voice: Voice) -> str:
    return f"The pain in {voice.leg} is higher than we expect on this day. Tell {voice.clinic}."


def _soreness(found: Finding, voice: Voice) -> str:
    return (
        f"{sentence(voice.leg)[:-1]} is a little more sore after the last step. This is normal. "
        f"If it lasts for more than one day, stay at this level and tell {voice.clinic}."
    )


def _gate_due(found: Finding, voice: Voice) -> str:
    return (
        f"Your next step waits until {gate(found.evidence['gate'])}. Until then, stay at this level with {voice.leg}."
    )


def _gate_refused(found: Finding, voice: Voice) -> str:
    return f"Your clinic looked and said: not yet. Stay at this level with {voice.leg}."


def _gate_soon(found: Finding, voice: Voice) -> str:
    due = f"{GATE_VISITS.get(str(found.evidence['gate']), 'Your check')} is due on {long_iso(found.evidence['due'])}."
    return f"{due} If you have no date for it, call {voice.clinic}."


def _unsigned(found: Finding, voice: Voice) -> str:
    return f"Your plan is not signed yet. Put no weight on {voice.leg} and call {voice.clinic}."


def _held(found: Finding, voice: Voice) -> str:
    return f"Keep {voice.leg} at this level until {voice.clinic} has looked at it."


def _tightened(found: Finding, voice: Voice) -> str:
    return (
        f"Your level has changed. You may now put less weight on {voice.leg}. Please look, and tell us that you saw it."
    )


def _loosened(found: Finding, voice: Voice) -> str:
    return f"You have a new level for {voice.leg}. Please look, and tell us that you saw it."


def _silence(found: Finding, voice: Voice) -> str:
    return f"You have not checked in for {found.evidence['days']} days. Please tell us how {voice.leg} is."


def _not_evaluated(found: Finding, voice: Voice) -> str:
    stay = f"Put no more weight on {voice.leg} than today."
    return f"We saved your answers, but could not check them. {stay} If you are worried, call {voice.clinic}."


GATES = {
    "W11": "your wound is dry, your pain is low and your physiotherapist says yes",
    "G6": "your six-week X-ray is checked and your surgeon says yes",
    "G8": "your eight-week X-ray is checked and your surgeon says yes",
    "G10": "your ten-week X-ray is checked and your surgeon says yes",
    "G12": "your twelve-week X-ray is checked and your surgeon says yes",
}
"""What must happen first, to follow "until" or "only after"."""

GATE_VISITS = {
    "W11": "Your wound check",
    "G6": "Your six-week X-ray",
    "G8": "Your eight-week X-ray",
    "G10": "Your ten-week X-ray",
    "G12": "Your twelve-week X-ray",
}
"""The visit a gate waits for."""


def gate(key: object) -> str:
    """What must happen before a step, in the patient's words."""
    return GATES.get(str(key), "your clinic says yes")


SENTENCES: Mapping[str, Say] = {
    "fall": _fall,
    "pain_after_fall": _pain_after_fall,
    "severe_pain": _severe,
    "sustained_rise": _rise,
    "temperature": _temperature,
    "film_change": _film,
    "plateau": _plateau,
    "late_load_pain": _late_load,
    "plate_sore": _plate,
    "opioid_long": _opioid,
    "over_loading": _over,
    "low_mood": _low_mood,
    "stiffness": _motion,
    "flexion_low": _motion,
    "extension_low": _motion,
    "union_overdue": _union,
    "union_refused": _union,
    "milestone_overdue": _overdue,
    "pain_above_band": _above,
    "loading_soreness": _soreness,
    "gate_due": _gate_due,
    "gate_refused": _gate_refused,
    "gate_soon": _gate_soon,
    "unsigned": _unsigned,
    "held": _held,
    "unseen_tightening": _tightened,
    "unseen_loosening": _loosened,
    "silence": _silence,
    NOT_EVALUATED: _not_evaluated,
}
"""One sentence or two for each code that is not a symptom."""
