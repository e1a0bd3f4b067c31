"""The only door from a user to patient data. What no rule allows is refused.

Every `*_for` function is one query, answers a stranger exactly as if the thing did not exist, and tells a colleague
whose role is too small that it is. The table MAY is the whole of the rules.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery

from tracker.errors import Forbidden, NotFound
from tracker.models import (
    Actor,
    Alert,
    ChannelName,
    CheckIn,
    Episode,
    EpisodeFact,
    Hold,
    Membership,
    MilestoneRecord,
    OutboxMessage,
    Patient,
    Restriction,
    Role,
    User,
)


class Do(StrEnum):
    """What somebody wants to do."""

    READ = "read"
    READ_AS_STAFF = "read_as_staff"
    CONTACT = "contact"
    LIST = "list"
    WORKLIST = "worklist"
    PROTOCOLS = "protocols"
    ENROL = "enrol"
    DETAILS = "details"
    FACT = "fact"
    SIGN = "sign"
    ORDER = "order"
    CLEAR = "clear"
    RELEASE = "release"
    ACKNOWLEDGE = "acknowledge"
    CHECK_IN = "check_in"
    AMEND = "amend"
    MEASURE = "measure"
    REACH = "reach"
    CONFIRM = "confirm"
    WITHDRAW = "withdraw"
    REVIEW = "review"
    TRIAGE = "triage"
    SETTINGS = "settings"
    CALLS = "calls"
    OPERATIONS = "operations"


_CLINICIANS = frozenset({Role.PHYSIOTHERAPIST, Role.SURGEON})
_WITH_PATIENT = _CLINICIANS | {Role.PATIENT}
_STAFF = _CLINICIANS | {Role.COORDINATOR}

MAY: dict[Do, frozenset[Role]] = {
    Do.READ: _WITH_PATIENT,
    Do.READ_AS_STAFF: _CLINICIANS,
    Do.CONTACT: _WITH_PATIENT | {Role.COORDINATOR},
    Do.LIST: _WITH_PATIENT | {Role.COORDINATOR},
    Do.WORKLIST: _CLINICIANS,
    Do.PROTOCOLS: _WITH_PATIENT | {Role.COORDINATOR, Role.AUDITOR},
    Do.ENROL: _STAFF,
    Do.DETAILS: _STAFF,
    Do.FACT: _CLINICIANS,
    Do.SIGN: frozenset({Role.SURGEON}),
    Do.ORDER: _CLINICIANS,
    # Which gate a physiotherapist may clear, and which hold release, is a rule of the gate and the hold.
    Do.CLEAR: _CLINICIANS,
    Do.RELEASE: _CLINICIANS,
    Do.ACKNOWLEDGE: frozenset({Role.PATIENT}),
    Do.CHECK_IN: _WITH_PATIENT,
    Do.AMEND: _WITH_PATIENT,
    Do.MEASURE: _WITH_PATIENT,
    Do.REACH: _WITH_PATIENT,
    Do.CONFIRM: _CLINICIANS,
    Do.WITHDRAW: _CLINICIANS,
    Do.REVIEW: _STAFF,
    Do.TRIAGE: _CLINICIANS,
    Do.SETTINGS: frozenset({Role.PATIENT}),
    Do.CALLS: _CLINICIANS,
    Do.OPERATIONS: _STAFF,
}

Row = TypeVar("Row", bound=Model)

Visitor = User | AnonymousUser
"""Whoever a request comes from. One who has not signed in is refused here too, whatever the page forgot."""


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


def actor(visitor: Visitor) -> Actor | None:
    """Who the user is when they come in by the front door: staff first, else a patient, else nobody."""
    user = signed_in(visitor)
    membership = Membership.objects.select_related("clinic").filter(user=user).order_by("pk").first()
    if membership is not None:
        return Actor(user, Role(membership.role), membership.clinic)
    patient = Patient.objects.select_related("clinic").filter(user=user).first()
    return None if patient is None else Actor(user, Role.PATIENT, patient.clinic, patient)


def clinic_for(visitor: Visitor, do: Do) -> Actor:
    """The visitor as somebody who may `do` a thing that belongs to no one episode."""
    who = actor(visitor)
    if who is None or not may(who, do):
        raise Forbidden
    return who


def operations_for(visitor: Visitor) -> Actor | None:
    """Whoever may look after the engine: staff of a clinic, or None for an operator who works in none."""
    user = signed_in(visitor)
    who = actor(user)
    if who is None and user.is_superuser:
        return None
    if who is None or not may(who, Do.OPERATIONS):
        raise Forbidden
    return who


def may(who: Actor, do: Do) -> bool:
    """Does the role allow it at all? For what a page offers; the door decides what is done."""
    return who.role in MAY[do]


def episode_for(visitor: Visitor, public_id: str | UUID, do: Do) -> Door:
    user = signed_in(visitor)
    episode = _episodes(user).filter(pk=_uuid(public_id)).first()
    return _open(user, episode, do)


def own_episode(visitor: Visitor, do: Do) -> Door:
    """The signed-in patient's own episode: the open one, else the latest."""
    user = signed_in(visitor)
    own = Episode.objects.select_related("patient", "clinic").filter(patient__user=user)
    episode = own.order_by("-state", "-created_at").first()
    if episode is None:
        raise Forbidden("This page is for patients. Staff find patients on the worklist.")
    return _open(user, episode, do)


def episodes_of(visitor: Visitor, do: Do) -> QuerySet[Episode]:
    """Every episode that the visitor may `do` a thing with."""
    user = signed_in(visitor)
    roles = [role.value for role in MAY[do]]
    allowed = Q(staff_role__in=roles)
    if Role.PATIENT in MAY[do]:
        allowed |= Q(patient__user=user)
    return _visible(user).filter(allowed)


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


def message_for(visitor: Visitor, public_id: str | UUID, do: Do) -> MessageDoor:
    """A message of the clinic's, or one to the patient who asks. What goes to staff about a patient is not theirs."""
    user = signed_in(visitor)
    message = _message(user, public_id)
    who = _reader_of(message, user)
    if who is None:
        raise NotFound
    if not may(who, do):
        raise Forbidden
    return MessageDoor(who, message)


def call_for(visitor: Visitor, public_id: str | UUID, do: Do) -> MessageDoor:
    """An entry of a clinic's call list, also one that was dealt with. For the patient there is no such list."""
    user = signed_in(visitor)
    message = _message(user, public_id)
    listed = message.channel == ChannelName.CALLS and message.state == OutboxMessage.State.SENT
    if not listed or message.staff_role is None:
        raise NotFound
    who = Actor(user, Role(message.staff_role), message.clinic)
    if not may(who, do):
        raise Forbidden
    return MessageDoor(who, message)


def _message(user: User, public_id: str | UUID) -> Any:
    rows = OutboxMessage.objects.select_related("clinic", "patient__clinic", "episode", "occurrence", "recipient")
    message = rows.annotate(staff_role=_role_in(user, "clinic")).filter(pk=_uuid(public_id)).first()
    if message is None:
        raise NotFound
    return message


def _reader_of(message: Any, user: User) -> Actor | None:
    to = message.patient if message.recipient_id is None else None
    if to is not None and to.user_id == user.pk:
        return Actor(user, Role.PATIENT, to.clinic, to)
    return None if message.staff_role is None else Actor(user, Role(message.staff_role), message.clinic)


def operator(visitor: Visitor) -> User:
    """Whoever runs this installation: decides for every clinic in it, and sees no patient by that."""
    user = signed_in(visitor)
    if not user.is_superuser:
        raise Forbidden("Only whoever runs this installation may do this.")
    return user


def _row_for(model: type[Row], visitor: Visitor, public_id: str | UUID, do: Do) -> RowDoor[Row]:
    user = signed_in(visitor)
    rows = model._default_manager.select_related("episode__patient", "episode__clinic")
    row: Any = rows.annotate(staff_role=_role_in(user, "episode__clinic")).filter(pk=_uuid(public_id)).first()
    if row is None:
        raise NotFound
    row.episode.staff_role = row.staff_role
    door = _open(user, row.episode, do)
    return RowDoor(door.actor, door.episode, row)


def signed_in(visitor: Visitor) -> User:
    """The user behind a request, for what concerns only themself."""
    if not isinstance(visitor, User):
        raise Forbidden("Sign in first.")
    return visitor


def _visible(user: User) -> QuerySet[Episode]:
    """Episodes whose existence the user may know: their own, and those of clinics they work in."""
    return _episodes(user).filter(Q(patient__user=user) | Q(staff_role__isnull=False))


def _episodes(user: User) -> QuerySet[Episode]:
    """Every episode, with the role that the user has in its clinic; None for a stranger, whom `_open` keeps out."""
    return Episode.objects.select_related("patient", "clinic").annotate(staff_role=_role_in(user, "clinic"))


def _role_in(user: User, clinic: str) -> Subquery:
    return Subquery(Membership.objects.filter(user=user, clinic=OuterRef(clinic)).values("role")[:1])


def _open(user: User, episode: Any, do: Do) -> Door:
    if episode is None:
        raise NotFound
    patient = episode.patient if episode.patient.user_id == user.pk else None
    if patient is None and episode.staff_role is None:
        raise NotFound
    role = Role.PATIENT if patient is not None else Role(episode.staff_role)
    who = Actor(user, role, episode.clinic, patient)
    if not may(who, do):
        raise Forbidden
    return Door(who, episode)


def _uuid(public_id: str | UUID) -> UUID:
    if isinstance(public_id, UUID):
        return public_id
    try:
        return UUID(public_id)
    except (ValueError, AttributeError, TypeError):
        raise NotFound from None
