"""The queue of record: one holder at a time, every outcome kept, nothing lost with a holder that dies."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from tests import scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.services.reminding import LEASE_AND_A_BIT, claimed, fresh, message
from tracker.clock import StoppedClock
from tracker.models import Attempt, Episode, Kind, Occurrence, OutboxMessage
from tracker.services import outbox

State = OutboxMessage.State
pytestmark = pytest.mark.django_db


@pytest.fixture
def knee(db: None, clock: StoppedClock) -> Episode:
    episode = scenes.knee(scenes.clinic(), signed=False)
    OutboxMessage.objects.all().delete()
    return episode


@pytest.fixture
def others(knee: Episode) -> list[Episode]:
    """Two other patients of the same clinic."""
    home = scenes.clinic("Hillside Clinic")
    knees = [scenes.knee(home, signed=False) for _ in range(2)]
    OutboxMessage.objects.all().delete()
    return knees


def begin(row: OutboxMessage) -> bool:
    return outbox.begin([row], message_id="<one@test>", now=NOW)


def notice(knee: Episode) -> OutboxMessage:
    return message(knee, Kind.URGENT_ALERT)


# --- Claiming -------------------------------------------------------------------------------------------------------


def test_a_message_is_claimed_once_and_only_when_it_is_due(knee: Episode) -> None:
    due, _ = message(knee), message(knee, due_at=NOW + timedelta(minutes=1))
    assert [row.pk for row in claimed()] == [due.pk]
    assert claimed() == []


def test_urgent_messages_go_before_all_that_have_waited_longer(knee: Episode) -> None:
    for _ in range(3):
        message(knee, due_at=NOW - timedelta(hours=1))
    urgent = notice(knee)
    assert [row.pk for row in claimed(limit=2)] == [urgent.pk]


def test_what_waited_longest_goes_first_and_no_more_than_asked_for(knee: Episode, others: list[Episode]) -> None:
    knees = [knee, *others]
    late, later, _ = (message(each, due_at=NOW - timedelta(minutes=ago)) for each, ago in zip(knees, (3, 2, 1)))
    assert [row.pk for row in claimed(limit=2)] == [late.pk, later.pk]


def test_senders_that_claim_at_the_same_moment_never_get_the_same_message(committed: None, clock: StoppedClock) -> None:
    knee = scenes.knee(scenes.clinic(), signed=False)
    wanted = {message(knee).pk for _ in range(60)}
    got: list[list[OutboxMessage]] = []
    together = threading.Barrier(4)

    def sender() -> None:
        together.wait()
        while rows := claimed(limit=7):
            got.append(rows)
        connection.close()

    senders = [threading.Thread(target=sender) for _ in range(4)]
    for thread in senders:
        thread.start()
    for thread in senders:
        thread.join()
    taken = [row.pk for rows in got for row in rows]
    assert len(taken) == len(set(taken))
    assert wanted <= set(taken)


# --- The fence ------------------------------------------------------------------------------------------------------


def test_before_the_unsure_moment_the_attempt_is_on_record(knee: Episode) -> None:
    message(knee)
    (row,) = claimed()
    assert begin(row)
    stored = fresh(row)
    assert (stored.state, stored.attempts, stored.message_id) == (State.SENDING, 1, "<one@test>")
    assert Attempt.objects.get(message=row).result == ""


def test_a_sender_whose_lease_ran_out_may_not_begin(knee: Episode, clock: StoppedClock) -> None:
    message(knee)
    (row,) = claimed()
    clock.advance(LEASE_AND_A_BIT)
    assert not begin(row)
    assert not Attempt.objects.exists()


def test_a_sender_that_slept_through_its_lease_can_write_no_result(knee: Episode, clock: StoppedClock) -> None:
    message(knee)
    (sleeper,) = claimed()
    clock.advance(LEASE_AND_A_BIT)
    outbox.sweep(now=NOW)
    (other,) = claimed()
    outbox.sent([sleeper], answer="250", now=NOW)
    assert fresh(other).state == State.CLAIMED
    assert begin(other)
    outbox.refused([sleeper], detail="451", permanent=True, now=NOW)
    outbox.withhold(sleeper, state=State.CANCELLED, reason="no", now=NOW)
    assert fresh(other).state == State.SENDING


# --- Outcomes -------------------------------------------------------------------------------------------------------


def test_what_was_sent_stays_sent_with_the_providers_answer(knee: Episode) -> None:
    message(knee)
    (row,) = claimed()
    begin(row)
    outbox.sent([row], answer="250 queued as 7", now=NOW)
    stored = fresh(row)
    assert (stored.state, stored.finished_at, stored.lease_until) == (State.SENT, NOW, None)
    assert Attempt.objects.get(message=row).detail == "250 queued as 7"
    assert claimed() == []


def test_what_was_refused_for_now_comes_back_later_and_later_and_is_given_up_after_eight_tries(
    knee: Episode, clock: StoppedClock
) -> None:
    row = message(knee)
    for tries in range(1, outbox.MOST_ATTEMPTS + 1):
        (row,) = claimed()
        outbox.refused([row], detail="451 later", permanent=False, now=clock.instant)
        stored = fresh(row)
        assert stored.attempts == tries
        assert stored.due_at <= clock.instant + timedelta(minutes=15)
        clock.advance(minutes=15)
    assert (stored.state, stored.last_error) == (State.DEAD, "451 later")
    assert Attempt.objects.filter(message=row, result=Attempt.Result.REFUSED).count() == outbox.MOST_ATTEMPTS


def test_what_was_refused_for_good_is_not_tried_again(knee: Episode, clock: StoppedClock) -> None:
    message(knee)
    (row,) = claimed()
    outbox.refused([row], detail="550 no such user", permanent=True, now=NOW)
    clock.advance(hours=1)
    assert claimed() == []
    assert (fresh(row).state, fresh(row).attempts) == (State.FAILED, 1)


@pytest.mark.parametrize(
    ("tries", "longest"), [(1, timedelta(seconds=30)), (2, timedelta(minutes=1)), (5, timedelta(minutes=8)), (8, timedelta(minutes=15))]
)  # fmt: skip
def test_waits_are_drawn_by_lot_up_to_a_limit_that_doubles(tries: int, longest: timedelta) -> None:
    waits = [outbox.wait_after(tries) for _ in range(200)]
    assert timedelta(0) <= min(waits) < longest / 4
    assert longest * 3 / 4 < max(waits) <= longest


def test_a_reminder_that_may_have_left_is_never_sent_again(knee: Episode, clock: StoppedClock) -> None:
    message(knee)
    (row,) = claimed()
    begin(row)
    outbox.unsure([row], detail="cut", now=NOW)
    clock.advance(days=1)
    outbox.sweep(now=clock.instant)
    assert claimed() == []
    assert (fresh(row).state, fresh(row).reason) == (State.UNCERTAIN, outbox.UNKNOWN)


def test_a_notice_that_may_have_left_goes_out_again_marked_as_a_repeat(knee: Episode, clock: StoppedClock) -> None:
    notice(knee)
    (row,) = claimed()
    begin(row)
    outbox.unsure([row], detail="cut", now=NOW)
    clock.advance(minutes=15)
    (again,) = claimed()
    assert again.repeat
    assert again.message_id == "<one@test>"


def test_what_is_withheld_keeps_its_reason_and_counts_as_no_try(knee: Episode) -> None:
    message(knee)
    (row,) = claimed()
    outbox.withhold(row, state=State.CANCELLED, reason="You had already checked in.", now=NOW)
    stored = fresh(row)
    assert (stored.state, stored.reason, stored.attempts) == (State.CANCELLED, "You had already checked in.", 0)


# --- Sweeping -------------------------------------------------------------------------------------------------------


def test_what_a_dead_sender_had_only_claimed_is_due_again(knee: Episode, clock: StoppedClock) -> None:
    row = message(knee)
    claimed()
    assert outbox.sweep(now=NOW).released == 0
    clock.advance(LEASE_AND_A_BIT)
    assert outbox.sweep(now=NOW).released == 1
    assert [again.pk for again in claimed()] == [row.pk]


@pytest.mark.parametrize(
    ("make", "state", "repeat"), [(message, State.UNCERTAIN, False), (notice, State.DUE, True)], ids=["reminder", "notice"]
)  # fmt: skip
def test_what_a_dead_sender_was_handing_over_follows_its_nature(
    knee: Episode, clock: StoppedClock, make: Callable[[Episode], OutboxMessage], state: str, repeat: bool
) -> None:
    make(knee)
    (row,) = claimed()
    begin(row)
    clock.advance(LEASE_AND_A_BIT)
    outbox.sweep(now=NOW)
    assert (fresh(row).state, fresh(row).repeat) == (state, repeat)


def test_a_message_that_no_sender_survives_is_given_up(knee: Episode, clock: StoppedClock) -> None:
    row = message(knee)
    for dead in [0] * (outbox.MOST_ATTEMPTS - 1) + [1]:
        claimed()
        clock.advance(LEASE_AND_A_BIT)
        assert outbox.sweep(now=NOW).dead == dead
    assert (fresh(row).state, fresh(row).reason) == (State.DEAD, "Given up: no sender survived it.")


def test_what_nobody_sent_in_time_expires_and_says_so(knee: Episode, clock: StoppedClock) -> None:
    row = message(knee)
    clock.advance(days=1)
    assert outbox.sweep(now=clock.instant).expired == 1
    assert (fresh(row).state, fresh(row).reason) == (State.EXPIRED, outbox.EXPIRED)


def test_sweeping_twice_changes_nothing_more(knee: Episode, clock: StoppedClock) -> None:
    message(knee)
    claimed()
    clock.advance(LEASE_AND_A_BIT)
    outbox.sweep(now=NOW)
    assert outbox.sweep(now=NOW) == outbox.Swept(0, 0, 0, 0, 0)


# --- Keys and cancelling --------------------------------------------------------------------------------------------


def test_the_database_refuses_a_second_standing_occurrence_of_one_day(knee: Episode) -> None:
    message(knee, slot="the same")
    with pytest.raises(IntegrityError), transaction.atomic():
        message(knee, slot="the same")


def test_cancelling_takes_back_what_waits_and_makes_room_for_the_same_day_again(knee: Episode) -> None:
    row = message(knee, slot="the same")
    outbox.cancel(Occurrence.objects.all(), reason="moved", now=NOW)
    assert (fresh(row).state, fresh(row).reason) == (State.CANCELLED, "moved")
    again = message(knee, slot="the same")
    assert [one.pk for one in claimed()] == [again.pk]


def test_cancelling_leaves_alone_what_has_left_or_is_about_to(knee: Episode) -> None:
    row = message(knee)
    claimed()
    outbox.cancel(Occurrence.objects.all(), reason="moved", now=NOW)
    assert fresh(row).state == State.CLAIMED
    assert Occurrence.objects.get().state == Occurrence.State.PLANNED


def test_an_occurrence_that_reaches_nobody_says_so(knee: Episode) -> None:
    occurrence = Occurrence(
        patient=knee.patient, episode=knee, rule=Kind.GATE_DUE, local_date=NOW.date(), due_at=NOW, created_at=NOW
    )
    outbox.enqueue([outbox.Telling(occurrence, knee.clinic, readers=[])], now=NOW)
    assert Occurrence.objects.get().reason == outbox.NOBODY
