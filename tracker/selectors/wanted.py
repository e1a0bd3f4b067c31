"""What a patient's state asks to be told on a day: one small pure function a kind, and what they are to look at.

The planner asks for the days that are near, the forecast for the week: the answers are the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Max, Q

from tracker.clinical.terms import MilestoneState, StepState
from tracker.models import Assessment, CheckIn, Episode, Kind, Occurrence, ReminderPlan, Review
from tracker.selectors.episodes import local_date
from tracker.selectors.standing import workable

Key = TypeVar("Key")
Found = TypeVar("Found")

MONDAY = 0
DAY = timedelta(days=1)
DAYS_AHEAD = timedelta(days=3)
"""So long before it the patient hears of the next step."""
LATE = time(16)
"""Whoever is reminded at this hour or later gets no nudge: it would follow at once."""
DAYS_BACK = timedelta(days=7)
"""How far back days that nobody planned, since nothing ran, still get an occurrence: to be seen as expired."""
QUESTIONNAIRES = "PROM_"
"""How the keys of those milestones begin that are questionnaires to fill in (patient-reported outcome measures)."""
ONCE_FOR_GOOD = (Kind.SILENCE, Kind.GATE_DUE, Kind.QUESTIONNAIRE)
"""Told once, however long ago; the occurrences of the others need not be remembered beyond the days back."""


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of a patient when a plan is looked at: open episodes, the day of the last word, booked reviews that
    are not done, keys of the occurrences that stand.

    `hour` is the plan's own; `reminder` is the plan of the daily check-in.
    """

    episodes: Sequence[Episode]
    last_check_in: date | None
    standing: frozenset[tuple[date, str]]
    hour: time = time.min
    reminder: ReminderPlan | None = None
    reviews: Sequence[Review] = ()

    def told(self, slot: str) -> bool:
        return any(slot == each for _, each in self.standing)


@dataclass(frozen=True, slots=True)
class Want:
    """An occurrence to be made. `local_date` is the day it is about, not always the one it is told on."""

    local_date: date
    slot: str
    due_at: datetime
    episode: Episode


Finder = Callable[[Look, date, datetime], Iterator[Want]]

# --- By kind: `day` is the reader's, `at` its instant ---------------------------------------------------------------


def check_in(look: Look, day: date, at: datetime) -> Iterator[Want]:
    """Each day from the one after surgery."""
    if (day, "") not in look.standing and day > min(map(operated_on, look.episodes)):
        yield Want(day, "", at, look.episodes[0])


def nudge(look: Look, day: date, at: datetime) -> Iterator[Want]:
    """On the same days, where there is a reminder that it can follow. Whether it is needed shows when it is sent."""
    reminder = look.reminder
    follows = reminder is not None and reminder.enabled and reminder.at < min(LATE, look.hour)
    if follows and day > in_care_since(look.episodes):
        yield from check_in(look, day, at)


def next_step(look: Look, day: date, at: datetime) -> Iterator[Want]:
    """Once a date and state of the next step, in the days before it. Not while it is held: it is not coming then."""
    for episode in look.episodes:
        step = coming_step(kept(episode))
        if step is not None and step[1] != StepState.HELD and day < step[0] <= day + DAYS_AHEAD:
            on, slot = step[0], slot_of(episode, step[1])
            if (on, slot) not in look.standing:
                yield Want(on, slot, at, episode)


def review_tomorrow(look: Look, day: date, at: datetime) -> Iterator[Want]:
    """Once a booking, on the day before it."""
    knees = {episode.pk: episode for episode in look.episodes}
    for review in look.reviews:
        episode = knees[review.episode_id]
        if visit_day(review, episode) == day + DAY and (day + DAY, booking(review)) not in look.standing:
            yield Want(day + DAY, booking(review), at, episode)


def milestones(look: Look, day: date, at: datetime) -> Iterator[Want]:
    """On Mondays, once for all knees, when there is a goal to look at in the week."""
    if day.weekday() != MONDAY or (day, "") in look.standing:
        return
    for episode in look.episodes:
        if goals_of_the_week(kept(episode), day):
            yield Want(day, "", at, episode)
            return


def questionnaire(look: Look, day: date, at: datetime) -> Iterator[Want]:
    """Once a questionnaire, when its window has opened."""
    for episode in look.episodes:
        for key in open_questionnaires(kept(episode)):
            if not look.told(slot := slot_of(episode, key)):
                yield Want(day, slot, at, episode)


FINDERS: dict[str, Finder] = {
    Kind.CHECK_IN: check_in,
    Kind.NUDGE: nudge,
    Kind.NEXT_STEP: next_step,
    Kind.REVIEW_TOMORROW: review_tomorrow,
    Kind.MILESTONES: milestones,
    Kind.QUESTIONNAIRE: questionnaire,
}


# --- Read for many plans at once ------------------------------------------------------------------------------------


def look_at(plans: Sequence[ReminderPlan], *, now: datetime) -> list[Look]:
    """What each plan is to look at, in order: a handful of statements for all of them together."""
    episodes = _open_episodes(plans)
    last = _last_check_ins(plans)
    standing = _standing(plans, now)
    reminders = _reminders(plans)
    reviews = _reviews(plans, now)
    return [
        Look(
            episodes=episodes.get(plan.patient_id, ()),
            last_check_in=last.get(plan.patient_id),
            standing=frozenset(standing.get((plan.patient_id, plan.kind), ())),
            hour=plan.at,
            reminder=reminders.get(plan.patient_id),
            reviews=reviews.get(plan.patient_id, ()) if plan.kind == Kind.REVIEW_TOMORROW else (),
        )
        for plan in plans
    ]


def _patients(plans: Sequence[ReminderPlan], *kinds: str) -> list[UUID]:
    """The patients of all plans, or of those of certain kinds."""
    return [plan.patient_id for plan in plans if not kinds or plan.kind in kinds]


def _open_episodes(plans: Sequence[ReminderPlan]) -> Mapping[UUID, list[Episode]]:
    rows = Episode.objects.filter(workable(), patient__in=_patients(plans), state=Episode.State.OPEN)
    rows = rows.select_related("assessment", "clinic", "patient").order_by("created_at")
    return _grouped((episode.patient_id, episode) for episode in rows)


def _last_check_ins(plans: Sequence[ReminderPlan]) -> dict[UUID, date]:
    """The last day that was reported or, where that is later, on which a report was written."""
    patients = _patients(plans, Kind.SILENCE)
    if not patients:
        return {}
    rows = CheckIn.objects.filter(episode__patient__in=patients, episode__state=Episode.State.OPEN)
    last = rows.values_list("episode__patient", "episode__patient__time_zone").annotate(Max("date"), Max("entered_at"))
    return {patient: max(day, local_date(at, zone)) for patient, zone, day, at in last}


def _standing(plans: Sequence[ReminderPlan], now: datetime) -> Mapping[tuple[UUID, str], list[tuple[date, str]]]:
    recent = (now - DAYS_BACK - DAY).date()
    rows = Occurrence.objects.filter(
        Q(rule__in=ONCE_FOR_GOOD) | Q(local_date__gte=recent),
        patient__in=_patients(plans),
        rule__in={plan.kind for plan in plans},
        state=Occurrence.State.PLANNED,
    )
    keys = rows.values_list("patient", "rule", "local_date", "slot")
    return _grouped(((patient, rule), (day, slot)) for patient, rule, day, slot in keys)


def _reminders(plans: Sequence[ReminderPlan]) -> dict[UUID, ReminderPlan]:
    patients = _patients(plans, Kind.NUDGE)
    rows = ReminderPlan.objects.filter(patient__in=patients, kind=Kind.CHECK_IN) if patients else ()
    return {plan.patient_id: plan for plan in rows}


def _reviews(plans: Sequence[ReminderPlan], now: datetime) -> Mapping[UUID, list[Review]]:
    patients = _patients(plans, Kind.REVIEW_TOMORROW)
    if not patients:
        return {}
    booked = Review.objects.filter(
        episode__patient__in=patients, episode__state=Episode.State.OPEN, done_on=None, booked_at__gt=now - DAY
    )
    rows = booked.select_related("episode").order_by("booked_at")
    return _grouped((review.episode.patient_id, review) for review in rows)


def _grouped(pairs: Iterator[tuple[Key, Found]]) -> Mapping[Key, list[Found]]:
    groups: dict[Key, list[Found]] = defaultdict(list)
    for key, found in pairs:
        groups[key].append(found)
    return dict(groups)


# --- Read from the rows ---------------------------------------------------------------------------------------------


def kept(episode: Episode) -> Assessment | None:
    return getattr(episode, "assessment", None)


def operated_on(episode: Episode) -> date:
    assessment = kept(episode)
    return enrolled_on(episode) if assessment is None else assessment.surgery_date


def enrolled_on(episode: Episode) -> date:
    return local_date(episode.created_at, episode.patient.time_zone)


def in_care_since(episodes: Sequence[Episode]) -> date:
    """The day on which a patient was taken on or operated, whichever was later; of two knees the first."""
    return min(max(enrolled_on(episode), operated_on(episode)) for episode in episodes)


def coming_step(assessment: Assessment | None) -> tuple[date, str] | None:
    """Date and state of the next step of the plan; None where none is ahead."""
    step: dict[str, Any] | None = None if assessment is None else assessment.next_step
    return None if step is None else (date.fromisoformat(step["on"]), step["state"])


def goals_of_the_week(assessment: Assessment | None, monday: date) -> list[str]:
    """Keys of the milestones that are due, or whose typical day comes in the week; those reached are not.

    Questionnaires have a message of their own.
    """
    if assessment is None:
        return []
    first = (monday - assessment.surgery_date).days
    ahead = (MilestoneState.UPCOMING, MilestoneState.OPEN)
    return [
        row["key"]
        for row in assessment.milestones
        if not row["key"].startswith(QUESTIONNAIRES)
        and (row["state"] == MilestoneState.DUE or (row["state"] in ahead and first <= row["typical"] < first + 7))
    ]


def open_questionnaires(assessment: Assessment | None) -> list[str]:
    """Keys of the questionnaires whose window is open and that are not filled in."""
    rows = [] if assessment is None else assessment.milestones
    now = (MilestoneState.OPEN, MilestoneState.DUE)
    return [row["key"] for row in rows if row["key"].startswith(QUESTIONNAIRES) and row["state"] in now]


def visit_day(review: Review, episode: Episode) -> date | None:
    """The date of an appointment, on the clinic's calendar."""
    return None if review.booked_at is None else local_date(review.booked_at, episode.clinic.time_zone)


# --- The keys of occurrences ----------------------------------------------------------------------------------------


def slot_of(episode: Episode, key: str) -> str:
    """Tells the same gate or step of two knees apart."""
    return f"{episode.pk.hex}:{key}"


def key_in(slot: str) -> str:
    return slot.partition(":")[2]


def booking(review: Review) -> str:
    """Tells one booking of an appointment from another."""
    return f"{review.pk.hex}:{review.booked_at:%H%M}"
