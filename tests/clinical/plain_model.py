"""The rules of load told a second time, as plainly as possible: TOML, dictionaries and a walk day by day.

Written from the design, not from the program: it imports none of its rules. A level is (percent, cap in kg, full); of a
level in kilograms alone the percent is kept exactly here, and rounded down where it is compared with what is shown.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import tracker

FILES = Path(tracker.__file__).parent / "clinical" / "protocols"
HORIZON = 260
Level = tuple[Fraction, Fraction | None, bool]
NOTHING: Level = (Fraction(0), None, False)


@cache
def toml(name: str) -> dict[str, Any]:
    return tomllib.loads((FILES / f"{name}.toml").read_text())


def strictest(*levels: Level) -> Level:
    caps = [cap for _, cap, _ in levels if cap is not None]
    return min(level[0] for level in levels), min(caps, default=None), all(level[2] for level in levels)


def kilograms(level: Level, weight: Fraction) -> Fraction | None:
    percent, cap, _ = level
    bounds = [] if cap is None else [cap]
    if percent < 100:
        bounds.append(percent * weight / 100)
    return min(bounds, default=None)


def allows_more(level: Level, than: Level, weight: Fraction) -> bool:
    """In percent, in kilograms on this body, or in full weight."""
    if level[0] > than[0] or (level[2] and not than[2]):
        return True
    mine, theirs = kilograms(level, weight), kilograms(than, weight)
    return theirs is not None and (mine is None or mine > theirs)


def level_of(step: dict[str, Any], weight: Fraction) -> Level:
    cap = Fraction(step["cap_kg"]) if "cap_kg" in step else None
    if "percent" not in step and cap is not None:
        return in_kilograms(cap, weight)
    return Fraction(step["percent"]), cap, step.get("full", False)


def in_kilograms(cap: Fraction, weight: Fraction) -> Level:
    """Less than one percent of the body is nothing."""
    return (min(Fraction(100), 100 * cap / weight) if 100 * cap >= weight else Fraction(0)), cap, False


def shown(level: Level) -> Level:
    return Fraction(int(level[0])), level[1], level[2]


@dataclass
class Held:
    since: int
    level: Level
    put_back: bool
    until: int | None = None

    def on(self, day: int) -> bool:
        return self.since <= day and (self.until is None or day < self.until)


@dataclass
class Knee:
    """What a clerk with a calendar would keep: ladders, decisions on gates, holds, and the last word for each day."""

    key: str
    weight: Fraction
    modifiers: set[str] = field(default_factory=set)
    gates: dict[str, int | None] = field(default_factory=dict)
    """Day decided; None is refused."""
    holds: list[Held] = field(default_factory=list)
    words: dict[int, Level] = field(default_factory=dict)
    """The signed level by day, whoever signed it."""
    authority: dict[int, Level] = field(default_factory=dict)
    """The latest word of a surgeon or a cleared gate by day."""
    kept: dict[Any, Any] = field(default_factory=dict)
    """What was worked out before for the same facts, so that asking twice costs nothing."""

    def ladders(self) -> list[list[dict[str, Any]]]:
        own = toml(self.key)
        rules = [rule for rule in toml("shared/modifiers")["modifiers"] if rule["key"] in self.modifiers]
        found = [own["steps"], *(rule["steps"] for rule in rules if "steps" in rule)]
        if "standard" in own and any(rule.get("no_accelerated") for rule in rules):
            found.append(toml(own["standard"])["steps"])
        return found

    def calendar(self, day: int) -> Level:
        """The strictest of all ladders by the calendar alone."""
        return strictest(*(self._stands(ladder, day) for ladder in self.ladders()))

    def gated(self, day: int) -> Level:
        """The strictest of all ladders, each no further than its first gate that is not cleared."""
        found = []
        for ladder in self.ladders():
            shut = [
                step["day"] for step in ladder if any(self.gates.get(gate) is None for gate in step.get("gates", ()))
            ]
            found.append(self._stands(ladder, min([day, *(first - 1 for first in shut)])))
        return strictest(*found)

    def _stands(self, ladder: list[dict[str, Any]], day: int) -> Level:
        return level_of([step for step in ladder if step["day"] <= day][-1], self.weight)

    def rungs(self) -> list[tuple[int, Level, set[str]]]:
        """One ladder for the patient: the days on which the calendar level changes, and the gates that bar them."""
        facts = frozenset(self.modifiers)
        if facts not in self.kept:
            self.kept[facts] = self._rungs()
        found: list[tuple[int, Level, set[str]]] = self.kept[facts]
        return found

    def _rungs(self) -> list[tuple[int, Level, set[str]]]:
        rungs: list[tuple[int, Level, set[str]]] = []
        passed: set[str] = set()
        waiting: set[str] = set()
        ladders = self.ladders()
        for day in range(HORIZON):
            waiting |= {gate for one in ladders for step in one if step["day"] == day for gate in step.get("gates", ())}
            waiting -= passed
            level = strictest(*(self._stands(ladder, day) for ladder in ladders))
            if rungs and (level[0], level[2], kilograms(level, self.weight)) == (
                rungs[-1][1][0], rungs[-1][1][2], kilograms(rungs[-1][1], self.weight),
            ):  # fmt: skip
                continue
            rungs.append((day, level, waiting))
            passed |= waiting
            waiting = set()
        return rungs

    def walk(self, *, released_only: bool = False) -> list[Level]:
        """The plan's level by day: up one rung on a day when nothing bars it."""
        holds = [hold for hold in self.holds if not released_only or hold.until is not None]
        told = tuple((hold.since, hold.put_back, hold.until) for hold in holds)
        facts = (frozenset(self.modifiers), frozenset(self.gates.items()), told)
        if facts not in self.kept:
            self.kept[facts] = self._walk(holds)
        found: list[Level] = self.kept[facts]
        return found

    def _walk(self, holds: list[Held]) -> list[Level]:
        rungs = self.rungs()
        at, opened = 0, [0]
        levels: list[Level] = []
        for day in range(HORIZON):
            barred = any(hold.since < day and hold.on(day) for hold in holds)
            if not barred and at + 1 < len(rungs) and self._opens(rungs, at, opened[at], day):
                at += 1
                opened = [*opened[:at], day]
            begun = [hold for hold in holds if hold.since == day and (hold.put_back or opened[at] == day)]
            if at and any(hold.on(day) for hold in begun):
                at -= 1
            elif at and begun:
                opened[at] = day  # released the same day: the step begins anew
            levels.append(rungs[at][1])
        return levels

    def _opens(self, rungs: list[tuple[int, Level, set[str]]], at: int, opened: int, day: int) -> bool:
        first, _, gates = rungs[at + 1]
        lasted = day - opened >= first - rungs[at][0]
        decided = [self.gates.get(gate) for gate in gates]
        return day >= first and lasted and all(on is not None and on <= day for on in decided)

    def live(self, day: int) -> Level:
        """The plan and the holds of a day."""
        return strictest(self.walk()[day], *(hold.level for hold in self.holds if hold.on(day)))

    def allowed(self, day: int) -> Level:
        """The strictest of the signed word, the plan and the holds; nothing where nobody signed."""
        return strictest(self.words[day], self.live(day)) if day in self.words else NOTHING

    def sign(self, start: int) -> None:
        levels = self.walk(released_only=True)
        self._say({day: levels[day] for day in range(max(0, start), HORIZON)}, authority=True)

    def clear(self, gate: str, decided: int, today: int) -> None:
        self.gates[gate] = decided
        if not self.words:
            return
        rungs, levels = self.rungs(), self.walk(released_only=True)
        barred = [at for at, rung in enumerate(rungs) if gate in rung[2]]
        if not barred:
            return
        below = [rung[1] for rung in rungs[: barred[0]]]
        self._say({day: levels[day] for day in range(today, HORIZON) if levels[day] not in below}, authority=True)

    def tighten(self, start: int, level: list[Level] | Level, *, authority: bool) -> None:
        for day in [day for day in self.words if day >= start]:
            new = strictest(self.words[day], level[day] if isinstance(level, list) else level)
            if new != self.words[day]:
                self._say({day: new}, authority=authority)

    def order(self, start: int, level: Level, *, authority: bool) -> None:
        """One that allows more than the word of its first day replaces what stands; any other only tightens it."""
        standing = self.words.get(start)
        if standing is not None and allows_more(level, standing, self.weight):
            self._say(dict.fromkeys(range(start, HORIZON), level), authority=authority)
            return
        self.tighten(start, level, authority=authority)
        unsaid = [day for day in range(start, HORIZON) if day not in self.words]
        self._say(dict.fromkeys(unsaid, level), authority=authority)

    def _say(self, words: dict[int, Level], *, authority: bool) -> None:
        self.words |= words
        if authority:
            self.authority |= words
