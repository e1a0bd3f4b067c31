"""The first start on a machine with only Python, played in a temporary directory with wheels made on the spot."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import manage
from recovery import bootstrap

MANAGE = """
import sys
from recovery import bootstrap
bootstrap.ensure(sys.argv)
import tiny
print("tiny", tiny.VERSION, "in", sys.prefix)
"""


class Checkout:
    """A product of one package, whose wheel is served from a directory and never from a network."""

    def __init__(self, path: Path) -> None:
        self.path, self.wheels = path / "product", path / "wheels"
        (self.path / "recovery").mkdir(parents=True)
        self.wheels.mkdir()
        shutil.copy(bootstrap.__file__, self.path / "recovery")
        (self.path / "recovery" / "__init__.py").touch()
        (self.path / "manage.py").write_text(MANAGE)
        (self.path / "pyproject.toml").write_text(
            '[project]\ndependencies = ["tiny~=1.0"]\n[dependency-groups]\ndev = ["tiny"]\n'
        )

    def require(self, version: str, hash_of: bytes | None = None) -> None:
        wheel = build_wheel(self.wheels, version)
        found = hashlib.sha256(wheel.read_bytes() if hash_of is None else hash_of).hexdigest()
        for name in ("requirements.txt", "requirements-dev.txt"):
            (self.path / name).write_text(f"tiny=={version} --hash=sha256:{found}\n")

    def begin(self, command: str, path: str) -> subprocess.Popen[str]:
        offline = {"PIP_NO_INDEX": "1", "UV_OFFLINE": "1", "UV_NO_INDEX": "1"}
        found_in = {"PIP_FIND_LINKS": str(self.wheels), "UV_FIND_LINKS": str(self.wheels)}
        return subprocess.Popen(
            [sys.executable, "manage.py", command],
            cwd=self.path,
            env={"PATH": path, "HOME": str(self.path), **offline, **found_in},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start(self, command: str = "demo", path: str = "/usr/bin:/bin") -> tuple[int, str]:
        process = self.begin(command, path)
        out, said = process.communicate(timeout=120)
        return process.returncode, out + said


def build_wheel(directory: Path, version: str) -> Path:
    wheel, info = directory / f"tiny-{version}-py3-none-any.whl", f"tiny-{version}.dist-info"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in {
            "tiny.py": f"VERSION = {version!r}\n",
            f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            f"{info}/RECORD": "",
        }.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return wheel


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_the_first_start_installs_and_the_second_only_runs(checkout: Checkout) -> None:
    checkout.require("1.0")
    code, said = checkout.start()
    assert (code, "tiny 1.0 in" in said, "Installing" in said) == (0, True, True), said
    assert checkout.start() == (0, f"tiny 1.0 in {checkout.path / '.venv'}\n")
    checkout.require("1.1")
    assert "tiny 1.1 in" in checkout.start()[1]


def test_a_package_whose_hash_is_another_is_refused(checkout: Checkout) -> None:
    checkout.require("1.0", hash_of=b"what somebody reviewed")
    code, said = checkout.start()
    assert code == 1
    assert "Recovery cannot start" in said
    assert not list((checkout.path / ".venv").glob("*.stamp"))


def test_two_first_starts_at_once_install_once(checkout: Checkout) -> None:
    checkout.require("1.0")
    said = [process.communicate(timeout=120) for process in [checkout.begin("demo", "/usr/bin:/bin") for _ in range(2)]]
    assert all("tiny 1.0 in" in out for out, _ in said), said
    assert sum("Installing" in errors for _, errors in said) == 1


def test_a_broken_environment_is_made_again(checkout: Checkout) -> None:
    checkout.require("1.0")
    (checkout.path / ".venv" / "bin").mkdir(parents=True)
    (checkout.path / ".venv" / "bin" / "python").symlink_to("/gone/with/the/old/python3")
    assert checkout.start()[0] == 0


@pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not on PATH, so the bootstrap would not use it either")
def test_uv_is_used_where_it_is_on_the_path(checkout: Checkout) -> None:
    checkout.require("1.0")
    code, said = checkout.start(path=os.environ["PATH"])
    assert (code, "tiny 1.0 in" in said) == (0, True), said
    assert not list((checkout.path / ".venv").rglob("site-packages/pip"))


def test_an_environment_that_has_everything_is_left_alone(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout.path / "pyproject.toml").write_text('[project]\ndependencies = ["django~=5.2.17"]\n')
    bootstrap.ensure(["manage.py", "demo"], checkout.path)
    assert not (checkout.path / ".venv").exists()


def test_debian_without_venv_is_told_which_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="sudo apt install python3-venv"):
        bootstrap.refuse_without_venv()


@pytest.mark.parametrize("version", [(3, 10), (2, 7), (3, 15)])
def test_another_python_is_named_with_the_ones_that_do(version: tuple[int, int]) -> None:
    with pytest.raises(SystemExit, match=f"This is Python {version[0]}.{version[1]}; .* 3.11 up to 3.14"):
        bootstrap.refuse_other_pythons(version)


@pytest.mark.parametrize("file", ["manage.py", "recovery/__init__.py", "recovery/bootstrap.py"])
def test_an_old_python_can_read_what_refuses_it(file: str) -> None:
    ast.parse((bootstrap.ROOT / file).read_text(), feature_version=(3, 8))


@pytest.mark.parametrize(
    ("requirement", "met"),
    [
        ("django~=5.2.17", True),
        ("django~=5.2", True),
        ("django~=5.1.0", False),
        ("django>=5.2,~=5.2.0", True),
        ("django>=6.0", False),
        ("whitenoise[brotli]~=6.12", True),
        ("nothing-of-that-name", False),
        ("nothing-of-that-name ; sys_platform == 'plan9'", True),
        (f"nothing-of-that-name ; sys_platform == '{sys.platform}'", False),
    ],
)
def test_a_requirement_is_met_by_the_version_installed(requirement: str, met: bool) -> None:
    assert bootstrap.is_met(requirement) is met


@pytest.mark.parametrize("requirement", ["django!=5.0", "django ; python_version < '4'", "a b c"])
def test_a_requirement_it_cannot_read_is_an_error_and_not_a_guess(requirement: str) -> None:
    with pytest.raises(ValueError, match="cannot read"):
        bootstrap.is_met(requirement)


@pytest.mark.parametrize(
    ("words", "environment"),
    [
        ("test -k pain", {"RECOVERY_MODE": "test"}),
        ("demo", {"RECOVERY_MODE": "demo"}),
        ("demo --port 8123", {"RECOVERY_MODE": "demo", "SITE_URL": "http://127.0.0.1:8123"}),
        ("demo --data=/srv/demo", {"RECOVERY_MODE": "demo", "RECOVERY_DATA": "/srv/demo"}),
        ("migrate", {}),
        ("", {}),
    ],
)
def test_the_subcommand_decides_the_mode(words: str, environment: dict[str, str]) -> None:
    assert manage.environment(["manage.py", *words.split()]) == environment
