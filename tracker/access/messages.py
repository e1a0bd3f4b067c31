"""Doors to what the clinic tells somebody: messages, and the entries of its call list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tracker.access.episodes import RESTRICTED
from tracker.access.openings import Visitor, id_of, note, unknown
from tracker.access.rules import Do
from tracker.access.who import check, role_in, signed_in
from tracker.errors import Forbidden
from tracker.models import Actor, ChannelName, OutboxMessage, Role, User


@dataclass(frozen=True, slots=True)
class MessageDoor:
    """A message that `actor` may do the asked thing with. It may be about a clinic and no knee."""

    actor: Actor
    message: OutboxMessage


def message_for(visitor: Visitor, public_id: str | UUID, do: Do) -> MessageDoor:
    """A message of the clinic's, or one to the patient who asks. What goes to staff about a patient is not theirs."""
    user = signed_in(visitor)
    message = _message(user, public_id)
    who = None if message is None else _reader_of(message, user)
    if who is None:
        raise unknown(user, do, public_id)
    _check_workable(who, do, message)
    check(who, do, public_id, message.episode_id)
    return MessageDoor(who, message)


def call_for(visitor: Visitor, public_id: str | UUID, do: Do) -> MessageDoor:
    """An entry of a clinic's call list, also one that was dealt with. For the patient there is no such list."""
    user = signed_in(visitor)
    message = _message(user, public_id)
    if message is None or not _is_call(message) or message.staff_role is None:
        raise unknown(user, do, public_id)
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
    message: Any = rows.annotate(staff_role=role_in(user, "clinic")).filter(pk=id_of(public_id)).first()
    if message is not None and message.patient is not None and message.patient.clinic_id != message.clinic_id:
        message.staff_role = None
    return message


def _reader_of(message: Any, user: User) -> Actor | None:
    to = message.patient if message.recipient_id is None else None
    if to is not None and to.user_id == user.pk:
        return Actor(user, Role.PATIENT, to.clinic, to)
    return None if message.staff_role is None else Actor(user, Role(message.staff_role), message.clinic)
