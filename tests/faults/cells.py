"""The kill points K1 to K9 as data: where, by which act, and of which nature the message is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tests.faults.points import NOTICE, REMINDER


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to play a cell. `act` is what somebody does on the pages; `skips` is up to how many calls later than the
    first it happens; `unknowable` whether nobody can know then what left."""

    point: str
    about: str = ""
    act: str = ""
    skips: int = 0
    unknowable: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A kill point: who is hit, and the ways in which it is tried, in turn."""

    who: str
    variants: Sequence[Variant]


FLAG, ORDER = "flag", "order"
REMINDERS, NOTICES = 15, 1
"""At which message of a round it happens, at the latest."""


def _both(point: str, *, unknowable: bool) -> list[Variant]:
    return [
        Variant(point, REMINDER, skips=REMINDERS, unknowable=unknowable),
        Variant(point, NOTICE, skips=NOTICES, unknowable=unknowable),
    ]


WEB, WORKER, SWEEPER, PAUSED = "web", "worker", "sweeper", "paused"

AFTER_COMMIT = ("in the database", "committed", "publishing")

CELLS = {
    "K1": Cell(WEB, [Variant(point, act=act) for point in ("stored", "ringing") for act in (FLAG, ORDER)]),
    "K2": Cell(WEB, [Variant(point, act=act) for point in AFTER_COMMIT for act in (FLAG, ORDER)]),
    "K3": Cell(WORKER, [Variant("planning", skips=30), Variant("batch stored"), Variant("batch done")]),
    "K4": Cell(WORKER, [Variant("claimed", skips=2)]),
    "K5": Cell(WORKER, _both("accepted", unknowable=False)),
    "K6": Cell(
        WORKER, [each for point in ("begun", "half sent", "dot sent") for each in _both(point, unknowable=True)]
    ),
    "K7": Cell(WORKER, _both("taken", unknowable=True)),
    "K8": Cell(SWEEPER, [Variant("sweeping", skips=4)]),
    "K9": Cell(
        PAUSED,
        [
            Variant("claimed", skips=1),
            *_both("accepted", unknowable=False),
            *(each for point in ("begun", "dot sent", "taken") for each in _both(point, unknowable=True)),
        ],
    ),
}


@dataclass(frozen=True, slots=True)
class Draw:
    """How the `number`-th trial of a cell is played: `skip` calls later than the first, by a worker or a sender."""

    variant: Variant
    skip: int
    by_sender: bool


def drawn(cell: str, number: int, seed: str) -> Draw:
    variants = CELLS[cell].variants
    again, which = divmod(number, len(variants))
    variant = variants[which]
    return Draw(variant, Random(f"{seed} {cell} {number}").randint(0, variant.skips), bool(again % 2))
