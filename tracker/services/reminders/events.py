"""What is told on the spot, because it happened: a change of plan, and the call that follows when it stays unread."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from tracker import clock
from tracker.models import ChannelName, Kind, Occurrence, Restriction
from tracker.selectors.calls import STRICTER
from tracker.selectors.episodes import local_date
from tracker.services import notices, outbox, reach
from tracker.services.kinds import UNSEEN_LOOSENING, UNSEEN_TIGHTENING
from tracker.services.outbox import Telling

SUPERSEDED = "The plan was changed again since."
SEEN = "You have seen the change."

CHANGE_KINDS = (Kind.RESTRICTION_CHANGED, Kind.UNSEEN)


@transaction.atomic
def restriction_changed(*, restriction: Restriction, tightens: bool = False) -> None:
    """Tells the patient of a new order, in the transaction that signs it. Once a signature, however many rows it has.

    One that `tightens` leaves at once, whatever the hour. Until the patient confirms it, a call waits to be made.
    """
    now = clock.now()
    signature, told = str(restriction.signature_id), _occurrences(restriction)
    if told.filter(slot=signature, rule=Kind.RESTRICTION_CHANGED).exists():
        return
    notices.take_back(told.exclude(slot__startswith=signature), reason=SUPERSEDED, now=now)
    outbox.enqueue([_message(restriction, tightens, now), _call(restriction, tightens, now)], now=now)


def restriction_seen(*, restriction: Restriction, now: datetime) -> None:
    """Nothing more is to be said of a change that the patient has confirmed."""
    notices.take_back(_occurrences(restriction).filter(_of(restriction)), reason=SEEN, now=now)


def _message(restriction: Restriction, tightens: bool, now: datetime) -> Telling:
    occurrence = _occurrence(restriction, Kind.RESTRICTION_CHANGED, str(restriction.signature_id), now, now)
    way = reach.usable(restriction.episode.patient)[0]
    return Telling(occurrence, restriction.episode.clinic, channel=way, urgent=tightens)


def _call(restriction: Restriction, tightens: bool, now: datetime) -> Telling:
    """The slot says which of the two it is, so that the list can tell it in words and in its order."""
    slot = f"{restriction.signature_id}{STRICTER if tightens else ''}"
    due_at = now + (UNSEEN_TIGHTENING if tightens else UNSEEN_LOOSENING)
    occurrence = _occurrence(restriction, Kind.UNSEEN, slot, due_at, now)
    return Telling(occurrence, restriction.episode.clinic, channel=ChannelName.CALLS, urgent=tightens)


def _occurrence(restriction: Restriction, rule: Kind, slot: str, due_at: datetime, now: datetime) -> Occurrence:
    patient = restriction.episode.patient
    return Occurrence(
        patient=patient,
        episode=restriction.episode,
        rule=rule,
        local_date=local_date(due_at, patient.time_zone),
        slot=slot,
        due_at=due_at,
        created_at=now,
    )


def _occurrences(restriction: Restriction) -> QuerySet[Occurrence]:
    """What was told of changes of this knee's plan."""
    patient = restriction.episode.patient_id
    return Occurrence.objects.filter(patient=patient, episode=restriction.episode_id, rule__in=CHANGE_KINDS)


def _of(restriction: Restriction) -> Q:
    return Q(slot__startswith=str(restriction.signature_id))
