"""Rules about the code that no linter has ready: read from the syntax tree, for every module of the product."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(path for path in (ROOT / "tracker").rglob("*.py") if "migrations" not in path.parts)
NAMES = [str(path.relative_to(ROOT)) for path in MODULES]

READS_THE_CLOCK = {
    "datetime.now", "datetime.utcnow", "datetime.today", "datetime.datetime.now", "date.today", "datetime.date.today",
    "timezone.now", "timezone.localdate", "time.time", "time.localtime", "time.gmtime", "functions.Now", "Now",
}  # fmt: skip
HEAVY = ["lets_plot", "pandas", "numpy", "PIL", "matplotlib"]


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def inside_functions(module: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from ast.walk(node)


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_no_import_of_ours_hides_in_a_function(path: Path) -> None:
    ours = ("tracker", "recovery")
    hidden = [name for node in inside_functions(tree(path)) for name in imported(node) if name.split(".")[0] in ours]
    assert not hidden


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_only_the_clock_reads_the_time(path: Path) -> None:
    if path.name == "clock.py":
        return
    calls = [node for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    reads = [f"{dotted(call.func)} in line {call.lineno}" for call in calls if dotted(call.func) in READS_THE_CLOCK]
    defaults = [
        f"{word.arg} in line {word.value.lineno}"
        for call in calls
        for word in call.keywords
        if word.arg in {"auto_now", "auto_now_add"} or (word.arg == "default" and dotted(word.value) in READS_THE_CLOCK)
    ]
    assert not reads + defaults


@pytest.mark.parametrize("path", [path for path in MODULES if "clinical" in path.parts], ids=lambda path: path.stem)
def test_the_clinical_core_needs_the_standard_library_alone(path: Path) -> None:
    names = [name for node in ast.walk(tree(path)) for name in imported(node)]
    foreign = [
        name
        for name in names
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith("tracker.clinical")
    ]
    assert not foreign


FRONTS = [path for path in MODULES if {"web", "api", "fhir", "management", "templatetags"} & set(path.parts)]


FORMS_OF_A_LIBRARY = {"sign_in_forms.py", "lock.py"}
"""Where a form of django-allauth does its work, which it calls saving."""


@pytest.mark.parametrize("path", FRONTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_and_endpoints_reach_rows_only_through_selectors_and_services(path: Path) -> None:
    reaches = [
        f".{node.attr} in line {node.lineno}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and node.attr in {"objects", "save", "bulk_create"}
        and not (node.attr == "save" and path.name in FORMS_OF_A_LIBRARY)
    ]
    assert not reaches


def test_no_heavy_library_is_loaded_before_a_chart_is_asked_for() -> None:
    script = (
        "import sys, django; django.setup(); import recovery.urls; "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    started = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert started.stdout.strip() == "[]"
