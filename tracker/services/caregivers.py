"""Lets somebody whom the patient trusts help them, until a day, and ends that at once."""

from __future__ import annotations

from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet

from tracker import clock
from tracker.errors import Conflict, Invalid
from tracker.models import Actor, CaregiverLink, Invite, Patient, Relation
from tracker.selectors.episodes import local_date
from tracker.selectors.localtime import end_of
from tracker.services import audit, invites

LONGEST = timedelta(days=365)
MOST = 10
"""Links of one patient that stand at the same time."""


@transaction.atomic
def invite(*, by: Actor, name: str, email: str, relation: str, may_record: bool, until: date) -> CaregiverLink:
    """A link that waits for its invite, which goes out by mail, to be accepted."""
    patient = _own(by)
    _check(patient, name, email, relation, until)
    link = CaregiverLink.objects.create(
        patient=patient,
        name=" ".join(name.split()),
        email=email.strip(),
        relation=relation,
        may_record=may_record,
        made_by=by.user,
        made_at=clock.now(),
        expires_at=end_of(until, patient.time_zone),
    )
    audit.note(by, "caregiver_invited", None, link.pk, relation=relation, may_record=str(may_record))
    invites.invite_caregiver(by=by, link=link)
    return link


def _check(patient: Patient, name: str, email: str, relation: str, until: date) -> None:
    """Raises Invalid with a sentence for everything that cannot be right."""
    wrong = {"email": _wrong_address(patient, email)}
    today = local_date(clock.now(), patient.time_zone)
    if not name.strip():
        wrong["name"] = "Write their name."
    if relation not in Relation.values:
        wrong["relation"] = "Choose what they are to you."
    if not today < until <= today + LONGEST:
        wrong["until"] = "Choose a day after today, at most a year ahead."
    if any(wrong.values()):
        raise Invalid({field: said for field, said in wrong.items() if said})
    if _standing(patient).count() >= MOST:
        raise Conflict(f"You have {MOST} helpers, which is the most. End one first.")


def _wrong_address(patient: Patient, email: str) -> str:
    given = email.strip().lower()
    if not _is_address(given):
        return "Write the whole address, for example sam@example.org."
    if given in (patient.email.lower(), patient.user.email.lower() if patient.user else ""):
        return "This is your own address. They need one of their own."
    if _standing(patient).filter(email__iexact=given).exists():
        return "Somebody with this address already helps you, or is invited. End that first."
    return ""


def _is_address(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    return True


def _standing(patient: Patient) -> QuerySet[CaregiverLink]:
    return CaregiverLink.objects.filter(patient=patient, ended_at=None, expires_at__gt=clock.now())


@transaction.atomic
def invite_again(*, by: Actor, link: CaregiverLink) -> Invite:
    """A new invite for the same link; the one before it ends."""
    if link.expires_at <= clock.now():
        raise Conflict("The time you gave them is over. Invite them anew.")
    return invites.invite_caregiver(by=by, link=link)


@transaction.atomic
def end(*, by: Actor, link: CaregiverLink) -> CaregiverLink:
    """At once: their next request is refused. What they entered stays. Safe to repeat."""
    if CaregiverLink.objects.filter(pk=link.pk, ended_at=None).update(ended_at=clock.now()):
        for invite in Invite.objects.filter(caregiver=link, used_at=None, voided_at=None):
            invites.void(by=by, invite=invite)
        audit.note(by, "caregiver_ended", None, link.pk)
    link.refresh_from_db()
    return link


def _own(by: Actor) -> Patient:
    if by.patient is None:
        raise ValueError("only a patient chooses who helps them")
    return by.patient
