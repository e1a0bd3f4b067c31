"""What the demo remembers of a data directory: that it made the clinic there, and how."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path

FILE = "demo.json"


@dataclass(frozen=True, slots=True)
class Marker:
    """How a clinic was made. `whole` is false until all of it stands."""

    seed: int
    patients: int
    made_on: str
    whole: bool = False

    @property
    def day(self) -> date:
        return date.fromisoformat(self.made_on)


def read(directory: Path) -> Marker | None:
    """What is remembered; None where there is nothing, or nothing of ours."""
    try:
        return Marker(**json.loads((directory / FILE).read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def begin(directory: Path, *, seed: int, patients: int, today: date) -> Marker:
    """Marks the directory as the demo's own, before anything is made in it."""
    return _write(directory, Marker(seed, patients, today.isoformat()))


def finish(directory: Path, marker: Marker) -> Marker:
    return _write(directory, replace(marker, whole=True))


def _write(directory: Path, marker: Marker) -> Marker:
    (directory / FILE).write_text(json.dumps(asdict(marker)) + "\n", encoding="utf-8")
    return marker
