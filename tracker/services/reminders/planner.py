"""Makes reminders due. It may run any number of times, anywhere, late or twice: the same occurrences come of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import QuerySet

from tracker import channels
from tracker.models import ChannelName, Occurrence, ReminderPlan
from tracker.selectors import duty
from tracker.selectors.episodes import local_date
from tracker.selectors.localtime import dates_until, first_after
from tracker.selectors.wanted import DAYS_BACK, Look, Want, look_at
from tracker.selectors.ways import preferred, usable
from tracker.services import notices, outbox
from tracker.services.kinds import CALENDAR, Audience, Rule
from tracker.services.outbox import Telling
from tracker.services.reminders import morning
from tracker.services.reminders.owed import zone_of
from tracker.services.reminders.wanted import FINDERS

BATCH = 20
"""Plans a transaction, so that SQLite never keeps a check-in waiting (design 10.17)."""
AFTER_FAILURE = timedelta(hours=1)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Planned:
    """What comes of looking at one plan: what is wanted and not there yet, and when to look again."""

    plan: ReminderPlan
    wants: list[Want]
    next_due_at: datetime | None


def plan(*, now: datetime, alive: Callable[[], object] | None = None) -> int:
    """Plans all whose time has come; returns how many occurrences were made. Reads no other rows.

    `alive` is called after each batch, for there may be many.
    """
    notices.watch(now=now)
    made = morning.plan(now=now)
    while (done := _plan_batch(now)) is not None:
        made += done
        if alive is not None:
            alive()
    return made


def resume(*, now: datetime) -> None:
    """Begins anew at `now` after a standstill that is not to show: days gone by get no occurrence, today's do."""
    for kind, rule in CALENDAR.items():
        behind = ReminderPlan.objects.filter(kind=kind, next_due_at__lt=now - rule.ahead)
        behind.update(next_due_at=now - rule.ahead)
    morning.resume(now=now)


def preview(*, now: datetime) -> Iterator[tuple[ReminderPlan, Want]]:
    """What `plan` would make at `now`; changes nothing."""
    waiting = list(_waiting(now))
    for start in range(0, len(waiting), BATCH):
        for planned in _look_at(waiting[start : start + BATCH], now):
            for want in planned.wants:
                yield planned.plan, want


@transaction.atomic
def _plan_batch(now: datetime) -> int | None:
    skip = connection.features.has_select_for_update_skip_locked
    plans = list(_waiting(now).select_for_update(of=("self",), skip_locked=skip)[:BATCH])
    if not plans:
        return None
    planned = _look_at(plans, now)
    ways = _first_ways([each.plan for each in planned if each.wants])
    tellings = [_telling(each.plan, want, ways, now) for each in planned for want in each.wants]
    outbox.enqueue(tellings, now=now)
    for each in planned:
        each.plan.next_due_at = each.next_due_at
    ReminderPlan.objects.bulk_update(plans, ["next_due_at"])
    return len(tellings)


def _waiting(now: datetime) -> QuerySet[ReminderPlan]:
    return ReminderPlan.objects.filter(next_due_at__lte=now).select_related("patient__clinic").order_by("next_due_at")


def _first_ways(plans: Sequence[ReminderPlan]) -> dict[int, str]:
    """By plan the first of the ways it may go that is open now, or the patient's first, to be seen failing."""
    patients = {plan.patient_id: plan.patient for plan in plans}
    open_ways = usable(list(patients.values()), installed=channels.installed()) if plans else {}
    found = {}
    for plan in plans:
        outward = [name for name in preferred(plan.channels, open_ways[plan.patient_id]) if name != ChannelName.APP]
        found[plan.pk] = outward[0] if outward else plan.channels[0]
    return found


def _telling(plan: ReminderPlan, want: Want, ways: Mapping[int, str], now: datetime) -> Telling:
    rule, clinic = CALENDAR[plan.kind], plan.patient.clinic
    occurrence = Occurrence(
        patient=plan.patient,
        episode=want.episode,
        rule=plan.kind,
        local_date=want.local_date,
        slot=want.slot,
        due_at=want.due_at,
        created_at=now,
    )
    if rule.audience == Audience.PATIENT:
        return Telling(occurrence, clinic, channel=ways[plan.pk])
    if rule.audience == Audience.CALL_LIST:
        return Telling(occurrence, clinic, channel=ChannelName.CALLS)
    return Telling(occurrence, clinic, duty.gate_team(want.episode))


# --- One look at each plan ------------------------------------------------------------------------------------------


def _look_at(plans: Sequence[ReminderPlan], now: datetime) -> list[Planned]:
    """A handful of statements for all of them together."""
    return [_planned(plan, look, now) for plan, look in zip(plans, look_at(plans, now=now), strict=True)]


def _planned(plan: ReminderPlan, look: Look, now: datetime) -> Planned:
    """A plan that cannot be worked out must not keep the others waiting, minute after minute."""
    if not look.episodes or not plan.enabled:
        return Planned(plan, [], None)
    try:
        rule, zone = CALENDAR[plan.kind], zone_of(CALENDAR[plan.kind], plan.patient)
        days = _days(plan, rule, zone, now)
        wants = [want for day, at in days for want in FINDERS[plan.kind](look, day, at)]
        return Planned(plan, wants, first_after(now + rule.ahead, plan.at, zone) - rule.ahead)
    except Exception:
        logger.exception("reminder plan %s cannot be worked out", plan.pk)
        return Planned(plan, [], now + AFTER_FAILURE)


def _days(plan: ReminderPlan, rule: Rule, zone: str, now: datetime) -> list[tuple[date, datetime]]:
    """The days to plan: all up to the horizon that were not, or, for what only shows on the day, the last alone."""
    first = local_date((plan.next_due_at or now) + rule.ahead, zone)
    days = list(dates_until(max(first, local_date(now - DAYS_BACK, zone)), now + rule.ahead, plan.at, zone))
    if rule.foreseen:
        return days
    return [(day, at) for day, at in days[-1:] if (ends := rule.expires(at, zone)) is None or ends > now]
