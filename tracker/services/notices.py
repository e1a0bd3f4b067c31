"""Who hears of an urgent alert, and who hears of it again as long as nobody takes it on.

Everything is laid when the alert opens, to commit with it: the notice itself, and the steps that follow. Taking the
alert on takes back what is still to come. `watch` comes by every round, for whatever went wrong meanwhile.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from tracker.clinical.findings import NOT_EVALUATED
from tracker.clinical.terms import Urgency
from tracker.models import Alert, AlertEvent, ChannelName, Kind, Occurrence, OutboxMessage, User
from tracker.selectors import duty
from tracker.selectors.episodes import local_date
from tracker.selectors.standing import workable
from tracker.services import outbox, wakeups
from tracker.services.kinds import ALERT_CALL_AFTER, ALERT_STEPS
from tracker.services.outbox import Telling

State = OutboxMessage.State
logger = logging.getLogger(__name__)

URGENT = (Urgency.R0, Urgency.R1)
TAKEN_ON = (AlertEvent.Kind.ACKNOWLEDGED, AlertEvent.Kind.HANDED_OVER, AlertEvent.Kind.CLOSED)
KINDS = (Kind.URGENT_ALERT, Kind.ALERT_UNANSWERED, Kind.ALERT_CALL)
SOMEBODY_HAS_IT = "Somebody has taken it on."

WATCHED = timedelta(days=1)
"""For how long after it opened an alert is watched; the last step comes after ALERT_CALL_AFTER."""
ALIVE = (State.CLAIMED, State.SENDING, State.SENT, State.UNCERTAIN)
"""States of a message that has reached somebody, or still may."""
ON_THE_LIST = (State.CLAIMED, State.SENDING, State.SENT)
"""Also an entry that a sender is putting there at this moment: it arrives settled."""
FOR = ":for:"
"""In the slot of what is told to one colleague alone: the event that handed the alert over follows."""


# --- The alert opens ------------------------------------------------------------------------------------------------


def urgent(*, alert: Alert, now: datetime) -> None:
    """Tells the clinicians on duty of an urgent alert, in the transaction that opens it, and lays what follows.

    The alert stands whatever goes wrong here, and its notice whatever goes wrong with the steps: `watch` lays then
    what is missing.
    """
    _lay(_notice, alert, now)
    _lay(_steps, alert, now)


def is_urgent(alert: Alert) -> bool:
    return alert.urgency in URGENT or alert.code == NOT_EVALUATED


def _lay(tellings: Callable[[Alert, datetime], list[Telling]], alert: Alert, now: datetime) -> None:
    try:
        with transaction.atomic():
            outbox.enqueue(tellings(alert, now), now=now)
    except Exception:
        logger.exception("what is to be told of alert %s could not be laid", alert.pk)


def _notice(alert: Alert, now: datetime) -> list[Telling]:
    readers = duty.on_duty(alert.episode.clinic)
    return [_telling(alert, Kind.URGENT_ALERT, now, readers, now, slot=str(alert.pk))]


def _steps(alert: Alert, now: datetime) -> list[Telling]:
    """Of several whose time has come already, only the last is told."""
    clinicians = duty.clinicians(alert.episode.clinic)
    gone = [wait for wait in ALERT_STEPS if alert.opened_at + wait <= now]
    again = [*gone[-1:], *ALERT_STEPS[len(gone) :]]
    return [
        *(_step(alert, Kind.ALERT_UNANSWERED, wait, clinicians, now) for wait in again),
        _step(alert, Kind.ALERT_CALL, ALERT_CALL_AFTER, (None,), now, at_once=not clinicians),
    ]


def _step(
    alert: Alert, kind: Kind, wait: timedelta, readers: Sequence[User | None], now: datetime, *, at_once: bool = False
) -> Telling:
    due_at = now if at_once else alert.opened_at + wait
    slot = f"{alert.pk}:{int(wait.total_seconds()) // 60}"
    return _telling(alert, kind, due_at, readers, now, slot=slot)


def _telling(
    alert: Alert, kind: Kind, due_at: datetime, readers: Sequence[User | None], now: datetime, *, slot: str
) -> Telling:
    episode = alert.episode
    occurrence = Occurrence(
        patient=episode.patient,
        episode=episode,
        rule=kind,
        local_date=local_date(due_at, episode.clinic.time_zone),
        slot=slot,
        due_at=due_at,
        created_at=now,
    )
    channel = ChannelName.CALLS if kind == Kind.ALERT_CALL else ChannelName.EMAIL
    return Telling(occurrence, episode.clinic, readers, channel=channel)


def alert_in(slot: str) -> UUID:
    """The alert that an occurrence is about; what comes after it tells the steps apart."""
    return UUID(slot.partition(":")[0])


# --- Somebody takes it on -------------------------------------------------------------------------------------------


def taken_on(*, alert: Alert, now: datetime) -> None:
    """Takes back what was to come, since somebody has taken the alert on, or closed it."""
    about = Occurrence.objects.filter(patient=alert.episode.patient, slot__startswith=str(alert.pk))
    take_back(about, reason=SOMEBODY_HAS_IT, now=now)


def handed_over(*, alert: Alert, event: AlertEvent, now: datetime) -> None:
    """Tells the colleague to whom an urgent alert was handed, on duty or not."""
    if event.to is not None and is_urgent(alert):
        slot = f"{alert.pk}{FOR}{event.pk}"
        outbox.enqueue([_telling(alert, Kind.URGENT_ALERT, now, [event.to], now, slot=slot)], now=now)


def came(*, alert: Alert, event: AlertEvent, unseen: bool, now: datetime) -> None:
    """Tells the new clinic of an urgent alert that came with a patient: its owner and, where nobody had taken it on,
    whoever is on duty. `event` handed it over; what was to be told in the old clinic is taken back.
    """
    taken_on(alert=alert, now=now)
    if event.to is None or not is_urgent(alert):
        return
    readers = {event.to.pk: event.to} | {user.pk: user for user in duty.on_duty(alert.episode.clinic) if unseen}
    slot = f"{alert.pk}{FOR}{event.pk}"
    outbox.enqueue([_telling(alert, Kind.URGENT_ALERT, now, list(readers.values()), now, slot=slot)], now=now)


def answered(slot: str) -> bool:
    """Whether nobody needs to hear any more of the alert that an occurrence is about.

    A colleague to whom it was handed does, until somebody has done something about it since.
    """
    events = AlertEvent.objects.filter(alert=alert_in(slot), kind__in=TAKEN_ON)
    if FOR in slot:
        events = events.filter(pk__gt=int(slot.partition(FOR)[2]))
    return events.exists()


def take_back(occurrences: QuerySet[Occurrence], *, reason: str, now: datetime) -> None:
    """Cancels what waits of the occurrences, and settles their open entries on the call list."""
    outbox.cancel(occurrences, reason=reason, now=now)
    listed = OutboxMessage.objects.filter(occurrence__in=occurrences, channel=ChannelName.CALLS, settled_at=None)
    listed.filter(state__in=ON_THE_LIST).update(settled_at=now, reason=reason)


# --- Every round ----------------------------------------------------------------------------------------------------


class Laid(NamedTuple):
    """A message about an alert or, where there was nobody to tell, its occurrence alone."""

    occurrence: UUID
    kind: str
    slot: str
    state: str | None
    due_at: datetime | None
    attempts: int | None

    def may_be_heard(self, now: datetime) -> bool:
        """Also one that waits to be tried again; not a step whose time is still to come."""
        waits = self.state == State.DUE and self.due_at is not None and (self.due_at <= now or bool(self.attempts))
        return self.state in ALIVE or waits


def watch(*, now: datetime) -> None:
    """Looks after urgent alerts that nobody has taken on: lays what is missing, and does not wait for the next step
    where nobody could be told.

    One statement where all is taken on, and one more for however many are not.
    """
    waiting = list(_unanswered(now))
    laid = _laid(waiting) if waiting else {}
    for alert in waiting:
        _look_after(alert, laid.get(alert.pk, []), now)


def _look_after(alert: Alert, laid: Sequence[Laid], now: datetime) -> None:
    kinds = {each.kind for each in laid}
    if Kind.URGENT_ALERT not in kinds:
        _lay(_notice, alert, now)
    if Kind.ALERT_CALL not in kinds:
        _lay(_steps, alert, now)
    elif Kind.URGENT_ALERT in kinds and not any(each.may_be_heard(now) for each in laid):
        _bring_forward(laid, now)


def _unanswered(now: datetime) -> QuerySet[Alert]:
    taken_on = AlertEvent.objects.filter(alert=OuterRef("pk"), kind__in=TAKEN_ON)
    urgent = Q(urgency__in=URGENT) | Q(code=NOT_EVALUATED)
    recent = Alert.objects.filter(
        urgent, ~Exists(taken_on), workable("episode__patient"), opened_at__gt=now - WATCHED, opened_at__lte=now
    )
    return recent.select_related("episode__patient", "episode__clinic")


def _laid(alerts: Sequence[Alert]) -> dict[UUID, list[Laid]]:
    """By alert what was laid for it, earliest first."""
    told = Occurrence.objects.filter(patient__in={alert.episode.patient_id for alert in alerts}, rule__in=KINDS)
    columns = ("pk", "rule", "slot", "messages__state", "messages__due_at", "messages__attempts")
    found: dict[UUID, list[Laid]] = {}
    for row in told.order_by("due_at").values_list(*columns):
        found.setdefault(alert_in(row[2]), []).append(Laid._make(row))
    return found


def _bring_forward(laid: Sequence[Laid], now: datetime) -> None:
    """Makes the next step due at once, whoever it is for."""
    coming = [each.occurrence for each in laid if each.state == State.DUE]
    if coming:
        OutboxMessage.objects.filter(occurrence=coming[0], state=State.DUE, due_at__gt=now).update(due_at=now)
        wakeups.wake_after_commit()
