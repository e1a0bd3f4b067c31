"""Ways in: nobody registers. An invite lets one person in, once, within 72 hours, and a new one voids the old."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.crypto import constant_time_compare

from tracker import clock
from tracker.clinical.terms import Role
from tracker.errors import Conflict, Invalid
from tracker.models import (
    Actor,
    CaregiverLink,
    Clinic,
    Episode,
    Invite,
    Kind,
    Membership,
    Occurrence,
    Patient,
    Presence,
    User,
    walls,
)
from tracker.models.clinics import STAFF_ROLES
from tracker.selectors.episodes import local_date
from tracker.selectors.invites import MOST_TRIES
from tracker.services import accounts, audit, clinics, consents, outbox, tickets
from tracker.services.outbox import Telling

Purpose = Invite.Purpose

LASTS = timedelta(hours=72)
MOST_A_DAY = 20
"""Invites that one person may send in 24 hours."""

USED = "It has been used."
VOIDED = "A newer invite has taken its place, or it was taken back."
WRONG_DATE = "This date does not fit. After five wrong dates the link ends."


class AccountExists(Conflict):
    """The address already has an account, which only its owner may link, by signing in with it."""

    code = "account_exists"
    sentence = "There is already an account with this e-mail address. Sign in with it, and go on from there."


# --- Making one -----------------------------------------------------------------------------------------------------


@transaction.atomic
def invite_patient(*, by: Actor, patient: Patient, printed: bool = False) -> Invite:
    """By mail to the patient's address; `printed` is for a page that staff hand over, and sends nothing."""
    if patient.user_id is not None:
        raise Conflict("This patient can already sign in.")
    if not patient.email and not printed:
        raise Invalid({"email": "There is no e-mail address. Add one under contact, or print the invite."})
    _check_limit(by.user)
    _void(Invite.objects.filter(patient=patient, purpose=Purpose.PATIENT))
    invite = _make(
        Purpose.PATIENT,
        by.user,
        patient.clinic,
        patient=patient,
        name=f"{patient.given_name} {patient.family_name}",
        email="" if printed else patient.email,
    )
    audit.note(by, "invite_made", _latest(patient), invite.pk, purpose=invite.purpose, printed=str(printed))
    if not printed:
        _post(invite, Kind.PATIENT_INVITE)
    return invite


@walls.outside(walls.Why.INVITE)
@transaction.atomic
def invite_staff(*, by: Actor | User, clinic: Clinic, role: Role, name: str, email: str) -> Invite:
    """A colleague, who sets up a second factor before any patient is shown. `by` is a User for an operator."""
    if role not in STAFF_ROLES:
        raise Invalid({"role": "Choose a role that people have in a clinic."})
    if Membership.objects.filter(clinic=clinic, user__email__iexact=email).exists():
        raise Conflict("Somebody with this e-mail address already works in this clinic.")
    user = by.user if isinstance(by, Actor) else by
    _check_limit(user)
    _void(Invite.objects.filter(clinic=clinic, purpose=Purpose.STAFF, email__iexact=email))
    invite = _make(Purpose.STAFF, user, clinic, role=role.value, name=name.strip(), email=email)
    _note(user, "invite_made", invite)
    _post(invite, Kind.STAFF_INVITE)
    return invite


@walls.outside(walls.Why.INVITE)
@transaction.atomic
def invite_caregiver(*, by: Actor, link: CaregiverLink) -> Invite:
    """Somebody whom the patient trusts, by mail; a new invite for the same link voids the old."""
    if link.user_id is not None or link.ended_at is not None:
        raise Conflict("This link is in use already, or was ended.")
    _check_limit(by.user)
    _void(Invite.objects.filter(caregiver=link))
    invite = _make(
        Purpose.CAREGIVER,
        by.user,
        link.patient.clinic,
        patient=link.patient,
        caregiver=link,
        name=link.name,
        email=link.email,
    )
    audit.note(by, "invite_made", _latest(link.patient), invite.pk, purpose=invite.purpose)
    _post(invite, Kind.CAREGIVER_INVITE)
    return invite


def _make(purpose: Invite.Purpose, user: User, clinic: Clinic, **fields: object) -> Invite:
    now = clock.now()
    return Invite.objects.create(
        purpose=purpose, clinic=clinic, made_by=user, made_at=now, expires_at=now + LASTS, **fields
    )


def _check_limit(user: User) -> None:
    """Under a lock on the person, so that twenty at the same moment are counted too."""
    User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if Invite.objects.filter(made_by=user, made_at__gt=clock.now() - timedelta(days=1)).count() >= MOST_A_DAY:
        raise Conflict(
            f"You have sent {MOST_A_DAY} invites in the last 24 hours, which is the most that one person may. "
            "Go on tomorrow, or ask a colleague.",
            code="too_many_invites",
        )


def _post(invite: Invite, kind: Kind) -> None:
    """Into the outbox. Neither link nor name stands there: the letter is written when it leaves."""
    occurrence = Occurrence(
        patient=invite.patient if invite.purpose == Purpose.PATIENT else None,
        clinic=invite.clinic,
        rule=kind,
        local_date=local_date(invite.made_at, invite.clinic.time_zone),
        slot=str(invite.pk),
        due_at=invite.made_at,
        created_at=invite.made_at,
    )
    outbox.enqueue([Telling(occurrence, invite.clinic, invite=invite)], now=invite.made_at)


def _note(user: User | None, action: str, invite: Invite, *, refused: bool = False) -> None:
    audit.note_of_user(
        user, action, clinic=invite.clinic, refused=refused, purpose=invite.purpose, invite=str(invite.pk)
    )


def _latest(patient: Patient) -> Episode | None:
    return Episode.objects.filter(patient=patient).order_by("-created_at").first()


# --- Looking and going in -------------------------------------------------------------------------------------------


def _live() -> Q:
    return Q(used_at=None, voided_at=None, tries__lt=MOST_TRIES, expires_at__gt=clock.now())


def latest(link: CaregiverLink) -> Invite:
    """The invite of a helper that counts."""
    return Invite.objects.filter(caregiver=link).latest("made_at")


def is_live(invite: Invite) -> bool:
    over = invite.used_at or invite.voided_at or invite.tries >= MOST_TRIES or invite.expires_at <= clock.now()
    link = invite.caregiver
    return not over and (link is None or link.ended_at is None)


@walls.outside(walls.Why.INVITE)
def look(*, token: str) -> Invite | None:
    """The invite behind a link while it can be used. Changes nothing, however often."""
    invite = tickets.find(token)
    return invite if invite is not None and is_live(invite) else None


@walls.outside(walls.Why.INVITE)
def standing(*, invite: UUID) -> Invite | None:
    """The invite that somebody has gone in by, while it can still be used."""
    found = Invite.objects.select_related("clinic", "patient", "caregiver").filter(pk=invite).first()
    return found if found is not None and is_live(found) else None


@walls.outside(walls.Why.INVITE)
def enter(*, token: str, birth_date: date | None = None) -> Invite | None:
    """Goes in by a link. None: it leads nowhere (any more). Raises Invalid for a wrong second fact, which counts."""
    invite = look(token=token)
    if invite is None or invite.patient is None:
        return invite
    said = "" if birth_date is None else birth_date.isoformat()
    if constant_time_compare(said, invite.patient.birth_date.isoformat()):
        return invite
    if not said:
        raise Invalid({"birth_date": "Write the date of birth, for example 31 3 1970 for 31 March 1970."})
    if _count_wrong(invite):
        raise Invalid({"birth_date": WRONG_DATE})
    return None


@transaction.atomic
def _count_wrong(invite: Invite) -> bool:
    """Counts a wrong second fact, even of two at the same moment; the last voids. Returns whether there may be more."""
    rows = Invite.objects.filter(_live(), pk=invite.pk)
    rows.update(tries=F("tries") + 1)
    invite.refresh_from_db(fields=["tries", "voided_at"])
    _note(None, "invite_wrong_fact", invite, refused=True)
    if invite.tries < MOST_TRIES and invite.voided_at is None:
        return True
    if Invite.objects.filter(pk=invite.pk, voided_at=None).update(voided_at=clock.now()):
        _note(None, "invite_voided", invite)
    return False


@walls.outside(walls.Why.INVITE)
@transaction.atomic
def address(*, invite: UUID, email: str) -> Invite:
    """Whoever came in by a printed invite names an address; a new invite to it proves that it is theirs."""
    printed = _locked(invite)
    patient = printed.patient
    if patient is None or printed.email:
        raise Conflict
    _void(Invite.objects.filter(patient=patient, purpose=Purpose.PATIENT))
    patient.email = email
    patient.save(update_fields=["email"])
    mailed = _make(Purpose.PATIENT, printed.made_by, printed.clinic, patient=patient, name=printed.name, email=email)
    _note(None, "invite_made", mailed)
    _post(mailed, Kind.PATIENT_INVITE)
    return mailed


# --- Accepting it ---------------------------------------------------------------------------------------------------


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
    _note(who, "invite_accepted", used)
    return who


def _locked(invite: UUID) -> Invite:
    rows = Invite.objects.select_related("clinic", "patient__clinic", "caregiver__patient", "made_by")
    found = rows.select_for_update(of=("self",)).filter(_live(), pk=invite).first()
    if found is None or not is_live(found):
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
    patient = invite.patient
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


# --- Taking it back -------------------------------------------------------------------------------------------------


@walls.outside(walls.Why.INVITE)
@transaction.atomic
def void(*, by: Actor | User, invite: Invite) -> Invite:
    """From now on its link leads nowhere, and a letter that has not left does not leave. Safe to repeat."""
    if _void(Invite.objects.filter(pk=invite.pk)):
        _note(by.user if isinstance(by, Actor) else by, "invite_voided", invite)
    invite.refresh_from_db()
    return invite


def _void(rows: QuerySet[Invite]) -> int:
    """Ends those of `rows` that stand; what of their letters waits is cancelled."""
    now = clock.now()
    open_rows = list(rows.filter(used_at=None, voided_at=None).values_list("pk", flat=True))
    outbox.cancel(Occurrence.objects.filter(messages__invite__in=open_rows), reason=VOIDED, now=now)
    return Invite.objects.filter(pk__in=open_rows).update(voided_at=now)
