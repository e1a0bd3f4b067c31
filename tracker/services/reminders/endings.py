"""What the end of a recovery makes pointless, and what begins anew when it is taken up again."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from tracker.models import ChannelName, Episode, Kind, Occurrence, OutboxMessage, ReminderPlan
from tracker.services import outbox
from tracker.services.reminders.done import ASKING
from tracker.services.reminders.recheck import ENDED, OF_ALL_KNEES
from tracker.services.reminders.staff import WHATEVER_BECOMES_OF_THE_RECOVERY
from tracker.services.reminders.wishes import start

State = OutboxMessage.State


def ended(*, episode: Episode, now: datetime) -> None:
    """Takes back what waits of a knee that was closed, and settles what asks somebody to do something about it.

    What tells of every knee of the patient stays as long as another one is open.
    """
    others = Episode.objects.filter(patient=episode.patient_id, state=Episode.State.OPEN).exclude(pk=episode.pk)
    about = _about(episode, alone=not others.exists())
    outbox.cancel(about, reason=ENDED, now=now)
    asks = Q(channel=ChannelName.CALLS) | Q(channel=ChannelName.APP, kind__in=ASKING)
    entries = OutboxMessage.objects.filter(asks, occurrence__in=about, state=State.SENT, settled_at=None)
    entries.update(settled_at=now, reason=ENDED)
    if not others.exists():
        ReminderPlan.objects.filter(patient=episode.patient_id).update(next_due_at=None)


def begun_again(*, episode: Episode, now: datetime) -> None:
    """Plans what the patient had chosen once more, from the next hour on."""
    start(patient=episode.patient, now=now)


def _about(episode: Episode, *, alone: bool) -> QuerySet[Occurrence]:
    """What is planned only because of this knee; with `alone` also what tells of all of the patient's knees."""
    planned = Occurrence.objects.filter(patient=episode.patient_id, state=Occurrence.State.PLANNED)
    planned = planned.exclude(rule__in=[*WHATEVER_BECOMES_OF_THE_RECOVERY, Kind.TEST])
    return planned if alone else planned.filter(episode=episode).exclude(rule__in=OF_ALL_KNEES)
