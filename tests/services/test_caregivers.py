"""Helpers: asked by the patient, let in by an invite, ended at once; they do what the link allows and nothing else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests import scenes
from tests.scenes import Staff
from tracker import access
from tracker.access import Do
from tracker.clinical.terms import Role
from tracker.clock import StoppedClock
from tracker.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.models import AuditEvent, CaregiverLink, Episode, Invite, Presence, User
from tracker.selectors import caregivers as selector
from tracker.selectors.happened import happened
from tracker.services import caregivers, checkins, consents, joining, tickets

pytestmark = pytest.mark.django_db


@pytest.fixture
def riverside(clock: StoppedClock) -> Staff:
    return scenes.clinic()


@pytest.fixture
def knee(riverside: Staff) -> Episode:
    return scenes.knee(riverside)


def ask(knee: Episode, **changes: Any) -> CaregiverLink:
    usual = {
        "name": "Sam Doe",
        "email": "sam@example.org",
        "relation": "partner",
        "may_record": True,
        "until": date(2026, 9, 1),
    }
    return caregivers.invite(by=scenes.patient(knee), **usual | changes)


def helper(knee: Episode, clock: StoppedClock, **changes: Any) -> User:
    """Somebody who has accepted."""
    link = ask(knee, **changes)
    user = joining.accept(invite=Invite.objects.get(caregiver=link).pk, user=None, consent=consents.CURRENT)
    return at(clock, user)


def at(clock: StoppedClock, user: User) -> User:
    """The same person in a browser at this moment."""
    user.presence = Presence(at=clock.instant, fresh=True)
    return user


def test_a_helper_reads_and_records_for_the_patient_under_their_own_name(knee: Episode, clock: StoppedClock) -> None:
    sam = helper(knee, clock)
    door = access.own_episode(sam, Do.CHECK_IN)
    assert (door.episode, door.actor.role, door.actor.user) == (knee, Role.CAREGIVER, sam)
    row = checkins.record(episode=knee, by=door.actor, answers=checkins.parse({"date": "2026-06-15", "pain_load": 3}))
    assert (row.by, row.role) == (sam, Role.CAREGIVER)
    assert selector.entered_by(row.pk) == "Sam Doe (partner)"
    told = [line for line in happened(knee, every=True) if line.kind == "check_in"]
    assert [(line.by, line.role) for line in told] == [("Sam Doe (partner)", "")]


def test_who_may_only_look_writes_nothing(knee: Episode, clock: StoppedClock) -> None:
    sam = helper(knee, clock, may_record=False)
    access.own_episode(sam, Do.READ)
    for do in (Do.CHECK_IN, Do.MEASURE, Do.REACH, Do.AMEND):
        with pytest.raises(Forbidden):
            access.own_episode(sam, do)


@pytest.mark.parametrize("do", [Do.SETTINGS, Do.ACKNOWLEDGE, Do.CAREGIVERS, Do.LOOKED, Do.EXPORT, Do.READ_AS_STAFF])
def test_no_helper_does_what_is_the_patients_own(knee: Episode, clock: StoppedClock, do: Do) -> None:
    sam = helper(knee, clock)
    with pytest.raises(Forbidden):
        access.own_episode(sam, do)


def test_another_patient_does_not_exist_for_a_helper(riverside: Staff, knee: Episode, clock: StoppedClock) -> None:
    sam = helper(knee, clock)
    with pytest.raises(NotFound):
        access.episode_for(sam, scenes.knee(riverside).pk, Do.READ)


def test_ended_it_is_over_at_once_and_what_was_entered_stays_theirs(knee: Episode, clock: StoppedClock) -> None:
    sam = helper(knee, clock)
    door = access.own_episode(sam, Do.CHECK_IN)
    row = checkins.record(episode=knee, by=door.actor, answers=checkins.parse({"date": "2026-06-15", "pain_load": 3}))
    caregivers.end(by=scenes.patient(knee), link=CaregiverLink.objects.get())
    with pytest.raises(NotFound):
        access.episode_for(sam, knee.pk, Do.READ)
    with pytest.raises(Forbidden):
        access.own_episode(sam, Do.READ)
    assert selector.entered_by(row.pk) == "Sam Doe (partner)"


def test_after_the_last_day_it_is_over_by_itself(knee: Episode, clock: StoppedClock) -> None:
    sam = helper(knee, clock, until=date(2026, 6, 20))
    clock.set(clock.instant.replace(day=20, hour=22, minute=59))
    access.own_episode(at(clock, sam), Do.READ)
    clock.advance(minutes=1)
    with pytest.raises(Forbidden):
        access.own_episode(at(clock, sam), Do.READ)
    assert selector.helpers(knee.patient, now=clock.instant) == []


def test_an_invite_of_a_link_that_was_ended_leads_nowhere(knee: Episode) -> None:
    link = ask(knee)
    token = tickets.token_of(Invite.objects.get())
    assert joining.look(token=token) is not None
    caregivers.end(by=scenes.patient(knee), link=link)
    assert joining.look(token=token) is None
    with pytest.raises(Conflict):
        caregivers.invite_again(by=scenes.patient(knee), link=link)


def test_a_new_invite_voids_the_one_before(knee: Episode) -> None:
    link = ask(knee)
    old = tickets.token_of(Invite.objects.get())
    new = tickets.token_of(caregivers.invite_again(by=scenes.patient(knee), link=link))
    assert joining.look(token=old) is None
    assert joining.look(token=new) is not None


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("name", {"name": " "}),
        ("email", {"email": "sam"}),
        ("relation", {"relation": "boss"}),
        ("until", {"until": date(2026, 6, 15)}),
        ("until", {"until": date(2026, 6, 15) + timedelta(days=366)}),
    ],
)
def test_what_cannot_be_right_is_said_field_by_field(knee: Episode, field: str, said: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refusal:
        ask(knee, **said)
    assert list(refusal.value.fields) == [field]
    assert not CaregiverLink.objects.exists()


def test_a_year_is_the_longest(knee: Episode) -> None:
    ask(knee, until=date(2026, 6, 15) + timedelta(days=365))


def test_nobody_helps_twice_nor_with_the_patients_own_address(knee: Episode) -> None:
    ask(knee)
    for email in ("SAM@example.org", knee.patient.email):
        with pytest.raises(Invalid):
            ask(knee, email=email)


def test_the_trail_knows_who_was_asked_and_ended(knee: Episode) -> None:
    caregivers.end(by=scenes.patient(knee), link=ask(knee))
    told = AuditEvent.objects.filter(action__startswith="caregiver").order_by("pk").values_list("action", "role")
    assert list(told) == [("caregiver_invited", "patient"), ("caregiver_ended", "patient")]
    assert "sam" not in str(list(AuditEvent.objects.values())).lower().replace("same", "")
