"""A broken protocol is refused with the file, the table and the field, and says what to do."""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.clinical import protocol, shelf
from tracker.clinical.protocol import ProtocolError
from tracker.clinical.tables import read_many

GONE = object()

# Where in the body, what stands there instead, and the table and field the error must name.
BREAKAGES: list[tuple[tuple[Any, ...], object, str, str]] = [
    (("name",), GONE, "top", "name"),
    (("name",), "", "top", "name"),
    (("name",), 7, "top", "name"),
    (("colour",), "red", "top", "colour"),
    (("version",), 0, "top", "version"),
    (("version",), "1", "top", "version"),
    (("family",), "hip", "top", "family"),
    (("procedures",), [], "top", "procedures"),
    (("procedures",), ["TKA"], "top", "procedures"),
    (("procedures",), ["LOWDFO"], "top", "procedures"),
    (("opt_in",), "yes", "top", "opt_in"),
    (("steps",), GONE, "top", "steps"),
    (("steps",), {}, "top", "steps"),
    (("steps",), [], "steps[0]", "day"),
    (("steps", 0, "day"), 1, "steps[0]", "day"),
    (("steps", 1, "day"), 0, "steps[1]", "day"),
    (("steps", 1, "day"), -1, "steps[1]", "day"),
    (("steps", 1, "day"), 14.5, "steps[1]", "day"),
    (("steps", 1, "day"), True, "steps[1]", "day"),
    (("steps", 1, "day"), "14", "steps[1]", "day"),
    (("steps", 1, "day"), 9999, "steps[1]", "day"),
    (("steps", 1, "percent"), 101, "steps[1]", "percent"),
    (("steps", 1, "percent"), 10, "steps[1]", "percent"),
    (("steps", 1, "percent"), GONE, "steps[1]", "percent"),
    (("steps", 1, "percant"), 50, "steps[1]", "percant"),
    (("steps", 0, "cap_kg"), -1, "steps[0]", "cap_kg"),
    (("steps", 0, "cap_kg"), float("nan"), "steps[0]", "cap_kg"),
    (("steps", 0, "cap_kg"), float("inf"), "steps[0]", "cap_kg"),
    (("steps", 1, "full"), True, "steps[1]", "full"),
    (("steps", 1, "source"), "", "steps[1]", "source"),
    (("steps", 1, "source"), GONE, "steps[1]", "source"),
    (("steps", 1, "tag"), "sure", "steps[1]", "tag"),
    (("steps", 1, "tag"), GONE, "steps[1]", "tag"),
    (("steps", 2, "gates"), ["G7"], "steps[2]", "gates"),
    (("steps", 2, "gates"), "G6", "steps[2]", "gates"),
    (("steps", 2, "gates"), ["G12"], "steps[2]", "gates"),
    (("steps", 0, "gates"), ["G6"], "steps[0]", "gates"),
    (("steps", 3, "gates"), ["G6"], "steps[3]", "gates"),
    (("steps", 1), 50, "steps[1]", "table"),
    (("gates", 0, "decider"), "nurse", "gates[G6]", "decider"),
    (("gates", 0, "question"), GONE, "gates[G6]", "question"),
    (("gates", 0, "criteria", 0, "text"), GONE, "gates[G6].criteria[pain_on_load]", "text"),
    (("braces",), [], "braces", "to_day"),
    (("braces", 0, "from_day"), 3, "braces[0]", "from_day"),
    (("braces", 0, "to_day"), 40, "braces", "to_day"),
    (("milestones", 1, "typical"), 0, "milestones[SLR_NOLAG]", "typical"),
    (("milestones", 1, "latest"), 6, "milestones[SLR_NOLAG]", "latest"),
    (("milestones", 1, "needs"), ["WALKING"], "milestones[SLR_NOLAG]", "needs"),
    (("milestones", 1, "needs"), ["SLR_NOLAG"], "milestones[SLR_NOLAG]", "needs"),
    (("milestones", 1, "key"), "QUAD_SET", "milestones[QUAD_SET]", "key"),
    (("milestones", 1, "load"), "some", "milestones[SLR_NOLAG]", "load"),
    (("reviews", 0, "kind"), "blood", "reviews[XRAY_POSTOP]", "kind"),
    (("reviews", 0, "latest"), 0, "reviews[XRAY_POSTOP]", "latest"),
    (("reviews", 1, "every"), 0, "reviews[PHYSIO]", "every"),
    (("pain", "floor"), 11, "pain", "floor"),
    (("pain", "rate_per_month"), "fast", "pain", "rate_per_month"),
    (("pain", "points", 0, "mean"), None, "pain.points[0]", "mean"),
    (("flexion", 0, "target_low"), 200, "flexion[0]", "target_low"),
    (("thresholds",), GONE, "thresholds", "table"),
    (("thresholds", "severe"), GONE, "thresholds", "severe"),
    (("thresholds", "severe"), 8, "thresholds.severe", "table"),
    (("thresholds", "severe", "value"), "8", "thresholds", "severe"),
    (("thresholds", "severe", "source"), "", "thresholds.severe", "source"),
    (("thresholds", "severe", "tag"), "sure", "thresholds.severe", "tag"),
    (("thresholds", "sewere"), {"value": 8, "source": "x", "tag": "est"}, "thresholds", "sewere"),
    (("body",), {}, "top", "body"),
]


def broken(path: tuple[Any, ...], value: object) -> dict[str, Any]:
    """The standard protocol's body with one thing changed."""
    body: dict[str, Any] = copy.deepcopy(protocol.shipped()["mowhto_std"].body)
    inner: Any = body
    for name in path[:-1]:
        inner = inner[name]
    if value is GONE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return body


@pytest.mark.parametrize(
    ("path", "value", "table", "field"), BREAKAGES, ids=lambda part: "gone" if part is GONE else str(part)[:40]
)
def test_an_error_names_file_table_field_and_remedy(
    path: tuple[Any, ...], value: object, table: str, field: str
) -> None:
    with pytest.raises(ProtocolError) as refused:
        protocol.parse(broken(path, value), "clinic.json")
    error = refused.value
    assert (error.file, error.table, error.field) == ("clinic.json", table, field)
    assert str(error).startswith(f"clinic.json: [{table}] {field}: ")
    assert len(error.problem.split()) >= 3


@pytest.mark.parametrize("body", [None, [], 3, "protocol"])
def test_a_body_that_is_no_table_is_refused(body: Any) -> None:
    with pytest.raises(ProtocolError, match=r"clinic.json: \[top\] table: "):
        protocol.parse(body, "clinic.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for name, inner in entries for found in ((*path, name), *places(inner, (*path, name)))]


PLACES = places(protocol.shipped()["mowhto_acc"].body)


@given(place=st.sampled_from(PLACES), value=JSON)
def test_whatever_stands_anywhere_is_read_or_refused_by_name(place: tuple[Any, ...], value: Any) -> None:
    body: dict[str, Any] = json.loads(json.dumps(protocol.shipped()["mowhto_acc"].body))
    inner: Any = body
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    try:
        protocol.parse(body, "clinic.json")
    except ProtocolError as error:
        refused = error
    else:
        return
    assert refused.file == "clinic.json"
    assert refused.table
    assert refused.field


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A copy of the shipped files, to break."""
    return shutil.copytree(shelf.ROOT, tmp_path / "protocols")


def read_all(root: Path) -> None:
    for name, body in shelf.bodies(root).values():
        protocol.parse(body, name)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("file", "old", "new", "table", "field"),
    [
        ("mowhto_std.toml", "day = 0", "day = ", "top", "syntax"),
        ("mowhto_std.toml", 'key = "mowhto_std"', 'key = "other"', "top", "key"),
        ("mowhto_std.toml", 'family = "hto"', 'family = "hip"', "top", "family"),
        ("mowhto_acc.toml", 'standard = "mowhto_std"', 'standard = "none"', "top", "standard"),
        ("mowhto_std.toml", "percent = 50", "percent = 500", "steps[1]", "percent"),
        ("mowhto_std.toml", 'tag = "est"', 'tag = "guess"', "steps[0]", "tag"),
        ("shared/milestones.toml", "hto = [1, 7, 21]", "hto = [1, 7]\nlatest = 3", "milestones[SLR_NOLAG]", "latest"),
        ("shared/milestones.toml", "hto = [1, 7, 21]", "hto = 7", "milestones[SLR_NOLAG]", "hto"),
        ("shared/milestones.toml", "dfo = [3, 14, 35]", "", "milestones[SLR_NOLAG]", "dfo"),
        ("shared/milestones.toml", "[[milestones]]", "[milestones]", "top", "syntax"),
        ("shared/reviews.toml", "earliest = 7", 'earliest = "7"', "reviews[PHYSIO]", "earliest"),
        ("shared/gates.toml", 'decider = "surgeon"', 'decider = "anyone"', "gates[G6]", "decider"),
        ("shared/braces.toml", "needed = false", "needed = 0", "hto[0]", "needed"),
        ("shared/pain.toml", "floor = 1.8", "floor = 18", "hto", "floor"),
        ("shared/flexion.toml", "target_low = 80", "target_lo = 80", "hto[0]", "target_lo"),
        ("shared/thresholds.toml", "value = 8", "", "severe", "value"),
    ],
)
def test_a_broken_file_is_named_itself_not_the_protocols_that_draw_on_it(
    files: Path, file: str, old: str, new: str, table: str, field: str
) -> None:
    edit(files / file, old, new)
    with pytest.raises(ProtocolError) as refused:
        read_all(files)
    assert (refused.value.file, refused.value.table, refused.value.field) == (file, table, field)


@pytest.mark.parametrize(
    ("old", "new", "table", "field"),
    [
        ("percent = 20", "percent = 120", "modifiers[lhf_2].steps[0]", "percent"),
        ('gates = ["G12"]', 'gates = ["G6"]', "modifiers[lhf_2].steps[2]", "gates"),
        ("flexion_until = 41", "", "modifiers[lhf_3]", "flexion_until"),
        ('key = "smoker"', 'key = "vaper"', "modifiers[vaper]", "key"),
        ("UNION_XR = 90", 'UNION_XR = "90"', "modifiers[smoker]", "late.UNION_XR"),
    ],
)
def test_a_broken_modifier_is_named(files: Path, old: str, new: str, table: str, field: str) -> None:
    edit(files / "shared" / "modifiers.toml", old, new)
    rows, place = shelf.shared("modifiers", files)
    with pytest.raises(ProtocolError) as refused:
        read_many(protocol.ModifierRule, rows, place, "modifiers")
    assert (refused.value.file, refused.value.table, refused.value.field) == ("shared/modifiers.toml", table, field)


def test_a_missing_shared_file_is_named(files: Path) -> None:
    (files / "shared" / "thresholds.toml").unlink()
    with pytest.raises(ProtocolError, match=r"shared/thresholds.toml: \[top\] file: is missing"):
        shelf.bodies(files)
