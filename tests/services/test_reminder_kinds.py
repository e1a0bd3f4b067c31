"""What each kind of reminder waits for: the nudge, the next step, the appointment, the goals of the week."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import scenes
from tests.scenes import Staff
from tests.services.reminding import (
    FRIDAY,
    MONDAY,
    NEXT_MONDAY,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    at,
    ends,
    mails,
    run,
    text_of,
    to,
)
from tracker.clinical.terms import Side
from tracker.clock import StoppedClock
from tracker.models import Assessment, Episode, Kind, OutboxMessage, Review
from tracker.selectors import episodes as cases
from tracker.services import reminders, reviews

State = OutboxMessage.State
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail")]

NUDGE, STEP, VISIT, GOALS = (
    "Your check-in is still open",
    "Your next step is coming up",
    "Your appointment tomorrow",
    "Your goals this week",
)


def pass_days(clock: StoppedClock, first: date, last: date, *hours: int) -> None:
    """Each day the engine runs at those hours on the patient's wall."""
    while first <= last:
        for hour in hours or (9, 18):
            clock.set(at(first, hour))
            run()
        first += timedelta(days=1)


def change(knee: Episode, clock: StoppedClock, **wish: Any) -> None:
    reminders.change(**{"patient": knee.patient, "kind": Kind.CHECK_IN, "now": clock.instant, **wish})


# --- The nudge ------------------------------------------------------------------------------------------------------


def test_who_has_not_checked_in_by_the_evening_is_nudged_once(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    pass_days(clock, TUESDAY, TUESDAY, 9, 17, 18, 19)
    assert to(mail, knee.patient.email) == ["Time for your check-in", NUDGE]


def test_who_has_checked_in_is_not_nudged(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    pass_days(clock, TUESDAY, TUESDAY, 9)
    scenes.check_in(knee)
    pass_days(clock, TUESDAY, TUESDAY, 18)
    assert NUDGE not in to(mail, knee.patient.email)
    assert ends(Kind.NUDGE)[0] == (TUESDAY, State.CANCELLED, "You have checked in.")


def test_on_the_second_silent_day_there_is_no_nudge_but_a_call(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    pass_days(clock, TUESDAY, THURSDAY)
    assert to(mail, knee.patient.email).count(NUDGE) == 1
    assert ends(Kind.NUDGE)[1] == (WEDNESDAY, State.CANCELLED, "One nudge is enough. Your clinic will call.")
    assert OutboxMessage.objects.filter(kind=Kind.SILENCE, state=State.SENT).exists()


def test_a_new_run_of_silence_brings_a_new_nudge(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    pass_days(clock, TUESDAY, WEDNESDAY)
    scenes.check_in(knee)
    pass_days(clock, THURSDAY, THURSDAY)
    assert to(mail, knee.patient.email).count(NUDGE) == 2


def test_with_two_knees_one_that_is_missing_brings_a_nudge(
    home: Staff, knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    other = scenes.knee(home, side=Side.RIGHT, signed=False)
    Episode.objects.filter(pk=other.pk).update(patient=knee.patient)
    pass_days(clock, TUESDAY, TUESDAY, 9)
    scenes.check_in(knee)
    pass_days(clock, TUESDAY, TUESDAY, 18)
    assert NUDGE in to(mail, knee.patient.email)


@pytest.mark.parametrize(("hour", "nudged"), [(time(15, 30), True), (time(16), False), (time(20), False)])
def test_whoever_is_reminded_in_the_afternoon_is_not_nudged_right_after(
    knee: Episode, clock: StoppedClock, mail: Path, hour: time, nudged: bool
) -> None:
    reminders.plan(now=clock.instant)
    change(knee, clock, at=hour)
    pass_days(clock, TUESDAY, TUESDAY, 16, 18)
    assert (NUDGE in to(mail, knee.patient.email)) == nudged


def test_the_nudge_is_back_once_the_reminder_is_in_the_morning_again(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    for hour in (time(17), time(9)):
        change(knee, clock, at=hour)
        reminders.plan(now=clock.instant)
    pass_days(clock, TUESDAY, TUESDAY)
    assert NUDGE in to(mail, knee.patient.email)


def test_a_nudge_is_never_before_the_reminder_that_it_follows(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    change(knee, clock, kind=Kind.NUDGE, at=time(12))
    change(knee, clock, at=time(13))
    pass_days(clock, TUESDAY, TUESDAY, 12, 13)
    assert to(mail, knee.patient.email) == ["Time for your check-in"]


def test_without_the_reminder_there_is_no_nudge_either(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    reminders.plan(now=clock.instant)
    change(knee, clock, enabled=False)
    pass_days(clock, TUESDAY, WEDNESDAY)
    assert not to(mail, knee.patient.email)
    change(knee, clock, enabled=True)
    scenes.check_in(knee)
    pass_days(clock, THURSDAY, THURSDAY)
    assert to(mail, knee.patient.email) == ["Time for your check-in", NUDGE]


def test_a_reminder_that_left_late_is_not_followed_by_a_nudge(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    reminders.plan(now=clock.instant)
    pass_days(clock, TUESDAY, TUESDAY, 17, 18)
    assert to(mail, knee.patient.email) == ["Time for your check-in"]
    late = "The reminder itself came late that day, or not at all."
    assert ends(Kind.NUDGE)[0] == (TUESDAY, State.CANCELLED, late)


def test_nobody_is_nudged_on_the_day_they_are_taken_on(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    pass_days(clock, MONDAY, MONDAY, 10, 18)
    assert not to(mail, knee.patient.email)
    assert MONDAY not in [day for day, _, _ in ends(Kind.NUDGE)]


# --- The next step --------------------------------------------------------------------------------------------------


def step(knee: Episode, on: date, state: str = "waiting") -> None:
    """What the kept assessment says of the next step."""
    Assessment.objects.filter(episode=knee).update(next_step={"on": on.isoformat(), "gate": "G6", "state": state})


def test_the_kept_assessment_knows_the_next_step_of_the_plan(home: Staff, clock: StoppedClock) -> None:
    knee = scenes.knee(home)
    planned = cases.allowance(cases.case(knee, now=clock.instant)).next_step
    assert planned is not None
    kept = {"on": planned.on.isoformat(), "gate": planned.gate, "state": planned.state}
    assert Assessment.objects.get(episode=knee).next_step == kept


def test_the_next_step_is_told_three_days_before_and_only_once(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    step(knee, FRIDAY + timedelta(days=1))
    pass_days(clock, TUESDAY, FRIDAY, 9)
    assert ends(Kind.NEXT_STEP) == [(FRIDAY + timedelta(days=1), State.SENT, "")]
    told = OutboxMessage.objects.get(kind=Kind.NEXT_STEP)
    assert told.due_at == at(WEDNESDAY, 9)


def test_it_says_neither_what_the_step_is_nor_who_decides(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    step(knee, THURSDAY)
    pass_days(clock, TUESDAY, TUESDAY, 9)
    (letter,) = [mail for mail in mails(mail) if mail["To"] == knee.patient.email]
    text = " ".join(word for word in text_of(letter).split() if not word.startswith("http"))
    assert "keep to what your plan says today" in text
    assert not [word for word in ("G6", "X-ray", "surgeon", "percent", "weight", "kg", "18") if word in text]


def test_a_step_that_changes_its_date_or_state_is_told_anew(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    step(knee, THURSDAY)
    pass_days(clock, TUESDAY, TUESDAY, 9)
    step(knee, THURSDAY, "signed")
    pass_days(clock, WEDNESDAY, WEDNESDAY, 9)
    step(knee, FRIDAY, "signed")
    pass_days(clock, THURSDAY, THURSDAY, 9)
    assert [day for day, state, _ in ends(Kind.NEXT_STEP) if state == State.SENT] == [THURSDAY, THURSDAY, FRIDAY]


@pytest.mark.parametrize("on", [MONDAY, TUESDAY])
def test_a_step_whose_day_has_come_is_not_announced(knee: Episode, clock: StoppedClock, on: date) -> None:
    step(knee, on)
    pass_days(clock, TUESDAY, WEDNESDAY, 9)
    assert ends(Kind.NEXT_STEP) == []


def test_a_step_that_is_held_is_not_announced(knee: Episode, clock: StoppedClock) -> None:
    step(knee, THURSDAY, "held")
    pass_days(clock, TUESDAY, WEDNESDAY, 9)
    assert ends(Kind.NEXT_STEP) == []


def test_a_step_that_moves_between_planning_and_sending_is_not_told(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    step(knee, THURSDAY)
    clock.set(at(TUESDAY, 8, 55))
    reminders.plan(now=clock.instant)
    step(knee, THURSDAY + timedelta(days=30))
    pass_days(clock, TUESDAY, TUESDAY, 9)
    assert ends(Kind.NEXT_STEP) == [
        (THURSDAY, State.CANCELLED, "The next step has moved, or waits for something else now.")
    ]


# --- The appointment ------------------------------------------------------------------------------------------------


def book(home: Staff, knee: Episode, moment: datetime, key: str = "XRAY_6W") -> Review:
    return reviews.book(episode=knee, by=home.coordinator, key=key, booked_at=moment)


def test_an_appointment_is_told_on_the_day_before_and_only_once(
    home: Staff, knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    book(home, knee, at(FRIDAY, 10, 30))
    pass_days(clock, TUESDAY, FRIDAY, 9)
    assert ends(Kind.REVIEW_TOMORROW) == [(FRIDAY, State.SENT, "")]
    assert OutboxMessage.objects.get(kind=Kind.REVIEW_TOMORROW).due_at == at(THURSDAY, 9)
    assert to(mail, knee.patient.email).count(VISIT) == 1
    assert "X-ray" not in "".join(letter.as_string() for letter in mails(mail))


@pytest.mark.parametrize("hours", [1, 48])
def test_an_appointment_that_is_moved_is_told_anew_for_its_new_time(
    home: Staff, knee: Episode, clock: StoppedClock, hours: int
) -> None:
    book(home, knee, at(WEDNESDAY, 10))
    pass_days(clock, TUESDAY, TUESDAY, 9)
    moved = at(WEDNESDAY, 10) + timedelta(hours=hours)
    book(home, knee, moved)
    pass_days(clock, TUESDAY, FRIDAY, 9)
    days = [day for day, state, _ in ends(Kind.REVIEW_TOMORROW) if state == State.SENT]
    assert days == ([WEDNESDAY] if hours == 1 else [WEDNESDAY, FRIDAY])


def test_an_appointment_moved_or_done_between_planning_and_sending_is_not_told(
    home: Staff, knee: Episode, clock: StoppedClock
) -> None:
    first, second = book(home, knee, at(WEDNESDAY, 10)), book(home, knee, at(WEDNESDAY, 11), key="WOUND")
    clock.set(at(TUESDAY, 8, 55))
    reminders.plan(now=clock.instant)
    book(home, knee, at(WEDNESDAY, 12))
    Review.objects.filter(pk=second.pk).update(done_on=TUESDAY)
    pass_days(clock, TUESDAY, TUESDAY, 9)
    assert {first.key, second.key} == {"XRAY_6W", "WOUND"}
    assert sorted(reason for _, state, reason in ends(Kind.REVIEW_TOMORROW) if state == State.CANCELLED) == [
        "The appointment was moved to another hour.",
        "The appointment was moved, or has taken place.",
    ]


def test_an_appointment_is_on_the_clinics_day(home: Staff, clock: StoppedClock) -> None:
    far = scenes.knee(home, time_zone="Pacific/Auckland")
    book(home, far, at(WEDNESDAY, 22))  # Thursday morning in Auckland
    clock.set(datetime(2026, 6, 15, 21, 0, tzinfo=UTC))  # Tuesday, nine o'clock in Auckland
    run()
    assert [day for day, _, _ in ends(Kind.REVIEW_TOMORROW)] == [WEDNESDAY]


# --- The goals of the week ------------------------------------------------------------------------------------------


def goals(knee: Episode, clock: StoppedClock, **keys: tuple[str, int]) -> None:
    """What the kept assessment says of the milestones: state and typical day after surgery."""
    rows = [{"key": key, "state": state, "typical": typical} for key, (state, typical) in keys.items()]
    Assessment.objects.filter(episode=knee).update(milestones=rows)


def day_of(knee: Episode, on: date) -> int:
    return (on - Assessment.objects.get(episode=knee).surgery_date).days


@pytest.mark.parametrize(
    ("state", "offset", "told"),
    [
        ("due", -30, True),
        ("open", 0, True),
        ("upcoming", 6, True),
        ("open", -1, False),
        ("open", 7, False),
        ("overdue", -30, False),
        ("done", 0, False),
    ],
)
def test_on_monday_the_goals_of_the_week_are_told_if_there_are_any(
    knee: Episode, clock: StoppedClock, mail: Path, state: str, offset: int, told: bool
) -> None:
    goals(knee, clock, FLEX_90=(state, day_of(knee, NEXT_MONDAY) + offset))
    pass_days(clock, TUESDAY, NEXT_MONDAY, 9)
    assert ends(Kind.MILESTONES) == ([(NEXT_MONDAY, State.SENT, "")] if told else [])
    assert "FLEX" not in "".join(letter.as_string() for letter in mails(mail))


def test_the_goals_are_told_once_a_week_for_both_knees(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    other = scenes.knee(home, side=Side.RIGHT, signed=False)
    Episode.objects.filter(pk=other.pk).update(patient=knee.patient)
    goals(knee, clock, FLEX_90=("due", 30), CRUTCH_1=("due", 40))
    goals(other, clock, FLEX_90=("due", 30))
    pass_days(clock, TUESDAY, NEXT_MONDAY + timedelta(days=7))
    told = [day for day, state, _ in ends(Kind.MILESTONES) if state == State.SENT]
    assert told == [NEXT_MONDAY, NEXT_MONDAY + timedelta(days=7)]


def test_goals_reached_between_planning_and_sending_are_not_told(knee: Episode, clock: StoppedClock) -> None:
    goals(knee, clock, FLEX_90=("due", 30))
    clock.set(at(NEXT_MONDAY, 8, 55))
    reminders.plan(now=clock.instant)
    goals(knee, clock, FLEX_90=("done", 30))
    pass_days(clock, NEXT_MONDAY, NEXT_MONDAY, 9)
    assert ends(Kind.MILESTONES)[-1][1:] == (
        State.CANCELLED,
        "The goals of the week were reached, or come later.",
    )


# --- Questionnaires -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "told"), [("open", True), ("due", True), ("upcoming", False), ("done", False), ("overdue", False)]
)
def test_a_questionnaire_whose_window_is_open_is_told_once_and_is_no_goal_of_the_week(
    knee: Episode, clock: StoppedClock, mail: Path, state: str, told: bool
) -> None:
    goals(knee, clock, PROM_3M=(state, day_of(knee, MONDAY + timedelta(days=7))))
    pass_days(clock, TUESDAY, TUESDAY + timedelta(days=8), 9)
    assert [state for _, state, _ in ends(Kind.QUESTIONNAIRE)] == [State.SENT] * told
    assert sum("questionnaires" in text_of(letter) for letter in mails(mail)) == told
    assert ends(Kind.MILESTONES) == []


def test_a_questionnaire_filled_in_between_planning_and_sending_is_not_told(knee: Episode, clock: StoppedClock) -> None:
    goals(knee, clock, PROM_3M=("open", day_of(knee, TUESDAY)))
    clock.set(at(TUESDAY, 8, 55))
    reminders.plan(now=clock.instant)
    goals(knee, clock, PROM_3M=("done", day_of(knee, TUESDAY)))
    clock.set(at(TUESDAY, 9))
    run()
    assert ends(Kind.QUESTIONNAIRE) == [(TUESDAY, State.CANCELLED, "It was filled in, or its time has passed.")]
