"""What the checkout holds, and what it must not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOP_LEVEL = {
    ".ci",
    ".dockerignore",
    ".gitignore",
    "Dockerfile",
    "LICENSE",
    "README.md",
    "compose.yaml",
    "docs",
    "manage.py",
    "pyproject.toml",
    "recovery",
    "requirements-dev.txt",
    "requirements-server.txt",
    "requirements.txt",
    "templates",
    "tests",
    "tracker",
}
# Written in halves, so that this list is not what it looks for.
ADDRESSES = [
    "pypi" + ".org",
    "files.python" + "hosted",
    "npm" + "js.",
    "--index" + "-url",
    "--extra-" + "index",
    "--find" + "-links",
]
MACHINES = ["/work" + "/", "/opt/" + "uvenv", "/root" + "/"]


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git checkout, so there is no list of what belongs to it")
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


def test_the_top_level_holds_only_what_a_reader_expects_there() -> None:
    assert {name.split("/")[0] for name in tracked()} <= TOP_LEVEL


@pytest.mark.parametrize("word", ADDRESSES + MACHINES)
def test_no_file_names_a_package_index_or_somebodys_machine(word: str) -> None:
    assert not [name for name in tracked() if word.encode() in (ROOT / name).read_bytes()]


def test_no_file_is_larger_than_a_megabyte() -> None:
    assert not [name for name in tracked() if (ROOT / name).stat().st_size > 1_000_000]
