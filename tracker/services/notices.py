"""Who hears of an urgent alert, and who hears of it again as long as nobody takes it on.

Everything is laid when the alert opens, to commit with it: the notice itself, and the steps that follow. Taking the
alert on takes back what is still to come.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from tracker.models import Alert, AlertEvent, ChannelName, Kind, Occurrence, OutboxMessage, User
from tracker.selectors import duty
from tracker.selectors.episodes import local_date
from tracker.services import outbox
from tracker.services.kinds import ALERT_CALL_AFTER, ALERT_STEPS
from tracker.services.outbox import Telling

logger = logging.getLogger(__name__)

TAKEN_ON = (AlertEvent.Kind.ACKNOWLEDGED, AlertEvent.Kind.HANDED_OVER, AlertEvent.Kind.CLOSED)
SOMEBODY_HAS_IT = "Somebody has taken it on."


def urgent(*, alert: Alert, now: datetime) -> None:
    """Tells the clinicians on duty of an urgent alert, in the transaction that opens it, and lays what follows."""
    clinic = alert.episode.clinic
    outbox.enqueue([_telling(alert, Kind.URGENT_ALERT, now, duty.on_duty(clinic), now)], now=now)
    try:
        with transaction.atomic():
            outbox.enqueue(_steps(alert, now), now=now)
    except Exception:  # the alert and its notice stand, whatever becomes of the steps
        logger.exception("the steps after alert %s could not be laid", alert.pk)


def taken_on(*, alert: Alert, now: datetime) -> None:
    """Takes back what was to come, since somebody has taken the alert on or closed it."""
    take_back(_occurrences(alert), reason=SOMEBODY_HAS_IT, now=now)


def take_back(occurrences: QuerySet[Occurrence], *, reason: str, now: datetime) -> None:
    """Cancels what waits of the occurrences, and settles their open entries on the call list."""
    outbox.cancel(occurrences, reason=reason, now=now)
    listed = OutboxMessage.objects.filter(occurrence__in=occurrences, channel=ChannelName.CALLS, settled_at=None)
    listed.filter(state=OutboxMessage.State.SENT).update(settled_at=now, reason=reason)


def alert_in(slot: str) -> str:
    """The id of the alert that an occurrence is about; what comes after it tells the steps apart."""
    return slot.partition(":")[0]


def _steps(alert: Alert, now: datetime) -> list[Telling]:
    clinicians = duty.clinicians(alert.episode.clinic)
    again = [_telling(alert, Kind.ALERT_UNANSWERED, alert.opened_at + wait, clinicians, now) for wait in ALERT_STEPS]
    call_at = alert.opened_at + ALERT_CALL_AFTER if clinicians else now
    return [*again, _telling(alert, Kind.ALERT_CALL, call_at, (None,), now, channel=ChannelName.CALLS)]


def _telling(
    alert: Alert,
    kind: Kind,
    due_at: datetime,
    readers: Sequence[User | None],
    now: datetime,
    channel: str = ChannelName.EMAIL,
) -> Telling:
    episode = alert.episode
    occurrence = Occurrence(
        patient=episode.patient,
        episode=episode,
        rule=kind,
        local_date=local_date(due_at, episode.clinic.time_zone),
        slot=_slot(alert, due_at - alert.opened_at),
        due_at=due_at,
        created_at=now,
    )
    return Telling(occurrence, episode.clinic, readers, channel=channel)


def _slot(alert: Alert, after: timedelta) -> str:
    minutes = int(after.total_seconds()) // 60
    return f"{alert.pk}:{minutes}" if minutes else str(alert.pk)


def _occurrences(alert: Alert) -> QuerySet[Occurrence]:
    return Occurrence.objects.filter(patient=alert.episode.patient, slot__startswith=str(alert.pk))
