"""The trail: who did, saw or was refused what. What is done is noted in the transaction that did it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from tracker import clock
from tracker.models import Actor, AuditEvent, Clinic, Episode, Opening, OutboxMessage, Presence, User

WITHOUT_PATIENTS = frozenset({"protocols", "operations", "clinic", "enrol", "team"})
"""What may be looked at without a line in the trail, as long as no list on it shows a patient."""


def note(by: Actor, action: str, episode: Episode | None = None, row_id: UUID | str = "", **detail: str) -> None:
    """One line of the trail. `detail` holds codes and ids, never names or free text."""
    event = _event(by.user, action, clock.now(), by.user.presence)
    event.clinic, event.role, event.episode = by.clinic, by.role.value, episode
    event.object_id, event.detail = str(row_id), detail
    event.save(force_insert=True)


def beside(second: Actor | None) -> dict[str, str]:
    """For the line of an act that took two: the other one."""
    return {} if second is None else {"with": str(second.user.pk)}


def note_of_user(
    user: User | None,
    action: str,
    *,
    clinic: Clinic | None = None,
    refused: bool = False,
    presence: Presence | None = None,
    **detail: str,
) -> None:
    """A line about an account rather than a record: signing in, a passkey, a role. `presence` is that of whoever tries."""
    event = _event(user, action, clock.now(), presence or (None if user is None else user.presence))
    event.clinic, event.detail = clinic, detail
    event.outcome = AuditEvent.Outcome.REFUSED if refused else AuditEvent.Outcome.DONE
    event.save(force_insert=True)


def keep(*, user: User, presence: Presence, shown: bool) -> None:
    """Writes down what one request was shown, as one line, and each thing that it was refused."""
    events = [_refusal(user, presence, opening) for opening in presence.openings if opening.refused]
    seen = [opening for opening in presence.openings if not opening.refused]
    if shown and seen and (presence.listed or any(_about_patients(opening) for opening in seen)):
        events.append(_sight(user, presence, seen))
    if events:
        AuditEvent.objects.bulk_create(events)


def _about_patients(opening: Opening) -> bool:
    return opening.episode_id is not None or opening.do not in WITHOUT_PATIENTS


def note_of_program(
    action: str,
    *,
    clinic_id: UUID | None = None,
    episode_id: UUID | None = None,
    row_id: UUID | str = "",
    **detail: str,
) -> None:
    """A line about what the program did by itself, or by a command: there is no user."""
    event = _event(None, action, clock.now(), None)
    event.clinic_id, event.episode_id = clinic_id, episode_id
    event.object_id, event.detail = str(row_id), detail
    event.save(force_insert=True)


def note_sent(messages: Iterable[OutboxMessage], *, now: datetime) -> None:
    """A line for each message that the program sent, in one statement."""
    AuditEvent.objects.bulk_create(
        AuditEvent(
            at=now,
            action="message sent",
            clinic_id=message.clinic_id,
            episode_id=message.episode_id,
            object_id=str(message.pk),
            detail={"kind": message.kind, "channel": message.channel, "to": str(message.recipient_id or "patient")},
        )
        for message in messages
    )


def _refusal(user: User, presence: Presence, opening: Opening) -> AuditEvent:
    event = _event(user, opening.do, presence.at, presence)
    event.outcome, event.detail = AuditEvent.Outcome.REFUSED, {"why": opening.refused, "page": presence.route}
    _place(event, opening)
    return event


def _sight(user: User, presence: Presence, seen: list[Opening]) -> AuditEvent:
    """One line a page: the record that it was about, or the list of those that it showed."""
    event = _event(user, seen[-1].do, presence.at, presence)
    event.outcome, event.detail = AuditEvent.Outcome.SEEN, {"page": presence.route}
    if presence.listed:
        event.detail["episodes"] = [str(episode) for episode in dict.fromkeys(presence.listed)]
    _place(event, next((opening for opening in reversed(seen) if opening.episode_id), seen[-1]))
    return event


def _place(event: AuditEvent, opening: Opening) -> None:
    event.clinic_id, event.role = opening.clinic_id, opening.role
    event.episode_id, event.object_id = opening.episode_id, opening.object_id[:40]


def _event(user: User | None, action: str, at: datetime, presence: Presence | None) -> AuditEvent:
    event = AuditEvent(at=at, user=user, action=action)
    if presence is not None:
        event.via, event.address, event.request_id = presence.via, presence.address or None, presence.request_id
    return event
