"""Why something cannot be done: a code for programs, the field it concerns, and a sentence that names the remedy."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    code: str
    field: str
    sentence: str
