"""The whole installation in counts alone: what became of its messages, and what is left undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, Min, OuterRef, Q, QuerySet

from tracker.models import ChannelName, Clinic, Episode, OutboxMessage, walls
from tracker.selectors.episodes import local_date
from tracker.selectors.operations import Fault, length, waiting_calls
from tracker.selectors.standing import workable

State = OutboxMessage.State

ABROAD = (ChannelName.EMAIL, ChannelName.SMS, ChannelName.PUSH)
"""The channels that leave the house."""
ON_ITS_WAY = (State.DUE, State.CLAIMED, State.SENDING, State.SENT)
TROUBLE = (State.FAILED, State.DEAD, State.UNCERTAIN)
WEEK = timedelta(days=7)
LEFT_WAITING = timedelta(days=1)
"""After how long somebody should have made a call on the call list [est]."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What became of messages in the last 7 days, and what is left undone. Counts, and names of clinics."""

    ended: dict[str, int]
    last_sent: datetime | None
    without_plan: int
    behind: Sequence[str]
    """Clinics whose patients have not been looked at for more than a day."""
    uncalled: Sequence[tuple[str, int, datetime]]
    """Clinics where a call has waited too long: how many wait, and since when the oldest does."""


def totals(*, now: datetime) -> Totals:
    """A handful of statements, whatever the number of patients and messages."""
    with walls.outside(walls.Why.ENGINE):
        return _counted(now)


def _counted(now: datetime) -> Totals:
    ended = told_about(state__in=(*TROUBLE, State.EXPIRED, State.SENT), finished_at__gte=now - WEEK)
    sent = OutboxMessage.objects.filter(state=State.SENT, channel__in=ABROAD).order_by("-finished_at")
    untold = Episode.objects.filter(workable(), state=Episode.State.OPEN, patient__reminder_plans=None)
    return Totals(
        ended=dict(ended.filter(channel__in=ABROAD).values_list("state").annotate(Count("pk")).order_by()),
        last_sent=sent.values_list("finished_at", flat=True).first(),
        without_plan=untold.values("patient").distinct().count(),
        behind=_behind(now),
        uncalled=_uncalled(now),
    )


def told_about(**which: Any) -> QuerySet[OutboxMessage]:
    """Messages, without those of which nothing was tried because the way was known to lead nowhere, and which took another."""
    others = OutboxMessage.objects.filter(occurrence=OuterRef("occurrence"), recipient=None, state__in=ON_ITS_WAY)
    passed_on = Q(state=State.FAILED, attempts=0, recipient=None) & Exists(others.exclude(pk=OuterRef("pk")))
    return OutboxMessage.objects.filter(**which).exclude(passed_on)


ENDED = {
    State.FAILED: ("Messages refused for good", "Check the addresses of those patients and colleagues."),
    State.DEAD: ("Messages given up after many tries", "Check the provider, then send them again."),
    State.UNCERTAIN: ("Messages that may or may not have arrived", "The line to the provider breaks off."),
}


def left_undone(totals: Totals, *, now: datetime) -> Iterator[Fault]:
    """What went wrong or waits for a person, over the whole installation."""
    for state, (which, remedy) in ENDED.items():
        if count := totals.ended.get(state):
            yield Fault(f"{which} in the last 7 days: {count}.", f"{remedy} They are listed on /operations/.")
    if totals.without_plan:
        yield Fault(f"Patients in care who get no reminders: {totals.without_plan}.", REASSESS)
    for clinic in totals.behind:
        yield Fault(f"{clinic}: its patients have not been looked at for more than a day.", REASSESS)
    for clinic, count, oldest in totals.uncalled:
        yield Fault(
            f"{clinic}: calls that wait on the call list: {count}, the oldest for {length(now - oldest)}.",
            "Somebody of the clinic should phone; the list is on /calls/.",
        )


REASSESS = "Run: python3 manage.py reassess"


def _behind(now: datetime) -> list[str]:
    """Clinics that have open episodes and whose daily tick did not reach yesterday, so that a whole day is missing."""
    caring = Clinic.objects.filter(
        Exists(Episode.objects.filter(workable(), clinic=OuterRef("pk"), state=Episode.State.OPEN))
    )
    return [
        clinic.name
        for clinic in caring.order_by("name")
        if clinic.ticked_on is None or clinic.ticked_on < local_date(now, clinic.time_zone) - timedelta(days=1)
    ]


def _uncalled(now: datetime) -> list[tuple[str, int, datetime]]:
    by_clinic = waiting_calls().values_list("clinic__name").annotate(Count("pk"), oldest=Min("finished_at"))
    return list(by_clinic.filter(oldest__lt=now - LEFT_WAITING).order_by("clinic__name"))
