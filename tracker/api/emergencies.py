"""Whom to call now: what stands first in every answer to something urgent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from tracker.clinical.explain.patient import Voice, action
from tracker.clinical.findings import Finding, place
from tracker.clinical.terms import Side, Urgency
from tracker.models import Clinic, Episode


class EmergencyOut(serializers.Serializer[Any]):
    """Shown before anything else."""

    number = serializers.CharField(help_text="The telephone number to call now.")
    text = serializers.CharField(help_text="What to do, in the patient's words.")


def voice(episode: Episode) -> Voice:
    """How sentences for the patient of this knee name leg, clinic and emergency number."""
    clinic = episode.clinic
    return Voice(Side(episode.side), clinic.emergency_number, f"your clinic on {clinic.phone}")


def emergency(episode: Episode, urgencies: Iterable[str | None]) -> dict[str, str] | None:
    """Whom to call about findings of these urgencies: the emergency service for R0, the clinic for R1, else nobody."""
    found = set(urgencies)
    if Urgency.R0 in found:
        said = action(Urgency.R0, voice(episode))
        return {"number": episode.clinic.emergency_number, "text": _joined(said, episode.clinic)}
    if Urgency.R1 in found:
        return {"number": episode.clinic.phone, "text": action(Urgency.R1, voice(episode))}
    return None


def _joined(said: str, clinic: Clinic) -> str:
    return f"{said} {clinic.emergency_text}".strip()


def stored(row: Mapping[str, Any]) -> Finding:
    """A finding as it was stored with a check-in, so that it can be said in words again."""
    urgency = Urgency(row["urgency"]) if row["urgency"] else None
    return Finding(row["code"], urgency, place(row["code"], urgency), "", row.get("evidence", {}), alert=True)


class UrgentError(Exception):
    """A refusal of something that sounds urgent: whom to call is said before what was wrong (design 10.11)."""

    def __init__(self, refusal: Exception, emergency: Mapping[str, str]) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal
        self.emergency = emergency
