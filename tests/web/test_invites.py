"""The way in: the link changes nothing until its button is pressed with the right date, and no step can be skipped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings

from tests import scenes
from tests.scenes import Staff
from tracker.clinical.terms import Role
from tracker.clock import StoppedClock
from tracker.models import Actor, AuditEvent, CaregiverLink, Consent, Episode, Invite, OutboxMessage, Patient, User
from tracker.services import caregivers, consents, invites, joining, tickets

BORN = {"day": "4", "month": "5", "year": "1979"}
WRONG = {"day": "5", "month": "4", "year": "1979"}
TABLES = (Invite, OutboxMessage, AuditEvent, Consent, User, Session, Patient)


@pytest.fixture(autouse=True)
def fresh_counts() -> None:
    cache.clear()


@pytest.fixture
def newcomer(knee: Episode) -> Patient:
    """A patient who cannot sign in yet."""
    patient = knee.patient
    assert patient.user is not None
    nobody, patient.user = patient.user, None
    patient.consent_version, patient.consent_at = "", None
    patient.save()
    nobody.delete()
    return patient


@pytest.fixture
def link(riverside: Staff, newcomer: Patient) -> str:
    return tickets.path_of(invites.invite_patient(by=riverside.coordinator, patient=newcomer))


@pytest.fixture
def browser() -> Client:
    return Client(enforce_csrf_checks=False)


def rows() -> list[Any]:
    return [list(table.objects.order_by("pk").values()) for table in TABLES]  # type: ignore[attr-defined]


def go_in(browser: Client, link: str) -> None:
    assert browser.post(link, BORN).headers["Location"] == "/invites/consent/"
    assert browser.post("/invites/consent/", {"agree": consents.CURRENT}).headers["Location"] == "/invites/confirm/"


def text(browser: Client, path: str) -> str:
    return browser.get(path).content.decode()


# --- Looking --------------------------------------------------------------------------------------------------------


def test_a_scanner_that_looks_twenty_times_changes_nothing_and_gets_no_session(link: str, browser: Client) -> None:
    before = rows()
    for _ in range(20):
        assert browser.get(link).status_code == 200
        assert browser.head(link).status_code == 200
    assert rows() == before
    assert "session" not in browser.cookies
    go_in(browser, link)


def test_the_page_gives_nothing_away_but_the_clinic_and_goes_to_nobody_else(
    link: str, browser: Client, newcomer: Patient
) -> None:
    page = browser.get(link)
    said = page.content.decode()
    assert "Riverside Knee Clinic" in said
    for private in (newcomer.family_name, newcomer.email, "1979"):
        assert private not in said
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert "no-store" in page.headers["Cache-Control"]


def test_links_that_lead_nowhere_read_alike_whatever_the_reason(
    riverside: Staff, newcomer: Patient, clock: StoppedClock, browser: Client
) -> None:
    def made() -> tuple[Invite, str]:
        invite = invites.invite_patient(by=riverside.physiotherapist, patient=newcomer)
        return invite, tickets.path_of(invite)

    answers = {}
    _, void = made()
    invite, expired = made()
    Invite.objects.filter(pk=invite.pk).update(expires_at=clock.instant)
    invite, tried = made()
    Invite.objects.filter(pk=invite.pk).update(tries=5)
    invite, used = made()
    joining.accept(invite=invite.pk, user=None, consent=consents.CURRENT)
    spoilt = "/invites/" + "A" * 64 + "/"
    for path in (void, expired, tried, used, spoilt, "/invites/x/", expired[:-3] + "AA/"):
        for answer in (browser.get(path), browser.post(path, BORN), browser.post(path, WRONG)):
            answers[answer.status_code, answer.content] = path
    assert len(answers) == 1
    [(status, body)] = answers
    assert status == 404
    assert b"020 7946 0000" in body  # this installation has one clinic, so its number gives nothing away
    assert "session" not in browser.cookies


def test_with_several_clinics_a_dead_link_does_not_say_whose_it_was(
    link: str, browser: Client, riverside: Staff
) -> None:
    scenes.clinic("Hillside Hospital", phone="0131 496 0000")
    Invite.objects.update(tries=5)
    said = text(browser, link)
    for private in ("Riverside", "Hillside", "020 7946 0000", "0131 496 0000"):
        assert private not in said
    assert "call your clinic" in said


# --- The date of birth ----------------------------------------------------------------------------------------------


def test_a_wrong_date_is_told_and_the_fifth_ends_the_link(link: str, browser: Client) -> None:
    for _ in range(4):
        answer = browser.post(link, WRONG)
        assert answer.status_code == 400
        assert "This date does not fit" in answer.content.decode()
    assert browser.post(link, WRONG).status_code == 404
    assert browser.post(link, BORN).status_code == 404
    assert "session" not in browser.cookies


@pytest.mark.parametrize("typed", [{}, {"day": "x", "month": "5", "year": "1979"}, {**BORN, "month": "13"}])
def test_what_is_no_date_is_asked_again_and_counts_as_no_try(link: str, browser: Client, typed: dict[str, str]) -> None:
    answer = browser.post(link, typed)
    assert answer.status_code == 400
    assert "Write day, month and year as numbers" in answer.content.decode()
    assert Invite.objects.get().tries == 0


def test_who_tries_too_often_waits(link: str, browser: Client, settings: Settings) -> None:
    settings.LIMITS = {**settings.LIMITS, "invite-open": "3/h/key"}
    for _ in range(3):
        assert browser.post(link, WRONG).status_code == 400
    waits = browser.post(link, BORN)
    assert waits.status_code == 429
    assert int(waits.headers["Retry-After"]) > 0


# --- The steps ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["consent", "confirm", "address"])
def test_no_step_opens_before_the_link(link: str, browser: Client, step: str) -> None:
    for answer in (browser.get(f"/invites/{step}/"), browser.post(f"/invites/{step}/", {"agree": consents.CURRENT})):
        assert answer.status_code == 404
    assert not User.objects.filter(email=Invite.objects.get().email).exists()


def test_no_account_is_made_before_the_consent(link: str, browser: Client, newcomer: Patient) -> None:
    browser.post(link, BORN)
    for answer in (browser.get("/invites/confirm/"), browser.post("/invites/confirm/")):
        assert answer.headers["Location"] == "/invites/consent/"
    for nothing in ({}, {"agree": "yes"}, {"agree": "2020-01"}):
        assert browser.post("/invites/consent/", nothing).status_code == 400
    newcomer.refresh_from_db()
    assert newcomer.user is None


def test_whoever_says_no_leaves_no_trace_and_may_come_back(link: str, browser: Client) -> None:
    browser.post(link, BORN)
    assert "No account was made" in browser.post("/invites/consent/", {"agree": "no"}).content.decode()
    assert browser.get("/invites/consent/").status_code == 404
    assert not Consent.objects.exists()
    go_in(browser, link)


def test_at_the_end_this_browser_is_signed_in_and_offered_three_ways(
    link: str, browser: Client, newcomer: Patient
) -> None:
    go_in(browser, link)
    assert newcomer.email in text(browser, "/invites/confirm/")
    assert browser.post("/invites/confirm/").headers["Location"] == "/invites/ways/"
    said = text(browser, "/invites/ways/")
    for way in ("Set up a passkey", "Choose a password", "Just send me codes"):
        assert way in said
    assert browser.get("/today/").status_code == 200
    newcomer.refresh_from_db()
    assert newcomer.consent_version == consents.CURRENT
    assert browser.get(link).status_code == 404


def test_the_session_of_the_link_is_not_that_of_the_account(link: str, browser: Client) -> None:
    go_in(browser, link)
    before = browser.session.session_key
    browser.post("/invites/confirm/")
    assert browser.session.session_key != before


def test_an_address_that_has_an_account_asks_for_it_first(link: str, browser: Client, newcomer: Patient) -> None:
    owner = User.objects.create_user(newcomer.email, scenes.PASSWORD, name="Robin Hale")
    go_in(browser, link)
    said = text(browser, "/invites/confirm/")
    assert "You already have an account" in said
    assert browser.post("/invites/confirm/").status_code == 409
    newcomer.refresh_from_db()
    assert newcomer.user is None
    kept = browser.session["invite"]
    browser.force_login(owner)
    session = browser.session
    session["invite"] = kept
    session.save()
    assert browser.post("/invites/confirm/").headers["Location"] == "/"
    newcomer.refresh_from_db()
    assert newcomer.user == owner


def test_somebody_else_who_is_signed_in_is_signed_out(
    link: str, physio: Client, newcomer: Patient, riverside: Staff
) -> None:
    go_in(physio, link)
    assert "Jo Mbeki" in text(physio, "/invites/confirm/")
    physio.post("/invites/confirm/")
    newcomer.refresh_from_db()
    assert newcomer.user is not None
    assert physio.session["_auth_user_id"] == str(newcomer.user.pk)


def test_an_invite_that_ended_on_the_way_makes_no_account(link: str, browser: Client, newcomer: Patient) -> None:
    go_in(browser, link)
    Invite.objects.update(voided_at=Invite.objects.get().made_at)
    assert browser.post("/invites/confirm/").status_code == 404
    assert not User.objects.filter(email=newcomer.email).exists()


def test_a_printed_one_asks_where_the_mail_goes(riverside: Staff, newcomer: Patient, browser: Client) -> None:
    Patient.objects.update(email="")
    newcomer.refresh_from_db()
    made = invites.invite_patient(by=riverside.coordinator, patient=newcomer, printed=True)
    assert browser.post(tickets.path_of(made), BORN).headers["Location"] == "/invites/address/"
    assert browser.get("/invites/consent/").status_code == 404
    assert browser.post("/invites/confirm/").status_code == 404
    assert browser.post("/invites/address/", {"email": "robin"}).status_code == 400
    assert "robin@example.org" in browser.post("/invites/address/", {"email": "robin@example.org"}).content.decode()
    go_in(browser, tickets.path_of(Invite.objects.get(email="robin@example.org")))


def test_a_colleague_sets_up_a_second_factor_before_any_patient_is_shown(
    riverside: Staff, browser: Client, knee: Episode
) -> None:
    made = invites.invite_staff(
        by=riverside.coordinator,
        clinic=riverside.clinic,
        role=Role.SURGEON,
        name="Dr Ada Quist",
        email="ada@example.org",
    )
    assert browser.post(tickets.path_of(made)).headers["Location"] == "/invites/confirm/"
    assert browser.post("/invites/confirm/").headers["Location"] == "/accounts/2fa/"
    for path in ("/worklist/", f"/episodes/{knee.pk}/", "/patients/"):
        answer = browser.get(path)
        assert answer.status_code in (302, 404)  # where the database has walls, nothing is there yet
        assert knee.patient.family_name not in answer.content.decode()


def test_a_helper_comes_in_with_the_patients_date_of_birth(knee: Episode, browser: Client, clock: StoppedClock) -> None:
    caregivers.invite(
        by=scenes.patient(knee),
        name="Sam Doe",
        email="sam@example.org",
        relation="partner",
        may_record=True,
        until=clock.instant.date().replace(month=9),
    )
    path = tickets.path_of(Invite.objects.get())
    said = text(browser, path)
    assert "Their date of birth" in said
    assert knee.patient.given_name not in said
    go_in(browser, path)
    browser.post("/invites/confirm/")
    assert CaregiverLink.objects.get().user == User.objects.get(email="sam@example.org")
    assert "You are helping <strong>Robin</strong>" in text(browser, "/today/")
    assert not Consent.objects.exists()


# --- The staff's side -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["physiotherapist", "surgeon", "coordinator"])
def test_staff_see_where_the_invite_stands_and_send_it(
    riverside: Staff, newcomer: Patient, knee: Episode, browser_of: Callable[[Actor], Client], who: str
) -> None:
    browser = browser_of(getattr(riverside, who))
    page = f"/episodes/{knee.pk}/"
    assert "Not invited" in text(browser, page)
    browser.post(f"{page}invite/", {"action": "send"})
    assert "Invite sent" in text(browser, page)
    assert "Invite sent" in text(browser, "/patients/")
    browser.post(f"{page}invite/", {"action": "void"})
    assert "Invite void" in text(browser, page)


def test_states_are_told_as_time_goes_on(
    link: str, knee: Episode, coordinator: Client, browser: Client, clock: StoppedClock
) -> None:
    clock.advance(hours=73)
    scenes.sign_in_again(coordinator)
    assert "Invite expired" in text(coordinator, f"/episodes/{knee.pk}/")
    coordinator.post(f"/episodes/{knee.pk}/invite/", {"action": "send"})
    go_in(browser, tickets.path_of(Invite.objects.latest("made_at")))
    browser.post("/invites/confirm/")
    assert "Can sign in" in text(coordinator, f"/episodes/{knee.pk}/")


def test_a_printed_one_is_for_staff_who_have_just_signed_in(
    newcomer: Patient, knee: Episode, coordinator: Client, browser: Client, clock: StoppedClock
) -> None:
    page = f"/episodes/{knee.pk}/invite/print/"
    coordinator.post(page)
    token = tickets.path_of(Invite.objects.get())
    said = text(coordinator, page)
    assert token in said
    assert "<svg" in said
    assert "style=" not in said.split("<main")[1]
    clock.advance(minutes=6)
    later = coordinator.get(page)
    assert later.status_code == 302
    assert token not in later.content.decode()
    assert token not in browser.get(page).content.decode()


def test_another_clinics_patient_cannot_be_invited(
    newcomer: Patient, knee: Episode, browser_of: Callable[[Actor], Client]
) -> None:
    stranger = browser_of(scenes.clinic("Hillside Hospital").coordinator)
    for path in ("invite/", "invite/print/"):
        assert stranger.post(f"/episodes/{knee.pk}/{path}", {"action": "send"}).status_code == 404
    assert not Invite.objects.exists()


def test_no_patient_and_no_auditor_invites(
    newcomer: Patient, knee: Episode, riverside: Staff, browser_of: Callable[[Actor], Client]
) -> None:
    own = scenes.knee(riverside)
    assert browser_of(scenes.patient(own)).post(f"/episodes/{own.pk}/invite/", {"action": "send"}).status_code == 403
    answer = browser_of(riverside.auditor).post(f"/episodes/{knee.pk}/invite/", {"action": "send"})
    assert answer.status_code in (403, 404)
    assert not Invite.objects.exists()
