"""A way that leads nowhere: it is marked, somebody phones, and what was to be said goes another way."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.db import IntegrityError
from pytest_django import Settings

from tests import scenes
from tests.scenes import Staff
from tests.services.reminding import message, run
from tests.services.telling import TUESDAY, alarm, at, told, waiting
from tracker import clock as real_clock
from tracker.clock import StoppedClock
from tracker.models import Episode, Kind, Occurrence, OutboxMessage, Patient, PushSubscription, Reach
from tracker.selectors import calls as listed
from tracker.services import bounces, calls, episodes, outbox, reach

State = OutboxMessage.State
pytestmark = pytest.mark.django_db

NO_SUCH_BOX = "550 5.1.1 no such mailbox"
SMS, PUSH = "twilio://account:secret@+15005550006", "a private key"


@pytest.fixture(autouse=True)
def mail(settings: Settings, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path
    settings.SITE_URL = "https://clinic.example"
    settings.SMS_URL, settings.VAPID_PRIVATE_KEY = SMS, PUSH
    return tmp_path


def phone_with_notifications(knee: Episode, number: int = 1) -> PushSubscription:
    user = scenes.patient(knee).user
    where = f"https://push.example/{number}"
    return PushSubscription.objects.create(user=user, endpoint=where, p256dh="p", auth="a", created_at=real_clock.now())


def refuse(knee: Episode, channel: str = "email", detail: str = NO_SUCH_BOX) -> None:
    reach.failed(patient=Patient.objects.get(pk=knee.patient_id), channel=channel, detail=detail, now=real_clock.now())


def left(knee: Episode, message_id: str = "<a@clinic.example>", **columns: object) -> OutboxMessage:
    """A reminder of the daily check-in that the provider took."""
    row = message(knee)
    OutboxMessage.objects.filter(pk=row.pk).update(
        **{"state": State.SENT, "message_id": message_id, "finished_at": real_clock.now()} | columns
    )
    row.refresh_from_db()
    return row


def came_back(message_id: str = "<a@clinic.example>", detail: str = NO_SUCH_BOX) -> list[OutboxMessage]:
    return bounces.take(message_id=message_id, detail=detail, now=real_clock.now())


def sentences(home: Staff) -> list[str]:
    return [entry.sentence for entry in listed.open_entries(home.clinic)]


# --- Which ways are open --------------------------------------------------------------------------------------------


def test_every_way_with_an_address_is_open_and_the_own_list_comes_last(knee: Episode) -> None:
    phone_with_notifications(knee)
    assert reach.usable(knee.patient) == ["email", "sms", "push", "app"]


def test_without_addresses_only_the_own_list_is_left(knee: Episode) -> None:
    Patient.objects.update(email="", phone="")
    assert reach.usable(Patient.objects.get(pk=knee.patient_id)) == ["app"]


def test_a_way_that_the_patient_does_not_want_is_not_open(knee: Episode) -> None:
    Reach.objects.create(patient=knee.patient, channel="email", allowed=False)
    assert reach.usable(knee.patient) == ["sms", "app"]


def test_a_way_that_the_installation_does_not_have_is_not_open(knee: Episode, settings: Settings) -> None:
    settings.SMS_URL = ""
    assert reach.usable(knee.patient) == ["email", "app"]


def test_a_way_that_failed_is_not_open_until_there_is_another_address(knee: Episode) -> None:
    refuse(knee)
    assert reach.usable(knee.patient) == ["sms", "app"]
    Patient.objects.update(email="another@example.org")
    assert reach.usable(Patient.objects.get(pk=knee.patient_id)) == ["email", "sms", "app"]


# --- A way fails ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        ("email", "Mail to this patient is refused: check the address"),
        ("sms", "Text messages to this patient are refused: check the number"),
    ],
)
def test_somebody_is_to_phone_and_check_the_address(home: Staff, knee: Episode, channel: str, said: str) -> None:
    refuse(knee, channel)
    run()
    assert sentences(home) == [said]
    assert listed.open_entries(home.clinic)[0].episode == knee.pk


def test_the_same_address_is_one_call_however_often_it_fails(home: Staff, knee: Episode) -> None:
    for _ in range(3):
        refuse(knee)
        run()
    assert waiting(home) == [Kind.UNREACHABLE]
    row = Reach.objects.get()
    assert (row.address, row.failure) == (knee.patient.email, NO_SUCH_BOX)


def test_two_ways_are_two_calls(home: Staff, knee: Episode) -> None:
    refuse(knee, "email")
    refuse(knee, "sms")
    run()
    assert waiting(home) == [Kind.UNREACHABLE] * 2


def test_another_address_settles_the_call_and_may_fail_in_its_turn(home: Staff, knee: Episode) -> None:
    refuse(knee)
    run()
    episodes.change_details(episode=knee, by=home.coordinator, changes={"email": "another@example.org"})
    assert waiting(home) == []
    settled = OutboxMessage.objects.get(kind=Kind.UNREACHABLE)
    assert settled.reason == "The address was changed since."
    refuse(knee)
    run()
    assert waiting(home) == [Kind.UNREACHABLE]
    assert Reach.objects.get().address == "another@example.org"


def test_a_changed_name_settles_nothing(home: Staff, knee: Episode) -> None:
    refuse(knee)
    run()
    episodes.change_details(episode=knee, by=home.coordinator, changes={"given_name": "Robyn"})
    assert waiting(home) == [Kind.UNREACHABLE]


def test_an_address_that_is_changed_before_the_call_is_on_the_list_is_not_called_about(
    home: Staff, knee: Episode
) -> None:
    refuse(knee)
    Patient.objects.update(email="another@example.org")  # by whatever way
    run()
    assert waiting(home) == []


def test_an_address_that_was_vouched_for_is_used_again_and_another_failure_is_another_call(
    home: Staff, knee: Episode
) -> None:
    refuse(knee)
    run()
    entry = OutboxMessage.objects.get(kind=Kind.UNREACHABLE)
    calls.record(message=entry, by=home.physiotherapist, outcome="settled", note="Her mailbox was full.")
    assert "email" in reach.usable(knee.patient)
    refuse(knee)
    run()
    assert waiting(home) == [Kind.UNREACHABLE]


def test_notifications_that_fail_are_no_reason_to_phone_while_there_is_another_way(home: Staff, knee: Episode) -> None:
    phone_with_notifications(knee)
    refuse(knee, "push", "410 gone")
    run()
    assert "push" not in reach.usable(knee.patient)
    assert waiting(home) == []


def test_notifications_that_were_the_only_way_are_a_reason_to_phone(home: Staff, knee: Episode) -> None:
    phone_with_notifications(knee)
    Patient.objects.update(email="", phone="")
    refuse(knee, "push", "410 gone")
    run()
    assert sentences(home) == ["No notification reaches this patient's phone: ask for an e-mail address or a number"]


def test_a_new_device_makes_an_old_failure_count_no_longer(knee: Episode, clock: StoppedClock) -> None:
    phone_with_notifications(knee)
    refuse(knee, "push", "410 gone")
    clock.advance(minutes=1)
    phone_with_notifications(knee, 2)
    assert "push" in reach.usable(knee.patient)


def test_two_senders_that_see_it_fail_at_once_lay_one_call(knee: Episode) -> None:
    """The database keeps one row of the way; whoever comes second finds the failure noted."""
    refuse(knee)
    with pytest.raises(IntegrityError):
        Reach.objects.create(patient=knee.patient, channel="email")


# --- It comes back --------------------------------------------------------------------------------------------------


def test_what_came_back_has_failed_the_way_is_marked_and_it_goes_another_way(home: Staff, knee: Episode) -> None:
    row = left(knee)
    assert [each.pk for each in came_back()] == [row.pk]
    row.refresh_from_db()
    assert (row.state, row.reason, row.last_error) == (State.FAILED, f"It came back: {NO_SUCH_BOX}", NO_SUCH_BOX)
    assert reach.usable(knee.patient) == ["sms", "app"]
    another = OutboxMessage.objects.get(occurrence=row.occurrence_id, channel="sms")
    assert another.state == State.DUE
    run()
    assert waiting(home) == [Kind.UNREACHABLE]


def test_a_letter_that_carried_several_comes_back_whole(knee: Episode) -> None:
    left(knee)
    row = message(knee, Kind.NUDGE)
    OutboxMessage.objects.filter(pk=row.pk).update(state=State.SENT, message_id="<a@clinic.example>")
    assert len(came_back()) == 2
    assert Occurrence.objects.filter(rule=Kind.UNREACHABLE).count() == 1


def test_what_is_no_longer_wanted_does_not_go_another_way(knee: Episode, clock: StoppedClock) -> None:
    row = left(knee)
    scenes.check_in(knee)
    came_back()
    assert list(OutboxMessage.objects.filter(occurrence=row.occurrence_id).values_list("channel", flat=True)) == [
        "email"
    ]


def test_what_has_expired_does_not_go_another_way(knee: Episode, clock: StoppedClock) -> None:
    row = left(knee)
    clock.set(at(TUESDAY, 9))
    came_back()
    assert OutboxMessage.objects.filter(occurrence=row.occurrence_id).count() == 1


def test_the_same_news_twice_changes_nothing(knee: Episode) -> None:
    row = left(knee)
    came_back()
    assert came_back() == []
    assert OutboxMessage.objects.filter(occurrence=row.occurrence_id).count() == 2


@pytest.mark.parametrize("unknown", ["", "<nobody@elsewhere.example>"])
def test_news_of_a_message_that_there_is_not_does_nothing(knee: Episode, unknown: str) -> None:
    left(knee)
    left(knee, message_id="")
    assert came_back(unknown) == []
    assert not Reach.objects.exists()


def test_what_may_have_arrived_has_not_when_it_comes_back(knee: Episode) -> None:
    row = left(knee, state=State.UNCERTAIN)
    came_back()
    row.refresh_from_db()
    assert row.state == State.FAILED


def test_a_long_story_is_cut_not_refused(knee: Episode) -> None:
    row = left(knee)
    came_back(detail="no\n" * 400)
    row.refresh_from_db()
    assert len(row.reason) == 120
    assert len(row.last_error) == 300


def test_mail_to_staff_that_comes_back_is_seen_and_marks_no_patient(home: Staff, knee: Episode) -> None:
    alarm(knee)
    run()
    OutboxMessage.objects.filter(recipient=home.surgeon.user).update(message_id="<s@clinic.example>")
    came_back("<s@clinic.example>")
    failed = OutboxMessage.objects.filter(state=State.FAILED)
    assert {row.recipient for row in failed} == {home.surgeon.user}
    assert not Reach.objects.exists()
    assert waiting(home) == []


def test_when_the_notice_of_an_urgent_alert_comes_back_from_everybody_the_next_step_is_told_at_once(
    home: Staff, knee: Episode, mail: Path
) -> None:
    alarm(knee)
    run()
    for message_id in OutboxMessage.objects.filter(kind=Kind.URGENT_ALERT).values_list("message_id", flat=True):
        came_back(message_id)
    run()
    assert len(told(mail, "Urgent: nobody has taken this on yet")) == 2


def test_a_message_that_came_back_can_be_sent_again(knee: Episode) -> None:
    row = left(knee)
    came_back()
    row.refresh_from_db()
    outbox.replay(row, now=real_clock.now())
    row.refresh_from_db()
    assert row.state == State.DUE
