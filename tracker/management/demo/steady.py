"""A recovery as it should go: films and decisions, visits, milestones and a diary, each on a plausible day."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterator

from tracker.clinical.openings import NEVER, Opening
from tracker.clinical.terms import Aids, Decision, Family, Gate, Role, Side, Term
from tracker.management.demo.deeds import Book, Decide, Measure, Reach, Reviewed, See, Sign
from tracker.management.demo.tale import Tale

PT, SURGEON, NURSE, PATIENT = Role.PHYSIOTHERAPIST, Role.SURGEON, Role.COORDINATOR, Role.PATIENT

FILMS = {Gate.G6: "XRAY_6W", Gate.G10: "XRAY_10W", Gate.G12: "XRAY_12W"}
"""The review that brings a gate's film."""

SHOWS = {
    "XRAY_POSTOP": "Correction as planned, plate and screws well placed.",
    "XRAY_2W": "Hinge unchanged, gap unchanged.",
    "XRAY_6W": "Callus in two zones, hinge and plate unchanged.",
    "XRAY_9W": "Hinge line fading, no loss of correction.",
    "XRAY_10W": "Bridging on two of four cortices, plate unchanged.",
    "XRAY_12W": "Bridging on three of four cortices, correction kept.",
    "LONG_LEG": "Weight line as planned.",
}
BASIS = {
    Gate.W11: "Wound dry for two days, pain at most 4 on load.",
    Gate.G6: "Film: callus in two zones, no step at the hinge, plate and screws unchanged. No pain on pressing the gap.",
    Gate.G8: "Film: callus bridging in front and on the inside, plate unchanged. Walks with one crutch without pain.",
    Gate.G10: "Film: two of four cortices bridged, plate unchanged. No pain on pressing the gap.",
    Gate.G12: "Film: three of four cortices bridged, correction kept. No pain on load.",
}

VISITS = (10, 17, 30, 40, 58, 81, 108)
BEND = {
    Family.HTO: ((0, 45), (7, 72), (10, 82), (17, 92), (30, 106), (42, 116), (55, 122), (84, 128), (400, 135)),
    Family.DFO: ((0, 40), (7, 60), (10, 66), (17, 78), (30, 94), (42, 106), (55, 116), (84, 127), (400, 132)),
}
"""Bend in degrees by day, in the span of the published protocols."""
SHORT_OF_STRAIGHT = ((0, 8), (14, 5), (28, 2), (45, 0))
LIFT_LAG = ((0, 12), (9, 8), (15, 5), (25, 0))
STANCE = ((70, 18), (100, 34))


def begin(tale: Tale) -> None:
    tale.do(tale.person.joined, 15.5, Sign())
    tale.do(1, 16, Reviewed("XRAY_POSTOP", SHOWS["XRAY_POSTOP"], SURGEON))


def gates(tale: Tale, *, leave: Gate | None = None, refuse: tuple[Gate, str] | None = None) -> None:
    """The gates that have come up, cleared in order; the one to `leave` waits, the one to `refuse` is refused."""
    for gate in tale.plan.gates:
        day = _decision_day(tale, gate)
        if gate is leave or day > tale.today:
            return
        if refuse and gate is refuse[0]:
            tale.decide(gate, day, Decision.REFUSED)
            tale.do(day, 13, Decide(gate, refuse[1], Decision.REFUSED))
            return
        tale.decide(gate, day, Decision.CLEARED)
        tale.do(day, 13, Decide(gate, BASIS[gate]))


def _decision_day(tale: Tale, gate: Gate) -> int:
    """On the day of the step or shortly before, but never before its film."""
    planned = tale.plan.gate_day(gate) or 0
    return planned if gate is Gate.W11 else planned - tale.rng.randint(0, 1)


def films(tale: Tale) -> None:
    """Films are taken ahead of their gate and reported the same day; the 6-week film is a milestone of its own."""
    due = {review.key: review.typical for review in tale.plan.reviews if review.key in SHOWS}
    for gate, (decided, _) in tale.decisions.items():
        if gate in FILMS:
            due[FILMS[gate]] = min(decided, due[FILMS[gate]])
    for key, day in due.items():
        if key == "XRAY_POSTOP":
            continue
        day -= key == "XRAY_6W"
        tale.do(day, 11, Reviewed(key, SHOWS[key], SURGEON))
        if 0 < day - tale.today <= 28:
            tale.do(max(tale.person.joined, tale.today - 5), 10, Book(key, day))
        if key == "XRAY_6W":
            reach(tale, "XR_6W", day, SURGEON)


def reach(tale: Tale, key: str, day: int, by: Role) -> None:
    """Recorded on its day, or by the clinic on the day it took the patient on."""
    if day <= tale.today:
        tale.reached[key] = day
        tale.do(max(day, tale.person.joined), 11.5, Reach(key, day, by if day >= tale.person.joined else PT))


def wound(tale: Tale) -> None:
    day = 11 if Gate.W11 in tale.plan.gates else tale.near(12.5, 1)
    tale.do(day, 10, Reviewed("WOUND", "Dry, closures out.", NURSE))
    reach(tale, "WOUND_DRY", day, PT)
    if any(review.key == "WOUND_2" for review in tale.plan.reviews):
        tale.do(19, 10, Reviewed("WOUND_2", "Dry, well healed.", NURSE))


def visits(tale: Tale) -> None:
    """What the physiotherapist measures. What the measurements show to be reached needs no record of its own."""
    for at, planned in enumerate(VISITS):
        day = tale.near(planned, 1)
        if at == 0:
            tale.do(day, 14, Reviewed("PHYSIO", "Exercises shown, goes on every two weeks.", PT))
        for kind, value in _readings(tale, day):
            tale.do(day, 14.5, Measure(kind, value))


def _readings(tale: Tale, day: int) -> Iterator[tuple[str, int]]:
    yield "flexion", bend(tale, day)
    if day < 25 or (day > 36 and day < 50):
        yield "extension_deficit", _on(SHORT_OF_STRAIGHT, day)
    if day < 35 and (day > 13 or tale.person.family_of_bone is Family.HTO):
        yield "slr_lag", _on(LIFT_LAG, day)
    if 36 < day < 50 and not tale.person.login:
        yield "body_weight_kg", tale.person.kg - tale.rng.randint(0, 1)
    if day >= 70 and tale.in_force(day).step.term is Term.FWB:
        yield "single_leg_stance_s", _on(STANCE, day)
    if day >= 90:
        yield "quad_lsi", tale.near(70, 4)


def bend(tale: Tale, day: int) -> int:
    """In steps of five degrees, as it is read off; never more than is allowed, nor than the knee could before."""
    points = BEND[tale.person.family_of_bone]
    at = bisect(points, (day, 999))
    (day0, bend0), (day1, bend1) = points[at - 1], points[at]
    degrees = bend0 + (bend1 - bend0) * (day - day0) / (day1 - day0)
    allowed = tale.plan.flexion_max_on(day)
    most = tale.person.bend if allowed is None else min(allowed, tale.person.bend)
    return min(most, 5 * round(degrees / 5))


def _on(points: tuple[tuple[int, int], ...], day: int) -> int:
    """The value of the last point up to a day."""
    return points[bisect(points, (day, 999)) - 1][1]


def milestones(tale: Tale) -> None:
    """What somebody records: the patient what they notice themselves, the physiotherapist what they saw."""
    windows = {milestone.key: milestone for milestone in tale.plan.milestones}
    for key, day, by in _reached(tale):
        window = windows[key]
        reach(tale, key, min(max(day, window.earliest), (window.latest or day) - 1), by)


def _reached(tale: Tale) -> Iterator[tuple[str, int, Role]]:
    yield "QUAD_SET", tale.near(3, 1), PATIENT
    if tale.person.family_of_bone is Family.DFO:
        yield "BRACE_OFF", tale.near(44, 1), PT
    one_crutch, full = tale.first(_one_crutch), tale.first(_full)
    if one_crutch < NEVER:
        yield "CRUTCH_1", one_crutch + tale.rng.randint(2, 5), PT
    if full < NEVER:
        free = full + tale.rng.randint(4, 10)
        yield "CRUTCH_FREE", free, PT
        yield "STAIRS_ALT", free + tale.rng.randint(6, 12), PT
        yield "ALIGN_XR", max(free, 92), SURGEON
    if tale.today > 106:
        yield "UNION_XR", tale.near(105, 2), SURGEON
    yield from _personal(tale)


def _personal(tale: Tale) -> Iterator[tuple[str, int, Role]]:
    """Goals of one's own, as far as this one cares."""
    femur = tale.person.family_of_bone is Family.DFO
    if tale.rng.random() < 0.7:
        yield "BIKE", tale.near(50 if femur else 30, 3), PATIENT
    if tale.person.side is Side.LEFT and tale.rng.random() < 0.5:
        yield "DRIVE_L", tale.near(32 if femur else 25, 3), PATIENT
    if tale.rng.random() < 0.5:
        yield "WORK_SED", tale.near(48 if femur else 34, 5), PATIENT


def _one_crutch(opening: Opening) -> bool:
    return opening.step.aids is not Aids.TWO_CRUTCHES


def _full(opening: Opening) -> bool:
    return opening.step.term is Term.FWB


def confirmations(tale: Tale) -> None:
    """The patient confirms each level on the day it begins, at the latest the evening it is signed."""
    if not tale.confirms_levels:
        return
    tale.do(tale.person.joined, 18, See())
    for opening in tale.opened:
        if tale.person.joined < opening.day <= tale.today:
            tale.do(opening.day, 19.5, See())
