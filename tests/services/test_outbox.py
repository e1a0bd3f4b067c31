"""The queue of record: one holder at a time, every outcome kept, nothing lost with a holder that dies."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from tests import scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.scenes import Staff
from tests.services.reminding import LEASE_AND_A_BIT, claimed, fresh, message
from tracker.clock import StoppedClock
from tracker.models import Attempt, Episode, Kind, Occurrence, OutboxMessage
from tracker.services import outbox

State = OutboxMessage.State
Counted = Callable[[int], AbstractContextManager[object]]
SAVEPOINT = 2
"""Statements that only a test makes, since it is inside a transaction already."""
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


def run_together(act: Callable[[], None], count: int) -> None:
    threads = [threading.Thread(target=act) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


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
    late, later, _ = (
        message(each, due_at=NOW - timedelta(minutes=ago)) for each, ago in [(knee, 3), (others[0], 2), (others[1], 1)]
    )
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

    run_together(sender, 4)
    taken = [row.pk for rows in got for row in rows]
    assert len(taken) == len(set(taken))
    assert wanted <= set(taken)


def test_channels_that_are_shut_are_left_out(knee: Episode) -> None:
    message(knee, kind=Kind.URGENT_ALERT)
    by_sms = message(knee, channel="sms")
    assert [row.pk for row in outbox.claim(now=NOW, shut=("email",))] == [by_sms.pk]


# --- What one letter can carry --------------------------------------------------------------------------------------


def test_with_a_routine_message_comes_all_that_is_due_to_the_same_reader_by_the_same_channel(
    knee: Episode, others: list[Episode]
) -> None:
    first = message(knee, due_at=NOW - timedelta(minutes=3))
    message(others[0], due_at=NOW - timedelta(minutes=2))
    second = message(knee, Kind.MILESTONES, due_at=NOW - timedelta(minutes=1))
    third = message(knee, Kind.NEXT_STEP)
    assert [row.pk for row in claimed(limit=1)] == [first.pk, second.pk, third.pk]


def test_nothing_comes_along_that_goes_alone_later_elsewhere_or_to_others(knee: Episode, others: list[Episode]) -> None:
    first = message(knee, due_at=NOW - timedelta(minutes=1))
    message(knee, due_at=NOW + timedelta(minutes=1))
    message(knee, channel="sms")
    message(knee, channel="app")
    message(knee, Kind.GATE_DUE, reader=scenes.user())
    message(others[0])
    assert [row.pk for row in claimed(limit=1)] == [first.pk]


def test_what_is_due_to_one_of_the_staff_comes_together_whoever_it_is_about(
    knee: Episode, others: list[Episode]
) -> None:
    reader = scenes.user()
    rows = [message(each, Kind.GATE_DUE, reader=reader) for each in (knee, *others)]
    message(knee, due_at=NOW - timedelta(minutes=1))
    assert len(claimed(limit=1)) == 1
    assert {row.pk for row in claimed(limit=1)} == {row.pk for row in rows}


def test_one_letter_carries_ten_and_the_next_the_rest(knee: Episode) -> None:
    for _ in range(outbox.MOST_IN_A_LETTER + 3):
        message(knee)
    assert [len(claimed()) for _ in range(3)] == [outbox.MOST_IN_A_LETTER, 3, 0]


def test_a_repeat_does_not_travel_with_what_is_sent_for_the_first_time(knee: Episode) -> None:
    message(knee)
    repeat = message(knee)
    OutboxMessage.objects.filter(pk=repeat.pk).update(repeat=True)
    assert len(claimed(limit=1)) == 1
    assert len(claimed(limit=1)) == 1


def test_senders_that_claim_at_the_same_moment_never_share_what_goes_into_one_letter(
    committed: None, clock: StoppedClock
) -> None:
    home = scenes.clinic()
    knees = [scenes.knee(home, signed=False) for _ in range(12)]
    OutboxMessage.objects.all().delete()
    for ago in range(3):
        for each in knees:
            message(each, due_at=NOW - timedelta(minutes=ago))
    claims: list[list[OutboxMessage]] = []
    together = threading.Barrier(4)

    def sender() -> None:
        together.wait()
        while rows := claimed(limit=2):
            claims.append(rows)
        connection.close()

    run_together(sender, 4)
    of_one_reader = [Counter(row.patient_id for row in rows) for rows in claims]
    assert {count for letters in of_one_reader for count in letters.values()} == {3}
    assert sum(map(len, claims)) == 3 * len(knees)


def test_a_letter_of_which_one_message_was_lost_does_not_leave_and_nothing_of_it_is_noted(knee: Episode) -> None:
    lost, kept = message(knee), message(knee)
    rows = claimed()
    OutboxMessage.objects.filter(pk=lost.pk).update(state=State.DUE)
    assert not outbox.begin(rows, message_id="<both@test>", now=NOW)
    assert (fresh(kept).state, fresh(kept).attempts, fresh(kept).message_id) == (State.CLAIMED, 0, "")
    assert not Attempt.objects.exists()


def test_what_one_letter_carried_meets_one_fate_under_one_message_id(knee: Episode) -> None:
    rows = [message(knee), message(knee)]
    both = claimed()
    assert outbox.begin(both, message_id="<both@test>", now=NOW)
    outbox.sent(both, answer="250 taken", now=NOW)
    assert {(fresh(row).state, fresh(row).message_id) for row in rows} == {(State.SENT, "<both@test>")}
    assert set(Attempt.objects.values_list("result", "detail")) == {("sent", "250 taken")}
    assert Attempt.objects.count() == 2


def test_a_letter_is_two_statements_before_the_unsure_moment_and_three_after_however_much_it_carries(
    knee: Episode, django_assert_num_queries: Counted
) -> None:
    for _ in range(5):
        message(knee)
    rows = claimed()
    with django_assert_num_queries(2 + SAVEPOINT):
        outbox.begin(rows, message_id="<all@test>", now=NOW)
    with django_assert_num_queries(3 + 2 * SAVEPOINT):  # the third is its lines in the trail
        outbox.sent(rows, answer="250", now=NOW)


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


def test_of_a_letter_that_is_refused_only_what_was_tried_often_enough_is_given_up(knee: Episode) -> None:
    old, young = message(knee), message(knee)
    OutboxMessage.objects.filter(pk=old.pk).update(attempts=outbox.MOST_ATTEMPTS - 1)
    assert outbox.refused(claimed(), detail="451 later", permanent=False, now=NOW)
    assert (fresh(old).state, fresh(old).attempts) == (State.DEAD, outbox.MOST_ATTEMPTS)
    assert (fresh(young).state, fresh(young).attempts) == (State.DUE, 1)


@pytest.mark.parametrize("begun", [False, True])
def test_a_provider_that_does_not_answer_costs_no_try(knee: Episode, begun: bool) -> None:
    row = message(knee)
    rows = claimed()
    if begun:
        begin(rows[0])
    again = NOW + timedelta(seconds=8)
    outbox.put_off(rows, until=again, detail="421 come back", now=NOW)
    stored = fresh(row)
    assert (stored.state, stored.attempts, stored.last_error) == (State.DUE, 0, "421 come back")
    assert again <= stored.due_at <= again + timedelta(seconds=5)
    assert Attempt.objects.get(message=row).result == Attempt.Result.REFUSED


def test_what_a_sender_cannot_get_to_is_due_again_at_once(knee: Episode) -> None:
    row = message(knee)
    outbox.release(claimed())
    assert (fresh(row).state, fresh(row).due_at, fresh(row).attempts) == (State.DUE, NOW, 0)
    assert len(claimed()) == 1


def test_what_is_put_off_shows_its_new_time_and_the_reason_and_loses_both_when_it_is_sent(
    knee: Episode, clock: StoppedClock
) -> None:
    row = message(knee)
    until = NOW + timedelta(hours=2)
    outbox.postpone(claimed()[0], until=until, reason="It waits for eight o'clock.", now=NOW)
    assert (fresh(row).state, fresh(row).due_at, fresh(row).reason) == (State.DUE, until, "It waits for eight o'clock.")
    assert claimed() == []
    clock.set(until)
    rows = claimed()
    begin(rows[0])
    outbox.sent(rows, answer="250", now=until)
    assert fresh(row).reason == ""


def test_what_would_be_too_late_by_then_expires_at_once_with_the_reason(knee: Episode) -> None:
    row = message(knee)
    outbox.postpone(claimed()[0], until=NOW + timedelta(days=1), reason="It waits for morning.", now=NOW)
    assert (fresh(row).state, fresh(row).reason) == (State.EXPIRED, "It waits for morning.")


def test_what_is_put_off_into_the_past_is_not_taken_again_and_again(knee: Episode) -> None:
    message(knee)
    outbox.postpone(claimed()[0], until=NOW - timedelta(hours=1), reason="?", now=NOW)
    assert claimed() == []


# --- Another chance -------------------------------------------------------------------------------------------------


def test_another_channel_tells_the_same_reader_of_the_same_once(knee: Episode) -> None:
    row = message(knee)
    outbox.refused(claimed(), detail="550 nobody", permanent=True, now=NOW)
    assert outbox.fall_back(row, channel="sms", now=NOW)
    assert not outbox.fall_back(row, channel="sms", now=NOW)
    (other,) = claimed()
    assert (other.channel, other.occurrence_id, other.patient_id) == ("sms", row.occurrence_id, row.patient_id)
    assert (other.expires_at, other.attempts) == (row.expires_at, 0)


@pytest.mark.parametrize("state", [State.FAILED, State.DEAD])
def test_what_failed_or_was_given_up_is_due_again_under_the_same_key(knee: Episode, state: str) -> None:
    row = message(knee)
    outbox.withhold(claimed()[0], state=State(state), reason="no", now=NOW)
    assert outbox.replay(row, now=NOW) == 1
    (again,) = claimed()
    assert (again.pk, again.dedupe_key, again.attempts, again.reason) == (row.pk, row.dedupe_key, 0, "")
    assert not again.repeat


def test_what_may_have_arrived_goes_again_with_all_of_its_letter_marked_as_a_repeat(knee: Episode) -> None:
    one, two = message(knee), message(knee)
    rows = claimed()
    outbox.begin(rows, message_id="<both@test>", now=NOW)
    outbox.unsure(rows, detail="cut", now=NOW)
    message(knee)
    assert outbox.replay(fresh(one), now=NOW) == 2
    again = [row for row in claimed() if row.repeat]
    assert {row.pk for row in again} == {one.pk, two.pk}
    assert {row.message_id for row in again} == {"<both@test>"}


def test_what_was_sent_or_is_waiting_is_not_replayed(knee: Episode) -> None:
    waiting, arrived = message(knee), notice(knee)
    rows = claimed()
    begin(rows[0])
    outbox.sent(rows, answer="250", now=NOW)
    assert [outbox.replay(fresh(row), now=NOW) for row in (waiting, arrived)] == [0, 0]


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


def test_a_message_that_kills_its_senders_takes_no_other_with_it(home: Staff, clock: StoppedClock) -> None:
    rows = [message(scenes.knee(home)) for _ in range(5)]
    poison = rows[2]
    for _ in range(40):
        for held in claimed():
            if held.pk == poison.pk:
                break
            assert outbox.begin([held], message_id=f"<{held.pk}@clinic.example>", now=clock.instant)
            outbox.sent([held], answer="250 taken", now=clock.instant)
        clock.advance(LEASE_AND_A_BIT)
        outbox.sweep(now=clock.instant)
    assert fresh(poison).state == State.DEAD
    assert [fresh(row).state for row in rows if row.pk != poison.pk] == [State.SENT] * 4


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


@contextmanager
def lapsing_after(word: str, row: OutboxMessage) -> Iterator[None]:
    """The lease of `row` runs out just after the first statement of the sweep that holds `word`."""
    waits = True

    def then_lapse(execute: Callable[..., object], sql: str, *rest: object) -> object:
        nonlocal waits
        done = execute(sql, *rest)
        if waits and word in sql:
            waits = False
            OutboxMessage.objects.filter(pk=row.pk).update(lease_until=NOW - timedelta(seconds=1))
        return done

    with connection.execute_wrapper(then_lapse):
        yield
    assert not waits


def test_a_notice_whose_lease_runs_out_in_the_middle_of_a_sweep_is_repeated_by_the_next(knee: Episode) -> None:
    notice(knee)
    (row,) = claimed()
    begin(row)
    with lapsing_after('"repeat" = ', row):
        assert outbox.sweep(now=NOW) == outbox.Swept(0, 0, 0, 0, 0)
    assert outbox.sweep(now=NOW).repeated == 1
    assert fresh(row).repeat


def test_one_that_no_sender_survives_is_given_up_also_when_its_lease_runs_out_in_the_middle_of_a_sweep(
    knee: Episode,
) -> None:
    row = message(knee)
    OutboxMessage.objects.filter(pk=row.pk).update(attempts=outbox.MOST_ATTEMPTS - 1)
    claimed()
    with lapsing_after("UPDATE", row):
        assert outbox.sweep(now=NOW).released == 0
    assert outbox.sweep(now=NOW).dead == 1


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
