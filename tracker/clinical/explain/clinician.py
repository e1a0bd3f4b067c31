"""Findings in words for a clinician: what happened, with the facts, in one short sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tracker.clinical.explain.names import FALLS, GOALS, SYMPTOMS, label
from tracker.clinical.explain.words import LEVELS, about, count, level, listed, number, sentence, short_iso
from tracker.clinical.findings import NOT_EVALUATED, Finding, as_finding
from tracker.clinical.history import Alert

__all__ = ["SYMPTOMS", "for_alert", "for_clinician", "label", "symptoms"]

Evidence = Mapping[str, object]

TOLD_WITH_BEND = frozenset({"SLR_NOLAG", "FLEX_90", "FLEX_120"})
TRIGGERS = {"fall": "after a fall", "new_step": "after a step up", "cannot_load": "cannot load the leg"}


def for_clinician(found: Finding) -> str:
    """The finding in one sentence with its facts. Every code has one."""
    say = SENTENCES.get(found.code)
    return sentence(say(found.evidence) if say else _symptom(found.code, found.evidence))


def for_alert(alert: Alert) -> str:
    """A standing alert in one sentence: from its evidence if it was stored with some, else by its name and date."""
    if alert.evidence:
        try:
            return for_clinician(as_finding(alert))
        except (KeyError, ValueError, TypeError):  # stored by an older version, without a fact that is told today
            return _still_open(alert)
    return _still_open(alert)


def _still_open(alert: Alert) -> str:
    return sentence(f"{label(alert.code)}: alert of {short_iso(alert.opened_at.date())} is still open")


def symptoms(codes: list[str], on: object) -> str:
    """Several symptoms of one check-in in one sentence: "Newly breathless, calf sore on 23 Nov."."""
    return sentence(f"{', '.join(label(code) for code in codes)} on {short_iso(on)}")


def _symptom(code: str, evidence: Evidence) -> str:
    others = [label(str(other)) for other in _list(evidence.get("with"))]
    facts = [f"also {listed(others)}"] if others else []
    if "temperature_c" in evidence:
        facts.append(f"{number(evidence['temperature_c'])} °C")
    if "calf_difference_cm" in evidence:
        facts.append(f"calf {number(evidence['calf_difference_cm'])} cm bigger")
    return f"{', '.join([label(code), *facts])}{_when(evidence)}"


def _when(evidence: Evidence) -> str:
    """Date and day, as far as they are known: a check-in that was refused may have neither."""
    on, day = evidence.get("on"), evidence.get("day")
    return ("" if on is None else f" on {short_iso(on)}") + ("" if day is None else f" (day {day})")


def _list(value: object) -> list[object]:
    return list(value) if isinstance(value, list | tuple) else []


def _fall(evidence: Evidence) -> str:
    return f"{_fell(evidence, evidence.get('on'))}; {_after(evidence)}"


def _pain_after_fall(evidence: Evidence) -> str:
    return f"{_fell(evidence, evidence['fell_on'])}; on {short_iso(evidence['on'])} {_after(evidence)}"


def _fell(evidence: Evidence, on: object) -> str:
    happened = FALLS.get(str(evidence["kind"]), "fell")
    return happened if on is None else f"{happened} on {short_iso(on)}"


def _after(evidence: Evidence) -> str:
    words = [_change(evidence.get("before"), evidence.get("pain"))]
    if evidence.get("can_load") is False:
        words.append("cannot load")
    return ", ".join(words)


def _change(before: object, pain: object) -> str:
    if pain is None:
        return "pain not answered"
    if not isinstance(before, int | float) or not isinstance(pain, int | float):
        return f"pain {pain}, nothing to compare with"
    if pain > before:
        return f"pain up from {number(before)} to {number(pain)}"
    return f"pain {number(pain)}, no higher than before"


def _severe(evidence: Evidence) -> str:
    eased = _said(evidence.get("eased"), ", eased by the drugs", ", not eased by the drugs")
    return f"pain {evidence['pain']} of 10{_when(evidence)}{eased}"


def _said(answer: object, yes: str, no: str) -> str:
    """Words for an answer; none for a question left open."""
    return yes if answer is True else no if answer is False else ""


def _rise(evidence: Evidence) -> str:
    dates = f"{short_iso(evidence['first'])} to {short_iso(evidence['last'])}"
    trigger = TRIGGERS.get(str(evidence.get("trigger")))
    head = f"pain {evidence['pain']} against a usual {number(evidence['usual'])}, {dates}"
    return f"{head}; {trigger}" if trigger else head


def _plateau(evidence: Evidence) -> str:
    now, then = number(evidence["pain"]), number(evidence["before"])
    return f"pain not falling: {now} now, {then} {evidence['days']} days ago, above the upper quartile"


def _late_load(evidence: Evidence) -> str:
    before = evidence.get("before")
    trend = "no earlier answers" if before is None else f"{number(before)} the weeks before"
    where = f"pain {evidence['pain']} on load at the bone cut on {short_iso(evidence['on'])} (day {evidence['day']})"
    return f"{where}, {trend}: union concern, film"


def _plate(evidence: Evidence) -> str:
    return f"sore over the plate on {short_iso(evidence['on'])} (day {evidence['day']})"


def _opioid(evidence: Evidence) -> str:
    limit, last = evidence["limit_days"], short_iso(evidence["last"])
    return f"still on opioids on {last} (day {evidence['day']}; expected to end by day {limit})"


def _over(evidence: Evidence) -> str:
    kg = evidence.get("used_kg")
    used = f"about {about(_int(evidence, 'used_percent'))}" if kg is None else f"{number(kg)} kg"
    named = kg is None and _int(evidence, "limit_percent") in LEVELS
    limit = level(_int(evidence, "limit_percent")) if named else _limit_in_kg(evidence)
    when = f"on {evidence['days']} of {evidence['window']} days"
    return f"put {used} through the leg {when}; order is {limit}{_pain_word(evidence.get('pain'))}"


def _limit_in_kg(evidence: Evidence) -> str:
    kg = evidence.get("limit_kg")
    return level(_int(evidence, "limit_percent")) if kg is None else f"{kg} kg"


def _pain_word(pain: object) -> str:
    """Low is what patients call acceptable, at most 3 of 10."""
    if not isinstance(pain, int):
        return ""
    return ". Pain is low" if pain <= 3 else f". Pain is {pain}"


def _int(evidence: Evidence, name: str) -> int:
    value = evidence[name]
    return value if isinstance(value, int) else int(str(value))


def _temperature(evidence: Evidence) -> str:
    return f"temperature {number(evidence['value'])} °C on {short_iso(evidence['on'])} (day {evidence['day']})"


def _film(evidence: Evidence) -> str:
    unit = "°" if evidence["kind"] == "hka_change_deg" else " points"
    line = "leg line" if evidence["kind"] == "hka_change_deg" else "weight line"
    return f"{line} changed by {number(evidence['value'])}{unit} between films, {short_iso(evidence['on'])}"


def _motion(evidence: Evidence) -> str:
    value, wanted, on = number(evidence["value"]), number(evidence["wanted"]), short_iso(evidence["on"])
    if evidence["kind"] == "flexion":
        return f"bend {value}° on {on} (day {evidence['day']}); at least {wanted}° expected"
    return f"{value}° short of straight on {on} (day {evidence['day']}); at most {wanted}° expected"


def _union_overdue(evidence: Evidence) -> str:
    return f"no union recorded at day {evidence['day']} (expected by day {evidence['latest']})"


def _union_refused(evidence: Evidence) -> str:
    return f"12-week gate refused on {short_iso(evidence['on'])}: union concern"


def _overdue(evidence: Evidence) -> str:
    bend = evidence.get("flexion") if evidence["key"] in TOLD_WITH_BEND else None
    tail = "" if bend is None else f"; bend {number(bend)}°"
    name = GOALS.get(str(evidence["key"]), f"{evidence['name']}:")
    return f"{name} not reached at day {evidence['day']} (expected by day {evidence['latest']}){tail}"


def _above(evidence: Evidence) -> str:
    high = f"{evidence['high']:.1f}" if isinstance(evidence["high"], float) else evidence["high"]
    return f"pain {evidence['pain']} on {short_iso(evidence['on'])}, above {high} since {short_iso(evidence['since'])}"


def _soreness(evidence: Evidence) -> str:
    return f"pain {evidence['pain']} after the step of {short_iso(evidence['step'])}, as expected"


def _gate_due(evidence: Evidence) -> str:
    film = f"{evidence['name']} is in" if evidence.get("film_on") else f"{evidence['name']} not yet recorded"
    wait = count(_int(evidence, "waiting"), "day")
    since = (
        f"waiting for the {evidence['decider']}'s decision for {wait}" if evidence["waiting"] else "decision due today"
    )
    return f"{film if evidence['imaging'] else evidence['name']}: {since}; stays at {_stays(evidence)}"


def _stays(evidence: Evidence) -> str:
    """The level of the order in force, with its kilograms where it has any."""
    percent, kg = _int(evidence, "percent"), evidence.get("kg")
    if not kg:
        return level(percent)
    return f"{level(percent)} ({kg} kg)" if percent in LEVELS else f"{kg} kg"


def _gate_refused(evidence: Evidence) -> str:
    return f"{evidence['name']} refused on {short_iso(evidence['on'])}; stays at {_stays(evidence)}"


def _gate_soon(evidence: Evidence) -> str:
    booked = evidence.get("booked_on")
    plan = f"booked for {short_iso(booked)}" if booked else "not booked yet"
    return f"{evidence['name']} due {short_iso(evidence['due'])}: {plan}"


def _unsigned(evidence: Evidence) -> str:
    return "no signed order yet: the patient is told no weight and to call"


def _held(evidence: Evidence) -> str:
    since = short_iso(evidence["since"])
    return f"load held at {_stays(evidence)} since {since} ({label(str(evidence['held_for']))}): a signed release is waiting"


def _tightened(evidence: Evidence) -> str:
    return f"restriction tightened on {short_iso(evidence['on'])} to {_order_level(evidence)}; the patient has not confirmed it"


def _loosened(evidence: Evidence) -> str:
    return f"new level from {short_iso(evidence['on'])}, {_order_level(evidence)}; the patient has not confirmed it"


def _order_level(evidence: Evidence) -> str:
    kg, percent = evidence.get("kg"), _int(evidence, "percent")
    return level(percent) if kg is None or percent == 0 else f"{level(percent)} ({kg} kg)"


def _silence(evidence: Evidence) -> str:
    if evidence.get("last") is None:
        return f"no check-in yet in {evidence['days']} days"
    pain = evidence.get("pain")
    load = _said(evidence.get("over"), "load above the order", "load as ordered")
    words = ["" if pain is None else f"last pain {pain}", load]
    tail = ", ".join(word for word in words if word)
    return f"no check-in for {evidence['days']} days{f'; {tail}' if tail else ''}"


def _not_evaluated(evidence: Evidence) -> str:
    return "a check-in could not be evaluated: read it yourself"


SENTENCES: Mapping[str, Callable[[Evidence], str]] = {
    "fall": _fall,
    "pain_after_fall": _pain_after_fall,
    "severe_pain": _severe,
    "sustained_rise": _rise,
    "plateau": _plateau,
    "late_load_pain": _late_load,
    "plate_sore": _plate,
    "opioid_long": _opioid,
    "over_loading": _over,
    "temperature": _temperature,
    "film_change": _film,
    "stiffness": _motion,
    "flexion_low": _motion,
    "extension_low": _motion,
    "union_overdue": _union_overdue,
    "union_refused": _union_refused,
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
"""One sentence for each code that is not a symptom."""
