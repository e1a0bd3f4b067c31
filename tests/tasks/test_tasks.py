"""The periodic jobs: each leaves a sign of life, may run at any time, and does its part of what is waiting."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from recovery import health
from recovery.celery import PERIODIC_JOBS
from tests import scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.scenes import Staff
from tests.services.reminding import LEASE_AND_A_BIT, claimed, fresh, message
from tracker import tasks
from tracker.clock import StoppedClock
from tracker.models import Assessment, Clinic, Episode, Heartbeat, Kind, OutboxMessage, ReminderPlan
from tracker.services import assessments, dispatch, ticks, wakeups
from tracker.services.assessments import Ticked

State = OutboxMessage.State
pytestmark = pytest.mark.django_db


@pytest.fixture
def home(db: None, clock: StoppedClock) -> Staff:
    return scenes.clinic()


@pytest.fixture
def knee(home: Staff) -> Episode:
    return scenes.knee(home, signed=False)


@pytest.fixture(autouse=True)
def mail(settings: Settings, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path
    return tmp_path


@pytest.mark.parametrize(
    ("job", "part"),
    [("plan_reminders", "planner"), ("deliver_messages", "dispatcher"), ("deliver_messages", "sender"), ("sweep_messages", "sweeper"), ("daily_tick", "tick"), ("seal_trail", "sealer"), ("note_beat", "beat")],
)  # fmt: skip
def test_every_job_leaves_a_sign_of_life_each_time(home: Staff, clock: StoppedClock, job: str, part: str) -> None:
    for minute in range(2):
        clock.set(NOW + timedelta(minutes=minute))
        getattr(tasks, job)()
        assert Heartbeat.objects.get(name=part).at == clock.instant


def test_every_job_of_the_table_is_here_under_its_own_name() -> None:
    here = {task.name for task in vars(tasks).values() if hasattr(task, "apply_async")}
    assert here == {name for name, _, _ in PERIODIC_JOBS}


def test_planning_delivering_and_sweeping_carry_a_reminder_to_its_end(knee: Episode, clock: StoppedClock) -> None:
    tasks.plan_reminders()
    clock.set(datetime(2026, 6, 16, 8, 0, tzinfo=UTC))
    tasks.deliver_messages()
    (first, second) = OutboxMessage.objects.filter(kind=Kind.CHECK_IN).order_by("due_at")
    assert (first.state, second.state) == (State.SENT, State.DUE)


def test_the_sweep_takes_back_what_a_dead_worker_held(knee: Episode, clock: StoppedClock) -> None:
    row = message(knee)
    claimed()
    clock.advance(LEASE_AND_A_BIT)
    tasks.sweep_messages()
    assert fresh(row).state == State.DUE
    assert "released=1" in Heartbeat.objects.get(name="sweeper").detail


@pytest.mark.parametrize("more", [True, False])
def test_a_delivery_that_takes_long_rings_for_the_next_to_take_the_rest(
    home: Staff, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch, more: bool
) -> None:
    rung: list[bool] = []

    def slow_step(*, now: datetime) -> bool:
        clock.advance(seconds=30)
        return more

    monkeypatch.setattr(dispatch, "deliver", slow_step)
    monkeypatch.setattr(wakeups.bell, "ring", lambda: rung.append(True))
    tasks.deliver_messages()
    assert bool(rung) == more


def test_no_job_comes_so_seldom_that_its_part_would_count_as_dead() -> None:
    for task, when, dropped_after in PERIODIC_JOBS:
        if task == "tracker.tasks.apply_retention":
            continue  # no part that anybody waits for
        assert when.run_every + timedelta(seconds=10) < health.SILENT, task
        assert dropped_after <= when.run_every.total_seconds()


# --- The daily tick -------------------------------------------------------------------------------------------------


def test_each_clinic_is_ticked_once_a_day_after_its_own_midnight(clock: StoppedClock) -> None:
    london, auckland = scenes.clinic().clinic, scenes.clinic("Harbour Clinic", "Pacific/Auckland").clinic
    tasks.daily_tick()
    clock.set(datetime(2026, 6, 15, 12, 30, tzinfo=UTC))  # half past midnight in Auckland
    assert list(ticks.daily(now=clock.instant)) == [auckland.name]
    assert list(ticks.daily(now=clock.instant)) == []
    clock.set(datetime(2026, 6, 15, 23, 30, tzinfo=UTC))  # half past midnight in London
    assert list(ticks.daily(now=clock.instant)) == [london.name]
    assert Clinic.objects.get(pk=london.pk).ticked_on == date(2026, 6, 16)


def test_the_tick_brings_every_assessment_to_the_clinics_today(knee: Episode, clock: StoppedClock) -> None:
    clock.advance(days=3)
    tasks.daily_tick()
    assert Assessment.objects.get(episode=knee).as_of == date(2026, 6, 18)


def test_a_clinic_whose_tick_fails_is_tried_again_and_holds_up_no_other(
    clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    sick, well = scenes.clinic("Sick Clinic").clinic, scenes.clinic("Well Clinic").clinic
    tick = assessments.tick

    def sick_tick(*, clinic: Clinic, now: datetime, anew: bool) -> Ticked:
        if clinic == sick:
            raise ZeroDivisionError
        return tick(clinic=clinic, now=now, anew=anew)

    with monkeypatch.context() as failing:
        failing.setattr(assessments, "tick", sick_tick)
        assert ticks.daily(now=NOW) == {sick.name: None, well.name: Ticked(0, 0, 0)}
    assert list(ticks.daily(now=NOW)) == [sick.name]


def test_a_patient_who_came_by_another_way_than_enrolment_is_reminded_too(knee: Episode) -> None:
    ReminderPlan.objects.all().delete()
    tasks.daily_tick()
    assert ReminderPlan.objects.filter(patient=knee.patient, kind=Kind.CHECK_IN, enabled=True).exists()
