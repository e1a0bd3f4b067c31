"""The list of the morning: how much waits, to whoever is on duty, once a day of the clinic, and naming nobody."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tests import post, scenes
from tests.scenes import Staff
from tests.services.reminding import mails, run, text_of
from tests.services.telling import FRIDAY, MONDAY, TUESDAY, WEDNESDAY, alarm, at, told
from tracker import clock as real_clock
from tracker.clinical.terms import Attention
from tracker.clock import StoppedClock
from tracker.models import Assessment, Clinic, Episode, Kind, Membership, Occurrence, OutboxMessage
from tracker.selectors import morning as selected
from tracker.selectors.worklist import worklist
from tracker.services import outbox, reminders, triage
from tracker.services.reminders import morning

State = OutboxMessage.State
pytestmark = pytest.mark.django_db

LIST = "Your list this morning"


@pytest.fixture(autouse=True)
def mail(settings: Settings, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path
    settings.SITE_URL = "https://clinic.example"
    return tmp_path


@pytest.fixture
def known(home: Staff, clock: StoppedClock) -> None:
    """The planner has seen the clinic on Monday."""
    morning.plan(now=clock.instant)


@pytest.fixture
def something(knee: Episode) -> None:
    """A patient who is behind."""
    Assessment.objects.filter(episode=knee).update(attention=Attention.BEHIND)


def on(day: date, hour: int, minute: int, clock: StoppedClock) -> None:
    clock.set(at(day, hour, minute))
    run()


def ended() -> list[tuple[Any, ...]]:
    rows = OutboxMessage.objects.filter(kind=Kind.MORNING_LIST).order_by("due_at", "pk")
    return list(rows.values_list("occurrence__local_date", "state", "reason"))


# --- When, and to whom ----------------------------------------------------------------------------------------------


def test_it_leaves_at_the_clinics_hour_to_each_clinician_on_duty_and_once(
    home: Staff, known: None, something: None, clock: StoppedClock, mail: Path
) -> None:
    Membership.objects.filter(user=home.surgeon.user).update(on_duty=False)
    on(TUESDAY, 7, 29, clock)
    assert not told(mail, LIST)
    for minute in (30, 31, 59):
        on(TUESDAY, 7, minute, clock)
        assert told(mail, LIST) == [home.physiotherapist.user.email]


def test_it_comes_every_day_weekends_too(known: None, something: None, clock: StoppedClock, mail: Path) -> None:
    for day in range(1, 8):
        clock.set(at(MONDAY, 8) + timedelta(days=day))
        run()
        Assessment.objects.update(attention=Attention.BEHIND)
    assert len(told(mail, LIST)) == 2 * 7


def test_a_clinic_that_is_new_gets_its_first_list_on_the_next_morning(
    home: Staff, something: None, clock: StoppedClock, mail: Path
) -> None:
    on(TUESDAY, 7, 0, clock)
    assert Clinic.objects.get().morning_due_at == at(TUESDAY, 7, 30)
    on(TUESDAY, 7, 30, clock)
    assert len(told(mail, LIST)) == 2


def test_when_nobody_is_on_duty_nobody_is_told_and_the_reason_stands(
    home: Staff, known: None, something: None, clock: StoppedClock, mail: Path
) -> None:
    Membership.objects.update(on_duty=False)
    on(TUESDAY, 7, 30, clock)
    assert not told(mail, LIST)
    assert Occurrence.objects.get(rule=Kind.MORNING_LIST).reason == outbox.NOBODY


def test_each_clinic_has_its_own_morning(clock: StoppedClock, mail: Path) -> None:
    london, auckland = scenes.clinic(), scenes.clinic("Harbour Clinic", "Pacific/Auckland")
    for home in (london, auckland):
        post.entry(scenes.knee(home, signed=False), Kind.UNREACHABLE)
    morning.plan(now=clock.instant)
    clock.set(at(MONDAY, 20, 30))  # 07:30 on Tuesday in Auckland
    run()
    assert told(mail, LIST) == sorted([auckland.physiotherapist.user.email, auckland.surgeon.user.email])


def test_after_a_standstill_into_the_morning_it_still_comes(
    known: None, something: None, clock: StoppedClock, mail: Path
) -> None:
    on(TUESDAY, 11, 59, clock)
    assert len(told(mail, LIST)) == 2


def test_after_noon_it_comes_no_more_and_is_listed_as_expired(
    known: None, something: None, clock: StoppedClock, mail: Path
) -> None:
    on(TUESDAY, 12, 0, clock)
    assert not told(mail, LIST)
    assert ended() == [(TUESDAY, State.EXPIRED, outbox.EXPIRED)] * 2


def test_after_days_on_which_nothing_ran_only_the_last_morning_is_made(
    known: None, something: None, clock: StoppedClock, mail: Path
) -> None:
    on(FRIDAY, 8, 0, clock)
    assert {day for day, _, _ in ended()} == {FRIDAY}
    assert len(told(mail, LIST)) == 2


def test_a_record_that_begins_anew_shows_no_morning_gone_by(known: None, something: None, clock: StoppedClock) -> None:
    clock.set(at(FRIDAY, 8))
    reminders.resume(now=clock.instant)
    run()
    assert ended() == []


@pytest.mark.parametrize("hour", [time(6), time(9, 15)])
def test_a_clinic_that_moves_its_hour_gets_one_list_a_day(
    known: None, something: None, clock: StoppedClock, mail: Path, hour: time
) -> None:
    on(TUESDAY, 7, 30, clock)
    Clinic.objects.update(morning_at=hour)
    for quarter in range(30 * 4):
        clock.set(at(TUESDAY, 8) + timedelta(minutes=15 * quarter))
        run()
    assert sorted({day for day, _, _ in ended()}) == [TUESDAY, WEDNESDAY]
    assert len(told(mail, LIST)) == 2 * 2


def test_a_clinic_that_moves_to_another_zone_gets_one_list_a_date(
    known: None, something: None, clock: StoppedClock, mail: Path
) -> None:
    on(TUESDAY, 7, 30, clock)
    Clinic.objects.update(time_zone="America/New_York", morning_due_at=at(TUESDAY, 12, 30))  # its 07:30 of that date
    on(TUESDAY, 12, 30, clock)
    assert len(told(mail, LIST)) == 2


def test_planning_again_changes_nothing(known: None, something: None, clock: StoppedClock) -> None:
    clock.set(at(TUESDAY, 7, 30))
    made = [morning.plan(now=clock.instant) for _ in range(3)]
    Clinic.objects.update(morning_due_at=at(TUESDAY, 7, 30))  # as if the commit of the hour had been lost
    made.append(morning.plan(now=clock.instant))
    assert made == [1, 0, 0, 0]


# --- What it says ---------------------------------------------------------------------------------------------------


def test_it_counts_and_names_nobody(home: Staff, known: None, knee: Episode, clock: StoppedClock, mail: Path) -> None:
    clock.set(at(TUESDAY, 7))
    alarm(scenes.knee(home, signed=False))
    behind = [scenes.knee(home, signed=False) for _ in range(2)]
    Assessment.objects.filter(episode__in=behind).update(attention=Attention.BEHIND)
    Assessment.objects.filter(episode=knee).update(attention=Attention.GATE_DUE)
    post.entry(knee, Kind.UNREACHABLE)
    on(TUESDAY, 7, 30, clock)
    letter = next(each for each in mails(mail) if each["Subject"] == LIST)
    said = text_of(letter)
    assert [line for line in said.splitlines() if line[:1].isdigit()] == [
        "1 urgent alert",
        "1 decision due",
        "1 phone call to make",
        "2 patients behind the plan",
    ]
    assert "https://clinic.example/worklist/" in said
    assert not [
        word for word in ("Robin", knee.patient.family_name, "breathless", "MOWHTO") if word in letter.as_string()
    ]


def test_when_nothing_waits_nothing_is_sent(home: Staff, known: None, clock: StoppedClock, mail: Path) -> None:
    on(TUESDAY, 7, 30, clock)
    assert not told(mail, LIST)
    assert ended() == [(TUESDAY, State.CANCELLED, "Nothing is waiting this morning.")] * 2


def test_the_numbers_are_those_of_the_moment_it_is_sent(
    home: Staff, known: None, something: None, clock: StoppedClock, mail: Path
) -> None:
    clock.set(at(TUESDAY, 7, 30))
    morning.plan(now=clock.instant)
    Assessment.objects.update(attention=Attention.SILENT)
    run()
    assert "1 patient who has gone silent" in text_of(next(each for each in mails(mail) if each["Subject"] == LIST))


def test_another_clinics_patients_are_not_counted(home: Staff, known: None, clock: StoppedClock) -> None:
    elsewhere = scenes.clinic("Elsewhere")
    alarm(scenes.knee(elsewhere, signed=False))
    assert not list(selected.waiting(home.clinic).lines())
    assert selected.waiting(elsewhere.clinic).urgent == 1


def test_the_numbers_are_those_of_the_worklist(home: Staff, clock: StoppedClock) -> None:
    for attention in (Attention.GATE_DUE, Attention.BEHIND, Attention.BEHIND, Attention.SILENT, Attention.ON_TRACK):
        episode = scenes.knee(home, signed=False)
        Assessment.objects.filter(episode=episode).update(attention=attention)
    counts = worklist(home.physiotherapist, now=real_clock.now()).counts
    waiting = selected.waiting(home.clinic)
    assert (waiting.decisions, waiting.behind, waiting.silent) == (
        counts[Attention.GATE_DUE],
        counts[Attention.BEHIND],
        counts[Attention.SILENT],
    )


def test_an_urgent_alert_counts_until_it_is_closed(home: Staff, knee: Episode) -> None:
    alert = alarm(knee)
    triage.acknowledge(alert=alert, by=home.physiotherapist, note="I am calling now.")
    assert selected.waiting(home.clinic).urgent == 1
    triage.close(alert=alert, by=home.physiotherapist, outcome="advice", note="Spoke to her.")
    assert selected.waiting(home.clinic).urgent == 0


# --- What it costs --------------------------------------------------------------------------------------------------


def test_clinics_whose_time_has_not_come_cost_one_statement_however_many_there_are(clock: StoppedClock) -> None:
    for number in range(4):
        scenes.clinic(f"Clinic {number}")
    morning.plan(now=clock.instant)
    with CaptureQueriesContext(connection) as taken:
        morning.plan(now=clock.instant)
    assert len([each for each in taken.captured_queries if each["sql"].startswith("SELECT")]) == 1


def test_the_mornings_of_five_clinics_cost_as_many_statements_as_that_of_one(home: Staff, clock: StoppedClock) -> None:
    def cost(day: date) -> int:
        clock.set(at(day, 7, 30))
        with CaptureQueriesContext(connection) as taken:
            morning.plan(now=clock.instant)
        return len(taken)

    morning.plan(now=clock.instant)
    one = cost(TUESDAY)
    for number in range(4):
        scenes.clinic(f"Clinic {number}")
    morning.plan(now=clock.instant)
    assert cost(WEDNESDAY) == one


def test_a_clinic_whose_zone_cannot_be_read_keeps_none_of_the_others_waiting(
    known: None, something: None, clock: StoppedClock, mail: Path
) -> None:
    broken = scenes.clinic("Broken")
    morning.plan(now=clock.instant)
    Clinic.objects.filter(pk=broken.clinic.pk).update(time_zone="Mars/Olympus", morning_due_at=at(TUESDAY, 7, 30))
    on(TUESDAY, 7, 30, clock)
    assert len(told(mail, LIST)) == 2
    assert Clinic.objects.get(pk=broken.clinic.pk).morning_due_at == at(TUESDAY, 8, 30)
