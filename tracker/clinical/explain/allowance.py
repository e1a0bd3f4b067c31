"""What is allowed today and what comes next, in words for the patient."""

from __future__ import annotations

from tracker.clinical.allowance import Allowance, Brace, NextStep
from tracker.clinical.explain.patient import gate
from tracker.clinical.explain.words import AIDS, leg, long_date, share
from tracker.clinical.terms import Aids, Role, Side, StepState, Term

STEPS = {
    Term.NWB: "no weight",
    Term.TTWB: "a light touch",
    Term.PWB: "",
    Term.WBAT: "full weight, with crutches",
    Term.FWB: "full weight",
}
"""The name of a next step; part of the weight is named by its share."""


def allowance_for_patient(allowed: Allowance, side: Side | None, *, clinic: str = "your clinic") -> str:
    """The level in one or two sentences: "Put up to 42 kg through your left leg. That is half your weight."."""
    limb = f"your {leg(side)}"
    if not allowed.known:
        return f"Put no weight on {limb}. Call {clinic}: we cannot tell your level."
    return _level(allowed, limb)


def _level(allowed: Allowance, limb: str) -> str:
    if allowed.term is Term.NWB:
        return f"Put no weight on {limb}."
    if allowed.term is Term.FWB:
        return f"You may put your full weight on {limb}."
    if allowed.term is Term.WBAT:
        return f"Put as much weight on {limb} as feels comfortable, with your crutches."
    if allowed.max_kg is None:
        return f"Put up to {share(allowed.max_percent)} through {limb}."
    return f"Put up to {allowed.max_kg} kg through {limb}. {_share(allowed)}"


def _share(allowed: Allowance) -> str:
    """What the kilograms are as a share; only where they are not a cap below it."""
    whole = int(allowed.max_percent * allowed.weight_used / 100)
    if allowed.max_kg is None or whole > allowed.max_kg:
        return f"That is less than {share(allowed.max_percent)}."
    return f"That is {share(allowed.max_percent)}."


def aids_for_patient(aids: Aids) -> str:
    return AIDS[aids]


def brace_for_patient(brace: Brace, side: Side | None) -> str:
    """The brace and the bend it leaves, in words; what to do with the knee where there is no brace."""
    if not brace.needed:
        return "No brace." if brace.max_deg is None else f"No brace. Do not bend beyond {brace.max_deg} degrees."
    if brace.max_deg is None:
        return f"Wear the brace on your {leg(side)}."
    return f"Wear the brace on your {leg(side)}. It lets the knee bend from {brace.min_deg or 0} to {brace.max_deg} degrees."


def set_by_for_patient(allowed: Allowance) -> str:
    """Who set the level and since when."""
    if allowed.since is None:
        return ""
    who = {Role.SURGEON: "your surgeon", Role.PHYSIOTHERAPIST: "your physiotherapist"}
    setter = "your clinic" if allowed.set_by_role is None else who.get(allowed.set_by_role, "your clinic")
    return f"Set by {setter}, from {long_date(allowed.since)}."


def hold_for_patient(allowed: Allowance, side: Side | None, *, clinic: str = "your clinic") -> str:
    """That the level is on hold, since when, and who can lift it; empty where it is not."""
    if allowed.hold is None:
        return ""
    since = long_date(allowed.hold.since)
    return f"On hold since {since}. Keep {_this_level(side)} until {clinic} says that you may go on."


def next_step_for_patient(
    step: NextStep | None, side: Side | None, *, clinic: str = "your clinic", on_hold: bool = False
) -> str:
    """The next step: the earliest date, what must happen first, and to stay until then.

    `on_hold` says that a hold stands, rather than that a clinician decided "not yet".
    """
    if step is None:
        return f"There is no higher step for your {leg(side)}."
    head = f"Next: {step_name(step)}."
    if step.state is StepState.SIGNED:
        return f"{head} You may from {long_date(step.on)}."
    if step.state is StepState.HELD and on_hold:
        return f"{head} This is on hold. {_until(side)} {_ask(clinic)}"
    if step.state is StepState.HELD:
        return f"{head} Your clinic looked and said: not yet. It opens only after {gate(step.gate)}. {_until(side)}"
    first = gate(step.gate) if step.gate else f"{clinic} says yes"
    return f"{head} Not before {long_date(step.on)}, and only after {first}. {_until(side)}"


def step_name(step: NextStep) -> str:
    """What the next step is: "full weight, with crutches", "half your weight"."""
    return STEPS[step.term] or share(step.max_percent)


def _until(side: Side | None) -> str:
    return f"Until then, keep {_this_level(side)}."


def _this_level(side: Side | None) -> str:
    return f"your {leg(side)} at this level"


def _ask(clinic: str) -> str:
    return f"Ask {clinic} when you can go on."
