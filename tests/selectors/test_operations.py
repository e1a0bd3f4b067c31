"""Whether reminders are going out: one statement, and the same words wherever they are read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from tests import scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.services.reminding import message
from tracker.clock import StoppedClock
from tracker.models import Breaker, ChannelName, Clinic, Episode, Heartbeat, OutboxMessage, Sending
from tracker.selectors import operations, totals

pytestmark = pytest.mark.django_db
State = OutboxMessage.State
VITAL = ("planner", "dispatcher", "sender")


@pytest.fixture
def knee(db: None, clock: StoppedClock) -> Episode:
    return scenes.knee(scenes.clinic())


@pytest.fixture
def alive(knee: Episode) -> Episode:
    """Every part has just been heard of."""
    OutboxMessage.objects.filter(state=State.DUE).delete()
    for part in operations.PARTS:
        Heartbeat.objects.update_or_create(name=part.name, defaults={"at": NOW})
    return knee


def stuck() -> list[str]:
    return [fault.said for fault in operations.stuck(operations.pulse(now=NOW))]


def shut(why: str) -> None:
    state = {"shut_at": NOW - timedelta(hours=1), "why": why}
    Sending.objects.update_or_create(id=1, defaults=state)


def test_where_every_part_was_just_heard_of_and_nothing_waits_nothing_is_wrong(alive: Episode) -> None:
    assert operations.faults(operations.pulse(now=NOW)) == []


@pytest.mark.parametrize("name", VITAL)
def test_a_vital_part_silent_for_more_than_75_seconds_keeps_reminders_from_going_out(alive: Episode, name: str) -> None:
    Heartbeat.objects.filter(name=name).update(at=NOW - timedelta(seconds=75))
    assert stuck() == []
    Heartbeat.objects.filter(name=name).update(at=NOW - timedelta(seconds=76))
    (said,) = stuck()
    assert said.startswith(f"The {name}, which")
    assert said.endswith("has not been heard of for 1 minute.")


@pytest.mark.parametrize("name", VITAL)
def test_a_vital_part_that_never_ran_is_as_bad_as_a_dead_one(alive: Episode, name: str) -> None:
    Heartbeat.objects.filter(name=name).delete()
    (said,) = stuck()
    assert said.endswith("has never run.")


@pytest.mark.parametrize("name", ["sweeper", "tick", "beat"])
def test_a_part_that_others_stand_in_for_is_told_and_stops_nothing(alive: Episode, name: str) -> None:
    Heartbeat.objects.filter(name=name).update(at=NOW - timedelta(hours=1))
    assert stuck() == []
    (fault,) = operations.faults(operations.pulse(now=NOW))
    assert f"The {name}," in fault.said
    assert "send_due --forever" in fault.remedy


def test_an_installation_without_celery_has_no_beat_and_misses_none(alive: Episode) -> None:
    Heartbeat.objects.filter(name="beat").delete()
    assert operations.faults(operations.pulse(now=NOW)) == []


def test_a_message_is_late_after_5_minutes_whether_urgent_or_not(alive: Episode) -> None:
    row = message(alive, due_at=NOW - timedelta(minutes=5))
    assert stuck() == []
    for urgent in (False, True):
        OutboxMessage.objects.filter(pk=row.pk).update(due_at=NOW - timedelta(minutes=6), urgent=urgent)
        assert stuck() == ["The oldest message that should have left is 6 minutes late."]


def test_a_message_whose_time_has_not_come_is_not_late(alive: Episode) -> None:
    message(alive, due_at=NOW + timedelta(hours=1))
    assert operations.pulse(now=NOW).oldest_due is None


def test_a_provider_that_has_not_answered_for_2_minutes_is_named(alive: Episode) -> None:
    Breaker.objects.create(
        channel="sms", failures=4, open_until=NOW, since=NOW - timedelta(minutes=2), last_error="timed out"
    )
    assert stuck() == []
    Breaker.objects.update(since=NOW - timedelta(minutes=12))
    assert stuck() == ["Text message: the provider has not taken anything for 12 minutes."]
    Breaker.objects.update(open_until=None)
    assert stuck() == []


def test_sending_that_is_shut_comes_first_with_its_reason_and_the_way_out(alive: Episode) -> None:
    shut("The database came back from a backup.")
    message(alive, due_at=NOW - timedelta(minutes=30))
    first = operations.stuck(operations.pulse(now=NOW))[0]
    assert first.said == "Sending has been shut for 1 hour: The database came back from a backup."
    assert "/operations/" in first.remedy


def test_the_pulse_is_one_statement_whatever_waits(
    alive: Episode, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    shut("")
    Breaker.objects.create(channel="email", failures=3, open_until=NOW, since=NOW)
    for minutes in range(40):
        message(alive, due_at=NOW - timedelta(minutes=minutes))
    with django_assert_num_queries(1):
        pulse = operations.pulse(now=NOW)
    assert pulse.oldest_due == NOW - timedelta(minutes=39)
    assert (pulse.shut is not None, len(pulse.broken), len(pulse.heard_at)) == (True, 1, len(operations.PARTS))


def test_the_totals_cost_the_same_for_one_message_and_for_forty(
    alive: Episode, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(40):
        OutboxMessage.objects.filter(pk=message(alive).pk).update(state=State.FAILED, finished_at=NOW)
    with django_assert_num_queries(5):
        counted = totals.totals(now=NOW)
    assert counted.ended == {State.FAILED: 40}


def test_a_week_is_counted_and_the_lists_of_the_house_are_not(alive: Episode) -> None:
    for ago, channel in ((0, "email"), (6, "sms"), (8, "email"), (0, "app"), (0, "calls")):
        ended = {"state": State.SENT, "channel": channel, "finished_at": NOW - timedelta(days=ago)}
        OutboxMessage.objects.filter(pk=message(alive).pk).update(**ended)
    assert totals.totals(now=NOW).ended == {State.SENT: 2}
    assert totals.totals(now=NOW).last_sent == NOW


def test_a_call_that_waits_for_more_than_a_day_is_counted_by_clinic(alive: Episode) -> None:
    waits = {"state": State.SENT, "channel": ChannelName.CALLS, "finished_at": NOW - timedelta(hours=23)}
    rows = OutboxMessage.objects.filter(pk__in=[message(alive).pk, message(alive).pk])
    rows.update(**waits)
    assert totals.totals(now=NOW).uncalled == []
    OutboxMessage.objects.filter(pk=rows[0].pk).update(finished_at=NOW - timedelta(hours=30))
    assert totals.totals(now=NOW).uncalled == [("Riverside Knee Clinic", 2, NOW - timedelta(hours=30))]
    rows.update(settled_at=NOW)
    assert totals.totals(now=NOW).uncalled == []


def test_a_clinic_whose_patients_nobody_looked_at_for_a_day_is_named(alive: Episode) -> None:
    Clinic.objects.update(ticked_on=NOW.date() - timedelta(days=1))
    assert totals.totals(now=NOW).behind == []
    Clinic.objects.update(ticked_on=NOW.date() - timedelta(days=2))
    assert totals.totals(now=NOW).behind == ["Riverside Knee Clinic"]


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (timedelta(0), "0 seconds"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=59), "59 seconds"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(hours=5, minutes=50), "5 hours"),
        (timedelta(days=2), "2 days"),
        (timedelta(seconds=-3), "0 seconds"),
    ],
)
def test_a_length_of_time_is_said_in_its_largest_unit(time: timedelta, said: str) -> None:
    assert operations.length(time) == said


def test_the_calls_that_wait_are_counted_by_clinic(alive: Episode) -> None:
    waits = {"state": State.SENT, "channel": ChannelName.CALLS, "finished_at": NOW}
    elsewhere = scenes.knee(scenes.clinic("Hillside Clinic"))
    rows = [message(alive), message(alive), message(elsewhere)]
    OutboxMessage.objects.filter(pk__in=[row.pk for row in rows]).update(**waits)
    assert operations.pulse(now=NOW).calls == {alive.clinic_id: 2, elsewhere.clinic_id: 1}
    OutboxMessage.objects.filter(pk=rows[0].pk).update(settled_at=NOW)
    assert operations.pulse(now=NOW).calls == {alive.clinic_id: 1, elsewhere.clinic_id: 1}
