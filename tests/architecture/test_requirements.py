"""The pinned files say what pyproject.toml asks for: nothing missing, nothing loose, nothing left over."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
TO_RUN = PROJECT["project"]["dependencies"]
EXTRAS = [need for group in PROJECT["project"]["optional-dependencies"].values() for need in group]
TO_SERVE = TO_RUN + EXTRAS
TO_TEST = TO_SERVE + PROJECT["dependency-groups"]["dev"]
FILES = {"requirements.txt": TO_RUN, "requirements-server.txt": TO_SERVE, "requirements-dev.txt": TO_TEST}


def pins(file: str) -> dict[str, str]:
    text = (ROOT / file).read_text()
    return {
        canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==([^ ;\\]+)", text, re.MULTILINE)
    }


@pytest.mark.parametrize(("file", "asked"), FILES.items())
def test_everything_asked_for_is_pinned_in_its_range(file: str, asked: list[str]) -> None:
    pinned = pins(file)
    for need in map(Requirement, asked):
        assert need.specifier.contains(pinned.get(canonicalize_name(need.name), "")), (
            f"{need} in {file}: compile it again"
        )


@pytest.mark.parametrize(("file", "asked"), FILES.items())
def test_no_pin_is_left_that_nobody_asks_for(file: str, asked: list[str]) -> None:
    reached: set[str] = set()
    waiting = list(map(Requirement, asked))
    while waiting:
        need = waiting.pop()
        name = canonicalize_name(need.name)
        if name not in reached:
            reached.add(name)
            waiting += requirements_of(name)
    assert pins(file).keys() <= reached


def requirements_of(name: str) -> list[Requirement]:
    """What an installed package may ask for on any platform and with any extra."""
    try:
        return list(map(Requirement, metadata.requires(name) or []))
    except metadata.PackageNotFoundError:
        return []


@pytest.mark.parametrize("file", FILES)
def test_who_tests_runs_exactly_what_runs_elsewhere(file: str) -> None:
    assert pins(file).items() <= pins("requirements-dev.txt").items()


@pytest.mark.parametrize("file", FILES)
def test_every_pin_carries_its_hashes(file: str) -> None:
    entries = re.split(r"^(?=[\w.-]+==)", (ROOT / file).read_text(), flags=re.MULTILINE)[1:]
    assert entries
    assert not [entry for entry in entries if "--hash=sha256:" not in entry]


def test_direct_requirements_carry_a_range() -> None:
    loose = [need for need in TO_RUN if not Requirement(need).specifier]
    assert not loose
