"""Who helps a patient, and what stands beside what they entered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef

from tracker.clinical.terms import Role
from tracker.models import CaregiverLink, CheckIn, Invite, Patient, Relation
from tracker.selectors.episodes import local_date

MOMENT = timedelta(microseconds=1)


HELPER = "helper"
"""What somebody is called whose link is no longer known."""


class Helper(NamedTuple):
    """One of a patient's helpers, as the patient sees them."""

    id: UUID
    name: str
    email: str
    relation: str
    may_record: bool
    until: date
    """The last day, where the patient is."""
    joined: bool
    invite_open: bool


def helpers(patient: Patient, *, now: datetime) -> list[Helper]:
    """Those whose link stands, the newest last."""
    live = Invite.objects.filter(caregiver=OuterRef("pk"), used_at=None, voided_at=None, expires_at__gt=now)
    rows = CaregiverLink.objects.filter(patient=patient, ended_at=None, expires_at__gt=now)
    return [
        Helper(
            row.pk,
            row.name,
            row.email,
            Relation(row.relation).label,
            row.may_record,
            local_date(row.expires_at - MOMENT, patient.time_zone),
            row.user_id is not None,
            row.invited,
        )
        for row in rows.annotate(invited=Exists(live)).order_by("made_at")
    ]


def link_of(patient: Patient, public_id: UUID) -> CaregiverLink | None:
    return CaregiverLink.objects.select_related("patient__clinic").filter(pk=public_id, patient=patient).first()


@dataclass(frozen=True, slots=True)
class Helping:
    """What the frame of a helper's pages says."""

    name: str
    may_record: bool


def helping(link: CaregiverLink) -> Helping:
    return Helping(link.patient.given_name, link.may_record)


def relations(patient_id: UUID) -> dict[UUID | None, str]:
    """By account what they are, or were, to the patient: also of those whose link has ended."""
    rows = CaregiverLink.objects.filter(patient=patient_id, user__isnull=False).order_by("made_at")
    return {user: Relation(relation).label.lower() for user, relation in rows.values_list("user", "relation")}


def named(patient_id: UUID) -> dict[str, str]:
    """By name the same, for lines that carry no account."""
    rows = CaregiverLink.objects.filter(patient=patient_id, user__isnull=False).order_by("made_at")
    return {name: Relation(relation).label.lower() for name, relation in rows.values_list("user__name", "relation")}


def entered_by(check_in: UUID | str) -> str:
    """ "Sam (partner)" for what a helper entered; nothing for everybody else."""
    found = CheckIn.objects.filter(pk=check_in, role=Role.CAREGIVER).select_related("by", "episode").first()
    if found is None:
        return ""
    return f"{found.by.name} ({relations(found.episode.patient_id).get(found.by_id, HELPER)})"
