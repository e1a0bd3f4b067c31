"""The only door from a user to patient data. What no rule allows is refused.

Every `*_for` function is one query, answers a stranger exactly as if the thing did not exist, and tells a colleague
whose role is too small that it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import CharField, Exists, Model, OuterRef, QuerySet, Subquery, Value

from tracker.access.rules import IN_AN_EMERGENCY, MAY, WHILE_RESTRICTED, Do
from tracker.access.who import Visitor, actor, caring, check, note, signed_in
from tracker.errors import Forbidden, NotFound
from tracker.models import (
    Actor,
    Alert,
    ChannelName,
    CheckIn,
    EmergencyAccess,
    Episode,
    EpisodeFact,
    Hold,
    Membership,
    MilestoneRecord,
    OutboxMessage,
    Proposal,
    Restriction,
    Role,
    User,
)

Row = TypeVar("Row", bound=Model)

RESTRICTED = "This record is restricted: nobody works with it until the patient or the clinic lifts that."


@dataclass(frozen=True, slots=True)
class Door:
    """An episode that `actor` may do the asked thing with."""

    actor: Actor
    episode: Episode


@dataclass(frozen=True, slots=True)
class RowDoor(Generic[Row]):
    """A row of an episode that `actor` may do the asked thing with."""

    actor: Actor
    episode: Episode
    row: Row


@dataclass(frozen=True, slots=True)
class MessageDoor:
    """A message that `actor` may do the asked thing with. It may be about a clinic and no knee."""

    actor: Actor
    message: OutboxMessage


def episode_for(visitor: Visitor, public_id: str | UUID, do: Do) -> Door:
    user = signed_in(visitor)
    episode = _episodes(user).filter(pk=_uuid(public_id)).first()
    return _open(user, episode, do, public_id)


def own_episode(visitor: Visitor, do: Do) -> Door:
    """The open episode, else the latest, of the signed-in patient, or of the one for whom a caregiver acts."""
    user = signed_in(visitor)
    episode = None if _helps_somebody(user) else _own(user)
    episode = episode or _cared_for(user)
    if episode is None:
        raise Forbidden("This page is for patients. Staff find patients on the worklist.")
    return _open(user, episode, do, episode.pk)


def record_for(visitor: Visitor, patient_id: str | UUID, do: Do) -> Door:
    """The whole record of a patient, by way of the open episode, else of the latest."""
    user = signed_in(visitor)
    episode = _episodes(user).filter(patient=_uuid(patient_id)).order_by("-state", "-created_at").first()
    return _open(user, episode, do, patient_id)


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


def alert_for(visitor: Visitor, public_id: str | UUID, do: Do) -> RowDoor[Alert]:
    return _row_for(Alert, visitor, public_id, do)


def restriction_for(visitor: Visitor, public_id: str | UUID, do: Do) -> RowDoor[Restriction]:
    return _row_for(Restriction, visitor, public_id, do)


def check_in_for(visitor: Visitor, public_id: str | UUID, do: Do) -> RowDoor[CheckIn]:
    return _row_for(CheckIn, visitor, public_id, do)


def hold_for(visitor: Visitor, public_id: str | UUID, do: Do) -> RowDoor[Hold]:
    return _row_for(Hold, visitor, public_id, do)


def milestone_for(visitor: Visitor, public_id: str | UUID, do: Do) -> RowDoor[MilestoneRecord]:
    return _row_for(MilestoneRecord, visitor, public_id, do)


def fact_for(visitor: Visitor, public_id: str | UUID, do: Do) -> RowDoor[EpisodeFact]:
    return _row_for(EpisodeFact, visitor, public_id, do)


def proposal_for(visitor: Visitor, public_id: str | UUID, do: Do) -> RowDoor[Proposal]:
    return _row_for(Proposal, visitor, public_id, do)


def message_for(visitor: Visitor, public_id: str | UUID, do: Do) -> MessageDoor:
    """A message of the clinic's, or one to the patient who asks. What goes to staff about a patient is not theirs."""
    user = signed_in(visitor)
    message = _message(user, public_id)
    who = None if message is None else _reader_of(message, user)
    if who is None:
        raise _unknown(user, do, public_id)
    _check_workable(who, do, message)
    check(who, do, public_id, message.episode_id)
    return MessageDoor(who, message)


def call_for(visitor: Visitor, public_id: str | UUID, do: Do) -> MessageDoor:
    """An entry of a clinic's call list, also one that was dealt with. For the patient there is no such list."""
    user = signed_in(visitor)
    message = _message(user, public_id)
    if message is None or not _is_call(message) or message.staff_role is None:
        raise _unknown(user, do, public_id)
    who = Actor(user, Role(message.staff_role), message.clinic)
    _check_workable(who, do, message)
    check(who, do, public_id, message.episode_id)
    return MessageDoor(who, message)


def _check_workable(who: Actor, do: Do, message: OutboxMessage) -> None:
    """Nobody of the clinic works with what is about a restricted record."""
    if who.patient is None and message.patient is not None and message.patient.restricted_at is not None:
        note(who.user, do, object_id=message.pk, episode_id=message.episode_id, who=who, refused=Forbidden.code)
        raise Forbidden(RESTRICTED)


def _is_call(message: OutboxMessage) -> bool:
    return message.channel == ChannelName.CALLS and message.state == OutboxMessage.State.SENT


def _message(user: User, public_id: str | UUID) -> Any:
    """Not what is about a record that has gone, to another clinic or for good."""
    rows = OutboxMessage.objects.select_related("clinic", "patient__clinic", "episode", "occurrence", "recipient")
    rows = rows.exclude(patient__erased_at__isnull=False)
    message: Any = rows.annotate(staff_role=_role_in(user, "clinic")).filter(pk=_uuid(public_id)).first()
    if message is not None and message.patient is not None and message.patient.clinic_id != message.clinic_id:
        message.staff_role = None
    return message


def _reader_of(message: Any, user: User) -> Actor | None:
    to = message.patient if message.recipient_id is None else None
    if to is not None and to.user_id == user.pk:
        return Actor(user, Role.PATIENT, to.clinic, to)
    return None if message.staff_role is None else Actor(user, Role(message.staff_role), message.clinic)


def _row_for(model: type[Row], visitor: Visitor, public_id: str | UUID, do: Do) -> RowDoor[Row]:
    user = signed_in(visitor)
    rows = model._default_manager.select_related("episode__patient", "episode__clinic")
    row: Any = rows.annotate(staff_role=_role_in(user, "episode__clinic")).filter(pk=_uuid(public_id)).first()
    if row is None:
        raise _unknown(user, do, public_id)
    row.episode.staff_role = row.staff_role
    door = _open(user, row.episode, do, public_id)
    return RowDoor(door.actor, door.episode, row)


def _episodes(user: User) -> QuerySet[Episode]:
    """Every episode, with the role that the user has in its clinic; None for a stranger, whom `_open` keeps out."""
    return Episode.objects.select_related("patient", "clinic").annotate(staff_role=_role_in(user, "clinic"))


def _role_in(user: User, clinic: str) -> Subquery:
    """The user's role in the clinic of a row, if that is where they act now."""
    rows = Membership.objects.filter(user=user, clinic=OuterRef(clinic))
    if user.presence is not None:
        rows = rows.filter(clinic=user.presence.clinic_id)
    return Subquery(rows.values("role")[:1])


def _open(user: User, episode: Any, do: Do, asked: object) -> Door:
    if episode is None or episode.patient.erased_at is not None:
        raise _unknown(user, do, asked)
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
        raise _unknown(user, do, asked)
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


def _unknown(user: User, do: Do, asked: object) -> NotFound:
    """What a stranger hears; the trail keeps that they asked."""
    note(user, do, object_id=asked, refused=NotFound.code)
    return NotFound()


def _uuid(public_id: str | UUID) -> UUID:
    if isinstance(public_id, UUID):
        return public_id
    try:
        return UUID(public_id)
    except (ValueError, AttributeError, TypeError):
        raise NotFound from None
