"""Small words both kinds of reader share: levels, dates, sides, numbers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from tracker.clinical.terms import Aids, Side, Term

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

LEVELS = {
    0: "no weight",
    10: "a touch",
    20: "a fifth",
    25: "a quarter",
    50: "half",
    75: "three quarters",
    100: "full weight",
}

SHARES = {
    0: "no weight",
    10: "a touch: a tenth of your weight",
    20: "a fifth of your weight",
    25: "a quarter of your weight",
    50: "half your weight",
    75: "three quarters of your weight",
    100: "your full weight",
}

TERMS = {
    Term.NWB: "No weight (NWB)",
    Term.TTWB: "Toe touch (TTWB)",
    Term.PWB: "Part of your weight (PWB)",
    Term.WBAT: "Weight as you can bear it (WBAT)",
    Term.FWB: "Full weight (FWB)",
}
"""The surgeon's terms with plain words before the abbreviation."""

AIDS = {
    Aids.TWO_CRUTCHES: "Two crutches, every step.",
    Aids.ONE_CRUTCH: "One crutch, in the hand of the other side.",
    Aids.STICK: "A stick, in the hand of the other side.",
    Aids.NONE: "No crutches needed.",
}


def level(percent: int) -> str:
    """A level in words, for a clinician: "half", "a fifth", else the percentage."""
    return LEVELS.get(percent, f"{percent} %")


def share(percent: int) -> str:
    """A level in words, for the patient: "half your weight"."""
    return SHARES.get(percent, f"{percent} percent of your weight")


def about(percent: int) -> str:
    """A reported load in words: the nearest level that has a name."""
    nearest = min(LEVELS, key=lambda known: abs(known - percent))
    return f"more than full weight ({percent} %)" if percent > 110 else LEVELS[nearest]


def leg(side: Side | None) -> str:
    """The operated leg; a sentence for the patient always names it."""
    return f"{side.value} leg" if side else "operated leg"


def knee(side: Side | None) -> str:
    return f"{side.value} knee" if side else "operated knee"


def foot(side: Side | None) -> str:
    return f"{side.value} foot" if side else "foot of the operated leg"


def long_date(on: date) -> str:
    return f"{on.day} {MONTHS[on.month - 1]}"


def short_date(on: date) -> str:
    return f"{on.day} {MONTHS[on.month - 1][:3]}"


def short_iso(text: object) -> str:
    """A stored ISO date as a short date."""
    return short_date(date.fromisoformat(str(text)))


def long_iso(text: object) -> str:
    return long_date(date.fromisoformat(str(text)))


def number(value: object) -> str:
    """A number without needless decimals: 3, 38.5."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def listed(words: Iterable[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    each = list(words)
    return f" {last} ".join([", ".join(each[:-1]), each[-1]]) if len(each) > 1 else "".join(each)


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    text = text.strip()
    return text if not text else text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")


def count(number_of: int, one: str, many: str = "") -> str:
    """ "1 day", "3 days"."""
    return f"{number_of} {one if number_of == 1 else many or one + 's'}"
