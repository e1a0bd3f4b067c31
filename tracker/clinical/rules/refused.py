"""The urgent part of a check-in that was refused for another reason (design 10.11)."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from tracker.clinical import protocol
from tracker.clinical.case import Diary
from tracker.clinical.findings import Finding
from tracker.clinical.history import CheckIn, History
from tracker.clinical.rules.symptoms import of_check_in
from tracker.clinical.terms import PAIN_SCORES, Analgesia, Fall, PainSite, ReportedLoad, Symptom, Urgency

KEPT = (*PAIN_SCORES, "date", "pain_site", "symptoms", "fall", "can_load", "pain_eased", "reported_load", "analgesia")
"""What is kept of the raw answers as evidence: no free text, which may name people."""

MOST_SYMPTOMS = 40
NUMBER = re.compile(r"[+-]?[0-9.,:/-]{1,12}")
"""A number or a date, however it was written."""
CODES = frozenset(code.value for kind in (Symptom, Fall, PainSite, ReportedLoad, Analgesia) for code in kind) | {
    "true",
    "false",
    "yes",
    "no",
    "nan",
    "infinity",
}
UNREADABLE = "(words)"
"""Stands where somebody wrote words instead of an answer."""
DAY_ZERO = date(2000, 1, 1)
LATE = 1000
"""A day not known is judged as a late one, on which no sign counts as to be expected."""

Code = TypeVar("Code", bound=StrEnum)


def red_flags_in(raw: Mapping[str, object], day: int | None, *, cause: str = "") -> tuple[Finding, ...]:
    """The R0 and R1 findings in raw answers of post-operative `day` (None: not known), whatever else is wrong there.

    Never raises. Without a `cause` it is a digest of the answers, so that sending the same again is the same alert.
    `evidence` carries the answers as they came, without free text.
    """
    if not isinstance(raw, Mapping):
        return ()
    row = _as_check_in(raw)
    surgery = DAY_ZERO - timedelta(LATE if day is None else day)
    found = of_check_in(row, Diary(History(), surgery, _numbers()))
    urgent = (each for each in found if each.urgency in (Urgency.R0, Urgency.R1))
    cause, answers = cause or f"refused:{_digest(raw, day)}", _kept(raw)
    return tuple(replace(each, cause=cause, evidence=_evidence(each, day, answers)) for each in urgent)


def _evidence(found: Finding, day: int | None, answers: Mapping[str, object]) -> dict[str, object]:
    given = answers.get("date")
    return {**found.evidence, "on": given if _is_date(given) else None, "day": day, "answers": answers}


def _numbers() -> protocol.Thresholds:
    """All shipped protocols share one set of thresholds."""
    return next(iter(protocol.shipped().values())).thresholds


def _as_check_in(raw: Mapping[str, object]) -> CheckIn:
    return CheckIn(
        id="",
        date=DAY_ZERO,
        entered_at=datetime(2000, 1, 1, tzinfo=UTC),
        pain_rest=_score(raw.get("pain_rest")),
        pain_load=_score(raw.get("pain_load")),
        pain_worst=_score(raw.get("pain_worst")),
        pain_night=_score(raw.get("pain_night")),
        symptoms=frozenset(_codes(Symptom, raw.get("symptoms"))),
        fall=next(iter(_codes(Fall, [raw.get("fall")])), None),
        can_load=_yes_or_no(raw.get("can_load")),
        pain_eased=_yes_or_no(raw.get("pain_eased")),
    )


def _score(value: object) -> int | None:
    """A pain score, also one typed as text; None for anything else."""
    if isinstance(value, str):
        value = {str(score): score for score in range(11)}.get(value.strip())
    scored = isinstance(value, int | float) and not isinstance(value, bool) and value in range(11)
    return int(value) if scored else None  # type: ignore[call-overload]


def _codes(kind: type[Code], value: object) -> Iterable[Code]:
    """The known codes among the values given, one alone or in a list."""
    given = value if isinstance(value, list | tuple | set | frozenset) else [value]
    texts = {each.strip().lower() for each in given if isinstance(each, str)}
    return [code for code in kind if code.value in texts]


def _yes_or_no(value: object) -> bool | None:
    text = str(value).strip().lower()
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(text)


def _kept(raw: Mapping[str, object]) -> dict[str, object]:
    return {name: _short(raw[name]) for name in KEPT if name in raw}


def _short(value: object) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, list | tuple):
        return [_clean(each) for each in value[:MOST_SYMPTOMS]]
    return _clean(value)


def _clean(value: object) -> str:
    """The answer where it is a number, a date or a code, right or wrong; anything else may name people."""
    text = str(value).strip()
    return text if text.lower() in CODES or NUMBER.fullmatch(text) else UNREADABLE


def _digest(raw: Mapping[str, object], day: int | None) -> str:
    text = json.dumps([day, _kept(raw)], sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _is_date(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(date.fromisoformat(value))
    except ValueError:
        return False
