"""By which way a reminder goes, when there is to be quiet, and how often a day is enough."""

from __future__ import annotations

from datetime import datetime, time
from pathlib import Path

import pytest

from tests import scenes
from tests.scenes import Staff
from tests.services.reminding import (
    MONDAY,
    TUESDAY,
    at,
    ends,
    fresh,
    message,
    run,
    to,
)
from tracker import channels
from tracker.clock import StoppedClock
from tracker.errors import Invalid
from tracker.models import (
    Clinic,
    Episode,
    Kind,
    OutboxMessage,
    Patient,
    PushSubscription,
    Reach,
    ReminderPlan,
)
from tracker.services import outbox, reminders
from tracker.services.reminders import Postponed, Withheld

State = OutboxMessage.State
EMAIL, SMS, PUSH, APP = (str(channel) for channel in ("email", "sms", "push", "app"))
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("mail")]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation that has every channel."""
    monkeypatch.setattr(channels, "installed", lambda: (EMAIL, SMS, PUSH, APP, "calls"))


def device(knee: Episode) -> PushSubscription:
    return PushSubscription.objects.create(
        user=knee.patient.user, endpoint="https://push.example/1", p256dh="p", auth="a", created_at=at(MONDAY, 9)
    )


def sent_by(kind: str = Kind.CHECK_IN) -> list[tuple[str, str]]:
    """Channel and state of the messages of a kind, in the order they were made."""
    rows = OutboxMessage.objects.filter(kind=kind).order_by("occurrence__due_at", "created_at", "due_at")
    return [(row.channel, row.state) for row in rows]


def failed(knee: Episode, channel: str, address: str) -> None:
    Reach.objects.create(patient=knee.patient, channel=channel, failed_at=at(MONDAY, 9), address=address)


# --- The way --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("installed")
def test_a_reminder_is_planned_by_the_first_way_that_is_open(knee: Episode, clock: StoppedClock) -> None:
    failed(knee, EMAIL, knee.patient.email)
    reminders.plan(now=clock.instant)
    assert {channel for channel, _ in sent_by()} == {SMS}


@pytest.mark.usefixtures("installed")
def test_a_reminder_goes_by_the_way_the_patient_prefers(knee: Episode, clock: StoppedClock) -> None:
    device(knee)
    reminders.change(patient=knee.patient, kind=Kind.CHECK_IN, now=clock.instant, channels=[PUSH, EMAIL])
    reminders.plan(now=clock.instant)
    assert {channel for channel, _ in sent_by()} == {PUSH}


@pytest.mark.parametrize(
    ("stands", "state", "reason"),
    [
        ({"email": ""}, State.FAILED, "There is no e-mail address to send it to."),
        ({"allowed": False}, State.CANCELLED, "E-mails were switched off."),
        ({"failed": True}, State.FAILED, "E-mails do not arrive at this address."),
        ({"channels": [SMS]}, State.CANCELLED, "You chose another way for this reminder."),
    ],
    ids=str,
)
@pytest.mark.usefixtures("installed")
def test_a_way_that_closes_before_sending_gives_over_to_the_next(
    knee: Episode, clock: StoppedClock, stands: dict[str, object], state: str, reason: str
) -> None:
    reminders.plan(now=clock.instant)
    if "email" in stands:
        Patient.objects.update(email="")
    if "allowed" in stands:
        reminders.allow(patient=knee.patient, channel=EMAIL, allowed=False, now=clock.instant)
    if "failed" in stands:
        failed(knee, EMAIL, knee.patient.email)
    if "channels" in stands:
        ReminderPlan.objects.update(channels=stands["channels"])
    waiting = OutboxMessage.objects.filter(kind=Kind.CHECK_IN).order_by("due_at")[0]
    assert reminders.objection(waiting, now=at(TUESDAY, 9)) == Withheld(State(state), reason, SMS)


def test_with_no_other_way_it_goes_into_the_patients_list_with_the_reason_kept(
    knee: Episode, clock: StoppedClock
) -> None:
    Patient.objects.update(email="")
    clock.set(at(TUESDAY, 9))
    run()
    assert ends(Kind.CHECK_IN)[0] == (TUESDAY, State.FAILED, "There is no e-mail address to send it to.")
    assert sent_by()[:2] == [(EMAIL, State.FAILED), (APP, State.SENT)]


@pytest.mark.usefixtures("installed")
def test_the_next_way_is_one_that_was_not_used_and_the_list_comes_last(knee: Episode, clock: StoppedClock) -> None:
    device(knee)
    first = message(knee)
    ways = []
    while (channel := reminders.next_channel(first)) is not None:
        ways.append(channel)
        outbox.fall_back(first, channel=channel, now=clock.instant)
    assert ways == [SMS, PUSH, APP]


@pytest.mark.usefixtures("installed")
def test_a_way_that_was_not_chosen_for_the_kind_is_passed_over(knee: Episode, clock: StoppedClock) -> None:
    reminders.change(patient=knee.patient, kind=Kind.CHECK_IN, now=clock.instant, channels=[EMAIL])
    assert reminders.next_channel(message(knee)) == APP
    assert reminders.next_channel(message(knee, Kind.RESTRICTION_CHANGED)) == SMS


def test_what_goes_to_staff_and_a_test_has_no_other_way(home: Staff, knee: Episode) -> None:
    assert reminders.next_channel(message(knee, Kind.GATE_DUE, reader=home.surgeon.user)) is None
    assert reminders.next_channel(message(knee, Kind.TEST)) is None


@pytest.mark.usefixtures("installed")
def test_each_channel_has_its_own_address(knee: Episode, clock: StoppedClock) -> None:
    device(knee)
    row = message(knee)
    told = {}
    for channel in (EMAIL, SMS, PUSH, APP):
        row.channel = channel
        letter = reminders.letter([row], now=clock.instant)
        told[channel] = (letter.to, [each.endpoint for each in letter.devices])
    assert told == {
        EMAIL: (knee.patient.email, []),
        SMS: (knee.patient.phone, []),
        PUSH: ("", ["https://push.example/1"]),
        APP: ("", []),
    }


def test_what_is_for_the_call_list_is_never_mailed_to_the_patient(knee: Episode, clock: StoppedClock) -> None:
    row = message(knee, Kind.UNSEEN)
    OutboxMessage.objects.filter(pk=row.pk).update(channel=EMAIL, kind=Kind.SILENCE)
    withheld = reminders.objection(fresh(row), now=clock.instant)
    assert withheld == Withheld(State.CANCELLED, "Your clinic calls instead.")


def test_only_a_channel_that_leaves_the_house_can_be_switched_off(knee: Episode, clock: StoppedClock) -> None:
    for channel in (APP, "calls", "pigeon"):
        with pytest.raises(Invalid) as refusal:
            reminders.allow(patient=knee.patient, channel=channel, allowed=False, now=clock.instant)
        assert list(refusal.value.fields) == ["channel"]


def test_a_way_switched_off_and_on_again_is_open(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    for allowed in (False, True):
        reminders.allow(patient=knee.patient, channel=EMAIL, allowed=allowed, now=clock.instant)
    clock.set(at(TUESDAY, 9))
    run()
    assert to(mail, knee.patient.email) == ["Time for your check-in"]


# --- Consent --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Kind.CHECK_IN, Kind.RESTRICTION_CHANGED, Kind.TEST])
def test_whoever_has_withdrawn_consent_gets_no_message(knee: Episode, clock: StoppedClock, kind: str) -> None:
    Patient.objects.update(consent_withdrawn_at=clock.instant)
    waiting = OutboxMessage.objects.get(pk=message(knee, kind).pk)
    withheld = Withheld(State.CANCELLED, "You have withdrawn your consent.")
    assert reminders.objection(waiting, now=clock.instant) == withheld


# --- Quiet hours ----------------------------------------------------------------------------------------------------


def quiet(knee: Episode, clock: StoppedClock, since: time | None, until: time | None) -> None:
    reminders.quiet(patient=knee.patient, quiet_from=since, quiet_until=until, now=clock.instant)


def told_of_change(knee: Episode, *, urgent: bool = False) -> OutboxMessage:
    """A change of plan, as far as the hour is concerned."""
    row = message(knee, Kind.TEST)
    OutboxMessage.objects.filter(pk=row.pk).update(kind=Kind.TEST, urgent=urgent, expires_at=None)
    return fresh(row)


def test_a_reminder_in_the_patients_own_quiet_hours_waits_for_their_end(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    quiet(knee, clock, time(20), time(10, 15))
    clock.set(at(TUESDAY, 9))
    run()
    waits = OutboxMessage.objects.filter(kind=Kind.CHECK_IN).order_by("due_at")[0]
    assert (waits.state, waits.due_at) == (State.DUE, at(TUESDAY, 10, 15))
    assert waits.reason == "It waits for the end of the quiet hours."
    clock.set(at(TUESDAY, 10, 15))
    run()
    assert to(mail, knee.patient.email) == ["Time for your check-in"]


def test_what_would_be_too_late_after_the_quiet_hours_ends_at_once(knee: Episode, clock: StoppedClock) -> None:
    quiet(knee, clock, time(8), time(7))
    clock.set(at(TUESDAY, 9))
    run()
    too_late = "It fell into the quiet hours, and after them it would have come too late."
    assert ends(Kind.CHECK_IN)[0] == (TUESDAY, State.EXPIRED, too_late)


def test_the_clinics_quiet_hours_do_not_move_a_reminder_from_the_hour_that_was_chosen(
    knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    reminders.change(patient=knee.patient, kind=Kind.CHECK_IN, now=clock.instant, at=time(6))
    clock.set(at(TUESDAY, 6))
    run()
    assert to(mail, knee.patient.email) == ["Time for your check-in"]


def test_what_has_no_hour_of_its_own_waits_for_the_end_of_the_clinics_night_on_the_patients_clock(
    home: Staff, clock: StoppedClock
) -> None:
    knee = scenes.knee(home, time_zone="America/New_York")
    waiting = told_of_change(knee)
    late = at(TUESDAY, 3)  # ten in the evening in New York
    objection = reminders.objection(waiting, now=late)
    assert isinstance(objection, Postponed)
    assert objection.until == at(TUESDAY, 12)  # seven in the morning there
    assert reminders.objection(waiting, now=at(TUESDAY, 12)) is None


def test_what_is_urgent_passes_the_quiet_hours(knee: Episode, clock: StoppedClock) -> None:
    quiet(knee, clock, time(0), time(23, 59))
    assert reminders.objection(told_of_change(knee, urgent=True), now=at(TUESDAY, 3)) is None


def test_the_list_in_the_product_makes_no_noise_and_waits_for_nothing(knee: Episode, clock: StoppedClock) -> None:
    quiet(knee, clock, time(0), time(23, 59))
    waiting = told_of_change(knee)
    waiting.channel = APP
    assert reminders.objection(waiting, now=at(TUESDAY, 3)) is None


def test_staff_hear_of_routine_matters_outside_the_clinics_quiet_hours(home: Staff, clock: StoppedClock) -> None:
    knee = scenes.knee(home, day=45)
    Clinic.objects.update(quiet_until=time(8, 30))
    clock.set(at(TUESDAY, 8))
    run()
    waiting = OutboxMessage.objects.filter(kind=Kind.GATE_DUE)
    assert {(row.state, row.due_at) for row in waiting} == {(State.DUE, at(TUESDAY, 8, 30))}
    assert knee.clinic_id == home.clinic.pk


@pytest.mark.parametrize(
    ("since", "until", "field"),
    [(time(22), None, "quiet_until"), (None, time(7), "quiet_from"), (time(7), time(7), "quiet_until")],
)
def test_quiet_hours_that_are_not_hours_are_refused(
    knee: Episode, clock: StoppedClock, since: time | None, until: time | None, field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        quiet(knee, clock, since, until)
    assert list(refusal.value.fields) == [field]


def test_quiet_hours_taken_back_are_the_clinics_again(knee: Episode, clock: StoppedClock) -> None:
    quiet(knee, clock, time(22), time(8))
    quiet(knee, clock, None, None)
    assert Patient.objects.get().quiet_from is None


# --- Enough for a day -----------------------------------------------------------------------------------------------


def had(knee: Episode, moment: datetime, times: int, kind: str = Kind.CHECK_IN) -> None:
    """Letters that have left."""
    for number in range(times):
        row = message(knee, kind)
        OutboxMessage.objects.filter(pk=row.pk).update(
            state=State.SENT, finished_at=moment, message_id=f"<{row.pk}-{number}@clinic.example>"
        )


def test_a_fourth_message_of_a_day_goes_into_the_list_instead(knee: Episode, clock: StoppedClock, mail: Path) -> None:
    clock.set(at(TUESDAY, 9))
    had(knee, at(TUESDAY, 0, 30), 3)
    run()
    (mine,) = OutboxMessage.objects.filter(
        kind=Kind.CHECK_IN, occurrence__slot="", channel=EMAIL, due_at=at(TUESDAY, 9)
    )
    assert (mine.state, mine.reason) == (State.CANCELLED, "You already had 3 messages today. It is in your list.")
    assert OutboxMessage.objects.get(occurrence=mine.occurrence, channel=APP).state == State.SENT
    assert not to(mail, knee.patient.email)


def test_the_day_that_counts_is_the_patients(home: Staff, clock: StoppedClock) -> None:
    knee = scenes.knee(home, time_zone="Pacific/Auckland")
    clock.set(at(TUESDAY, 14))  # Wednesday, one in the morning, in Auckland
    had(knee, at(TUESDAY, 12), 3)
    assert reminders.objection(message(knee), now=clock.instant) is None
    had(knee, at(TUESDAY, 13, 30), 3)
    assert isinstance(reminders.objection(message(knee), now=clock.instant), Withheld)


def test_a_letter_that_tells_of_many_things_counts_once(knee: Episode, clock: StoppedClock) -> None:
    clock.set(at(TUESDAY, 12))
    had(knee, at(TUESDAY, 9), 5)
    OutboxMessage.objects.filter(state=State.SENT).update(message_id="<one@clinic.example>")
    assert reminders.objection(message(knee), now=clock.instant) is None


@pytest.mark.parametrize("kind", [Kind.TEST, Kind.RESTRICTION_CHANGED])
def test_what_is_not_counted_neither_fills_the_day_nor_is_stopped_by_it(
    knee: Episode, clock: StoppedClock, kind: str
) -> None:
    clock.set(at(TUESDAY, 12))
    had(knee, at(TUESDAY, 9), 3, kind)
    assert reminders.objection(message(knee), now=clock.instant) is None
    had(knee, at(TUESDAY, 9), 3)
    assert reminders.objection(message(knee, Kind.TEST), now=clock.instant) is None


def test_what_was_withheld_does_not_count(knee: Episode, clock: StoppedClock) -> None:
    clock.set(at(TUESDAY, 12))
    had(knee, at(TUESDAY, 9), 3)
    OutboxMessage.objects.filter(state=State.SENT).update(state=State.EXPIRED)
    assert reminders.objection(message(knee), now=clock.instant) is None
