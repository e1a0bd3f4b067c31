"""What a benchmark prints: figures as they come, promises and goals, all of it again on the last line.

A promise that does not hold makes the program end with 1. A goal is only told, met or not.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field


def options(about: str | None) -> argparse.Namespace:
    """`--short`: as small as still means something, for a machine that must not wait."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--short", action="store_true", help="as small as still means something, within 30 seconds")
    return parser.parse_args()


@dataclass(slots=True)
class Figures:
    """The figures of one run of the benchmark `name`."""

    name: str
    short: bool = False
    told: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    promised: int = 0
    met: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        one, five, fifteen = os.getloadavg()
        self.say(
            f"{self.name}{' --short' if self.short else ''}; load of this machine before: {one:.1f} {five:.1f} {fifteen:.1f}"
        )

    def say(self, line: str) -> None:
        print(line, flush=True)

    def figure(self, key: str, value: float | str, unit: str = "", note: str = "") -> None:
        """A figure, for the last line too."""
        self.told[key] = f"{plain(value)}{unit}"
        self.say(f"  {key:<28} {plain(value):>10} {unit:<6} {note}".rstrip())

    def promise(self, key: str, value: float | str, kept: bool, wanted: str, unit: str = "") -> None:
        """A figure that must hold."""
        self.promised += 1
        if not kept:
            self.broken.append(key)
        self.figure(key, value, unit, f"promise {wanted}: {'kept' if kept else 'BROKEN'}")

    def goal(self, key: str, value: float | str, met: bool, wanted: str, unit: str = "") -> None:
        """A figure that is aimed at."""
        (self.met if met else self.missed).append(key)
        self.figure(key, value, unit, f"goal {wanted}: {'met' if met else 'NOT MET'}")

    def end(self) -> None:
        """The last line, and the program's end."""
        said = [f"{key}={value}" for key, value in self.told.items()]
        said.append(
            f"promises {self.promised - len(self.broken)}/{self.promised} kept" + _named(" BROKEN", self.broken)
        )
        if self.met or self.missed:
            said.append(
                f"goals {len(self.met)}/{len(self.met) + len(self.missed)} met" + _named(" NOT MET", self.missed)
            )
        self.say(f"{self.name}: " + "; ".join(said))
        sys.exit(1 if self.broken else 0)


def _named(what: str, keys: Iterable[str]) -> str:
    listed = ", ".join(keys)
    return f" ({what.strip()}: {listed})" if listed else ""


def plain(value: float | str) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) or value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value < 10 else f"{value:.1f}"
