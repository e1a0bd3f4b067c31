"""Where an invite stands, and the little that its pages need to know."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from tracker.models import Clinic, Invite, OutboxMessage, Patient, User

MOST_TRIES = 5
"""So many wrong dates of birth void an invite."""


class Standing(StrEnum):
    """What has become of inviting a patient."""

    NOT_INVITED = "not invited"
    SENT = "sent"
    PRINTED = "printed"
    EXPIRED = "expired"
    VOID = "void"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Invited:
    """The last invite of a patient. `fault` is why its mail did not go out."""

    standing: Standing
    invite: Invite | None = None
    fault: str = ""

    @property
    def is_open(self) -> bool:
        return self.standing in (Standing.SENT, Standing.PRINTED)


def of_patient(patient: Patient, *, now: datetime) -> Invited:
    return of_patients({patient.pk: patient.user_id is not None}, now=now)[patient.pk]


def of_patients(patients: Mapping[UUID, bool], *, now: datetime) -> dict[UUID, Invited]:
    """By patient, of whom it is said whether they can sign in; two queries, however many cannot, and else none."""
    outside = [pk for pk, can_sign_in in patients.items() if not can_sign_in]
    rows = Invite.objects.filter(patient__in=outside, purpose=Invite.Purpose.PATIENT).order_by("made_at")
    last = {row.patient_id: row for row in rows} if outside else {}
    faults = _faults([row.pk for row in last.values()])
    return {pk: _standing(last.get(pk), can_sign_in, faults, now) for pk, can_sign_in in patients.items()}


def _faults(invites: Collection[UUID]) -> dict[UUID | None, str]:
    if not invites:
        return {}
    failed = (OutboxMessage.State.FAILED, OutboxMessage.State.DEAD, OutboxMessage.State.EXPIRED)
    rows = OutboxMessage.objects.filter(invite__in=invites, state__in=failed)
    return dict(rows.values_list("invite", "reason"))


def _standing(invite: Invite | None, can_sign_in: bool, faults: Mapping[UUID | None, str], now: datetime) -> Invited:
    if can_sign_in:
        return Invited(Standing.ACCEPTED, invite)
    if invite is None:
        return Invited(Standing.NOT_INVITED)
    return Invited(_of(invite, now), invite, faults.get(invite.pk, ""))


def _of(invite: Invite, now: datetime) -> Standing:
    if invite.voided_at is not None or invite.tries >= MOST_TRIES:
        return Standing.VOID
    if invite.used_at is not None:
        return Standing.ACCEPTED
    if invite.expires_at <= now:
        return Standing.EXPIRED
    return Standing.SENT if invite.email else Standing.PRINTED


def only_clinic() -> Clinic | None:
    """The clinic of an installation that has but one: its number gives nothing away."""
    found = list(Clinic.objects.all()[:2])
    return found[0] if len(found) == 1 else None


def has_account(email: str) -> bool:
    return User.objects.filter(email__iexact=email).exists()


def text_of(purpose: str, version: str) -> str:
    """The template of what somebody agrees to."""
    return f"tracker/consents/texts/{'helper-' if purpose == Invite.Purpose.CAREGIVER else ''}{version}.html"
