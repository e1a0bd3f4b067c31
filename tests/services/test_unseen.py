"""A change of plan is told; a stricter one whatever the hour; and whoever leaves it unread is phoned (reliability, R8)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from tests import scenes
from tests.scenes import Staff
from tests.services.reminding import mails, run, text_of
from tests.services.telling import MONDAY, TUESDAY, at, ends, order, pass_hours, told, waiting
from tracker.clinical.terms import Aids, FactKind
from tracker.clock import StoppedClock
from tracker.models import Episode, Kind, Occurrence, OutboxMessage, Patient, Restriction
from tracker.selectors import calls
from tracker.services import episodes, restrictions

State = OutboxMessage.State
pytestmark = pytest.mark.django_db

CHANGED = "Your plan has changed"
HOUR = timedelta(hours=1)
STRICTER, LOOSER = (
    "A stricter limit, not seen for 4 hours: please phone",
    "A change of plan, not seen for 24 hours: please phone",
)


@pytest.fixture
def knee(home: Staff, clock: StoppedClock) -> Episode:
    """Signed on Monday at ten and seen by the patient; half the body weight may be put on it."""
    episode = scenes.knee(home, day=35)
    see(restriction_today(episode), episode)
    Occurrence.objects.all().delete()
    clock.advance(minutes=1)
    return episode


@pytest.fixture(autouse=True)
def mail(settings: Settings, tmp_path: Path) -> Path:
    settings.MAIL_DIR = tmp_path
    settings.SITE_URL = "https://clinic.example"
    return tmp_path


def see(restriction: Restriction, knee: Episode) -> None:
    restrictions.acknowledge(restriction=restriction, by=scenes.patient(knee))


def restriction_today(knee: Episode) -> Restriction:
    standing = Restriction.objects.filter(episode=knee, superseded_by=None, starts_on__lte=scenes.today(knee.clinic))
    return standing.latest("starts_on")


def change() -> OutboxMessage:
    """What the patient is to be told of the latest change."""
    return OutboxMessage.objects.get(kind=Kind.RESTRICTION_CHANGED, state=State.DUE)


def sentences(home: Staff) -> list[str]:
    return [entry.sentence for entry in calls.open_entries(home.clinic)]


# --- The message ----------------------------------------------------------------------------------------------------


def test_a_change_is_told_at_once_and_once_a_signature(home: Staff, knee: Episode, mail: Path) -> None:
    order(home, knee, 25)
    run()
    run()
    assert told(mail, CHANGED) == [knee.patient.email]
    assert "https://clinic.example/today/" in text_of(mails(mail)[0])


def test_it_says_nothing_of_what_has_changed(home: Staff, knee: Episode, mail: Path) -> None:
    order(home, knee, 25)
    run()
    said = str(mails(mail)[0]["Subject"]) + text_of(mails(mail)[0])
    assert not [
        word for word in ("25", "kg", "percent", "crutch", "swelling", "left", knee.patient.family_name) if word in said
    ]


@pytest.mark.parametrize(
    ("percent", "aids", "urgent"),
    [(20, Aids.TWO_CRUTCHES, True), (0, Aids.TWO_CRUTCHES, True)],
)
def test_less_load_is_urgent(home: Staff, knee: Episode, percent: int, aids: Aids, urgent: bool) -> None:
    order(home, knee, percent, aids=aids)
    assert change().urgent is urgent


def test_more_support_alone_is_urgent(home: Staff, clock: StoppedClock) -> None:
    knee = scenes.knee(home, day=45)
    scenes.clear(home, knee, "G6")
    Occurrence.objects.all().delete()
    standing = restriction_today(knee)
    assert standing.aids == Aids.ONE_CRUTCH
    see(standing, knee)
    order(home, knee, standing.max_percent, aids=Aids.TWO_CRUTCHES)
    assert change().urgent


def test_signing_a_plan_for_the_first_time_is_told_and_is_routine(home: Staff, mail: Path) -> None:
    knee = scenes.knee(home)
    assert not change().urgent
    run()
    assert told(mail, CHANGED) == [knee.patient.email]


def test_more_load_is_routine(home: Staff, knee: Episode) -> None:
    see(order(home, knee, 20), knee)
    order(home, knee, 30)
    assert not change().urgent


def test_what_allows_more_than_the_last_order_but_less_than_the_patient_has_seen_is_urgent(
    home: Staff, knee: Episode
) -> None:
    order(home, knee, 10)
    order(home, knee, 20)
    assert change().urgent


def test_an_order_that_takes_a_mistake_back_before_anybody_saw_it_is_routine(home: Staff, knee: Episode) -> None:
    standing = restriction_today(knee)
    order(home, knee, 0)
    order(home, knee, standing.max_percent, aids=Aids(standing.aids))
    assert not change().urgent


def test_a_new_fact_that_tightens_the_plan_is_urgent(home: Staff, knee: Episode) -> None:
    episodes.record_fact(episode=knee, by=home.surgeon, kind=FactKind.BODY_WEIGHT, value="60", reason="Weighed today.")
    assert change().urgent


def test_a_stricter_limit_leaves_in_the_night_and_a_looser_one_when_the_night_is_over(
    home: Staff, knee: Episode, clock: StoppedClock, mail: Path
) -> None:
    clock.set(at(MONDAY, 23))
    order(home, knee, 10)
    run()
    assert len(told(mail, CHANGED)) == 1
    see(restriction_today(knee), knee)
    order(home, knee, 20)
    run()
    assert len(told(mail, CHANGED)) == 1
    clock.set(at(TUESDAY, 7))
    run()
    assert len(told(mail, CHANGED)) == 2


def test_when_the_order_is_changed_again_before_it_is_told_only_the_latest_is(
    home: Staff, knee: Episode, mail: Path
) -> None:
    order(home, knee, 25)
    order(home, knee, 20)
    run()
    assert sorted(ends(Kind.RESTRICTION_CHANGED)) == [
        (State.CANCELLED, "The plan was changed again since."),
        (State.SENT, ""),
    ]
    assert len(told(mail, CHANGED)) == 1


def test_an_order_the_patient_has_seen_already_is_not_told(home: Staff, knee: Episode, mail: Path) -> None:
    see(order(home, knee, 25), knee)
    run()
    assert not mails(mail)
    assert ends(Kind.RESTRICTION_CHANGED) == [(State.CANCELLED, "You have seen the change.")]


def test_whoever_has_no_mail_address_finds_it_in_their_list(home: Staff, knee: Episode, mail: Path) -> None:
    Patient.objects.update(email="", phone="")
    knee.patient.refresh_from_db()
    order(home, knee, 25)
    assert change().channel == "app"
    run()
    assert ends(Kind.RESTRICTION_CHANGED) == [(State.SENT, "")]


# --- The call -------------------------------------------------------------------------------------------------------


def test_a_stricter_limit_not_seen_for_four_hours_is_a_call(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    order(home, knee, 20)
    pass_hours(clock, 3.75)
    assert sentences(home) == []
    pass_hours(clock, 0.25)
    assert sentences(home) == [STRICTER]


def test_a_looser_limit_not_seen_for_a_day_is_a_call(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    see(order(home, knee, 20), knee)
    order(home, knee, 30)
    clock.set(at(TUESDAY, 10))
    run()
    assert sentences(home) == []
    clock.set(at(TUESDAY, 10, 1))
    run()
    assert sentences(home) == [LOOSER]


@pytest.mark.parametrize("hours", [0, 2, 5])
def test_seeing_the_change_takes_the_call_back_or_settles_it(
    home: Staff, knee: Episode, clock: StoppedClock, hours: int
) -> None:
    restriction = order(home, knee, 20)
    pass_hours(clock, hours)
    see(restriction, knee)
    pass_hours(clock, 30, every=HOUR)
    assert waiting(home) == []
    (call,) = OutboxMessage.objects.filter(kind=Kind.UNSEEN)
    assert (call.state, call.reason) == (
        State.SENT if hours >= 4 else State.CANCELLED,
        "You have seen the change.",
    )
    assert (call.settled_at is not None) == (hours >= 4)


@pytest.mark.parametrize("hours", [0, 5])
def test_a_newer_change_takes_the_place_of_the_older(
    home: Staff, knee: Episode, clock: StoppedClock, hours: int
) -> None:
    order(home, knee, 20)
    pass_hours(clock, hours)
    order(home, knee, 10)
    assert waiting(home) == []
    pass_hours(clock, 4.25)
    assert sentences(home) == [STRICTER]


def test_a_change_seen_just_before_the_call_is_laid_is_not_called_about(
    home: Staff, knee: Episode, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    restriction = order(home, knee, 20)
    monkeypatch.setattr(restrictions.reminders, "restriction_seen", lambda **_: None)  # seen, and nobody was told
    see(restriction, knee)
    pass_hours(clock, 4.25)
    assert ends(Kind.UNSEEN) == [(State.CANCELLED, "You have seen the change.")]


def test_two_knees_keep_their_calls_apart(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    other = scenes.knee(home, side="right")
    Episode.objects.filter(pk=other.pk).update(patient=knee.patient)
    order(home, knee, 20)
    order(home, Episode.objects.select_related("patient", "clinic").get(pk=other.pk), 5)
    pass_hours(clock, 4.25)
    assert sorted(entry.episode for entry in calls.open_entries(home.clinic) if entry.episode) == sorted(
        [knee.pk, other.pk]
    )


def test_the_call_about_a_recovery_that_has_ended_is_not_made(home: Staff, knee: Episode, clock: StoppedClock) -> None:
    order(home, knee, 20)
    Episode.objects.update(state=Episode.State.CLOSED)
    pass_hours(clock, 4.25)
    assert ends(Kind.UNSEEN) == [(State.CANCELLED, "The recovery it was about has ended.")]
