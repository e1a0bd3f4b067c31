"""The call list: whom to phone, in which order, what came of it; and the two silent days that put a patient on it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import post, scenes
from tests.scenes import Staff
from tests.services.reminding import message, run
from tests.services.telling import FRIDAY, MONDAY, THURSDAY, TUESDAY, WEDNESDAY, alarm, at, ends, order, waiting
from tracker import access
from tracker import clock as real_clock
from tracker.access import Do
from tracker.clinical.terms import Role, Side
from tracker.clock import StoppedClock
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.models import AuditEvent, Call, Episode, Kind, Occurrence, OutboxMessage, Reach
from tracker.selectors import calls as listed
from tracker.selectors import operations
from tracker.selectors.calls import STRICTER
from tracker.services import calls, reminders

State, Outcome = OutboxMessage.State, Call.Outcome
pytestmark = pytest.mark.django_db


def record(home: Staff, entry: OutboxMessage, outcome: str, note: str = "") -> Call:
    return calls.record(message=entry, by=home.physiotherapist, outcome=outcome, note=note)


# --- The list -------------------------------------------------------------------------------------------------------


def test_the_list_says_whom_to_phone_by_which_number_why_and_since_when(home: Staff, knee: Episode) -> None:
    post.entry(knee, Kind.SILENCE, ago=timedelta(hours=2))
    (entry,) = listed.open_entries(home.clinic)
    assert (entry.name, entry.phone) == (f"{knee.patient.family_name}, Robin", "020 7946 0001")
    assert entry.episode == knee.pk
    assert entry.since == real_clock.now() - timedelta(hours=2)
    assert entry.sentence == "Has not checked in for two days: please ask how it is going"


def test_urgent_alerts_come_first_then_stricter_limits_silence_other_changes_and_dead_addresses(
    home: Staff, knee: Episode
) -> None:
    for kind in (Kind.UNREACHABLE, Kind.UNSEEN, Kind.SILENCE, Kind.UNSEEN, Kind.ALERT_CALL):
        post.entry(knee, kind)
    stricter = OutboxMessage.objects.filter(kind=Kind.UNSEEN).latest("due_at", "pk")
    Occurrence.objects.filter(pk=stricter.occurrence_id).update(slot=f"{uuid4()}{STRICTER}")
    assert [(entry.kind, entry.stricter) for entry in listed.open_entries(home.clinic)] == [
        (Kind.ALERT_CALL, False),
        (Kind.UNSEEN, True),
        (Kind.SILENCE, False),
        (Kind.UNSEEN, False),
        (Kind.UNREACHABLE, False),
    ]


def test_among_equals_whoever_waits_longest_comes_first(home: Staff, knee: Episode) -> None:
    entries = [post.entry(knee, Kind.SILENCE, ago=timedelta(hours=ago)) for ago in (1, 3, 2)]
    assert [entry.id for entry in listed.open_entries(home.clinic)] == [entries[at].pk for at in (1, 2, 0)]


def test_neither_another_clinics_entries_nor_those_still_to_come_nor_a_patients_own_list_are_on_it(
    home: Staff, knee: Episode
) -> None:
    elsewhere = scenes.knee(scenes.clinic("Elsewhere"), signed=False)
    post.entry(elsewhere, Kind.SILENCE)
    post.entry(knee, Kind.CHECK_IN, channel="app")
    order(home, knee, 10)
    assert listed.open_entries(home.clinic) == []
    assert listed.count(home.clinic) == 0


def test_the_list_costs_two_statements_however_long_it_is(home: Staff, knee: Episode) -> None:
    for _ in range(7):
        record(home, post.entry(knee, Kind.SILENCE), Outcome.NO_ANSWER)
    with CaptureQueriesContext(connection) as taken:
        assert len(listed.open_entries(home.clinic)) == 7
    assert len(taken) == 2


def test_the_count_is_that_of_the_rows_and_of_every_other_page(home: Staff, knee: Episode) -> None:
    for kind in (Kind.SILENCE, Kind.UNSEEN, Kind.ALERT_CALL):
        post.entry(knee, kind)
    record(home, OutboxMessage.objects.filter(kind=Kind.SILENCE).get(), Outcome.REACHED)
    counts = {
        listed.count(home.clinic),
        len(listed.open_entries(home.clinic)),
        operations.pulse(now=real_clock.now()).calls[home.clinic.pk],
    }
    assert counts == {2}


# --- What came of it ------------------------------------------------------------------------------------------------


def test_a_patient_who_was_reached_is_off_the_list(home: Staff, knee: Episode) -> None:
    entry = post.entry(knee, Kind.SILENCE)
    record(home, entry, Outcome.REACHED, "She is fine.")
    assert waiting(home) == []
    entry.refresh_from_db()
    assert entry.settled_at == real_clock.now()


def test_without_an_answer_the_entry_stays_and_shows_who_tried_and_when(
    home: Staff, knee: Episode, clock: StoppedClock
) -> None:
    entry = post.entry(knee, Kind.SILENCE)
    record(home, entry, Outcome.NO_ANSWER)
    clock.advance(hours=1)
    calls.record(message=entry, by=home.surgeon, outcome=Outcome.NO_ANSWER, note="Left a message.")
    (shown,) = listed.open_entries(home.clinic)
    assert [(each.by, each.outcome, each.note) for each in shown.tries] == [
        ("Jo Mbeki", "No answer", ""),
        ("Dr A. Osei", "No answer", "Left a message."),
    ]
    assert shown.tries[1].at - shown.tries[0].at == timedelta(hours=1)


def test_settling_another_way_needs_a_word_of_how(home: Staff, knee: Episode) -> None:
    entry = post.entry(knee, Kind.SILENCE)
    with pytest.raises(Invalid) as refusal:
        record(home, entry, Outcome.SETTLED, "  ")
    assert list(refusal.value.fields) == ["note"]
    record(home, entry, Outcome.SETTLED, "Seen in the clinic today.")
    assert waiting(home) == []


def test_an_outcome_that_there_is_not_is_refused_by_name(home: Staff, knee: Episode) -> None:
    with pytest.raises(Invalid) as refusal:
        record(home, post.entry(knee, Kind.SILENCE), "shrugged")
    assert list(refusal.value.fields) == ["outcome"]


def test_whoever_comes_second_is_told_that_it_was_dealt_with(home: Staff, knee: Episode) -> None:
    entry = post.entry(knee, Kind.SILENCE)
    record(home, entry, Outcome.REACHED)
    with pytest.raises(Conflict):
        record(home, entry, Outcome.NO_ANSWER)
    assert Call.objects.count() == 1


def test_a_message_that_is_not_on_the_list_takes_no_call(home: Staff, knee: Episode) -> None:
    with pytest.raises(Conflict):
        record(home, message(knee, Kind.SILENCE), Outcome.REACHED)


def test_each_call_leaves_a_line_in_the_trail_without_its_note(home: Staff, knee: Episode) -> None:
    entry = post.entry(knee, Kind.SILENCE)
    record(home, entry, Outcome.NO_ANSWER, "Her husband says she sleeps.")
    line = AuditEvent.objects.get(action="call no_answer")
    assert (line.user, line.episode, line.object_id) == (home.physiotherapist.user, knee, str(entry.pk))
    assert "husband" not in str(line.detail)


def test_whoever_dealt_with_an_address_lets_it_be_tried_again(home: Staff, knee: Episode) -> None:
    Reach.objects.create(
        patient=knee.patient, channel="email", address=knee.patient.email, failed_at=real_clock.now(), failure="550"
    )
    entry = post.entry(knee, Kind.UNREACHABLE)
    Occurrence.objects.filter(pk=entry.occurrence_id).update(slot="email:1")
    entry.refresh_from_db()
    record(home, entry, Outcome.SETTLED, "Her mailbox was full.")
    assert Reach.objects.get().failed_at is None


# --- Who may --------------------------------------------------------------------------------------------------------


def test_clinicians_of_the_clinic_may_and_for_everybody_else_there_is_no_such_call(home: Staff, knee: Episode) -> None:
    entry = post.entry(knee, Kind.SILENCE)
    assert access.call_for(home.physiotherapist.user, entry.pk, Do.CALLS).message == entry
    stranger = scenes.member(scenes.clinic("Elsewhere").clinic, Role.SURGEON)
    for user in (stranger.user, scenes.patient(knee).user, scenes.user()):
        with pytest.raises(NotFound):
            access.call_for(user, entry.pk, Do.CALLS)
    for colleague in (home.coordinator, home.auditor):
        with pytest.raises(Forbidden):
            access.call_for(colleague.user, entry.pk, Do.CALLS)


def test_what_is_not_on_the_call_list_is_no_call(home: Staff, knee: Episode) -> None:
    for row in (message(knee), post.entry(knee, Kind.CHECK_IN, channel="app")):
        with pytest.raises(NotFound):
            access.call_for(home.physiotherapist.user, row.pk, Do.CALLS)
    with pytest.raises(NotFound):
        access.call_for(home.physiotherapist.user, uuid4(), Do.CALLS)


def test_an_alert_on_the_list_is_still_open_after_the_call_until_somebody_takes_it_on(
    home: Staff, knee: Episode, clock: StoppedClock
) -> None:
    alarm(knee)
    clock.advance(hours=3)
    run()
    record(home, OutboxMessage.objects.get(kind=Kind.ALERT_CALL), Outcome.REACHED)
    assert waiting(home) == []
    assert not knee.alerts.filter(events__isnull=False).exists()


# --- Two silent days ------------------------------------------------------------------------------------------------


def silences() -> list[tuple[object, str]]:
    rows = OutboxMessage.objects.filter(kind=Kind.SILENCE).order_by("due_at")
    return list(rows.values_list("occurrence__local_date", "state"))


def test_on_the_second_silent_day_at_eight_the_patient_is_on_the_call_list_and_gets_no_mail(
    home: Staff, knee: Episode, clock: StoppedClock
) -> None:
    scenes.check_in(knee)
    clock.set(at(WEDNESDAY, 7, 59))
    run()
    assert waiting(home) == []
    clock.set(at(WEDNESDAY, 8))
    run()
    assert waiting(home) == [Kind.SILENCE]
    assert {row.channel for row in OutboxMessage.objects.filter(kind=Kind.SILENCE)} == {"calls"}


def test_a_run_of_silence_is_one_call_however_long_it_lasts(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    scenes.check_in(knee)
    for day in range(1, 9):
        clock.set(at(MONDAY, 9) + timedelta(days=day))
        run()
        for entry in OutboxMessage.objects.filter(kind=Kind.SILENCE, state=State.SENT, settled_at=None):
            record(home, entry, Outcome.REACHED)
    assert silences() == [(TUESDAY, State.SENT)]


def test_a_new_run_of_silence_is_a_new_call(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    scenes.check_in(knee)
    clock.set(at(THURSDAY, 9))
    run()
    scenes.check_in(knee)
    for day in range(1, 4):
        clock.set(at(THURSDAY, 9) + timedelta(days=day))
        run()
    assert silences() == [(TUESDAY, State.SENT), (FRIDAY, State.SENT)]
    assert waiting(home) == [Kind.SILENCE]


def test_checking_in_takes_the_patient_off_the_list(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    scenes.check_in(knee)
    clock.set(at(WEDNESDAY, 8))
    run()
    scenes.check_in(knee)
    assert waiting(home) == []


def test_a_word_between_planning_and_the_list_keeps_the_patient_off_it(
    home: Staff, knee: Episode, clock: StoppedClock
) -> None:
    scenes.check_in(knee)
    clock.set(at(WEDNESDAY, 8))
    reminders.plan(now=clock.instant)
    scenes.check_in(knee)
    run()
    assert ends(Kind.SILENCE) == [(State.CANCELLED, "You have checked in.")]


def test_the_last_look_finds_a_check_in_that_told_nobody(
    home: Staff, knee: Episode, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.set(at(WEDNESDAY, 8))
    reminders.plan(now=clock.instant)
    monkeypatch.setattr(reminders, "checked_in", lambda **_: None)
    scenes.check_in(knee, days_ago=1)
    run()
    assert ends(Kind.SILENCE) == [(State.CANCELLED, "You have checked in.")]


def test_whoever_writes_about_an_earlier_day_and_then_falls_silent_is_called_two_days_later(
    home: Staff, knee: Episode, clock: StoppedClock
) -> None:
    scenes.check_in(knee)
    clock.set(at(WEDNESDAY, 7))
    scenes.check_in(knee, days_ago=5)
    for day, calls_now in ((WEDNESDAY, []), (THURSDAY, []), (FRIDAY, [Kind.SILENCE])):
        clock.set(at(day, 8))
        run()
        assert waiting(home) == calls_now, day


def test_where_the_patients_day_is_not_over_it_may_yet_be_reported(home: Staff, clock: StoppedClock) -> None:
    """At eight in London it is still the evening before in Honolulu."""
    knee = scenes.knee(home, time_zone="Pacific/Honolulu", signed=False)
    scenes.check_in(knee)  # there it is Sunday night
    clock.set(at(TUESDAY, 8))
    run()
    assert waiting(home) == []
    clock.set(at(WEDNESDAY, 8))
    run()
    assert waiting(home) == [Kind.SILENCE]
    assert silences()[0][0] == MONDAY


def test_a_patient_with_two_knees_is_one_call(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    other = scenes.knee(home, side=Side.RIGHT, signed=False)
    Episode.objects.filter(pk=other.pk).update(patient=knee.patient)
    clock.set(at(WEDNESDAY, 8))
    run()
    assert waiting(home).count(Kind.SILENCE) == 1


def test_nobody_is_called_about_a_recovery_that_has_ended(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    clock.set(at(WEDNESDAY, 8))
    reminders.plan(now=clock.instant)
    Episode.objects.update(state=Episode.State.CLOSED)
    run()
    assert waiting(home) == []
