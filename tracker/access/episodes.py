"""Doors to an episode, and through it to a patient's whole record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import CharField, Exists, QuerySet, Value

from tracker.access.openings import Visitor, id_of, note, unknown
from tracker.access.rules import IN_AN_EMERGENCY, MAY, WHILE_RESTRICTED, Do
from tracker.access.who import actor, caring, check, role_in, signed_in
from tracker.errors import Forbidden
from tracker.models import Actor, EmergencyAccess, Episode, Membership, Role, User

RESTRICTED = "This record is restricted: nobody works with it until the patient or the clinic lifts that."


@dataclass(frozen=True, slots=True)
class Door:
    """An episode that `actor` may do the asked thing with."""

    actor: Actor
    episode: Episode


def episode_for(visitor: Visitor, public_id: str | UUID, do: Do) -> Door:
    user = signed_in(visitor)
    episode = _episodes(user).filter(pk=id_of(public_id)).first()
    return open_episode(user, episode, do, public_id)


def own_episode(visitor: Visitor, do: Do) -> Door:
    """The open episode, else the latest, of the signed-in patient, or of the one for whom a caregiver acts."""
    user = signed_in(visitor)
    episode = None if _helps_somebody(user) else _own(user)
    episode = episode or _cared_for(user)
    if episode is None:
        raise Forbidden("This page is for patients. Staff find patients on the worklist.")
    return open_episode(user, episode, do, episode.pk)


def record_for(visitor: Visitor, patient_id: str | UUID, do: Do) -> Door:
    """The whole record of a patient, by way of the open episode, else of the latest."""
    user = signed_in(visitor)
    episode = _episodes(user).filter(patient=id_of(patient_id)).order_by("-state", "-created_at").first()
    return open_episode(user, episode, do, patient_id)


def _helps_somebody(user: User) -> bool:
    """Whether they have chosen to act for somebody else now."""
    return user.presence is not None and user.presence.patient_id is not None


def _own(user: User) -> Episode | None:
    rows = Episode.objects.select_related("patient", "clinic").filter(patient__user=user, patient__erased_at=None)
    return rows.order_by("-state", "-created_at").first()


def _cared_for(user: User) -> Episode | None:
    link = caring(user)
    if link is None:
        return None
    rows = Episode.objects.select_related("patient", "clinic").filter(patient=link.patient)
    return rows.order_by("-state", "-created_at").first()


def episodes_of(visitor: Visitor, do: Do) -> QuerySet[Episode]:
    """Every episode that the visitor may `do` a thing with."""
    user = signed_in(visitor)
    who = actor(user)
    if who is None:
        raise Forbidden
    if who.role is Role.AUDITOR or who.role not in MAY[do]:
        return Episode.objects.none()
    check(who, do)
    rows = Episode.objects.select_related("patient", "clinic").filter(patient__erased_at=None)
    if who.patient is not None:
        return rows.filter(patient=who.patient).annotate(staff_role=Value(None, CharField(null=True)))
    return rows.filter(clinic=who.clinic, patient__restricted_at=None).annotate(staff_role=Value(who.role.value))


def _episodes(user: User) -> QuerySet[Episode]:
    """Every episode, with the role that the user has in its clinic: None for strangers, whom `open_episode` keeps out."""
    return Episode.objects.select_related("patient", "clinic").annotate(staff_role=role_in(user, "clinic"))


def open_episode(user: User, episode: Any, do: Do, asked: object) -> Door:
    """Whether it opens to `user`. A stranger who `asked` for it hears what they would hear if it did not exist."""
    if episode is None or episode.patient.erased_at is not None:
        raise unknown(user, do, asked)
    who = _as_whom(user, episode)
    if who is None:
        return _in_an_emergency(user, episode, do, asked)
    if episode.patient.restricted_at is not None:
        _check_restricted(who, do, episode)
    check(who, do, asked, episode.pk)
    return Door(who, episode)


def _check_restricted(who: Actor, do: Do, episode: Episode) -> None:
    """Staff may only lift it or erase. The patient may look, and must not write what nobody would read."""
    if do is Do.ERASE or (who.patient is not None and do in WHILE_RESTRICTED):
        return
    note(who.user, do, object_id=episode.pk, episode_id=episode.pk, who=who, refused=Forbidden.code)
    if who.patient is None:
        raise Forbidden(RESTRICTED)
    raise Forbidden(
        f"Your record is restricted: nobody reads what you write here. Call your clinic on {episode.clinic.phone}. "
        f"In an emergency call {episode.clinic.emergency_number}."
    )


def _as_whom(user: User, episode: Any) -> Actor | None:
    if episode.patient.user_id == user.pk:
        return Actor(user, Role.PATIENT, episode.clinic, episode.patient)
    role = getattr(episode, "staff_role", None)
    if role is not None:
        return Actor(user, Role(role), episode.clinic)
    if user.presence is not None and user.presence.clinic_id is not None:
        return None
    link = caring(user, episode.patient_id)
    return None if link is None else Actor(user, Role.CAREGIVER, episode.clinic, episode.patient)


def _in_an_emergency(user: User, episode: Episode, do: Do, asked: object) -> Door:
    """A clinician of another clinic who has said why may read this one record for an hour, and nothing else."""
    opened = _standing_emergency(user, episode)
    if opened is None:
        raise unknown(user, do, asked)
    who = Actor(user, Role(opened.role), opened.clinic)
    if do not in IN_AN_EMERGENCY:
        raise Forbidden("Emergency access is for reading only. Ask the patient's own clinic for anything else.")
    check(who, do, asked, episode.pk)
    return Door(who, episode)


def _standing_emergency(user: User, episode: Episode) -> EmergencyAccess | None:
    presence = user.presence
    if presence is None or presence.clinic_id is None or presence.scopes is not None:
        return None
    clinicians = MAY[Do.EMERGENCY]
    works = Membership.objects.filter(
        user=user, clinic=presence.clinic_id, role__in=[role.value for role in clinicians]
    )
    standing = EmergencyAccess.objects.select_related("clinic").filter(
        Exists(works), ended_at=None, user=user, episode=episode, expires_at__gt=presence.at, clinic=presence.clinic_id
    )
    return standing.filter(episode__clinic__emergency_access=True, episode__patient__restricted_at=None).first()
