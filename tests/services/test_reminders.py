"""Who is told what and when: once, on the right day of their own calendar, and not at all when it is no longer needed."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import scenes
from tests.scenes import Staff
from tests.services.reminding import MONDAY, TUESDAY, WEDNESDAY, at, ends, mails, run, text_of, to
from tracker.clinical.terms import Side
from tracker.clock import StoppedClock
from tracker.errors import Invalid
from tracker.models import (
    Assessment,
    Episode,
    Kind,
    Occurrence,
    OutboxMessage,
    Patient,
    ReminderPlan,
)
from tracker.selectors import reminders as told
from tracker.services import episodes, reminders, reviews, ticks
from tracker.services.kinds import CALENDAR, OPTIONAL
from tracker.services.reminders.planner import BATCH

State = OutboxMessage.State
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail")]


def asked(path: Path) -> int:
    """How many times a patient was asked to check in."""
    return sum(mail["Subject"] == "Time for your check-in" for mail in mails(path))


# --- The daily check-in ---------------------------------------------------------------------------------------------


def test_two_days_are_planned_ahead_and_planning_again_changes_nothing(knee: Episode, clock: StoppedClock) -> None:
    for _ in range(3):
        reminders.plan(now=clock.instant)
    assert ends(Kind.CHECK_IN) == [(TUESDAY, State.DUE, ""), (WEDNESDAY, State.DUE, "")]


def test_the_reminder_leaves_at_nine_on_the_patients_clock_and_only_once(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    for minute in range(58, 63):
        clock.set(at(TUESDAY, 8) + timedelta(minutes=minute))
        run()
        assert asked(mail) == (minute >= 60)


def test_it_says_the_first_name_gives_a_link_and_nothing_clinical(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    clock.set(at(TUESDAY, 9))
    run()
    (letter,) = mails(mail)
    whole = letter.as_string()
    assert "Hello Robin," in text_of(letter)
    assert "https://clinic.example/check-in/" in text_of(letter)
    assert knee.patient.family_name not in whole
    assert not [
        word for word in ("pain", "osteotomy", "surgery", "left", "weight", "MOWHTO") if word in text_of(letter)
    ]


def test_a_name_with_markup_stays_text(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    Patient.objects.update(given_name="<b>Robin\n</b>&")
    clock.set(at(TUESDAY, 9))
    run()
    (letter,) = mails(mail)
    page = letter.get_body(("html",))
    assert page is not None
    assert "Hello <b>Robin </b>&," in text_of(letter)
    assert "Hello &lt;b&gt;Robin &lt;/b&gt;&amp;," in page.get_content()


def test_who_has_checked_in_for_the_day_is_left_alone_and_the_reason_is_kept(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    clock.set(at(TUESDAY, 8))
    run()
    scenes.check_in(knee)
    clock.set(at(TUESDAY, 9))
    run()
    assert not mails(mail)
    assert ends(Kind.CHECK_IN)[0] == (TUESDAY, State.CANCELLED, "You have checked in.")


def test_a_check_in_for_yesterday_does_not_count_for_today(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    clock.set(at(TUESDAY, 8))
    scenes.check_in(knee, days_ago=1)
    clock.set(at(TUESDAY, 9))
    run()
    assert asked(mail) == 1


def test_with_two_knees_one_check_in_is_not_both(home: Staff, knee: Episode, clock: StoppedClock, mail: Path) -> None:
    other = scenes.knee(home, side=Side.RIGHT, signed=False)
    Episode.objects.filter(pk=other.pk).update(patient=knee.patient)
    clock.set(at(TUESDAY, 8))
    scenes.check_in(knee)
    clock.set(at(TUESDAY, 9))
    run()
    assert to(mail, knee.patient.email) == ["Time for your check-in"]


def test_nobody_is_reminded_before_the_day_after_surgery(home: Staff, clock: StoppedClock, mail: Path) -> None:
    knee = scenes.knee(home, signed=False, day=0)
    Assessment.objects.filter(episode=knee).update(surgery_date=TUESDAY)
    clock.set(at(TUESDAY, 12))
    run()
    assert not mails(mail)
    clock.set(at(WEDNESDAY, 9))
    run()
    assert asked(mail) == 1


def test_when_the_episode_has_ended_nothing_is_sent_and_nothing_more_is_planned(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    reminders.plan(now=clock.instant)
    Episode.objects.update(state=Episode.State.CLOSED)
    for day in range(1, 5):
        clock.set(at(MONDAY, 9) + timedelta(days=day))
        run()
    assert not mails(mail)
    assert ends(Kind.CHECK_IN)[0] == (TUESDAY, State.CANCELLED, "The recovery it was about has ended.")
    assert not ReminderPlan.objects.exclude(next_due_at=None).exists()


def test_a_corrected_address_counts_for_what_was_planned_before(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    reminders.plan(now=clock.instant)
    Patient.objects.update(email="new@example.org")
    clock.set(at(TUESDAY, 9))
    run()
    assert to(mail, "new@example.org")


def test_without_an_address_it_fails_and_says_why(knee: Episode, clock: StoppedClock) -> None:
    Patient.objects.update(email="")
    clock.set(at(TUESDAY, 9))
    run()
    assert ends(Kind.CHECK_IN)[0] == (TUESDAY, State.FAILED, "There is no e-mail address to send it to.")


# --- When nothing ran -----------------------------------------------------------------------------------------------


def test_after_a_standstill_of_hours_the_days_reminder_still_goes_out(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    clock.set(at(TUESDAY, 15))
    run()
    assert asked(mail) == 1


def test_what_says_today_never_leaves_late_in_the_evening_or_on_the_next_day(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    clock.set(at(TUESDAY, 22))
    run()
    assert not mails(mail)
    assert ends(Kind.CHECK_IN)[0] == (TUESDAY, State.EXPIRED, "Its time had passed before it could be sent.")


def test_days_on_which_nothing_ran_are_listed_as_expired_and_today_is_sent_once(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    clock.set(at(MONDAY, 12) + timedelta(days=5))
    run()
    assert [state for _, state, _ in ends(Kind.CHECK_IN)][:5] == [State.EXPIRED] * 4 + [State.SENT]
    assert asked(mail) == 1


def test_a_record_that_begins_anew_shows_no_days_gone_by(knee: Episode, clock: StoppedClock) -> None:
    clock.set(at(MONDAY, 12) + timedelta(days=5))
    reminders.resume(now=clock.instant)
    run()
    assert [state for _, state, _ in ends(Kind.CHECK_IN)] == [State.SENT, State.DUE, State.DUE]


# --- Moved, switched off --------------------------------------------------------------------------------------------


def move(knee: Episode, clock: StoppedClock, **changes: Any) -> None:
    reminders.change(patient=knee.patient, kind=Kind.CHECK_IN, now=clock.instant, **changes)


def test_a_moved_reminder_takes_back_the_old_hour_and_comes_at_the_new_one(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    reminders.plan(now=clock.instant)
    move(knee, clock, at=time(11, 30))
    assert {row.reason for row in Occurrence.objects.filter(state="cancelled")} == {"The reminder was moved to 11:30."}
    clock.set(at(TUESDAY, 9))
    run()
    assert not asked(mail)
    clock.set(at(TUESDAY, 11, 30))
    run()
    assert asked(mail) == 1


def test_who_was_reminded_today_and_moves_the_hour_back_is_not_reminded_again(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    clock.set(at(TUESDAY, 9))
    run()
    move(knee, clock, at=time(8))
    clock.set(at(TUESDAY, 10))
    run()
    assert asked(mail) == 1
    clock.set(at(WEDNESDAY, 8))
    run()
    assert asked(mail) == 2


def test_who_was_reminded_today_and_moves_it_to_later_today_is_reminded_then_once_and_tomorrow_once(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    clock.set(at(TUESDAY, 9))
    run()
    for hour in (11, 10, 11, 10):
        move(knee, clock, at=time(hour))
    week = told.week_ahead(knee.patient, now=clock.instant)
    assert [coming.at.strftime("%d %H:%M") for coming in week if coming.kind == Kind.CHECK_IN][:2] == [
        "16 10:00",
        "17 10:00",
    ]
    for hour in (10, 11, 12):
        clock.set(at(TUESDAY, hour))
        run()
    assert asked(mail) == 2
    move(knee, clock, at=time(9))
    move(knee, clock, at=time(10))
    run()
    assert asked(mail) == 2
    clock.set(at(WEDNESDAY, 10))
    run()
    assert asked(mail) == 3


def test_who_has_checked_in_today_and_moves_the_hour_is_left_alone_today(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    clock.set(at(TUESDAY, 9))
    run()
    scenes.check_in(knee, pain_load=3)
    move(knee, clock, at=time(10))
    clock.set(at(TUESDAY, 10))
    run()
    assert asked(mail) == 1


def test_moving_to_an_hour_that_has_passed_does_not_skip_the_day(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    clock.set(at(TUESDAY, 8, 30))
    run()
    move(knee, clock, at=time(8))
    run()
    assert asked(mail) == 1
    clock.set(at(TUESDAY, 9))
    run()
    assert asked(mail) == 1


def test_moving_there_and_back_leaves_one_reminder_a_day(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    reminders.plan(now=clock.instant)
    for hour in (10, 9, 10, 9):
        move(knee, clock, at=time(hour))
        reminders.plan(now=clock.instant)
    for hour in range(8, 12):
        clock.set(at(TUESDAY, hour))
        run()
    assert asked(mail) == 1


@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "Pacific/Auckland", "America/New_York"])
def test_a_patient_who_moves_zones_is_neither_nagged_twice_nor_skipped(
    knee: Episode, clock: StoppedClock, mail: Path, zone: str
) -> None:
    clock.set(at(TUESDAY, 9))
    run()
    clock.set(at(TUESDAY, 14))
    knee.patient.time_zone = zone
    knee.patient.save()
    reminders.rezone(patient=knee.patient, now=clock.instant)
    for hour in range(14, 14 + 3 * 24):
        clock.set(at(TUESDAY, 1) + timedelta(hours=hour - 1))
        run()
    days = [day for day, state, _ in ends(Kind.CHECK_IN) if state == State.SENT]
    assert days == [TUESDAY + timedelta(days=ahead) for ahead in range(len(days))]
    assert len(days) == asked(mail) >= 3


def test_a_reminder_switched_off_stays_off_even_if_it_was_planned(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    reminders.plan(now=clock.instant)
    ReminderPlan.objects.filter(kind=Kind.CHECK_IN).update(enabled=False)  # behind the back of what is planned
    clock.set(at(TUESDAY, 9))
    run()
    assert not asked(mail)
    move(knee, clock, enabled=False)
    for ahead in range(3):
        clock.set(at(WEDNESDAY, 9) + timedelta(days=ahead))
        run()
    assert not asked(mail)
    move(knee, clock, enabled=True)
    clock.advance(days=1)
    run()
    assert asked(mail) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"kind": "gate_due"}, "kind"), ({"kind": "nonsense"}, "kind"), ({"channels": ["pigeon"]}, "channels"), ({"channels": []}, "channels")],
)  # fmt: skip
def test_what_cannot_be_wished_for_is_refused_by_name(
    knee: Episode, clock: StoppedClock, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        reminders.change(**{"patient": knee.patient, "kind": Kind.CHECK_IN, "now": clock.instant, **changes})
    assert list(refusal.value.fields) == [field]


def test_saving_what_already_is_so_takes_nothing_back(knee: Episode, clock: StoppedClock) -> None:
    reminders.plan(now=clock.instant)
    move(knee, clock, at=time(9), enabled=True)
    assert not Occurrence.objects.filter(state="cancelled").exists()


def test_a_patient_who_has_no_reminders_yet_may_set_one(knee: Episode, clock: StoppedClock) -> None:
    ReminderPlan.objects.all().delete()
    move(knee, clock, at=time(7))
    assert ReminderPlan.objects.get(kind=Kind.CHECK_IN).at == time(7)


def test_starting_twice_keeps_what_the_patient_chose(knee: Episode, clock: StoppedClock) -> None:
    move(knee, clock, at=time(20))
    reminders.start(patient=knee.patient, now=clock.instant)
    assert ReminderPlan.objects.get(kind=Kind.CHECK_IN).at == time(20)
    assert sorted(ReminderPlan.objects.values_list("kind", flat=True)) == sorted(CALENDAR)


@pytest.mark.parametrize("kind", [kind for kind, rule in OPTIONAL.items() if rule.with_check_in])
def test_what_comes_with_the_check_in_has_no_hour_of_its_own(knee: Episode, clock: StoppedClock, kind: str) -> None:
    with pytest.raises(Invalid) as refusal:
        reminders.change(patient=knee.patient, kind=kind, now=clock.instant, at=time(11))
    assert list(refusal.value.fields) == ["at"]
    kept = reminders.change(patient=knee.patient, kind=kind, now=clock.instant, at=time(9), enabled=False)
    assert (kept.at, kept.enabled) == (time(9), False)
    move(knee, clock, at=time(7, 30))
    follower = ReminderPlan.objects.get(kind=kind)
    assert (follower.at, follower.enabled, follower.next_due_at) == (time(7, 30), False, None)


def test_what_was_found_for_the_hour_of_the_check_in_is_not_lost_when_the_hour_moves_into_the_past(
    home: Staff, knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    reviews.book(episode=knee, by=home.coordinator, key="XRAY_6W", booked_at=at(WEDNESDAY, 10))
    for minute in (40, 55):  # before and after it was found
        clock.set(at(TUESDAY, 8, minute))
        reminders.plan(now=clock.instant)
        move(knee, clock, at=time(8, minute - 30))
    run()
    assert to(mail, knee.patient.email) == ["Your appointment tomorrow"]
    assert [day for day, state, _ in ends(Kind.REVIEW_TOMORROW) if state == State.SENT] == [WEDNESDAY]


@pytest.mark.parametrize("kind", [kind for kind, rule in CALENDAR.items() if rule.optional])
def test_a_kind_switched_off_stays_off_whatever_else_changes(
    home: Staff, knee: Episode, clock: StoppedClock, kind: str
) -> None:
    reminders.change(patient=knee.patient, kind=kind, now=clock.instant, enabled=False)
    move(knee, clock, at=time(10))
    reminders.start(patient=knee.patient, now=clock.instant)
    reminders.start_all(clinic=home.clinic, now=clock.instant)
    reminders.resume(now=clock.instant)
    knee.patient.time_zone = "America/New_York"
    knee.patient.save()
    reminders.rezone(patient=knee.patient, now=clock.instant)
    reminders.change(patient=knee.patient, kind=kind, now=clock.instant, channels=["app"])
    for hours in range(0, 49, 6):
        reminders.plan(now=clock.instant + timedelta(hours=hours))
    off = ReminderPlan.objects.get(kind=kind)
    assert (off.enabled, off.next_due_at) == (False, None)
    assert not OutboxMessage.objects.filter(kind=kind, state=State.DUE).exists()


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        ({"at": time(10)}, "The reminder was moved to 10:00."),
        ({"channels": ["app", "email"]}, "You chose another way for this reminder."),
        ({"enabled": False, "at": time(10)}, "The reminder was switched off."),
    ],
)
def test_what_is_taken_back_says_what_was_changed(
    knee: Episode, clock: StoppedClock, wish: dict[str, Any], reason: str
) -> None:
    reminders.plan(now=clock.instant)
    move(knee, clock, **wish)
    assert {row.reason for row in Occurrence.objects.filter(rule=Kind.CHECK_IN, state="cancelled")} == {reason}


def test_whoever_was_taken_on_before_there_was_a_kind_gets_it_at_the_tick(
    home: Staff, knee: Episode, clock: StoppedClock
) -> None:
    move(knee, clock, at=time(20))
    ReminderPlan.objects.exclude(kind=Kind.CHECK_IN).delete()
    closed = scenes.knee(home, signed=False)
    ReminderPlan.objects.filter(patient=closed.patient).delete()
    Episode.objects.filter(pk=closed.pk).update(state=Episode.State.CLOSED)
    ticks.daily(now=clock.instant)
    plans = {plan.kind: plan.at for plan in ReminderPlan.objects.filter(patient=knee.patient)}
    assert set(plans) == set(CALENDAR)
    with_it = {plans[kind] for kind, rule in CALENDAR.items() if rule.with_check_in}
    assert with_it == {plans[Kind.CHECK_IN]} == {time(20)}
    assert not ReminderPlan.objects.filter(patient=closed.patient).exists()


def test_plans_from_before_get_the_hour_that_is_not_the_patients_to_choose_and_keep_the_one_that_is(
    home: Staff, knee: Episode, clock: StoppedClock
) -> None:
    ReminderPlan.objects.filter(kind=Kind.NEXT_STEP).delete()
    ReminderPlan.objects.filter(kind__in=[Kind.MILESTONES, Kind.SILENCE]).update(at=time(18), channels=["email"])
    ReminderPlan.objects.filter(kind=Kind.NUDGE).update(at=time(20))
    ReminderPlan.objects.filter(kind=Kind.REVIEW_TOMORROW).update(at=time(18), enabled=False, next_due_at=None)
    ticks.daily(now=clock.instant)
    found = {plan.kind: (plan.at.hour, plan.enabled) for plan in ReminderPlan.objects.filter(patient=knee.patient)}
    assert found[Kind.MILESTONES] == found[Kind.NEXT_STEP] == found[Kind.CHECK_IN] == (9, True)
    assert (found[Kind.SILENCE], found[Kind.NUDGE], found[Kind.REVIEW_TOMORROW]) == ((8, True), (20, True), (9, False))


def test_the_tick_asks_once_who_lacks_a_kind(home: Staff, clock: StoppedClock) -> None:
    for _ in range(3):
        scenes.knee(home, signed=False)
    with CaptureQueriesContext(connection) as taken:
        reminders.start_all(clinic=home.clinic, now=clock.instant)
    assert len(taken) == 1


# --- Across the date line and back ----------------------------------------------------------------------------------


def travel(knee: Episode, clock: StoppedClock, zone: str, moment: datetime) -> None:
    clock.set(moment)
    knee.patient.time_zone = zone
    knee.patient.save()
    reminders.rezone(patient=knee.patient, now=moment)
    run()


def of_the_day(day: date) -> list[tuple[str, str]]:
    """What became of the reminders of a date, in the order in which they were planned."""
    rows = OutboxMessage.objects.filter(kind=Kind.CHECK_IN, occurrence__local_date=day)
    return list(rows.order_by("created_at").values_list("state", "reason"))


@pytest.fixture
def in_nuuk(knee: Episode, clock: StoppedClock) -> Episode:
    """Past noon on Monday there; reminded at noon."""
    move(knee, clock, at=time(12))
    travel(knee, clock, "America/Nuuk", datetime(2026, 6, 15, 14, tzinfo=UTC))
    return knee


def test_a_traveller_from_nuuk_by_kiritimati_to_cairo_is_asked_on_the_date_that_was_over_and_began_again(
    in_nuuk: Episode, clock: StoppedClock, mail: Path
) -> None:
    """Tuesday 11:30 in Nuuk, then Wednesday 02:40 in Kiritimati, then Tuesday 17:00 in Cairo."""
    before = asked(mail)
    travel(in_nuuk, clock, "Pacific/Kiritimati", datetime(2026, 6, 16, 12, 40, tzinfo=UTC))
    travel(in_nuuk, clock, "Africa/Cairo", datetime(2026, 6, 16, 14, tzinfo=UTC))
    assert asked(mail) == before + 1
    assert of_the_day(TUESDAY) == [(State.CANCELLED, "The time zone is now Pacific/Kiritimati."), (State.SENT, "")]
    for hour in range(15, 15 + 24):
        clock.set(datetime(2026, 6, 16, 0, tzinfo=UTC) + timedelta(hours=hour))
        run()
    assert asked(mail) == before + 2


def test_a_traveller_for_whom_it_was_too_late_in_the_evening_is_asked_where_the_same_date_has_its_afternoon(
    in_nuuk: Episode, clock: StoppedClock, mail: Path
) -> None:
    """Tuesday 08:18 in Nuuk, then 23:18 in Kiritimati, then 13:32 in Cairo, the same date all along."""
    before = asked(mail)
    travel(in_nuuk, clock, "Pacific/Kiritimati", datetime(2026, 6, 16, 9, 18, tzinfo=UTC))
    assert [state for state, _ in of_the_day(TUESDAY)] == [State.CANCELLED, State.EXPIRED]
    travel(in_nuuk, clock, "Africa/Cairo", datetime(2026, 6, 16, 10, 32, tzinfo=UTC))
    assert [state for state, _ in of_the_day(TUESDAY)] == [State.CANCELLED, State.EXPIRED, State.SENT]
    assert asked(mail) == before + 1
    told = Occurrence.objects.filter(rule=Kind.CHECK_IN, local_date=TUESDAY).order_by("created_at")
    assert [row.reason for row in told] == [
        "The time zone is now Pacific/Kiritimati.", "The time zone is now Africa/Cairo.", "",
    ]  # fmt: skip


def test_what_expired_stays_so_where_it_is_too_late_as_well(in_nuuk: Episode, clock: StoppedClock, mail: Path) -> None:
    travel(in_nuuk, clock, "Pacific/Kiritimati", datetime(2026, 6, 16, 9, 18, tzinfo=UTC))
    travel(in_nuuk, clock, "Pacific/Apia", datetime(2026, 6, 16, 9, 30, tzinfo=UTC))
    assert [state for state, _ in of_the_day(TUESDAY)] == [State.CANCELLED, State.EXPIRED]


KIRITIMATI = datetime(2026, 6, 16, 12, 40, tzinfo=UTC)
CAIRO = datetime(2026, 6, 16, 14, tzinfo=UTC)


def come_back(knee: Episode, clock: StoppedClock) -> None:
    """To Cairo, where it is Tuesday again, and stay there over the evening."""
    travel(knee, clock, "Africa/Cairo", CAIRO)
    for hours in range(1, 6):
        clock.set(CAIRO + timedelta(hours=hours))
        run()


@pytest.mark.parametrize("planned_between", [False, True])
def test_whoever_switched_it_off_and_on_between_is_not_asked_on_the_date_that_began_again(
    in_nuuk: Episode, clock: StoppedClock, mail: Path, planned_between: bool
) -> None:
    before = asked(mail)
    travel(in_nuuk, clock, "Pacific/Kiritimati", KIRITIMATI)
    move(in_nuuk, clock, enabled=False)
    clock.advance(minutes=10)
    move(in_nuuk, clock, enabled=True)
    if planned_between:
        run()
    come_back(in_nuuk, clock)
    assert asked(mail) == before


@pytest.mark.parametrize("planned_between", [False, True])
def test_whoever_switched_it_off_and_on_after_its_hour_is_not_asked_for_moving_to_the_next_zone(
    knee: Episode, clock: StoppedClock, mail: Path, planned_between: bool
) -> None:
    reminders.plan(now=clock.instant)
    clock.set(at(TUESDAY, 8))
    move(knee, clock, enabled=False)
    clock.set(at(TUESDAY, 10))
    move(knee, clock, enabled=True)
    if planned_between:
        run()
    travel(knee, clock, "Europe/Paris", at(TUESDAY, 11))
    assert not asked(mail)
    clock.set(at(WEDNESDAY, 8))
    run()
    assert asked(mail) == 1


@pytest.mark.parametrize("when", ["in Nuuk", "in Kiritimati"])
def test_whoever_has_checked_in_for_the_date_is_not_asked_when_it_begins_again(
    in_nuuk: Episode, clock: StoppedClock, mail: Path, when: str
) -> None:
    before = asked(mail)
    clock.set(KIRITIMATI - timedelta(minutes=30))
    if when == "in Nuuk":
        scenes.check_in(in_nuuk)
    travel(in_nuuk, clock, "Pacific/Kiritimati", KIRITIMATI)
    if when == "in Kiritimati":
        scenes.check_in(in_nuuk, days_ago=1)
    come_back(in_nuuk, clock)
    assert asked(mail) == before
    assert of_the_day(TUESDAY)[-1][1] in {"You have checked in.", "You had already checked in for that day."}


def test_whoever_was_asked_on_the_date_is_not_asked_when_it_begins_again(
    in_nuuk: Episode, clock: StoppedClock, mail: Path
) -> None:
    clock.set(datetime(2026, 6, 16, 13, tzinfo=UTC))
    run()
    before = asked(mail)
    travel(in_nuuk, clock, "Pacific/Kiritimati", datetime(2026, 6, 16, 13, 10, tzinfo=UTC))
    come_back(in_nuuk, clock)
    assert asked(mail) == before
    assert of_the_day(TUESDAY) == [(State.SENT, "")]


def test_nobody_is_asked_on_a_date_that_began_again_after_the_consent_was_withdrawn(
    in_nuuk: Episode, clock: StoppedClock, mail: Path
) -> None:
    before = asked(mail)
    travel(in_nuuk, clock, "Pacific/Kiritimati", KIRITIMATI)
    Patient.objects.update(consent_withdrawn_at=clock.instant)
    in_nuuk.patient.refresh_from_db()
    come_back(in_nuuk, clock)
    assert asked(mail) == before
    assert of_the_day(TUESDAY)[-1] == (State.CANCELLED, "You have withdrawn your consent.")


def test_nobody_is_asked_on_a_date_that_began_again_after_the_recovery_has_ended(
    in_nuuk: Episode, clock: StoppedClock, mail: Path
) -> None:
    before = asked(mail)
    travel(in_nuuk, clock, "Pacific/Kiritimati", KIRITIMATI)
    Episode.objects.update(state=Episode.State.CLOSED)
    come_back(in_nuuk, clock)
    assert asked(mail) == before
    assert of_the_day(TUESDAY) == [(State.CANCELLED, "The time zone is now Pacific/Kiritimati.")]


def test_what_a_sender_holds_while_the_patient_travels_there_and_back_is_the_dates_only_message(
    in_nuuk: Episode, clock: StoppedClock
) -> None:
    of_tuesday = OutboxMessage.objects.filter(kind=Kind.CHECK_IN, occurrence__local_date=TUESDAY)
    of_tuesday.update(state=State.SENDING)
    travel(in_nuuk, clock, "Pacific/Kiritimati", KIRITIMATI)
    of_tuesday.update(state=State.UNCERTAIN)
    come_back(in_nuuk, clock)
    assert of_the_day(TUESDAY) == [(State.UNCERTAIN, "")]


def test_to_travel_there_and_back_costs_no_more_the_tenth_time_than_the_second(
    in_nuuk: Episode, clock: StoppedClock
) -> None:
    costs = []
    for _ in range(10):
        travel(in_nuuk, clock, "Pacific/Kiritimati", KIRITIMATI)
        in_nuuk.patient.time_zone = "America/Nuuk"
        in_nuuk.patient.save()
        with CaptureQueriesContext(connection) as taken:
            reminders.rezone(patient=in_nuuk.patient, now=KIRITIMATI)
        costs.append(len(taken))
        reminders.plan(now=KIRITIMATI)
    assert costs[9] <= costs[1]


# --- The planner itself ---------------------------------------------------------------------------------------------


def test_the_planner_reads_nothing_of_patients_whose_time_has_not_come(home: Staff, clock: StoppedClock) -> None:
    scenes.knee(home, signed=False)
    reminders.plan(now=clock.instant)
    with CaptureQueriesContext(connection) as one:
        reminders.plan(now=clock.instant)
    for _ in range(5):
        reminders.start(patient=scenes.knee(home, signed=False).patient, now=clock.instant)
    ReminderPlan.objects.update(next_due_at=clock.instant + timedelta(minutes=1))
    with CaptureQueriesContext(connection) as six:
        reminders.plan(now=clock.instant)
    assert len(one) == len(six)


def test_a_batch_costs_as_many_statements_for_five_patients_as_for_one(home: Staff, clock: StoppedClock) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as taken:
            reminders.plan(now=clock.instant)
        return len(taken)

    cost()
    scenes.knee(home, signed=False)
    alone = cost()
    for _ in range(5):
        scenes.knee(home, signed=False)
    assert cost() == alone


def test_one_plan_that_cannot_be_worked_out_keeps_none_of_the_others_waiting(
    home: Staff, clock: StoppedClock, mail: Path
) -> None:
    broken, sound = (scenes.knee(home, signed=False).patient for _ in range(2))
    Patient.objects.filter(pk=broken.pk).update(time_zone="Mars/Olympus")
    clock.set(at(TUESDAY, 9))
    run()
    assert to(mail, sound.email)


def test_more_plans_than_fit_in_one_batch_are_all_planned(home: Staff, clock: StoppedClock) -> None:
    knee = scenes.knee(home, signed=False)
    for number in range(BATCH + 3):
        twin = Patient.objects.create(
            clinic=home.clinic,
            given_name="Kim",
            family_name=f"Twin {number}",
            birth_date=date(1980, 1, 1),
            sex="female",
            time_zone="Europe/London",
            record_number=f"twin {number}",
        )
        values = {
            field.attname: getattr(knee, field.attname) for field in Episode._meta.concrete_fields if field.name != "id"
        }
        Episode.objects.create(**values | {"patient_id": twin.pk})
        reminders.start(patient=twin, now=clock.instant)
    reminders.plan(now=clock.instant)
    assert len(ends(Kind.CHECK_IN)) == 2 * (BATCH + 4)


def test_a_change_of_zone_in_the_details_moves_the_reminders_with_the_patient(
    home: Staff, knee: Episode, clock: StoppedClock
) -> None:
    reminders.plan(now=clock.instant)
    episodes.change_details(episode=knee, by=home.coordinator, changes={"time_zone": "America/New_York"})
    reminders.plan(now=clock.instant)
    due = OutboxMessage.objects.filter(kind=Kind.CHECK_IN, state=State.DUE).order_by("due_at").first()
    assert due is not None
    assert due.due_at == datetime(2026, 6, 15, 13, 0, tzinfo=UTC)
