"""How it stands with a record: asked to be deleted, restricted, or in care."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from tracker.models import Actor, Episode, Erasure, Kind, Occurrence, Patient
from tracker.selectors import requests
from tracker.selectors.standing import latest_knee


@dataclass(frozen=True, slots=True)
class Standing:
    """Since when the patient waits for an answer, since and until when the record is restricted, what is still open."""

    asked_at: datetime | None
    restricted_at: datetime | None
    keep_until: date | None
    in_care: bool


class Listed(NamedTuple):
    """A record about which the coordinator has something to decide."""

    patient: UUID
    family_name: str
    given_name: str
    birth_date: date
    since: datetime
    episode: UUID | None


@dataclass(frozen=True, slots=True)
class Decisions:
    """Of one clinic: who waits for an answer, and whose record is restricted."""

    asked: Sequence[Listed]
    restricted: Sequence[Listed]


def standing(patient: Patient) -> Standing:
    waiting = requests.open_of(patient)
    kept = Erasure.objects.filter(patient_id=patient.pk, kind=Erasure.Kind.RESTRICT).order_by("-at")
    return Standing(
        asked_at=waiting.created_at if waiting else None,
        restricted_at=patient.restricted_at,
        keep_until=kept.values_list("keep_until", flat=True).first() if patient.restricted_at else None,
        in_care=Episode.objects.filter(patient=patient, state=Episode.State.OPEN).exists(),
    )


def decisions(actor: Actor) -> Decisions:
    """Two statements."""
    names = ("family_name", "given_name", "birth_date")
    asked = Occurrence.objects.filter(
        rule=Kind.RECORD_REQUEST,
        state=Occurrence.State.PLANNED,
        patient__clinic=actor.clinic,
        patient__erased_at=None,
    ).order_by("created_at")
    restricted = Patient.objects.filter(clinic=actor.clinic, restricted_at__isnull=False, erased_at=None)
    of_request = ("patient_id", *(f"patient__{name}" for name in names), "created_at", "knee")
    of_patient = ("pk", *names, "restricted_at", "knee")
    asked = asked.annotate(knee=latest_knee("patient"))
    restricted = restricted.annotate(knee=latest_knee("pk")).order_by("restricted_at")
    return Decisions(
        asked=[Listed._make(row) for row in asked.values_list(*of_request)],
        restricted=[Listed._make(row) for row in restricted.values_list(*of_patient)],
    )
