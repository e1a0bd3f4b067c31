"""Whoever comes to the door, and what they are there."""

from __future__ import annotations

from uuid import UUID

from django.db.models import OuterRef, Subquery

from tracker.access.openings import Visitor, note
from tracker.access.rules import MAY, READING, RECORDING, SCOPES, STEP_UP, Do
from tracker.errors import Forbidden, PlaceMissing, SecondFactorMissing, StepUp
from tracker.models import Actor, CaregiverLink, Membership, Patient, Presence, Role, User


def signed_in(visitor: Visitor) -> User:
    """The user behind a request, for what concerns only themself."""
    if not isinstance(visitor, User):
        raise Forbidden("Sign in first.")
    return visitor


def actor(visitor: Visitor) -> Actor | None:
    """Who the user is where they act now: staff first, else a patient, else a caregiver, else nobody.

    Raises PlaceMissing when there are several places and none was chosen, or the chosen one is no longer theirs;
    SecondFactorMissing for staff who have shown no second factor.
    """
    user = signed_in(visitor)
    found = _staff(user) or _patient(user) or _caregiver(user)
    presence = user.presence
    if found is None and presence is not None and presence.scopes is None and _has_chosen(presence):
        raise PlaceMissing
    return found


def _has_chosen(presence: Presence) -> bool:
    return presence.own or presence.clinic_id is not None or presence.patient_id is not None


def _staff(user: User) -> Actor | None:
    """In the clinic where the user acts now."""
    presence = user.presence
    if presence is not None and (presence.own or presence.patient_id):
        return None
    rows = Membership.objects.select_related("clinic").filter(user=user).order_by("pk")
    chosen = presence and presence.clinic_id
    if chosen:
        rows = rows.filter(clinic=chosen)
    membership = rows.first()
    if membership is None:
        return None
    if presence is not None and not chosen:
        raise PlaceMissing
    _check_second_factor(user)
    return Actor(user, Role(membership.role), membership.clinic)


def _patient(user: User) -> Actor | None:
    presence = user.presence
    if presence is not None and (presence.clinic_id or presence.patient_id):
        return None
    row = Patient.objects.select_related("clinic").filter(user=user, erased_at=None).first()
    if row is None:
        return None
    if presence is not None and not presence.own and presence.scopes is None and caring(user) is not None:
        raise PlaceMissing
    return Actor(user, Role.PATIENT, row.clinic, row)


def _caregiver(user: User) -> Actor | None:
    if user.presence is not None and (user.presence.clinic_id or user.presence.own):
        return None
    link = caring(user)
    return None if link is None else Actor(user, Role.CAREGIVER, link.patient.clinic, link.patient)


def caring(user: User, patient_id: UUID | None = None) -> CaregiverLink | None:
    """The standing link by which the user cares for somebody; for `patient_id` if given, else for whom they chose.

    Raises PlaceMissing when there are several and none was chosen.
    """
    links = CaregiverLink.objects.select_related("patient__clinic").filter(user=user, ended_at=None)
    links = links.filter(patient__erased_at=None).order_by("made_at")
    presence = user.presence
    if presence is not None:
        links = links.filter(expires_at__gt=presence.at)
    chosen = patient_id or (presence and presence.patient_id)
    if chosen:
        links = links.filter(patient=chosen)
    found = list(links[:2])
    if len(found) > 1:
        raise PlaceMissing
    return found[0] if found else None


def role_in(user: User, clinic: str) -> Subquery:
    """The user's role in the clinic of a row, if that is where they act now."""
    rows = Membership.objects.filter(user=user, clinic=OuterRef(clinic))
    if user.presence is not None:
        rows = rows.filter(clinic=user.presence.clinic_id)
    return Subquery(rows.values("role")[:1])


def clinic_for(visitor: Visitor, do: Do) -> Actor:
    """The visitor as somebody who may `do` a thing that belongs to no one episode."""
    who = actor(visitor)
    if who is None:
        raise Forbidden
    check(who, do)
    return who


def operations_for(visitor: Visitor) -> Actor | None:
    """Whoever may look after the engine: staff of a clinic, or None for an operator who works in none."""
    user = signed_in(visitor)
    who = actor(user)
    if who is None and user.is_superuser:
        _check_second_factor(user)
        return None
    if who is None:
        raise Forbidden
    check(who, Do.OPERATIONS)
    return who


def operator(visitor: Visitor) -> User:
    """Whoever runs this installation: decides for every clinic in it, and sees no patient by that."""
    user = signed_in(visitor)
    if not user.is_superuser:
        raise Forbidden("Only whoever runs this installation may do this.")
    _check_second_factor(user)
    return user


def may(who: Actor, do: Do) -> bool:
    """Does the role allow it at all? For what a page offers; the door decides what is done."""
    return who.role in MAY[do]


def check(who: Actor, do: Do, object_id: object = "", episode_id: object = None) -> None:
    """Refuses what the role, the token's scopes or the age of the sign-in does not allow. Written down either way."""
    try:
        _check(who, do)
    except Forbidden as refusal:
        note(who.user, do, object_id=object_id, episode_id=episode_id, who=who, refused=refusal.code)
        raise
    note(who.user, do, object_id=object_id, episode_id=episode_id, who=who)


def _check(who: Actor, do: Do) -> None:
    if not may(who, do):
        raise Forbidden
    presence = who.user.presence
    if presence is None:
        return
    if who.role not in (Role.PATIENT, Role.CAREGIVER):
        _check_second_factor(who.user)
    if presence.scopes is not None:
        _check_scope(presence.scopes, do)
    elif do in STEP_UP and not presence.fresh:
        raise StepUp
    if who.role is Role.CAREGIVER and do in RECORDING:
        _check_recording(who)


def _check_second_factor(user: User) -> None:
    if user.presence is not None and not user.presence.second_factor:
        raise SecondFactorMissing


def _check_scope(scopes: frozenset[str], do: Do) -> None:
    needed = "read" if do in READING else SCOPES.get(do)
    if needed is None or needed not in scopes:
        raise Forbidden("This token may not do this. Make one with the scope for it.", code="scope")


def _check_recording(who: Actor) -> None:
    link = None if who.patient is None else caring(who.user, who.patient.pk)
    if link is None or not link.may_record:
        raise Forbidden("You may look at this record, not write in it. The patient can change that.")
