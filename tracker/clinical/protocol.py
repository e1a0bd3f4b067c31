"""A rehabilitation protocol and the modifiers that tighten it, as data: frozen, validated, loud about errors.

`shipped()` reads the files beside this module; `parse` reads the same body back from wherever a clinic keeps it.
Days are post-operative days, day 0 being the date of surgery. Every number carries its source and a `Tag`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any

from tracker.clinical import shelf
from tracker.clinical.expected import Comparator, Fact, FlexionPoint, FlexionTarget, LoadPoint, PainModel, PainPoint
from tracker.clinical.goals import Milestone, Review, check_milestones
from tracker.clinical.ladder import (
    BraceRule,
    Criterion,
    Degrees,
    GateRule,
    Step,
    check_braces,
    check_gates,
    check_ladder,
)
from tracker.clinical.tables import (
    Between,
    Day,
    FlawError,
    Place,
    ProtocolError,
    Source,
    Sourced,
    Tag,
    read,
    read_many,
    read_numbers,
)
from tracker.clinical.terms import Family, Gate, Modifier, Procedure
from tracker.clinical.thresholds import Thresholds

__all__ = [
    "BraceRule",
    "Comparator",
    "Criterion",
    "Fact",
    "FlexionPoint",
    "FlexionTarget",
    "GateRule",
    "LoadPoint",
    "Milestone",
    "ModifierRule",
    "PainModel",
    "PainPoint",
    "Protocol",
    "ProtocolError",
    "Review",
    "Source",
    "Step",
    "Tag",
    "Thresholds",
    "comparators",
    "gates",
    "modifiers",
    "parse",
    "shipped",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """A clinic's rehabilitation protocol for some procedures. `body` is the whole of it as JSON-able data.

    `standard_steps` is the ladder that also applies where a modifier rules the accelerated one out.
    `requires` is the fixation without which it may not be used, or empty.
    """

    key: str
    version: Annotated[int, Between(1, 9999)]
    name: str
    procedures: tuple[Procedure, ...]
    family: Family
    steps: tuple[Step, ...]
    gates: tuple[GateRule, ...]
    braces: tuple[BraceRule, ...]
    milestones: tuple[Milestone, ...]
    reviews: tuple[Review, ...]
    thresholds: Thresholds
    opt_in: bool = False
    requires: str = ""
    standard_steps: tuple[Step, ...] = ()
    pain: PainModel | None = None
    flexion: tuple[FlexionTarget, ...] = ()
    sources: tuple[Source, ...] = ()
    body: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("key", "name", "procedures"):
            if not getattr(self, name):
                raise FlawError(name, "is empty; fill it in")
        known = {rule.key for rule in self.gates}
        for table, steps in (("steps", self.steps), ("standard_steps", self.standard_steps)):
            if steps or table == "steps":
                check_ladder(steps, table)
                check_gates(steps, known, table)
        check_braces(self.braces)
        check_milestones(self.milestones)
        unlike = [procedure for procedure in self.procedures if procedure.family is not self.family]
        if unlike:
            raise FlawError("procedures", f"names {unlike[0]}, which is not of the family {self.family}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifierRule(Sourced):
    """What a modifier adds: a ladder of its own, later windows, further reviews, a limit of flexion.

    `late` moves only the end of a milestone's window, `delay` the whole of it, by so many days; `not_before` is the
    day before which a milestone may not be reached. `flexion_max` in degrees holds through day `flexion_until`,
    `loaded_flexion_max` (bending under load) through `loaded_flexion_until`.
    """

    key: Modifier
    name: str
    note: str
    steps: tuple[Step, ...] = ()
    no_accelerated: bool = False
    late: dict[str, int] = field(default_factory=dict)
    delay: dict[str, int] = field(default_factory=dict)
    not_before: dict[str, int] = field(default_factory=dict)
    reviews: tuple[Review, ...] = ()
    flexion_max: Degrees | None = None
    flexion_until: Day | None = None
    loaded_flexion_max: Degrees | None = None
    loaded_flexion_until: Day | None = None

    def __post_init__(self) -> None:
        Sourced.__post_init__(self)
        if self.steps:
            check_ladder(self.steps, "steps")
            check_gates(self.steps, tuple(Gate), "steps")
        if (self.flexion_max is None) != (self.flexion_until is None):
            raise FlawError("flexion_until", "and flexion_max go together; give both or neither")
        if (self.loaded_flexion_max is None) != (self.loaded_flexion_until is None):
            raise FlawError("loaded_flexion_until", "and loaded_flexion_max go together; give both or neither")


def parse(body: Mapping[str, Any], file: str) -> Protocol:
    """The protocol that `body` describes. `file` names it in errors. Raises ProtocolError."""
    place = Place(file, "")
    if not isinstance(body, Mapping):
        place.refuse("must be a table of fields")
    if "body" in body:
        place.at("body").refuse("is not a field here; leave it out")
    given = dict(body)
    given["thresholds"] = read_numbers(Thresholds, given.get("thresholds"), place.into("thresholds"))
    return replace(read(Protocol, given, place), body=dict(body))


@cache
def shipped() -> Mapping[str, Protocol]:
    """The protocols that come with the program, by key. Raises ProtocolError when a file is broken."""
    bodies = shelf.bodies()
    return MappingProxyType({key: parse(body, file) for key, (file, body) in bodies.items()})


@cache
def gates() -> Mapping[Gate, GateRule]:
    """The rule of every gate: for gates that a modifier brings and the protocol does not know."""
    rules = read_many(GateRule, *shelf.shared("gates"), "gates")
    return MappingProxyType({rule.key: rule for rule in rules})


@cache
def modifiers() -> Mapping[Modifier, ModifierRule]:
    """What each modifier adds to a protocol."""
    rules = read_many(ModifierRule, *shelf.shared("modifiers"), "modifiers")
    return MappingProxyType({rule.key: rule for rule in rules})


@cache
def comparators() -> Mapping[str, Comparator]:
    """Recovery after partial ("uka") and total ("tka") knee replacement: other operations."""
    found = read_many(Comparator, *shelf.shared("comparators"), "comparators")
    return MappingProxyType({comparator.key: comparator for comparator in found})
