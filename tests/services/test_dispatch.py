"""From the outbox to a mail server that misbehaves: what becomes of a message, and that nobody gets it twice."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from pytest_django import Settings

from tests import scenes
from tests.channels.sink import CUT, Sink, serving
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.scenes import Staff
from tests.services.reminding import LEASE_AND_A_BIT, claimed, fresh, mails, message, text_of
from tracker.channels.file import Written
from tracker.clock import StoppedClock
from tracker.models import Alert, Attempt, Episode, Kind, Occurrence, OutboxMessage, Reach, Restriction
from tracker.services import devices, dispatch, outbox, reminders
from tracker.services.kinds import MOST_A_DAY
from tracker.services.reminders import Postponed

State = OutboxMessage.State
pytestmark = pytest.mark.django_db


@pytest.fixture
def knee(home: Staff) -> Episode:
    episode = scenes.knee(home, signed=False)
    Occurrence.objects.all().delete()
    return episode


@pytest.fixture
def urgent(home: Staff, knee: Episode) -> OutboxMessage:
    """The notice of an urgent alert that waits for the physiotherapist."""
    scenes.check_in(knee, pain_load=4, symptoms=["breathless"])
    notices = OutboxMessage.objects.filter(kind=Kind.URGENT_ALERT)
    notices.exclude(recipient=home.physiotherapist.user).delete()
    return notices.filter(occurrence__slot=str(Alert.objects.get(urgency="R0").pk)).get()


@pytest.fixture(autouse=True)
def mail(settings: Settings, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path
    return tmp_path


@pytest.fixture
def sink(settings: Settings) -> Iterator[Sink]:
    with serving() as serves:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", serves.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_TIMEOUT = 1
        yield serves


def test_a_step_says_whether_there_was_work(knee: Episode, mail: Path) -> None:
    assert not dispatch.deliver(now=NOW)
    row = message(knee)
    assert dispatch.deliver(now=NOW)
    assert not dispatch.deliver(now=NOW)
    assert fresh(row).state == State.SENT
    assert len(mails(mail)) == 1


def test_no_transaction_is_open_while_the_channel_is_talked_to(
    committed: None, clock: StoppedClock, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    message(scenes.knee(scenes.clinic(), signed=False))
    inside: list[bool] = []
    commit = Written.commit

    def watched(self: Written) -> str:
        inside.append(connection.in_atomic_block)
        return commit(self)

    monkeypatch.setattr(Written, "commit", watched)
    while dispatch.deliver(now=NOW):
        pass
    assert inside
    assert not any(inside)


@pytest.mark.parametrize(
    ("answers", "state", "attempts"),
    [
        ({"BANNER": CUT}, State.DUE, 0),
        ({"RCPT": "451 later"}, State.DUE, 1),
        ({"RCPT": "550 no such user"}, State.FAILED, 1),
        ({"DATA": "451 later"}, State.DUE, 1),
        ({"END": "451 later"}, State.DUE, 1),
        ({"END": "554 no"}, State.FAILED, 1),
        ({"END": CUT}, State.UNCERTAIN, 1),
        ({}, State.SENT, 1),
    ],
    ids=str,
)
def test_what_the_provider_answers_decides_what_becomes_of_a_reminder(
    knee: Episode, sink: Sink, answers: dict[str, str], state: str, attempts: int
) -> None:
    row = message(knee)
    sink.answers.update(answers)
    dispatch.deliver(now=NOW)
    stored = fresh(row)
    assert (stored.state, stored.attempts) == (state, attempts)
    assert Attempt.objects.get(message=row).result != ""
    assert bool(stored.last_error) == (state != State.SENT)


def test_a_reminder_whose_line_was_cut_reaches_the_reader_once_whatever_runs_after(
    knee: Episode, sink: Sink, clock: StoppedClock
) -> None:
    message(knee)
    sink.answers["END"] = CUT
    dispatch.deliver(now=NOW)
    del sink.answers["END"]
    for _ in range(5):
        clock.advance(hours=1)
        outbox.sweep(now=clock.instant)
        dispatch.deliver(now=clock.instant)
    assert len(sink.taken) == 1


def test_a_notice_whose_line_was_cut_is_repeated_under_the_same_message_id(
    urgent: OutboxMessage, sink: Sink, clock: StoppedClock
) -> None:
    sink.answers["END"] = CUT
    dispatch.deliver(now=NOW)
    del sink.answers["END"]
    clock.advance(minutes=15)
    dispatch.deliver(now=clock.instant)
    first, second = map(message_from_bytes, sink.taken)
    assert first["Message-ID"] == second["Message-ID"]
    assert (first["Subject"], second["Subject"]) == ("Urgent: please look now", "Again: Urgent: please look now")
    assert second["X-Recovery-Repeat"] == "yes"
    assert fresh(urgent).state == State.SENT


def test_a_sender_that_lost_its_lease_before_the_unsure_moment_sends_nothing(
    knee: Episode, mail: Path, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops between claiming and handing over for longer than its lease; meanwhile another sender sends."""
    message(knee)
    claim = outbox.claim

    def slow_claim(**asked: object) -> list[OutboxMessage]:
        rows = claim(now=NOW)
        monkeypatch.setattr(outbox, "claim", claim)
        clock.advance(LEASE_AND_A_BIT)
        outbox.sweep(now=NOW)
        assert dispatch.deliver(now=NOW)
        return rows

    monkeypatch.setattr(outbox, "claim", slow_claim)
    dispatch.deliver(now=NOW)
    assert len(mails(mail)) == 1


def test_an_error_of_our_own_before_handing_over_is_tried_again(
    knee: Episode, clock: StoppedClock, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = message(knee)
    with monkeypatch.context() as broken:
        broken.setattr("tracker.services.reminders.letters.render_to_string", lambda *_: 1 / 0)
        dispatch.deliver(now=NOW)
    assert fresh(row).last_error == "ZeroDivisionError in the program"
    clock.advance(minutes=15)
    dispatch.deliver(now=clock.instant)
    assert (fresh(row).state, fresh(row).attempts) == (State.SENT, 2)


def test_an_error_of_our_own_while_handing_over_leaves_a_reminder_uncertain(
    knee: Episode, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = message(knee)
    monkeypatch.setattr(smtplib.SMTP, "getreply", _fails_after(smtplib.SMTP.getreply, replies=5))
    dispatch.deliver(now=NOW)
    assert fresh(row).state == State.UNCERTAIN


def _fails_after(reply: object, *, replies: int) -> object:
    """Banner, EHLO, MAIL, RCPT and DATA are answered; the answer to the content hits a bug."""
    left = iter(range(replies))

    def getreply(self: smtplib.SMTP) -> object:
        if next(left, None) is None:
            raise ZeroDivisionError
        return reply(self)  # type: ignore[operator]

    return getreply


def test_one_message_that_fails_does_not_hold_up_the_others(knee: Episode, mail: Path) -> None:
    odd, sound = message(knee), message(knee)
    OutboxMessage.objects.filter(pk=odd.pk).update(channel="pigeon")
    dispatch.deliver(now=NOW)
    assert (fresh(odd).state, fresh(sound).state) == (State.FAILED, State.SENT)


def test_a_message_that_falls_due_later_is_left_alone(knee: Episode, mail: Path) -> None:
    message(knee, due_at=NOW + timedelta(seconds=1))
    assert not dispatch.deliver(now=NOW)
    assert claimed() == []


def test_a_repeat_tells_the_reader_that_it_may_be_one(urgent: OutboxMessage, mail: Path) -> None:
    OutboxMessage.objects.update(repeat=True)
    dispatch.deliver(now=NOW)
    assert "You may have had this message before" in text_of(mails(mail)[0])


def test_a_database_that_is_restarted_just_then_leaves_no_reminder_uncertain(
    committed: None, clock: StoppedClock, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    knee = scenes.knee(scenes.clinic(), signed=False)
    OutboxMessage.objects.all().delete()
    row = message(knee)
    down = iter(range(3))
    sent, slept = outbox.sent, []

    def unlucky(rows: Sequence[OutboxMessage], **outcome: Any) -> None:
        if next(down, None) is not None:
            raise OperationalError("terminating connection due to administrator command")
        sent(rows, **outcome)

    monkeypatch.setattr(outbox, "sent", unlucky)
    monkeypatch.setattr(dispatch.time, "sleep", slept.append)
    dispatch.deliver(now=NOW)
    assert fresh(row).state == State.SENT
    assert slept == [1, 2, 4]
    assert len(mails(mail)) == 1


# --- One letter for several -----------------------------------------------------------------------------------------


def test_what_is_due_to_a_patient_at_one_moment_comes_as_one_mail(home: Staff, mail: Path) -> None:
    knee = scenes.knee(home)
    signature = Restriction.objects.filter(episode=knee, superseded_by=None).values_list("signature", flat=True)
    Occurrence.objects.all().delete()
    rows = [message(knee), message(knee, Kind.RESTRICTION_CHANGED, slot=str(signature.first()))]
    dispatch.deliver(now=NOW)
    (letter,) = mails(mail)
    assert {(fresh(row).state, fresh(row).message_id) for row in rows} == {(State.SENT, letter["Message-ID"])}
    assert Attempt.objects.filter(result=Attempt.Result.SENT).count() == 2


def test_what_is_no_longer_wanted_drops_out_of_the_letter_and_the_rest_goes(knee: Episode, mail: Path) -> None:
    wanted, unwanted = message(knee), message(knee)
    Occurrence.objects.filter(pk=unwanted.occurrence_id).update(state="cancelled", reason="It was moved.")
    dispatch.deliver(now=NOW)
    assert len(mails(mail)) == 1
    assert (fresh(wanted).state, fresh(unwanted).state, fresh(unwanted).reason) == (State.SENT, State.CANCELLED, "It was moved.")  # fmt: skip


def test_what_has_to_wait_drops_out_of_the_letter_and_keeps_its_new_time(
    knee: Episode, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, early = message(knee), message(knee)
    until = NOW + timedelta(hours=1)
    objection = reminders.objection

    def asked(row: OutboxMessage, *, now: datetime) -> object:
        return Postponed(until, "It waits.") if row.pk == early.pk else objection(row, now=now)

    monkeypatch.setattr(reminders, "objection", asked)
    dispatch.deliver(now=NOW)
    assert fresh(wanted).state == State.SENT
    assert (fresh(early).state, fresh(early).due_at, fresh(early).reason) == (State.DUE, until, "It waits.")


def test_an_error_over_one_message_holds_up_none_of_its_letter(
    knee: Episode, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, odd = message(knee), message(knee)
    objection = reminders.objection
    monkeypatch.setattr(
        reminders, "objection", lambda row, *, now: 1 / 0 if row.pk == odd.pk else objection(row, now=now)
    )
    dispatch.deliver(now=NOW)
    assert (fresh(wanted).state, fresh(odd).state) == (State.SENT, State.DUE)
    assert fresh(odd).last_error == "ZeroDivisionError in the program"


def test_a_letter_of_which_one_message_was_lost_to_another_sender_does_not_leave_and_the_rest_goes_next_time(
    knee: Episode, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, kept = message(knee), message(knee)
    begin = outbox.begin

    def late(rows: Sequence[OutboxMessage], *, message_id: str, now: datetime) -> bool:
        monkeypatch.setattr(outbox, "begin", begin)
        OutboxMessage.objects.filter(pk=lost.pk).update(state=State.CLAIMED, holder="another", fence=9)
        return begin(rows, message_id=message_id, now=now)

    monkeypatch.setattr(outbox, "begin", late)
    dispatch.deliver(now=NOW)
    assert not mails(mail)
    dispatch.deliver(now=NOW)
    assert len(mails(mail)) == 1
    assert (fresh(lost).state, fresh(kept).state) == (State.CLAIMED, State.SENT)


def test_an_urgent_notice_goes_alone_and_first(knee: Episode, urgent: OutboxMessage, home: Staff, mail: Path) -> None:
    routine = message(knee, Kind.GATE_DUE, reader=home.physiotherapist.user, due_at=NOW - timedelta(minutes=1))
    dispatch.deliver(now=NOW)
    assert (fresh(urgent).state, fresh(routine).state) == (State.SENT, State.DUE)
    assert [str(letter["Subject"]) for letter in mails(mail)] == ["Urgent: please look now"]


def test_what_was_replayed_goes_again_whole_and_apart_from_what_is_new(
    knee: Episode, sink: Sink, clock: StoppedClock
) -> None:
    one, _ = message(knee), message(knee)
    sink.answers["END"] = CUT
    dispatch.deliver(now=NOW)
    del sink.answers["END"]
    clock.advance(minutes=1)
    outbox.replay(fresh(one), now=clock.instant)
    message(knee)
    while dispatch.deliver(now=clock.instant):
        pass
    first, *others = map(message_from_bytes, sink.taken)
    assert sorted(letter["Message-ID"] == first["Message-ID"] for letter in others) == [False, True]


# --- An address that leads nowhere ----------------------------------------------------------------------------------


def test_what_is_refused_for_good_is_told_by_the_next_way_and_the_clinic_hears_of_the_address(
    knee: Episode, sink: Sink
) -> None:
    row = message(knee)
    sink.answers["RCPT"] = "550 no such user"
    while dispatch.deliver(now=NOW):
        pass
    assert fresh(row).state == State.FAILED
    other = OutboxMessage.objects.exclude(pk=row.pk).get(occurrence=row.occurrence_id)
    assert (other.channel, other.state) == ("app", State.SENT)
    assert Reach.objects.get(patient=knee.patient, channel="email").failure == "550 no such user"
    assert OutboxMessage.objects.filter(kind=Kind.UNREACHABLE, channel="calls", state=State.SENT).count() == 1


def test_what_is_refused_for_good_by_a_sender_that_lost_it_is_told_by_no_other_way(
    knee: Episode, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = message(knee)
    sink.answers["RCPT"] = "550 no such user"
    refused = outbox.refused

    def late(rows: Sequence[OutboxMessage], **outcome: Any) -> bool:
        OutboxMessage.objects.filter(pk=row.pk).update(holder="another", fence=9)
        return refused(rows, **outcome)

    monkeypatch.setattr(outbox, "refused", late)
    dispatch.deliver(now=NOW)
    assert OutboxMessage.objects.filter(occurrence=row.occurrence_id).count() == 1


def test_a_channel_that_this_installation_does_not_have_speaks_against_no_address(knee: Episode) -> None:
    row = message(knee)
    OutboxMessage.objects.filter(pk=row.pk).update(channel="pigeon")
    dispatch.deliver(now=NOW)
    assert fresh(row).state == State.FAILED
    assert not Reach.objects.exists()


def test_the_message_too_many_of_a_day_is_in_the_patients_list_instead(knee: Episode, mail: Path) -> None:
    for _ in range(MOST_A_DAY + 1):
        row = message(knee)
        dispatch.deliver(now=NOW)
    assert fresh(row).state == State.CANCELLED
    dispatch.deliver(now=NOW)
    other = OutboxMessage.objects.exclude(pk=row.pk).get(occurrence=row.occurrence_id)
    assert (other.channel, other.state, other.settled_at) == ("app", State.SENT, None)
    assert len(mails(mail)) == MOST_A_DAY


def test_browsers_that_are_gone_are_forgotten(knee: Episode, monkeypatch: pytest.MonkeyPatch) -> None:
    message(knee)
    forgotten: list[str] = []
    monkeypatch.setattr(devices, "gone", lambda *, endpoints: forgotten.extend(endpoints))
    monkeypatch.setattr(Written, "gone", ("https://push.example/1",))
    dispatch.deliver(now=NOW)
    assert forgotten == ["https://push.example/1"]


# --- A lease is not outlived ----------------------------------------------------------------------------------------


def test_a_sender_gives_back_what_it_cannot_get_to_before_its_lease_ends(
    home: Staff, clock: StoppedClock, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each letter takes all the patience that a channel has."""
    knees = [scenes.knee(home, signed=False) for _ in range(4)]
    Occurrence.objects.all().delete()
    rows = [message(each) for each in knees]
    commit = Written.commit

    def slowly(self: Written) -> str:
        clock.advance(seconds=25)
        return commit(self)

    monkeypatch.setattr(Written, "commit", slowly)
    dispatch.deliver(now=NOW)
    assert sorted(fresh(row).state for row in rows) == [State.DUE, State.DUE, State.SENT, State.SENT]
    assert clock.instant - NOW < outbox.LEASE
