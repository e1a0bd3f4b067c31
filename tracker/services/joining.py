"""Joining by an invite: looking at its link, going in, accepting."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils.crypto import constant_time_compare

from tracker import clock
from tracker.clinical.terms import Role
from tracker.errors import Conflict, Invalid
from tracker.models import Actor, CaregiverLink, Invite, Membership, Occurrence, Patient, Presence, User, walls
from tracker.selectors.invites import MOST_TRIES
from tracker.services import accounts, clinics, consents, invites, locks, outbox, tickets

Purpose = Invite.Purpose

USED = "It has been used."
WRONG_DATE = "This date does not fit. After five wrong dates the link ends."


class AccountExists(Conflict):
    """The address already has an account, which only its owner may link, by signing in with it."""

    code = "account_exists"
    sentence = "There is already an account with this e-mail address. Sign in with it, and go on from there."


@walls.outside(walls.Why.INVITE)
def look(*, token: str) -> Invite | None:
    """The invite behind a link while it can be used. Changes nothing, however often."""
    invite = tickets.find(token)
    return invite if invite is not None and invites.is_live(invite) else None


@walls.outside(walls.Why.INVITE)
def standing(*, invite: UUID) -> Invite | None:
    """The invite that somebody has gone in by, while it can still be used."""
    found = Invite.objects.select_related("clinic", "patient", "caregiver").filter(pk=invite).first()
    return found if found is not None and invites.is_live(found) else None


@walls.outside(walls.Why.INVITE)
def enter(*, token: str, birth_date: date | None = None) -> Invite | None:
    """Goes in by a link. None: it leads nowhere (any more). Raises Invalid for a wrong second fact, which counts."""
    invite = look(token=token)
    if invite is None or invite.patient is None:
        return invite
    if birth_date is None:
        raise Invalid({"birth_date": "Write the date of birth, for example 31 3 1970 for 31 March 1970."})
    if _fits(invite.pk, birth_date):
        return invite
    if look(token=token) is None:
        return None
    raise Invalid({"birth_date": WRONG_DATE})


@transaction.atomic
def _fits(pk: UUID, birth_date: date) -> bool:
    """One look at a second fact. Each waits for the one before, so that of fifty at once no more than five are looked at."""
    rows = Invite.objects.select_related("clinic", "patient").select_for_update(of=("self",))
    invite = rows.filter(invites.live(), pk=pk).first()
    if invite is None or invite.patient is None:
        return False
    if constant_time_compare(birth_date.isoformat(), invite.patient.birth_date.isoformat()):
        return True
    _count_wrong(invite)
    return False


def _count_wrong(invite: Invite) -> None:
    """Of one that is held; the last wrong second fact voids."""
    invite.tries += 1
    invite.voided_at = clock.now() if invite.tries >= MOST_TRIES else None
    invite.save(update_fields=["tries", "voided_at"])
    invites.note(None, "invite_wrong_fact", invite, refused=True)
    if invite.voided_at is not None:
        invites.note(None, "invite_voided", invite)


@walls.outside(walls.Why.INVITE)
@transaction.atomic
def address(*, invite: UUID, email: str) -> Invite:
    """Whoever came in by a printed invite names an address; a new invite to it proves that it is theirs."""
    printed = _locked(invite)
    patient = printed.patient
    if patient is None or printed.email:
        raise Conflict
    return invites.mail_instead(printed=printed, patient=patient, email=email)


@walls.outside(walls.Why.INVITE)
@transaction.atomic
def accept(*, invite: UUID, user: User | None, consent: str = "", presence: Presence | None = None) -> User:
    """The invite is used up, and the person has their account: a new one, or `user`, who is signed in with theirs.

    `consent` is the version that a patient agreed to. Raises AccountExists where the address has an account and its
    owner is not the one signed in, Conflict where the invite can no longer be used.
    """
    used = _locked(invite)
    who = _account_for(used, user)
    who.presence = presence
    Invite.objects.filter(pk=used.pk).update(used_at=clock.now(), used_by=who)
    outbox.cancel(Occurrence.objects.filter(messages__invite=used), reason=USED, now=clock.now())
    LETS_IN[Purpose(used.purpose)](used, who, consent)
    invites.note(who, "invite_accepted", used)
    return who


def _locked(invite: UUID) -> Invite:
    rows = Invite.objects.select_related("clinic", "patient__clinic", "caregiver__patient", "made_by")
    found = rows.select_for_update(of=("self",)).filter(invites.live(), pk=invite).first()
    if found is None or not invites.is_live(found):
        raise Conflict("This invite can no longer be used. Ask for a new one.", code="invite_over")
    return found


def _account_for(invite: Invite, user: User | None) -> User:
    known = accounts.user_of_email(invite.email)
    if known is not None and (user is None or known.pk != user.pk):
        raise AccountExists
    if known is not None:
        return known
    made = accounts.create_user(email=invite.email, name=invite.name)
    EmailAddress.objects.create(user=made, email=made.email.lower(), verified=True, primary=True)
    return made


def _let_patient_in(invite: Invite, user: User, consent: str) -> None:
    patient = invite.patient and locks.hold_patient(invite.patient)
    if patient is None or patient.user_id is not None:
        raise Conflict("This record already has a login. Call your clinic.")
    if Patient.objects.filter(user=user).exists():
        raise Conflict("Your account already belongs to another record. Call your clinic.")
    accounts.give_access(patient=patient, user=user)
    consents.give(by=Actor(user, Role.PATIENT, patient.clinic, patient), version=consent)


def _let_caregiver_in(invite: Invite, user: User, consent: str) -> None:
    link = invite.caregiver
    if link is not None:
        CaregiverLink.objects.filter(pk=link.pk, user=None).update(user=user)


def _let_staff_in(invite: Invite, user: User, consent: str) -> None:
    if not Membership.objects.filter(user=user, clinic=invite.clinic).exists():
        clinics.employ(clinic=invite.clinic, user=user, role=Role(invite.role))


LETS_IN = {
    Purpose.PATIENT: _let_patient_in,
    Purpose.CAREGIVER: _let_caregiver_in,
    Purpose.STAFF: _let_staff_in,
}
