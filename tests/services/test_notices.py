"""An urgent alert is heard: at once, again while nobody takes it on, at last by a phone call; and so is a gate that is due."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from pytest_django import Settings

from tests import scenes
from tests.scenes import Staff
from tests.services.reminding import mails, run, text_of
from tests.services.telling import TUESDAY, alarm, at, ends, pass_hours, told, waiting
from tracker import clock as real_clock
from tracker.clinical.terms import Decision, Role
from tracker.clock import StoppedClock
from tracker.models import Alert, CheckIn, Episode, Kind, Membership, Occurrence, OutboxMessage
from tracker.services import alerts, notices, outbox, reminders, triage
from tracker.services.kinds import ALERT_CALL_AFTER, ALERT_STEPS

State = OutboxMessage.State
pytestmark = pytest.mark.django_db

NOW, AGAIN = "Urgent: please look now", "Urgent: nobody has taken this on yet"


@pytest.fixture(autouse=True)
def mail(settings: Settings, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path
    settings.SITE_URL = "https://clinic.example"
    return tmp_path


@pytest.fixture
def off_duty(home: Staff) -> str:
    """The address of a physiotherapist who is not on duty."""
    someone = scenes.member(home.clinic, Role.PHYSIOTHERAPIST, "Off Duty")
    Membership.objects.filter(user=someone.user).update(on_duty=False)
    return someone.user.email


def on_duty(home: Staff) -> list[str]:
    return sorted([home.physiotherapist.user.email, home.surgeon.user.email])


def take_on(home: Staff, alert: Alert) -> None:
    triage.acknowledge(alert=alert, by=home.physiotherapist, note="I am calling now.")


# --- At once --------------------------------------------------------------------------------------------------------


def test_an_urgent_alert_reaches_every_clinician_on_duty_in_the_same_minute(
    home: Staff, knee: Episode, mail: Path, off_duty: str
) -> None:
    alarm(knee)
    run()
    assert told(mail, NOW) == on_duty(home)
    assert len(mails(mail)) == 2


def test_it_names_nobody_and_says_nothing_clinical(knee: Episode, mail: Path) -> None:
    alarm(knee)
    run()
    for letter in mails(mail):
        said = str(letter["Subject"]) + text_of(letter)
        assert not [word for word in ("breathless", "Robin", knee.patient.family_name, "R0") if word in said]
        assert "https://clinic.example/alerts/" in said


def test_when_nobody_is_on_duty_every_clinician_hears_of_it(home: Staff, knee: Episode, mail: Path) -> None:
    Membership.objects.update(on_duty=False)
    alarm(knee)
    run()
    assert told(mail, NOW) == on_duty(home)


def test_when_no_clinician_works_in_the_clinic_that_is_said_and_the_call_waits_at_once(
    home: Staff, knee: Episode, mail: Path
) -> None:
    Membership.objects.filter(role__in=(Role.PHYSIOTHERAPIST, Role.SURGEON)).delete()
    alarm(knee)
    run()
    assert not mails(mail)
    assert Occurrence.objects.get(rule=Kind.URGENT_ALERT).reason == outbox.NOBODY
    assert waiting(home) == [Kind.ALERT_CALL]


def test_an_alert_that_is_not_urgent_sends_nobody_a_notice(knee: Episode) -> None:
    scenes.check_in(knee, pain_load=4, symptoms=["toes_numb"])
    assert Alert.objects.exists()
    assert not OutboxMessage.objects.filter(kind__in=(Kind.URGENT_ALERT, Kind.ALERT_CALL)).exists()


def test_what_could_not_be_evaluated_is_told_like_an_urgent_alert(home: Staff, knee: Episode, mail: Path) -> None:
    found = [alerts.not_evaluated("check-in:1")]
    alerts.raise_all(episode=knee, found=found, now=real_clock.now())
    run()
    assert told(mail, NOW) == on_duty(home)


def test_whoever_has_left_the_clinic_meanwhile_is_not_written_to(home: Staff, knee: Episode, mail: Path) -> None:
    alarm(knee)
    Membership.objects.filter(user=home.surgeon.user).delete()
    run()
    assert told(mail, NOW) == [home.physiotherapist.user.email]
    message = OutboxMessage.objects.get(recipient=home.surgeon.user, kind=Kind.URGENT_ALERT)
    assert (message.state, message.reason) == (State.CANCELLED, "The reader no longer works in the clinic.")


def test_it_is_told_although_the_recovery_was_closed_and_the_consent_withdrawn(
    home: Staff, knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    alarm(knee)
    Episode.objects.update(state=Episode.State.CLOSED)
    knee.patient.consent_withdrawn_at = clock.instant
    knee.patient.save()
    pass_hours(clock, 3.5)
    assert told(mail, NOW) == on_duty(home)
    assert told(mail, AGAIN) == sorted(on_duty(home) * 2)
    assert waiting(home) == [Kind.ALERT_CALL]


# --- Again, while nobody takes it on --------------------------------------------------------------------------------


def test_after_half_an_hour_and_two_hours_every_clinician_hears_of_it_and_after_three_it_is_a_call(
    home: Staff, knee: Episode, clock: StoppedClock, mail: Path, off_duty: str
) -> None:
    everybody = sorted([*on_duty(home), off_duty])
    alarm(knee)
    for minute, times, calls in (
        (29, 0, []),
        (30, 1, []),
        (119, 1, []),
        (120, 2, []),
        (179, 2, []),
        (180, 2, [Kind.ALERT_CALL]),
    ):
        clock.set(at(scenes.today(home.clinic), 10) + timedelta(minutes=minute))
        run()
        assert (told(mail, AGAIN), waiting(home)) == (sorted(everybody * times), calls), minute
    assert told(mail, NOW) == on_duty(home)


@pytest.mark.parametrize(
    ("minutes", "told_again", "settled"), [(0, 0, 0), (20, 0, 0), (31, 1, 0), (121, 2, 0), (181, 2, 1)]
)
@pytest.mark.parametrize("how", ["acknowledge", "close", "hand over"])
def test_taking_it_on_takes_back_what_was_to_come_and_settles_the_call(
    home: Staff, knee: Episode, clock: StoppedClock, mail: Path, minutes: int, told_again: int, settled: int, how: str
) -> None:
    alert = alarm(knee)
    pass_hours(clock, minutes / 60, every=timedelta(minutes=10))
    if how == "acknowledge":
        take_on(home, alert)
    elif how == "close":
        triage.close(alert=alert, by=home.surgeon, outcome="advice", note="Spoke to her.")
    else:
        triage.hand_over(alert=alert, by=home.physiotherapist, to=home.surgeon.user, note="Please call her.")
    pass_hours(clock, 5)
    assert told(mail, AGAIN) == sorted(on_duty(home) * told_again)
    assert waiting(home) == []
    assert OutboxMessage.objects.filter(kind=Kind.ALERT_CALL, settled_at__isnull=False).count() == settled
    cancelled = OutboxMessage.objects.filter(kind=Kind.ALERT_UNANSWERED, state=State.CANCELLED)
    assert {row.reason for row in cancelled} <= {"Somebody has taken it on."}
    assert cancelled.count() == 2 * (2 - told_again)


def test_one_taken_on_between_the_claim_and_the_sending_is_not_told(home: Staff, knee: Episode, mail: Path) -> None:
    alert = alarm(knee)
    taken = outbox.claim(now=real_clock.now())
    take_on(home, alert)
    objections = [reminders.objection(message, now=real_clock.now()) for message in taken]
    assert [(each.state, each.reason) for each in objections if isinstance(each, reminders.Withheld)] == [
        (State.CANCELLED, "Somebody has taken it on.")
    ] * 2


def test_taking_on_one_alert_leaves_the_other_to_be_told_again(
    home: Staff, knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    first, other = alarm(knee), alarm(knee)
    take_on(home, first)
    pass_hours(clock, 3.5)
    assert {message.occurrence.slot.partition(":")[0] for message in sent(Kind.ALERT_UNANSWERED)} == {str(other.pk)}
    assert waiting(home) == [Kind.ALERT_CALL]


def test_a_colleague_who_is_handed_an_urgent_alert_is_told_although_off_duty(
    home: Staff, knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    colleague = scenes.member(home.clinic, Role.SURGEON, "Off Duty")
    Membership.objects.filter(user=colleague.user).update(on_duty=False)
    alert = alarm(knee)
    run()
    triage.hand_over(alert=alert, by=home.physiotherapist, to=colleague.user, note="Please call her.")
    run()
    assert told(mail, NOW) == sorted([*on_duty(home), colleague.user.email])


def test_a_colleague_is_not_told_of_an_alert_that_is_closed_by_then(home: Staff, knee: Episode, mail: Path) -> None:
    alert = alarm(knee)
    triage.hand_over(alert=alert, by=home.physiotherapist, to=home.surgeon.user, note="Please call her.")
    triage.close(alert=alert, by=home.physiotherapist, outcome="advice", note="Reached her myself.")
    run()
    assert not mails(mail)


def sent(kind: str) -> Sequence[OutboxMessage]:
    return OutboxMessage.objects.filter(kind=kind, state=State.SENT).select_related("occurrence")


# --- Whatever goes wrong --------------------------------------------------------------------------------------------


def test_an_error_in_laying_the_steps_loses_neither_alert_nor_notice_and_the_next_round_lays_them(
    home: Staff, knee: Episode, clock: StoppedClock, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(notices, "_steps", fail)
        alarm(knee)
    assert ends(Kind.URGENT_ALERT) == [(State.DUE, "")] * 2
    assert not OutboxMessage.objects.filter(kind__in=(Kind.ALERT_UNANSWERED, Kind.ALERT_CALL)).exists()
    pass_hours(clock, 3.5)
    assert told(mail, NOW) == on_duty(home)
    assert told(mail, AGAIN) == sorted(on_duty(home) * 2)
    assert waiting(home) == [Kind.ALERT_CALL]


def test_an_error_in_laying_the_notice_itself_does_not_lose_the_alert_and_the_next_round_tells_it(
    home: Staff, knee: Episode, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(notices, "_notice", fail)
        alarm(knee)
    run()
    assert told(mail, NOW) == on_duty(home)
    assert OutboxMessage.objects.filter(kind=Kind.ALERT_CALL).count() == 1


def test_rounds_that_find_everything_laid_lay_nothing_more(home: Staff, knee: Episode) -> None:
    Membership.objects.filter(role__in=(Role.PHYSIOTHERAPIST, Role.SURGEON)).delete()
    alarm(knee)
    before = Occurrence.objects.count()
    for _ in range(3):
        notices.watch(now=real_clock.now())
    assert Occurrence.objects.count() == before


def test_an_entry_that_a_sender_is_putting_on_the_list_when_it_is_taken_on_arrives_settled(
    home: Staff, knee: Episode, clock: StoppedClock
) -> None:
    alert = alarm(knee)
    clock.advance(hours=3)
    claimed = [message for message in outbox.claim(now=clock.instant) if message.kind == Kind.ALERT_CALL]
    outbox.begin(claimed, message_id="", now=clock.instant)
    take_on(home, alert)
    outbox.sent(claimed, answer="in the list", now=clock.instant)
    assert OutboxMessage.objects.get(kind=Kind.ALERT_CALL).state == State.SENT
    assert waiting(home) == []


def test_a_database_that_refuses_the_steps_keeps_alert_and_notice(
    knee: Episode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next write fails in the database itself, in the middle of the transaction that opens the alert."""
    laid = outbox.enqueue

    def refuse(tellings: Sequence[outbox.Telling], **named: object) -> None:
        if tellings[0].occurrence.rule != Kind.URGENT_ALERT:
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO nowhere VALUES (1)")
        laid(tellings, **named)

    monkeypatch.setattr(outbox, "enqueue", refuse)
    with transaction.atomic():
        alarm(knee)
    assert CheckIn.objects.filter(episode=knee).count() == Alert.objects.filter(code="breathless").count() == 1
    assert ends(Kind.URGENT_ALERT) == [(State.DUE, "")] * 2


def test_steps_that_are_laid_late_are_told_once_not_once_for_each_that_was_missed(
    home: Staff, knee: Episode, clock: StoppedClock, mail: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(notices, "_steps", fail)
        alarm(knee)
    clock.advance(hours=4)
    run()
    assert told(mail, AGAIN) == on_duty(home)
    assert waiting(home) == [Kind.ALERT_CALL]


@pytest.mark.parametrize("end", [State.FAILED, State.DEAD, State.EXPIRED])
def test_when_the_notice_reaches_nobody_the_next_step_does_not_wait(
    home: Staff, knee: Episode, clock: StoppedClock, mail: Path, off_duty: str, end: str
) -> None:
    alarm(knee)
    OutboxMessage.objects.filter(kind=Kind.URGENT_ALERT).update(state=end)
    run()
    assert told(mail, AGAIN) == sorted([*on_duty(home), off_duty])


def test_when_no_mail_reaches_any_clinician_the_call_does_not_wait(
    home: Staff, knee: Episode, clock: StoppedClock
) -> None:
    alarm(knee)
    for _ in range(4):
        OutboxMessage.objects.filter(channel="email", due_at__lte=clock.instant).update(state=State.FAILED)
        run()
    assert waiting(home) == [Kind.ALERT_CALL]


def test_one_who_has_heard_of_it_is_enough_for_the_steps_to_keep_their_time(
    home: Staff, knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    alarm(knee)
    OutboxMessage.objects.filter(kind=Kind.URGENT_ALERT, recipient=home.surgeon.user).update(state=State.FAILED)
    pass_hours(clock, 0.4, every=timedelta(minutes=5))
    assert told(mail, NOW) == [home.physiotherapist.user.email]
    assert not told(mail, AGAIN)


def fail(*_: object) -> list[outbox.Telling]:
    raise RuntimeError("a fault in the program")


# --- What it costs --------------------------------------------------------------------------------------------------


def test_a_clinic_of_twelve_costs_as_many_statements_as_one_of_two(home: Staff, knee: Episode) -> None:
    alert = alarm(knee)

    def cost() -> int:
        Occurrence.objects.all().delete()
        with CaptureQueriesContext(connection) as taken:
            notices.urgent(alert=alert, now=real_clock.now())
        return len(taken)

    cost()  # what the alert is about is read once
    few = cost()
    for number in range(10):
        scenes.member(home.clinic, Role.PHYSIOTHERAPIST, f"Number {number}")
    assert cost() == few


def test_alerts_that_were_taken_on_cost_the_round_one_statement(home: Staff, knee: Episode) -> None:
    for _ in range(3):
        take_on(home, alarm(knee))
    with CaptureQueriesContext(connection) as taken:
        notices.watch(now=real_clock.now())
    assert len(taken) == 1


def test_alerts_that_wait_cost_the_round_two_statements(knee: Episode) -> None:
    for _ in range(3):
        alarm(knee)
    with CaptureQueriesContext(connection) as taken:
        notices.watch(now=real_clock.now())
    assert len(taken) == 2


# --- No alert is open past a step without that step having been told, or visibly not (A4) ----------------------------


@examples(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    script=st.lists(
        st.sampled_from(
            [
                "alarm",
                "take on",
                "hand over",
                "steps break",
                "notice breaks",
                "refuse",
                "5 min",
                "20 min",
                "1 h",
                "2 h",
                "round",
            ]
        ),
        min_size=4,
        max_size=14,
    )
)
def test_no_alert_waits_past_a_step_that_nobody_was_told_of(
    home: Staff, knee: Episode, mail: Path, script: list[str]
) -> None:
    with transaction.atomic(), real_clock.freeze(at(TUESDAY, 10)) as clock:
        for act in script:
            do(home, knee, clock, act)
        run()
        for _ in range(3):  # a step that is brought forward is due in the next round
            run()
        for alert in Alert.objects.exclude(events__kind__in=notices.TAKEN_ON):
            assert_told(alert, clock)
        transaction.set_rollback(True)


def do(home: Staff, knee: Episode, clock: StoppedClock, act: str) -> None:
    open_alerts = Alert.objects.exclude(events__kind__in=notices.TAKEN_ON)
    if act == "alarm":
        alarm(knee)
    elif act in BREAKS:
        with pytest.MonkeyPatch.context() as broken:
            broken.setattr(notices, BREAKS[act], fail)
            alarm(knee)
    elif act == "take on" and open_alerts:
        take_on(home, open_alerts[0])
    elif act == "hand over" and open_alerts:
        triage.hand_over(alert=open_alerts[0], by=home.physiotherapist, to=home.surgeon.user, note="Please call her.")
    elif act == "refuse":
        OutboxMessage.objects.filter(channel="email", state=State.DUE, due_at__lte=clock.instant).update(
            state=State.FAILED
        )
    elif act in ELAPSED:
        clock.advance(ELAPSED[act])
    elif act == "round":
        run()


BREAKS = {"steps break": "_steps", "notice breaks": "_notice"}
ELAPSED = {
    "5 min": timedelta(minutes=5),
    "20 min": timedelta(minutes=20),
    "1 h": timedelta(hours=1),
    "2 h": timedelta(hours=2),
}


def assert_told(alert: Alert, clock: StoppedClock) -> None:
    """By now: the latest step whose time has come was sent, or its end can be read; and the call is on the list."""
    of_alert = OutboxMessage.objects.filter(occurrence__slot__startswith=str(alert.pk))
    open_for = clock.instant - alert.opened_at
    visible = (State.SENT, State.UNCERTAIN, State.FAILED, State.DEAD)
    assert of_alert.filter(kind=Kind.URGENT_ALERT).exclude(state__in=visible).count() == 0
    if any(open_for >= step for step in ALERT_STEPS):
        assert of_alert.filter(kind=Kind.ALERT_UNANSWERED, state__in=visible).exists()
    if open_for >= ALERT_CALL_AFTER:
        assert of_alert.get(kind=Kind.ALERT_CALL).state == State.SENT
    assert not of_alert.filter(state=State.DUE, due_at__lte=clock.instant).exists()


# --- Gates ----------------------------------------------------------------------------------------------------------

DECIDE = "A decision is waiting for you"


@pytest.fixture
def due(home: Staff) -> Episode:
    """Day 45, and nobody has decided on the six-week film."""
    episode = scenes.knee(home, day=45)
    Occurrence.objects.all().delete()
    return episode


def test_a_gate_that_is_due_is_told_once_to_the_surgeon_and_the_physiotherapists_on_duty(
    home: Staff, due: Episode, clock: StoppedClock, mail: Path, off_duty: str
) -> None:
    scenes.member(home.clinic, Role.SURGEON, "Another Surgeon")
    for day in range(4):
        clock.set(at(TUESDAY, 8) + timedelta(days=day))
        run()
    assert told(mail, DECIDE) == on_duty(home)
    assert Occurrence.objects.filter(rule=Kind.GATE_DUE).count() == 1


def test_the_gates_message_links_to_the_episode_and_names_nobody(
    home: Staff, due: Episode, clock: StoppedClock, mail: Path
) -> None:
    clock.set(at(TUESDAY, 8))
    run()
    letter = next(letter for letter in mails(mail) if letter["To"] == home.surgeon.user.email)
    said = str(letter["Subject"]) + text_of(letter)
    assert f"https://clinic.example/episodes/{due.pk}/" in said
    assert "Hello Dr A. Osei," in said
    assert not [word for word in ("Robin", due.patient.family_name, "G6", "X-ray") if word in said]


def test_staff_are_told_at_eight_on_the_clinics_clock_not_on_the_patients(home: Staff, clock: StoppedClock) -> None:
    scenes.knee(home, day=45, time_zone="America/New_York")
    clock.set(at(TUESDAY, 8))
    run()
    assert Occurrence.objects.get(rule=Kind.GATE_DUE).due_at == at(TUESDAY, 8)


@pytest.mark.parametrize("decision", list(Decision))
def test_a_gate_decided_between_planning_and_sending_is_not_told(
    home: Staff, due: Episode, clock: StoppedClock, decision: Decision
) -> None:
    clock.set(at(TUESDAY, 8))
    reminders.plan(now=clock.instant)
    scenes.clear(home, due, "G6", decision=decision)
    run()
    assert {state for state, _ in ends(Kind.GATE_DUE)} == {State.CANCELLED}


def test_who_has_left_the_clinic_is_not_told_of_a_gate(home: Staff, due: Episode, clock: StoppedClock) -> None:
    clock.set(at(TUESDAY, 8))
    reminders.plan(now=clock.instant)
    Membership.objects.filter(user=home.surgeon.user).delete()
    run()
    message = OutboxMessage.objects.get(recipient=home.surgeon.user, kind=Kind.GATE_DUE)
    assert (message.state, message.reason) == (State.CANCELLED, "The reader no longer works in the clinic.")
