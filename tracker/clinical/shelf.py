"""The shipped files: reads the TOML beside this module and puts each protocol's body together.

A protocol file holds what is its own; what a family of operations shares stands once under `shared/`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tracker.clinical.expected import FlexionTarget, PainModel
from tracker.clinical.goals import Milestone, Review
from tracker.clinical.ladder import BraceRule, GateRule
from tracker.clinical.tables import Place, read, read_many, read_numbers
from tracker.clinical.terms import Family
from tracker.clinical.thresholds import Thresholds

ROOT = Path(__file__).parent / "protocols"

FAMILIES = tuple(family.value for family in Family)

Body = dict[str, Any]


def bodies(root: Path = ROOT) -> dict[str, tuple[str, Body]]:
    """Every shipped protocol by key: the name of its file and its whole body. Raises ProtocolError.

    One that draws on another's ladder comes after it, so that an error is named where it stands.
    """
    own = {path.stem: _load(path) for path in sorted(root.glob("*.toml"))}
    common = {path.stem: _load(path) for path in sorted((root / "shared").glob("*.toml"))}
    _check(common)
    own_first = sorted(own, key=lambda key: "standard" in own[key])
    return {key: (f"{key}.toml", _resolve(key, own, common)) for key in own_first}


def shared(name: str, root: Path = ROOT) -> tuple[Any, Place]:
    """The rows of one shared file, and the place that names it in errors."""
    place = Place(f"shared/{name}.toml", "")
    found = _load(root / "shared" / f"{name}.toml")
    return found.get(name), place


def _check(common: Mapping[str, Body]) -> None:
    """Read what is shared once under its own file's name, so that an error does not name the protocol drawing on it."""
    read_many(GateRule, _rows(common, "gates"), Place("shared/gates.toml", ""), "gates")
    for family in FAMILIES:
        read_many(BraceRule, _rows(common, "braces", family), Place("shared/braces.toml", ""), family)
    for family, model in _pick(common, "pain").items():
        read(PainModel, model, Place("shared/pain.toml", family))
    for family, targets in _pick(common, "flexion").items():
        read_many(FlexionTarget, targets, Place("shared/flexion.toml", ""), family)
    read_numbers(Thresholds, _pick(common, "thresholds"), Place("shared/thresholds.toml", ""))


def _load(path: Path) -> Body:
    name = path.name if path.parent.name != "shared" else f"shared/{path.name}"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        Place(name, "").at("syntax").refuse(f"cannot be read as TOML: {error}")
    except OSError as error:
        Place(name, "").at("file").refuse(f"cannot be opened: {error.strerror}")


def _resolve(key: str, own: Mapping[str, Body], common: Mapping[str, Body]) -> Body:
    body = dict(own[key])
    place = Place(f"{key}.toml", "")
    if body.get("key") != key:
        place.at("key").refuse(f"must be {key!r}, the name of the file")
    family = body.get("family")
    if family not in FAMILIES:
        place.at("family").refuse(f"must be {' or '.join(FAMILIES)}")
    body["standard_steps"] = _standard(body.pop("standard", None), own, place)
    body["gates"] = _gates_of(body, _rows(common, "gates"))
    body["braces"] = body.get("braces", _rows(common, "braces", family))
    body["milestones"] = _milestones(_rows(common, "milestones"), body.get("milestones", []), family)
    body["reviews"] = [*_reviews(_rows(common, "reviews"), family), *_own(body, "reviews", place)]
    body["pain"] = _pick(common, "pain").get(family)
    body["flexion"] = _pick(common, "flexion").get(family, [])
    body["thresholds"] = _pick(common, "thresholds")
    return body


def _pick(common: Mapping[str, Body], name: str) -> Body:
    if name not in common:
        Place(f"shared/{name}.toml", "").at("file").refuse("is missing; put it back")
    return common[name]


def _rows(common: Mapping[str, Body], name: str, key: str = "") -> list[Body]:
    rows = _pick(common, name).get(key or name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        Place(f"shared/{name}.toml", "").at(key or name).refuse(f"must be a list of tables, [[{key or name}]]")
    return rows


def _own(body: Body, table: str, place: Place) -> list[object]:
    """What a protocol adds to the rows of its family."""
    rows = body.get(table, [])
    if not isinstance(rows, list):
        place.at(table).refuse(f"must be a list of tables, [[{table}]]")
    return rows


def _standard(key: str | None, own: Mapping[str, Body], place: Place) -> list[Body]:
    if key is None:
        return []
    if key not in own:
        place.at("standard").refuse(f"must be one of {', '.join(own)}, not {key!r}")
    steps: list[Body] = own[key].get("steps", [])
    return steps


def _gates_of(body: Body, rules: Iterable[Body]) -> list[Body]:
    steps = [*_steps(body.get("steps")), *_steps(body["standard_steps"])]
    used = {gate for step in steps for gate in step.get("gates", [])}
    return [rule for rule in rules if rule.get("key") in used]


def _steps(steps: object) -> list[Body]:
    """The rows that are tables at all; what is not is refused when the body is parsed."""
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []


def _milestones(rows: Iterable[Body], own: Iterable[Body], family: str) -> list[Body]:
    """The family's windows, each overlaid by what the protocol says of the same key."""
    overlay = {row.get("key"): row for row in own}
    found = [{**_window(row, family), **overlay.pop(row.get("key"), {})} for row in rows]
    return [*found, *overlay.values()]


def _window(row: Body, family: str) -> Body:
    place = Place("shared/milestones.toml", f"milestones[{row.get('key')}]")
    days = row.get(family)
    if not isinstance(days, list) or len(days) not in (2, 3):
        place.at(family).refuse("must be [earliest, typical, latest], or [earliest, typical] where nothing is overdue")
    window = dict(zip(("earliest", "typical", "latest"), days, strict=False))
    entry = {name: value for name, value in row.items() if name not in FAMILIES} | window
    read(Milestone, entry, place)
    return entry


def _reviews(rows: Iterable[Body], family: str) -> list[Body]:
    kept = [row for row in rows if family in row.get("families", ())]
    entries = [{name: value for name, value in row.items() if name != "families"} for row in kept]
    read_many(Review, entries, Place("shared/reviews.toml", ""), "reviews")
    return entries
