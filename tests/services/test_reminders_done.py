"""What a check-in takes back, what reading the list closes, and a message on trial."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tests import scenes
from tests.scenes import Staff
from tests.services.reminding import MONDAY, TUESDAY, WEDNESDAY, at, ends, fresh, mails, message, run, to
from tracker.clinical.terms import Side
from tracker.clock import StoppedClock
from tracker.errors import Invalid
from tracker.models import Attempt, Episode, Kind, OutboxMessage, Patient, Reach
from tracker.services import checkins, dispatch, outbox, reminders

State = OutboxMessage.State
CANCELLED = (State.CANCELLED, "You have checked in.")
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail")]


def second_knee(home: Staff, knee: Episode) -> Episode:
    other = scenes.knee(home, side=Side.RIGHT, signed=False)
    Episode.objects.filter(pk=other.pk).update(patient=knee.patient)
    other.patient = knee.patient
    return other


def listed(knee: Episode, kind: str, channel: str) -> OutboxMessage:
    """An open entry of the patient's list or of the call list."""
    row = message(knee, kind)
    OutboxMessage.objects.filter(pk=row.pk).update(channel=channel, state=State.SENT)
    return fresh(row)


# --- A check-in -----------------------------------------------------------------------------------------------------


def test_a_check_in_takes_back_what_asks_for_it_that_day_and_no_other(knee: Episode, clock: StoppedClock) -> None:
    clock.set(at(TUESDAY, 8))
    reminders.plan(now=clock.instant)
    scenes.check_in(knee)
    for kind in (Kind.CHECK_IN, Kind.NUDGE):
        days = {day: (state, reason) for day, state, reason in ends(kind)}
        assert days[TUESDAY] == CANCELLED
        assert days[WEDNESDAY] == (State.DUE, "")


def test_a_check_in_for_an_earlier_day_leaves_todays_reminder(knee: Episode, clock: StoppedClock) -> None:
    clock.set(at(TUESDAY, 8))
    reminders.plan(now=clock.instant)
    scenes.check_in(knee, days_ago=1)
    assert ends(Kind.CHECK_IN)[0] == (TUESDAY, State.DUE, "")


def test_with_two_knees_the_second_check_in_takes_it_back(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    other = second_knee(home, knee)
    clock.set(at(TUESDAY, 8))
    reminders.plan(now=clock.instant)
    scenes.check_in(knee)
    assert ends(Kind.CHECK_IN)[0][1] == State.DUE
    scenes.check_in(other, by=home.physiotherapist)
    assert ends(Kind.CHECK_IN)[0][1:] == CANCELLED


def test_a_closed_knee_is_not_waited_for(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    Episode.objects.filter(pk=second_knee(home, knee).pk).update(state=Episode.State.CLOSED)
    clock.set(at(TUESDAY, 8))
    reminders.plan(now=clock.instant)
    scenes.check_in(knee)
    assert ends(Kind.CHECK_IN)[0][1:] == CANCELLED


def test_any_word_ends_the_silence_also_on_the_call_list(knee: Episode) -> None:
    waiting, entry = message(knee, Kind.SILENCE), listed(knee, Kind.SILENCE, "calls")
    scenes.check_in(knee, days_ago=3)
    assert (fresh(waiting).state, fresh(waiting).reason) == CANCELLED
    assert (fresh(entry).state, fresh(entry).settled_at) == (State.SENT, at(MONDAY, 10))


def test_what_asked_for_it_in_the_patients_list_is_done_with(knee: Episode, clock: StoppedClock) -> None:
    asked, goals = listed(knee, Kind.CHECK_IN, "app"), listed(knee, Kind.MILESTONES, "app")
    scenes.check_in(knee)
    assert fresh(asked).settled_at == clock.instant
    assert fresh(goals).settled_at is None


def test_what_a_sender_holds_or_has_sent_stays_as_it_is(knee: Episode) -> None:
    states = (State.CLAIMED, State.SENDING, State.SENT, State.UNCERTAIN, State.FAILED, State.EXPIRED)
    rows = [message(knee) for _ in states]
    for row, state in zip(rows, states, strict=True):
        OutboxMessage.objects.filter(pk=row.pk).update(state=state, reason="as before")
    scenes.check_in(knee)
    assert [(fresh(row).state, fresh(row).reason) for row in rows] == [(state, "as before") for state in states]


def test_nothing_of_another_patient_is_touched(home: Staff, knee: Episode) -> None:
    other = message(scenes.knee(home, signed=False))
    scenes.check_in(knee)
    assert fresh(other).state == State.DUE


def test_it_is_one_statement_whatever_waits(knee: Episode, clock: StoppedClock) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as taken:
            reminders.checked_in(episode=knee, day=TUESDAY, now=clock.instant)
        return len(taken)

    assert cost() == 1
    for _ in range(5):
        message(knee)
        listed(knee, Kind.SILENCE, "calls")
    assert cost() == 1


def test_a_correction_of_the_day_takes_it_back_too(knee: Episode, clock: StoppedClock) -> None:
    first = scenes.check_in(knee)
    waiting = message(knee)
    answers = checkins.parse({"date": first.date.isoformat(), "pain_load": 4})
    checkins.amend(check_in=first, by=scenes.patient(knee), answers=answers)
    assert fresh(waiting).state == State.CANCELLED


def test_a_check_in_is_kept_even_if_its_reminders_cannot_be_taken_back(
    knee: Episode, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = message(knee)
    monkeypatch.setattr(reminders, "checked_in", lambda **_: 1 / 0)
    scenes.check_in(knee)
    assert fresh(waiting).state == State.DUE
    dispatch.deliver(now=clock.instant)
    assert fresh(waiting).reason == "You had already checked in for that day."


# --- The list -------------------------------------------------------------------------------------------------------


def test_reading_closes_the_named_entries_or_all_and_nothing_else(
    home: Staff, knee: Episode, clock: StoppedClock
) -> None:
    first, second = listed(knee, Kind.MILESTONES, "app"), listed(knee, Kind.NEXT_STEP, "app")
    calls, mail = listed(knee, Kind.SILENCE, "calls"), listed(knee, Kind.CHECK_IN, "email")
    strangers = listed(scenes.knee(home, signed=False), Kind.MILESTONES, "app")
    assert reminders.read(patient=knee.patient, now=clock.instant, ids=[first.pk, calls.pk, strangers.pk]) == 1
    assert fresh(first).settled_at == clock.instant
    assert reminders.read(patient=knee.patient, now=clock.instant + timedelta(hours=1)) == 1
    assert fresh(second).settled_at is not None
    assert fresh(first).settled_at == clock.instant
    assert [fresh(row).settled_at for row in (calls, mail, strangers)] == [None] * 3


# --- A message on trial ---------------------------------------------------------------------------------------------


def test_a_test_leaves_at_once_even_at_night_and_with_everything_switched_off(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    clock.set(at(TUESDAY, 3))
    reminders.allow(patient=knee.patient, channel="email", allowed=False, now=clock.instant)
    Reach.objects.update(failed_at=clock.instant, address=knee.patient.email)
    row = reminders.test(patient=knee.patient, channel="email", now=clock.instant)
    dispatch.deliver(now=clock.instant)
    assert fresh(row).state == State.SENT
    assert to(mail, knee.patient.email) == ["This is a test"]
    assert "https://clinic.example/reminders/" in mails(mail)[0].as_string()


def test_a_test_says_nothing_of_a_recovery_and_needs_none(knee: Episode, clock: StoppedClock) -> None:
    Episode.objects.update(state=Episode.State.CLOSED)
    row = reminders.test(patient=knee.patient, channel="email", now=clock.instant)
    assert reminders.objection(row, now=clock.instant) is None


def test_there_is_one_test_a_minute_and_way(knee: Episode, clock: StoppedClock) -> None:
    reminders.test(patient=knee.patient, channel="email", now=clock.instant)
    reminders.test(patient=knee.patient, channel="app", now=clock.instant)
    for seconds in (0, 59):
        with pytest.raises(Invalid) as refusal:
            reminders.test(patient=knee.patient, channel="email", now=clock.instant + timedelta(seconds=seconds))
        assert refusal.value.fields == {"channel": ["A test is on its way already. Wait a minute, then try again."]}
    reminders.test(patient=knee.patient, channel="email", now=clock.instant + timedelta(seconds=60))
    assert OutboxMessage.objects.filter(kind=Kind.TEST).count() == 3


def test_a_test_by_a_way_that_is_not_there_is_refused_with_the_remedy(
    knee: Episode, clock: StoppedClock, settings: Settings
) -> None:
    Patient.objects.update(email="", phone="")
    knee.patient.refresh_from_db()
    for channel, words in {
        "email": "Your clinic has no e-mail address for you. Ask them to add it.",
        "pigeon": "Your clinic does not send messages this way. Choose another.",
        "calls": "Your clinic does not send messages this way. Choose another.",
    }.items():
        with pytest.raises(Invalid) as refusal:
            reminders.test(patient=knee.patient, channel=channel, now=clock.instant)
        assert refusal.value.fields == {"channel": [words]}


def test_a_test_that_is_refused_goes_by_no_other_way(knee: Episode, clock: StoppedClock) -> None:
    row = reminders.test(patient=knee.patient, channel="email", now=clock.instant)
    OutboxMessage.objects.filter(pk=row.pk).update(channel="pigeon")
    dispatch.deliver(now=clock.instant)
    assert OutboxMessage.objects.get(kind=Kind.TEST).state == State.FAILED


def test_a_test_that_waits_for_a_quarter_of_an_hour_is_not_sent_any_more(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    row = reminders.test(patient=knee.patient, channel="email", now=clock.instant)
    clock.advance(minutes=15)
    run()
    assert fresh(row).state == State.EXPIRED
    assert not mails(mail)
    assert not Attempt.objects.exists()
    assert fresh(row).reason == outbox.EXPIRED
