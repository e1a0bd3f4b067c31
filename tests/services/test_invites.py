"""Invites: nothing usable in the table, once, for 72 hours, bound to a date of birth, and no more than twenty a day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date, timedelta
from threading import Barrier
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connections
from django.db.models import QuerySet
from django.test import override_settings

from tests import scenes
from tests.scenes import Staff
from tracker.clinical.terms import Role
from tracker.clock import StoppedClock
from tracker.errors import Conflict, Invalid
from tracker.models import (
    Actor,
    AuditEvent,
    Consent,
    Episode,
    Invite,
    Kind,
    Membership,
    Occurrence,
    OutboxMessage,
    Patient,
    User,
)
from tracker.selectors import invites as selector
from tracker.selectors.invites import Standing
from tracker.services import caregivers, consents, invites, joining, reminders, tickets
from tracker.services.joining import AccountExists

pytestmark = pytest.mark.django_db
BORN = date(1979, 5, 4)
State = OutboxMessage.State


@pytest.fixture
def riverside(clock: StoppedClock) -> Staff:
    return scenes.clinic()


@pytest.fixture
def patient(riverside: Staff) -> Patient:
    """One who cannot sign in yet."""
    found = scenes.knee(riverside).patient
    assert found.user is not None
    stranger, found.user = found.user, None
    found.consent_version, found.consent_at = "", None
    found.save()
    stranger.delete()
    return found


def invite(riverside: Staff, patient: Patient) -> tuple[Invite, str]:
    made = invites.invite_patient(by=riverside.coordinator, patient=patient)
    return made, tickets.token_of(made)


def letters() -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(invite__isnull=False)


def standing(patient: Patient, clock: StoppedClock) -> Standing:
    return selector.of_patient(patient, now=clock.instant).standing


def actions() -> list[str]:
    return list(AuditEvent.objects.filter(action__startswith="invite").order_by("pk").values_list("action", flat=True))


# --- The secret -----------------------------------------------------------------------------------------------------


def test_nothing_in_the_database_opens_the_door(riverside: Staff, patient: Patient) -> None:
    made, token = invite(riverside, patient)
    for model in (Invite, OutboxMessage, Occurrence, AuditEvent):
        assert token not in str(list(model.objects.values()))
    for stored in (made.nonce, made.pk.hex, made.nonce + made.pk.hex):
        assert joining.look(token=stored) is None


def test_another_installations_key_makes_another_secret(riverside: Staff, patient: Patient) -> None:
    made, token = invite(riverside, patient)
    with override_settings(SECRET_KEY="another key"):
        assert tickets.token_of(made) != token
        assert joining.look(token=token) is None
    with override_settings(SECRET_KEY="a new key", SECRET_KEY_FALLBACKS=[settings.SECRET_KEY]):
        assert joining.look(token=token) == made


@pytest.mark.parametrize("spoilt", ["", "x", "é", "A" * 64, "A" * 63, "A" * 10_000, "../../etc", "-" * 64])
def test_what_is_no_secret_leads_nowhere(riverside: Staff, patient: Patient, spoilt: str) -> None:
    invite(riverside, patient)
    assert joining.look(token=spoilt) is None


def test_a_secret_has_one_spelling(riverside: Staff, patient: Patient) -> None:
    made, token = invite(riverside, patient)
    assert joining.look(token=token) == made
    for other in (f"{token}!", f"!!!!{token}", f"{token[:9]}!?!?{token[9:]}", f"{token}====", f" {token}"):
        assert joining.look(token=other) is None


def test_every_letter_of_the_secret_counts(riverside: Staff, patient: Patient) -> None:
    _, token = invite(riverside, patient)
    for at in range(len(token)):
        other = "B" if token[at] == "A" else "A"
        assert joining.look(token=token[:at] + other + token[at + 1 :]) is None


# --- How long and how often -----------------------------------------------------------------------------------------


def test_it_lasts_72_hours(riverside: Staff, patient: Patient, clock: StoppedClock) -> None:
    made, token = invite(riverside, patient)
    clock.advance(hours=71, minutes=59)
    assert joining.look(token=token) == made
    clock.advance(minutes=1)
    assert joining.enter(token=token, birth_date=BORN) is None
    assert standing(patient, clock) is Standing.EXPIRED
    with pytest.raises(Conflict):
        joining.accept(invite=made.pk, user=None, consent=consents.CURRENT)


def test_it_lets_one_person_in_once(riverside: Staff, patient: Patient, clock: StoppedClock) -> None:
    made, token = invite(riverside, patient)
    assert joining.enter(token=token, birth_date=BORN) == made
    user = joining.accept(invite=made.pk, user=None, consent=consents.CURRENT)
    patient.refresh_from_db()
    assert patient.user == user
    assert user.email == patient.email
    assert not user.has_usable_password()
    assert joining.look(token=token) is None
    with pytest.raises(Conflict):
        joining.accept(invite=made.pk, user=user, consent=consents.CURRENT)
    assert standing(patient, clock) is Standing.ACCEPTED
    assert actions() == ["invite_made", "invite_accepted"]


def test_a_new_one_voids_the_old_and_its_letter_does_not_leave(
    riverside: Staff, patient: Patient, clock: StoppedClock
) -> None:
    _, old = invite(riverside, patient)
    made, new = invite(riverside, patient)
    assert joining.look(token=old) is None
    assert joining.look(token=new) == made
    assert [row.state for row in letters().order_by("state")] == [State.CANCELLED, State.DUE]
    assert standing(patient, clock) is Standing.SENT


def test_of_colleagues_who_invite_at_the_same_moment_the_last_one_counts(
    committed: None, riverside: Staff, patient: Patient
) -> None:
    who, together = [riverside.coordinator, riverside.physiotherapist, riverside.surgeon], Barrier(3)

    def ask(by: Actor) -> None:
        together.wait()
        invites.invite_patient(by=by, patient=patient)
        connections.close_all()

    with ThreadPoolExecutor(3) as colleagues:
        list(colleagues.map(ask, who))
    assert Invite.objects.filter(invites.live(), patient=patient).count() == 1


def test_a_letter_of_an_invite_that_has_ended_is_withheld(
    riverside: Staff, patient: Patient, clock: StoppedClock
) -> None:
    invite(riverside, patient)
    message = letters().get()
    assert reminders.objection(message, now=clock.instant) is None
    Invite.objects.update(voided_at=clock.instant)
    withheld = reminders.objection(letters().get(), now=clock.instant)
    assert isinstance(withheld, reminders.Withheld)
    assert withheld.reason == invites.VOIDED


def test_taken_back_it_leads_nowhere(riverside: Staff, patient: Patient, clock: StoppedClock) -> None:
    made, token = invite(riverside, patient)
    invites.void(by=riverside.physiotherapist, invite=made)
    assert joining.look(token=token) is None
    assert standing(patient, clock) is Standing.VOID
    assert actions() == ["invite_made", "invite_voided"]


def test_one_person_sends_at_most_twenty_in_a_day(riverside: Staff, patient: Patient, clock: StoppedClock) -> None:
    for _ in range(20):
        invite(riverside, patient)
    with pytest.raises(Conflict, match="20 invites"):
        invite(riverside, patient)
    invites.invite_patient(by=riverside.physiotherapist, patient=patient)
    clock.advance(hours=24)
    invite(riverside, patient)


def test_without_an_address_there_is_nothing_to_send(riverside: Staff, patient: Patient) -> None:
    patient.email = ""
    with pytest.raises(Invalid):
        invite(riverside, patient)
    printed = invites.invite_patient(by=riverside.coordinator, patient=patient, printed=True)
    assert printed.email == ""
    assert not letters().exists()


def test_whoever_can_sign_in_is_not_invited(riverside: Staff) -> None:
    with pytest.raises(Conflict):
        invite(riverside, scenes.knee(riverside).patient)


# --- The second fact ------------------------------------------------------------------------------------------------


def test_five_wrong_dates_void_it_and_the_right_one_then_comes_too_late(riverside: Staff, patient: Patient) -> None:
    _, token = invite(riverside, patient)
    for _ in range(4):
        with pytest.raises(Invalid):
            joining.enter(token=token, birth_date=date(1979, 5, 3))
    assert joining.enter(token=token, birth_date=date(1979, 4, 5)) is None
    assert joining.enter(token=token, birth_date=BORN) is None
    assert actions() == ["invite_made", *["invite_wrong_fact"] * 5, "invite_voided"]
    assert set(AuditEvent.objects.filter(action="invite_wrong_fact").values_list("outcome", "clinic")) == {
        ("refused", riverside.clinic.pk)
    }


def test_of_twenty_dates_at_the_same_moment_no_more_than_five_are_looked_at(
    committed: None, riverside: Staff, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, token = invite(riverside, patient)
    together, looked_at = Barrier(20), []

    def compared(said: str, right: str) -> bool:
        looked_at.append(said)
        return said == right

    def guess(day: int) -> None:
        together.wait()
        with suppress(Invalid):
            joining.enter(token=token, birth_date=date(1979, 6, day))
        connections.close_all()

    monkeypatch.setattr(joining, "constant_time_compare", compared)
    with ThreadPoolExecutor(20) as guessers:
        list(guessers.map(guess, range(1, 21)))
    assert len(looked_at) == 5


def test_a_date_that_was_not_given_counts_as_no_try(riverside: Staff, patient: Patient) -> None:
    made, token = invite(riverside, patient)
    with pytest.raises(Invalid):
        joining.enter(token=token)
    made.refresh_from_db()
    assert made.tries == 0


def test_looking_and_going_in_write_nothing(riverside: Staff, patient: Patient) -> None:
    made, token = invite(riverside, patient)
    before = list(Invite.objects.values()), AuditEvent.objects.count()
    for _ in range(20):
        assert joining.look(token=token) == made
    assert joining.enter(token=token, birth_date=BORN) == made
    assert (list(Invite.objects.values()), AuditEvent.objects.count()) == before


# --- Accounts -------------------------------------------------------------------------------------------------------


def test_an_address_with_an_account_is_linked_only_by_its_owner(riverside: Staff, patient: Patient) -> None:
    owner = scenes.user("Robin Hale")
    patient.email = owner.email.upper()
    patient.save()
    made, _ = invite(riverside, patient)
    for somebody in (None, scenes.user("Sam Doe")):
        with pytest.raises(AccountExists):
            joining.accept(invite=made.pk, user=somebody, consent=consents.CURRENT)
    made.refresh_from_db()
    assert made.used_at is None
    assert joining.accept(invite=made.pk, user=owner, consent=consents.CURRENT) == owner
    patient.refresh_from_db()
    assert patient.user == owner


def test_no_patient_comes_in_without_agreeing_to_the_text_as_it_is(riverside: Staff, patient: Patient) -> None:
    made, _ = invite(riverside, patient)
    for version in ("", "2020-01"):
        with pytest.raises(Invalid):
            joining.accept(invite=made.pk, user=None, consent=version)
    assert not User.objects.filter(email=patient.email).exists()
    joining.accept(invite=made.pk, user=None, consent=consents.CURRENT)
    assert list(Consent.objects.values_list("patient", "version", "given")) == [(patient.pk, consents.CURRENT, True)]


def test_a_printed_one_leads_to_a_mailed_one_which_proves_the_address(
    riverside: Staff, patient: Patient, clock: StoppedClock
) -> None:
    patient.email = ""
    patient.save()
    printed = invites.invite_patient(by=riverside.coordinator, patient=patient, printed=True)
    assert standing(patient, clock) is Standing.PRINTED
    token = tickets.token_of(printed)
    mailed = joining.address(invite=printed.pk, email="robin@example.org")
    assert joining.look(token=token) is None
    assert joining.look(token=tickets.token_of(mailed)) == mailed
    patient.refresh_from_db()
    assert patient.email == "robin@example.org"
    with pytest.raises(Conflict):
        joining.address(invite=mailed.pk, email="other@example.org")


def test_a_colleague_gets_their_role_where_they_were_invited(riverside: Staff) -> None:
    made = invites.invite_staff(
        by=riverside.coordinator,
        clinic=riverside.clinic,
        role=Role.SURGEON,
        name="Dr Ada Quist",
        email="ada@example.org",
    )
    assert joining.enter(token=tickets.token_of(made)) == made
    user = joining.accept(invite=made.pk, user=None)
    assert (user.name, user.is_staff, user.is_superuser) == ("Dr Ada Quist", False, False)
    assert Membership.objects.get(user=user).role == Role.SURGEON


@pytest.mark.parametrize("role", [Role.PATIENT, Role.CAREGIVER])
def test_nobody_becomes_staff_in_a_role_that_is_none(riverside: Staff, role: Role) -> None:
    with pytest.raises(Invalid):
        invites.invite_staff(
            by=riverside.coordinator, clinic=riverside.clinic, role=role, name="Ada", email="ada@example.org"
        )


# --- The letter -----------------------------------------------------------------------------------------------------


def test_the_letter_is_written_when_it_leaves_with_the_first_name_and_nothing_clinical(
    riverside: Staff, patient: Patient, clock: StoppedClock
) -> None:
    made, token = invite(riverside, patient)
    message = letters().get()
    assert (message.kind, message.urgent, message.expires_at) == (Kind.PATIENT_INVITE, True, made.expires_at)
    letter = reminders.letter([message], now=clock.instant)
    assert letter.to == patient.email
    assert letter.unsubscribe == ""
    for text in (letter.text, letter.html):
        assert "Hello Robin," in text
        assert f"/invites/{token}/" in text
        assert "020 7946 0000" in text
        for word in (patient.family_name, "knee", "1979", "pain", "osteotomy", "Osei", "Lane"):
            assert word not in text.split("Riverside")[0]
    assert token not in letter.subject


def test_a_helpers_letter_goes_to_the_helper_alone_and_names_no_patient(riverside: Staff, clock: StoppedClock) -> None:
    knee = scenes.knee(riverside)
    caregivers.invite(
        by=scenes.patient(knee),
        name="Sam Doe",
        email="sam@example.org",
        relation="partner",
        may_record=True,
        until=clock.instant.date() + timedelta(days=30),
    )
    message = OutboxMessage.objects.get(kind=Kind.CAREGIVER_INVITE)
    assert message.patient is None
    letter = reminders.letter([message], now=clock.instant)
    assert letter.to == "sam@example.org"
    assert "Hello Sam," in letter.text
    for word in (knee.patient.family_name, "Robin", "knee", "Doe"):
        assert word not in letter.text.split("Riverside")[0]


def test_an_unknown_invite_stands_nowhere() -> None:
    assert joining.standing(invite=uuid4()) is None


def test_of_many_patients_the_state_takes_two_queries(
    riverside: Staff, patient: Patient, clock: StoppedClock, django_assert_max_num_queries: object
) -> None:
    invite(riverside, patient)
    many = {patient.pk: False, **{episode.patient_id: True for episode in Episode.objects.all()}, uuid4(): False}
    with django_assert_max_num_queries(2):  # type: ignore[operator]
        found = selector.of_patients(many, now=clock.instant)
    assert len(found) == len(many)
