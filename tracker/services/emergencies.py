"""Reading one record of another clinic in an emergency: with a reason, for an hour, and announced."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from tracker import clock
from tracker.clinical.terms import Role
from tracker.errors import Conflict, Forbidden, Invalid
from tracker.models import Actor, EmergencyAccess, Episode, Kind, Occurrence, User, walls
from tracker.selectors import duty
from tracker.selectors.episodes import local_date
from tracker.selectors.localtime import start_of
from tracker.services import audit, locks, notes, outbox, reach
from tracker.services.outbox import Telling

LASTS = timedelta(minutes=60)
WAITS = timedelta(minutes=60)
"""How long somebody else may take to agree."""
SHORTEST_REASON = 20
ALONE = 3
"""Uses a day before a colleague must agree to each further one."""


@walls.outside(walls.Why.EMERGENCY)
@transaction.atomic
def ask(*, by: Actor, clinic: UUID, family_name: str, birth_date: date, reason: str) -> None:
    """Opens the record of the one patient who answers to this, if there is one. Whoever asks hears the same either way.

    Raises Invalid only for what is wrong in the question itself.
    """
    if len(reason.strip()) < SHORTEST_REASON:
        raise Invalid({"reason": f"Say why in at least {SHORTEST_REASON} letters. The patient's clinic reads it."})
    episode = _found(by, clinic, family_name, birth_date)
    if episode is None:
        audit.note(by, "emergency access in vain", clinic_asked=str(clinic))
        return
    now = clock.now()
    locks.hold_clinic(by.clinic)  # uses are counted one by one, and none is opened twice
    if EmergencyAccess.objects.filter(_alive(now), user=by.user, episode=episode).exists():
        return
    row = _asked(by, episode, reason, now)
    if _uses(by, now) <= ALONE:
        _begin(row, by, now)


@walls.outside(walls.Why.EMERGENCY)
@transaction.atomic
def agree(*, opened: EmergencyAccess, by: Actor) -> None:
    """A colleague of the same clinic agrees to a use beyond those of the day. Raises Forbidden for whoever asked,
    Conflict where it waits no longer or the record may no longer be opened.
    """
    now = clock.now()
    if opened.user_id == by.user.pk:
        raise Forbidden("You asked for this yourself. It takes a colleague.", code="alone")
    waiting = EmergencyAccess.objects.filter(pk=opened.pk, started_at=None, ended_at=None, asked_at__gt=now - WAITS)
    if not _open_to_others().filter(pk=opened.episode_id).exists() or not waiting.update(agreed_by=by.user):
        raise Conflict("This waits no longer.", code="answered")
    opened.agreed_by = by.user
    audit.note(by, "emergency access agreed", opened.episode, opened.pk)
    _begin(opened, Actor(opened.user, Role(opened.role), opened.clinic), now)


@walls.outside(walls.Why.EMERGENCY)
@transaction.atomic
def end(*, opened: EmergencyAccess, by: Actor) -> None:
    """Ends it at once. Safe to repeat."""
    if EmergencyAccess.objects.filter(pk=opened.pk, ended_at=None).update(ended_at=clock.now()):
        audit.note(by, "emergency access ended", opened.episode, opened.pk)


def end_all(*, user: User) -> None:
    """Whoever signs out reads nothing more, nor what a colleague has yet to agree to."""
    now = clock.now()
    with walls.outside(walls.Why.EMERGENCY):
        EmergencyAccess.objects.filter(_alive(now), user=user).update(ended_at=now)


def _alive(now: datetime) -> Q:
    """Open at this moment, or waiting for a colleague."""
    return Q(ended_at=None) & (Q(expires_at__gt=now) | Q(started_at=None, asked_at__gt=now - WAITS))


def _found(by: Actor, clinic: UUID, family_name: str, birth_date: date) -> Episode | None:
    """The latest recovery of the only patient of that name and date there, unless the clinic does not allow this."""
    rows = _open_to_others().filter(
        clinic=clinic, patient__family_name__iexact=family_name.strip(), patient__birth_date=birth_date
    )
    found = list(rows.exclude(clinic=by.clinic).order_by("-state", "-created_at"))
    return found[0] if len({row.patient_id for row in found}) == 1 else None


def _open_to_others() -> QuerySet[Episode]:
    """Recoveries that may be read in an emergency at all: by the clinic's word, and not restricted."""
    rows = Episode.objects.select_related("patient", "clinic").filter(clinic__emergency_access=True)
    return rows.filter(patient__erased_at=None, patient__restricted_at=None)


def _asked(by: Actor, episode: Episode, reason: str, now: datetime) -> EmergencyAccess:
    row = EmergencyAccess.objects.create(
        episode=episode,
        user=by.user,
        clinic=by.clinic,
        role=by.role,
        reason_digest=notes.keep(episode.patient, reason),
        asked_at=now,
    )
    audit.note(_at_home(by, episode), "emergency access asked", episode, row.pk, clinic_of=str(by.clinic.pk))
    return row


def _uses(by: Actor, now: datetime) -> int:
    """Of this day on the clock of their clinic, with the one that was just asked for."""
    zone = by.clinic.time_zone
    return EmergencyAccess.objects.filter(user=by.user, asked_at__gte=start_of(local_date(now, zone), zone)).count()


def _begin(row: EmergencyAccess, by: Actor, now: datetime) -> None:
    row.started_at, row.expires_at = now, now + LASTS
    row.save(update_fields=["started_at", "expires_at"])
    audit.note(_at_home(by, row.episode), "emergency access", row.episode, row.pk, clinic_of=str(row.clinic_id))
    _tell(row, now)


def _at_home(by: Actor, episode: Episode) -> Actor:
    """In the trail of the clinic whose record it is."""
    return Actor(by.user, by.role, episode.clinic)


def _tell(row: EmergencyAccess, now: datetime) -> None:
    """The patient, and whoever watches over the clinic, hear of it with the next round of the sender."""
    episode, way = row.episode, reach.usable(row.episode.patient)[0]
    patient = Telling(_occurrence(row, Kind.EMERGENCY_OPENED, now), episode.clinic, channel=way)
    watchers = duty.oversight(episode.clinic)
    outbox.enqueue([patient, Telling(_occurrence(row, Kind.EMERGENCY_NOTICE, now), episode.clinic, watchers)], now=now)


def _occurrence(row: EmergencyAccess, rule: Kind, now: datetime) -> Occurrence:
    episode = row.episode
    return Occurrence(
        patient=episode.patient,
        episode=episode,
        rule=rule,
        local_date=local_date(now, episode.clinic.time_zone),
        slot=str(row.pk),
        due_at=now,
        created_at=now,
    )
