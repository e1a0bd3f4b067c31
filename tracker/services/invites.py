"""Invites: nobody registers. One lets one person in, once, within 72 hours, and a new one voids the old."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

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
    User,
    walls,
)
from tracker.models.clinics import STAFF_ROLES
from tracker.selectors.episodes import local_date
from tracker.selectors.invites import MOST_TRIES
from tracker.services import audit, locks, outbox
from tracker.services.outbox import Telling

Purpose = Invite.Purpose

LASTS = timedelta(hours=72)
MOST_A_DAY = 20
"""Invites that one person may send in 24 hours."""

VOIDED = "A newer invite has taken its place, or it was taken back."


@transaction.atomic
def invite_patient(*, by: Actor, patient: Patient, printed: bool = False) -> Invite:
    """By mail to the patient's address; `printed` is for a page that staff hand over, and sends nothing."""
    if locks.hold_patient(patient).user_id is not None:
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
    note(user, "invite_made", invite)
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


@transaction.atomic
def mail_instead(*, printed: Invite, patient: Patient, email: str) -> Invite:
    """The invite to the patient's new address that takes the place of a printed one."""
    _void(Invite.objects.filter(patient=patient, purpose=Purpose.PATIENT))
    patient.email = email
    patient.save(update_fields=["email"])
    mailed = _make(Purpose.PATIENT, printed.made_by, printed.clinic, patient=patient, name=printed.name, email=email)
    note(None, "invite_made", mailed)
    _post(mailed, Kind.PATIENT_INVITE)
    return mailed


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


def note(user: User | None, action: str, invite: Invite, *, refused: bool = False) -> None:
    """Tells the trail what became of an invite. `user` is None for somebody who has not signed in."""
    audit.note_of_user(
        user, action, clinic=invite.clinic, refused=refused, purpose=invite.purpose, invite=str(invite.pk)
    )


def _latest(patient: Patient) -> Episode | None:
    return Episode.objects.filter(patient=patient).order_by("-created_at").first()


def live() -> Q:
    """Which invites can still be used; of a helper's, `is_live` also asks whether the link stands."""
    return Q(used_at=None, voided_at=None, tries__lt=MOST_TRIES, expires_at__gt=clock.now())


def latest(link: CaregiverLink) -> Invite:
    """The invite of a helper that counts."""
    return Invite.objects.filter(caregiver=link).latest("made_at")


def is_live(invite: Invite) -> bool:
    over = invite.used_at or invite.voided_at or invite.tries >= MOST_TRIES or invite.expires_at <= clock.now()
    link = invite.caregiver
    return not over and (link is None or link.ended_at is None)


@walls.outside(walls.Why.INVITE)
@transaction.atomic
def void(*, by: Actor | User, invite: Invite) -> Invite:
    """From now on its link leads nowhere, and a letter that has not left does not leave. Safe to repeat."""
    if _void(Invite.objects.filter(pk=invite.pk)):
        note(by.user if isinstance(by, Actor) else by, "invite_voided", invite)
    invite.refresh_from_db()
    return invite


@walls.outside(walls.Why.INVITE)
@transaction.atomic
def void_in_hand(*, by: User, of: User, clinic: Clinic) -> None:
    """Takes back what somebody who works no longer as they did could still use: ways to join the staff, printed links."""
    theirs = Invite.objects.filter(live(), made_by=of, clinic=clinic)
    for invite in theirs.filter(Q(purpose=Purpose.STAFF) | Q(purpose=Purpose.PATIENT, email="")):
        void(by=by, invite=invite)


def _void(rows: QuerySet[Invite]) -> int:
    """Ends those of `rows` that stand; what of their letters waits is cancelled."""
    now = clock.now()
    open_rows = list(rows.filter(used_at=None, voided_at=None).values_list("pk", flat=True))
    outbox.cancel(Occurrence.objects.filter(messages__invite__in=open_rows), reason=VOIDED, now=now)
    return Invite.objects.filter(pk__in=open_rows).update(voided_at=now)
