"""From a machine with only Python to one that can run this product. Standard library only.

`ensure(argv)` returns at once where every direct requirement is present in its range: in a container, in a virtual
environment of your own. Elsewhere it makes `.venv`, installs the pinned and hashed packages there and starts again.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
OLDEST, TOO_NEW = (3, 11), (3, 15)
STARTED_AGAIN = "RECOVERY_STARTED_AGAIN"
LOCK = ".bootstrap-lock"  # uv holds a .lock of its own in there


def ensure(argv: list[str], root: Path = ROOT) -> None:
    """Return when this process can run `argv`; otherwise prepare `.venv` and never come back."""
    refuse_other_pythons(sys.version_info[:2])
    needs = direct_requirements(root, testing=argv[1:2] == ["test"])
    file = root / ("requirements-dev.txt" if argv[1:2] == ["test"] else "requirements.txt")
    venv = Environment(root / ".venv")
    inside = Path(sys.prefix).resolve() == venv.path.resolve()
    again = os.environ.pop(STARTED_AGAIN, "")
    if not (missing := unmet(needs)) and not (inside and venv.outdated(file)):
        return
    if again:
        stop(
            f"After installing {file.name}, these are still missing: {', '.join(missing)}. Delete .venv and try again."
        )
    venv.prepare(file)
    start_again(venv.python, argv)


def refuse_other_pythons(version: tuple[int, ...]) -> None:
    if not OLDEST <= version < TOO_NEW:
        wanted = f"Python {dotted(OLDEST)} up to {TOO_NEW[0]}.{TOO_NEW[1] - 1}"
        stop(
            f"This is Python {dotted(version)}; Recovery needs {wanted}. Start it with one of those: python3.11 manage.py"
        )


def stop(sentence: str) -> NoReturn:
    sys.exit(f"Recovery cannot start. {sentence}")


def dotted(version: tuple[int, ...]) -> str:
    return ".".join(str(part) for part in version)


# --- What is needed, and is it here ---------------------------------------------------------------------------------

RANGE = r"(~=|>=|==)\s*[\d.]+"
REQUIREMENT = re.compile(
    rf"(?P<name>[\w.-]+)(\[[^\]]*\])?\s*(?P<ranges>({RANGE}(\s*,\s*{RANGE})*)?)\s*(;\s*(?P<marker>.+))?"
)
MARKER = re.compile(r"sys_platform (?P<sign>==|!=) '(?P<platform>\w+)'")


def direct_requirements(root: Path, testing: bool) -> list[str]:
    """What pyproject.toml asks for by name: to run, and on top of that to test."""
    import tomllib  # not in the Pythons that `refuse_other_pythons` has to be able to refuse

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    needs: list[str] = project["project"]["dependencies"]
    return needs + project["dependency-groups"]["dev"] if testing else needs


def unmet(requirements: list[str]) -> list[str]:
    """Those of `requirements` that this interpreter does not have, or not in the version asked for."""
    return [requirement for requirement in requirements if not is_met(requirement)]


def is_met(requirement: str) -> bool:
    match = REQUIREMENT.fullmatch(requirement)
    if match is None:
        raise ValueError(f"cannot read the requirement {requirement!r} in pyproject.toml")
    if match["marker"] and not applies(match["marker"]):
        return True
    try:
        found = numbers(metadata.version(match["name"]))
    except metadata.PackageNotFoundError:
        return False
    return all(in_range(found, one.strip()) for one in match["ranges"].split(",") if one.strip())


def applies(marker: str) -> bool:
    match = MARKER.fullmatch(marker.strip())
    if match is None:
        raise ValueError(f"cannot read the marker {marker!r} in pyproject.toml")
    return (sys.platform == match["platform"]) == (match["sign"] == "==")


def numbers(version: str) -> tuple[int, ...]:
    """The release part of a version: 5.2.19 -> (5, 2, 19)."""
    leading = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in leading[0].split(".")) if leading else ()


def in_range(found: tuple[int, ...], one: str) -> bool:
    sign, bound = one[:2], numbers(one[2:].strip())
    if sign == "~=":
        return found >= bound and found[: len(bound) - 1] == bound[:-1]
    if sign == ">=":
        return found >= bound
    return found == bound


# --- The virtual environment ----------------------------------------------------------------------------------------


class Environment:
    """`.venv`, with one stamp for each requirements file that was installed into it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.python = path / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    def prepare(self, file: Path) -> None:
        """Make it if need be and install `file` unless it is installed. One process at a time; safe to break off."""
        try:
            with locked(self.path):
                if not self.python.exists():
                    self.make()
                if not self.installed(file):
                    self.install(file)
        except PermissionError as error:
            stop(f"{error.filename} cannot be written. Copy the program to a directory of your own.")

    def installed(self, file: Path) -> bool:
        """The development file holds everything that the other one does."""
        both = (file, file.with_name("requirements-dev.txt"))
        return any(read(self.stamp(one)) == digest(one) for one in both if one.exists())

    def outdated(self, file: Path) -> bool:
        """Was it installed from another edition of the requirements? One that we never stamped is its maker's affair."""
        return any(self.path.glob("*.stamp")) and not self.installed(file)

    def stamp(self, file: Path) -> Path:
        return self.path / f"{file.name}.stamp"

    def make(self) -> None:
        say(f"Making {self.path.name}")
        empty(self.path)
        if uv := shutil.which("uv"):
            run([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, str(self.path)])
        else:
            refuse_without_venv()
            run([sys.executable, "-m", "venv", str(self.path)])

    def install(self, file: Path) -> None:
        say(f"Installing {file.name}; this takes up to a minute, the first time only")
        safely = ["--quiet", "--require-hashes", "--only-binary", ":all:", "-r", str(file)]
        if uv := shutil.which("uv"):
            run([uv, "pip", "install", "--python", str(self.python), *safely])
        else:
            self.need_pip()
            run([str(self.python), "-m", "pip", "install", "--disable-pip-version-check", *safely])
        self.stamp(file).write_text(digest(file), encoding="utf-8")

    def need_pip(self) -> None:
        """An environment that uv made, or one broken off half-way, has none."""
        if subprocess.run([str(self.python), "-m", "pip", "--version"], capture_output=True).returncode:
            refuse_without_venv()
            run([str(self.python), "-m", "ensurepip"], show=False)


def refuse_without_venv() -> None:
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        stop("This Python cannot make virtual environments. On Debian or Ubuntu: sudo apt install python3-venv")


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def empty(directory: Path) -> None:
    """Clear away what is left of a broken environment, all but the lock that is being held."""
    for child in directory.iterdir():
        if child.name != LOCK:
            shutil.rmtree(child) if child.is_dir() and not child.is_symlink() else child.unlink()


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Two starts at the same moment: the second waits for the first."""
    directory.mkdir(exist_ok=True)
    with (directory / LOCK).open("a") as handle:
        hold(handle.fileno())
        yield


def hold(file: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_LOCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)


# --- Other programs -------------------------------------------------------------------------------------------------


def say(line: str) -> None:
    print(f"{line} ...", file=sys.stderr, flush=True)


def run(command: list[str], show: bool = True) -> None:
    if subprocess.run(command, stdout=None if show else subprocess.DEVNULL).returncode:
        stop(f"This did not work (its reason stands above): {' '.join(command)}")


def start_again(python: Path, argv: list[str]) -> NoReturn:
    command = [str(python), *argv]
    os.environ[STARTED_AGAIN] = "1"
    if sys.platform == "win32":
        sys.exit(subprocess.run(command).returncode)
    os.execv(command[0], command)
