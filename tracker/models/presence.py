"""How somebody comes in: through which door, how sure we are that it is them, and where they act now."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Opening:
    """One thing that was asked of the door: what for, which row, and how it was answered."""

    do: str
    object_id: str = ""
    episode_id: UUID | None = None
    clinic_id: UUID | None = None
    role: str = ""
    refused: str = ""
    """The code of the refusal; empty when the door opened."""


@dataclass(slots=True)
class Presence:
    """Belongs to one request. The doors read it, and write into `openings` what they were asked."""

    BROWSER: ClassVar[str] = "browser"

    at: datetime
    """The instant of the request, by which what lapses is judged."""
    via: str = BROWSER
    """`browser`, or `token:<id>` for a program."""
    clinic_id: UUID | None = None
    """Where somebody who works in a clinic acts now; None for whoever does not act as staff."""
    patient_id: UUID | None = None
    """Whose record a caregiver has opened; None for everybody else."""
    own: bool = False
    """Acts as a patient in the own record, whatever else they may be."""
    second_factor: bool = False
    fresh: bool = False
    """Signed in, or confirmed, no longer ago than a step-up asks."""
    scopes: frozenset[str] | None = None
    """What a token may do; None for a browser, which is bound by the step-up instead."""
    walls: bool = False
    """Whether the database's own walls may stand: from the first middleware within to the end of the view."""
    address: str = ""
    route: str = ""
    request_id: str = ""
    openings: list[Opening] = field(default_factory=list)
    listed: list[UUID] = field(default_factory=list)
    """Episodes that a list showed."""
