"""What a patient reports, day by day: pain that falls slowly, small ups and downs, days left out, tablets, a note."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import exp
from random import Random
from statistics import median
from typing import Any

from tracker.clinical import limits
from tracker.clinical.terms import Aids, Term
from tracker.management.demo.tale import Tale

WORST_AT_HOME = 7
"""No steady recovery reports more; from 8 on it would be a matter of the same day."""
LONGEST_GAP, LONGEST_GAP_LATER, LATER = 3, 9, 42
"""Days without a report that nobody minds, in the first six weeks and after."""

NOTES: tuple[tuple[int, tuple[str, ...]], ...] = (
    (
        0,
        ("Slept badly with the leg propped up.", "Icing helps.", "Managed ten straight leg raises.", "Tired but fine."),
    ),
    (14, ("Stairs one at a time now.", "A bit stiff in the mornings.", "Knee bends better after the warm shower.")),
    (35, ("Did my exercises at the gym.", "Ached a little after standing to cook.", "No tablets this week.")),
    (63, ("Walked to the park and back.", "Back at my desk half days.", "Slept through for the first time in ages.")),
)


def pain_of_model(before: int, day: int) -> float:
    """Mean pain on a day, from the pain before surgery: 1.8 + (P0 - 1.8) exp(-0.54 t in months), with the first days
    after surgery on top (evidence: BMC MSD 2023;24:208)."""
    return 1.8 + (before - 1.8) * exp(-0.54 * day / 30.4) + 0.8 * exp(-day / 3)


def write(tale: Tale, exact: Callable[[int], int] | None = None) -> None:
    """Fills the diary. `exact` gives the pain of each day instead of the model with its ups and downs."""
    ease, wobble = tale.rng.uniform(-1.3, -0.2), 0.0
    sometimes, later = tale.rng.uniform(0.6, 0.85), tale.rng.uniform(0.2, 0.33)
    tablets = Tablets(tale.rng)
    last = tale.person.joined
    for day in range(last + 1, tale.today + 1):
        wobble = 0.6 * wobble + tale.rng.gauss(0, 0.45)
        reports = tale.rng.random() < (sometimes if day < LATER else later)
        gap = LONGEST_GAP if last < LATER else LONGEST_GAP_LATER
        if not reports and day - last < gap:
            continue
        last = day
        score = exact(day) if exact else round(pain_of_model(tale.person.pain, day) + ease + wobble)
        tale.pain[day] = score if exact else _likely(tale, day, score)
        tale.diary[day] = _answers(tale, day, tale.pain[day], tablets)


def _likely(tale: Tale, day: int, score: int) -> int:
    """Never more than a point above what has been usual, or it would be a rise."""
    recent = [tale.pain[each] for each in range(day - 7, day) if each in tale.pain]
    most = min(WORST_AT_HOME, int(median(recent)) + 1) if recent else WORST_AT_HOME
    return max(0, min(score, most))


class Tablets:
    """Until when somebody takes what."""

    def __init__(self, rng: Random) -> None:
        self.opioid, self.simple = rng.randint(4, 13), rng.randint(20, 45)

    def on(self, day: int) -> str:
        return "opioid" if day <= self.opioid else "simple" if day <= self.simple else "none"


def _answers(tale: Tale, day: int, score: int, tablets: Tablets) -> dict[str, Any]:
    rng, no_weight = tale.rng, limits.term(tale.level(day)) is Term.NWB
    answers: dict[str, Any] = {
        "pain_rest" if no_weight else "pain_load": score,
        "pain_worst": min(WORST_AT_HOME, score + rng.randint(1, 2)),
        "reported_load": load_within(tale, day),
        "aids": _aids(tale, day),
        "exercises": rng.choices(("all", "some", "none"), (60, 33, 7))[0],
        "swelling": _swelling(rng, day),
        "analgesia": tablets.on(day),
        "symptoms": [],
        "fall": "none",
    }
    if rng.random() < 0.4 and not no_weight:
        answers |= {"pain_rest": max(0, score - 2), "pain_night": max(0, score - rng.randint(0, 2))}
    for skipped in ("pain_worst", "swelling", "analgesia", "symptoms", "fall"):
        if rng.random() < 0.08:
            del answers[skipped]
    if rng.random() < 0.12:
        answers["note"] = rng.choice(_notes(day))
    return answers


def load_within(tale: Tale, day: int) -> str:
    """The picture of the load that comes nearest from below; for the first days of a level a smaller one."""
    step = tale.in_force(day).step
    percent = step.limit.percent if step.kg is None else 100 * step.kg // tale.person.kg
    fresh = day - tale.in_force(day).day < 4
    if percent == 0:
        return "none"
    if percent >= 100:
        return "most" if fresh or not step.limit.full else "full"
    pictures = [picture for most, picture in PICTURES if most <= percent + 1]
    return pictures[-2] if fresh and len(pictures) > 1 else pictures[-1]


PICTURES = ((0, "touch"), (25, "quarter"), (50, "half"), (75, "most"))


def _aids(tale: Tale, day: int) -> str:
    free = tale.reached.get("CRUTCH_FREE", tale.today + 1) <= day
    aids = limits.aids(tale.level(day), crutch_free=free)
    return Aids.NONE if free else aids


def _swelling(rng: Random, day: int) -> str:
    likely: Mapping[str, float] = {"moderate": max(0, 12 - day), "mild": max(1, 30 - abs(day - 12)), "none": day / 2}
    return rng.choices(list(likely), list(likely.values()))[0]


def _notes(day: int) -> tuple[str, ...]:
    return next(notes for begins, notes in reversed(NOTES) if begins <= day)
