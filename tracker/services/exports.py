"""A copy of the whole record, for the patient or whoever may give it to them: once for programs, once for reading."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from tracker import clock
from tracker.models import Actor, Episode, Patient
from tracker.selectors import export, paper
from tracker.services import audit, papers

KINDS = {"json": "application/json", "pdf": "application/pdf"}


@dataclass(frozen=True, slots=True)
class File:
    """One file of an export. Its name has plain letters only."""

    name: str
    media_type: str
    content: bytes


def data(*, patient: Patient, by: Actor | None = None, via: str = "json") -> dict[str, Any]:
    """The export as plain values; who made it stands in the trail, and so in the next one."""
    found = export.everything(patient, now=clock.now())
    _note(patient, by, via)
    return found


def file(*, patient: Patient, kind: str, by: Actor | None = None) -> File:
    """The export as a file: `json` or `pdf`."""
    found = data(patient=patient, by=by, via=kind)
    content = _json(found) if kind == "json" else papers.pdf(paper.paper(found))
    return File(_name(patient, kind), KINDS[kind], content)


def both(*, patient: Patient, by: Actor | None = None) -> list[File]:
    """Both files of one reading."""
    found = data(patient=patient, by=by, via="json, pdf")
    contents = {"json": _json(found), "pdf": papers.pdf(paper.paper(found))}
    return [File(_name(patient, kind), KINDS[kind], content) for kind, content in contents.items()]


def _json(found: dict[str, Any]) -> bytes:
    return json.dumps(found, ensure_ascii=False, indent=1).encode()


def _name(patient: Patient, kind: str) -> str:
    """Without the day of birth or a number: file names end up in histories and backups."""
    day = clock.today(patient.clinic.time_zone)
    plain = unicodedata.normalize("NFKD", patient.family_name).encode("ascii", "ignore").decode().lower()
    who = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or "patient"
    return f"recovery-record-{who}-{day.isoformat()}.{kind}"


def _note(patient: Patient, by: Actor | None, kind: str) -> None:
    latest = Episode.objects.filter(patient=patient).order_by("-created_at").first()
    if by is not None:
        audit.note(by, "exported", latest, patient.pk, files=kind)
        return
    knee = latest.pk if latest else None
    audit.note_of_program("exported", clinic_id=patient.clinic_id, episode_id=knee, row_id=patient.pk, files=kind)
