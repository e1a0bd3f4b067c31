"""Makes reminders due. It may run any number of times, anywhere, late or twice: the same occurrences come of it."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Max, Q, QuerySet

from tracker.models import CheckIn, Episode, Kind, Occurrence, ReminderPlan
from tracker.selectors import duty
from tracker.selectors.episodes import local_date
from tracker.selectors.localtime import dates_until, first_after
from tracker.services import outbox
from tracker.services.kinds import CALENDAR, Audience, Rule
from tracker.services.outbox import Telling
from tracker.services.reminders.look import Look, Want
from tracker.services.reminders.wanted import FINDERS
from tracker.services.reminders.wishes import zone_of

BATCH = 20
"""Plans a transaction, so that SQLite never keeps a check-in waiting (design 10.17)."""
DAYS_BACK = timedelta(days=7)
"""How far back days that nobody planned, since nothing ran, still get an occurrence: to be seen as expired."""
AFTER_FAILURE = timedelta(hours=1)

logger = logging.getLogger(__name__)
Standing = frozenset[tuple[date, str]]


@dataclass(frozen=True, slots=True)
class Planned:
    """What comes of looking at one plan: what is wanted and not there yet, and when to look again."""

    plan: ReminderPlan
    wants: list[Want]
    next_due_at: datetime | None


def plan(*, now: datetime) -> int:
    """Plans all whose time has come; returns how many occurrences were made. Reads no other rows."""
    made = 0
    while (done := _plan_batch(now)) is not None:
        made += done
    return made


def resume(*, now: datetime) -> None:
    """Begins anew at `now` after a standstill that is not to show: days gone by get no occurrence, today's do."""
    for kind, rule in CALENDAR.items():
        behind = ReminderPlan.objects.filter(kind=kind, next_due_at__lt=now - rule.ahead)
        behind.update(next_due_at=now - rule.ahead)


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
    tellings = [_telling(each.plan, want, now) for each in planned for want in each.wants]
    outbox.enqueue(tellings, now=now)
    for each in planned:
        each.plan.next_due_at = each.next_due_at
    ReminderPlan.objects.bulk_update(plans, ["next_due_at"])
    return len(tellings)


def _waiting(now: datetime) -> QuerySet[ReminderPlan]:
    return ReminderPlan.objects.filter(next_due_at__lte=now).select_related("patient__clinic").order_by("next_due_at")


def _telling(plan: ReminderPlan, want: Want, now: datetime) -> Telling:
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
        return Telling(occurrence, clinic, channel=plan.channels[0])
    return Telling(occurrence, clinic, duty.gate_team(want.episode))


# --- One look at each plan ------------------------------------------------------------------------------------------


def _look_at(plans: Sequence[ReminderPlan], now: datetime) -> list[Planned]:
    """A handful of statements for all of them together."""
    episodes = _open_episodes(plans)
    last = _last_check_ins(plans)
    standing = _standing(plans, now)
    looked = []
    for plan in plans:
        look = Look(
            episodes=episodes[plan.patient_id],
            last_check_in=last.get(plan.patient_id),
            standing=frozenset(standing[plan.patient_id, plan.kind]),
        )
        looked.append(_planned(plan, look, now))
    return looked


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
    if rule.ahead:
        return days
    return [(day, at) for day, at in days[-1:] if (ends := rule.expires(at, zone)) is None or ends > now]


def _open_episodes(plans: Sequence[ReminderPlan]) -> dict[object, list[Episode]]:
    found: dict[object, list[Episode]] = defaultdict(list)
    patients = [plan.patient_id for plan in plans]
    rows = Episode.objects.filter(patient__in=patients, state=Episode.State.OPEN)
    for episode in rows.select_related("assessment", "clinic", "patient").order_by("created_at"):
        found[episode.patient_id].append(episode)
    return found


def _last_check_ins(plans: Sequence[ReminderPlan]) -> dict[object, date]:
    patients = [plan.patient_id for plan in plans if plan.kind == Kind.SILENCE]
    if not patients:
        return {}
    rows = CheckIn.objects.filter(episode__patient__in=patients, episode__state=Episode.State.OPEN)
    return dict(rows.values_list("episode__patient").annotate(Max("date")))


def _standing(plans: Sequence[ReminderPlan], now: datetime) -> dict[tuple[object, str], set[tuple[date, str]]]:
    found: dict[tuple[object, str], set[tuple[date, str]]] = defaultdict(set)
    recent = (now - DAYS_BACK - timedelta(days=1)).date()
    rows = Occurrence.objects.filter(
        ~Q(rule=Kind.CHECK_IN) | Q(local_date__gte=recent),
        patient__in=[plan.patient_id for plan in plans],
        rule__in={plan.kind for plan in plans},
        state=Occurrence.State.PLANNED,
    )
    for patient, rule, day, slot in rows.values_list("patient", "rule", "local_date", "slot"):
        found[patient, rule].add((day, slot))
    return found
