"""Who may speak: a program by its token, a browser by its session."""

from __future__ import annotations

from tests import scenes
from tests.api.programs import Program, problem
from tests.scenes import Staff
from tracker.models import CheckIn, Episode
from tracker.services import accounts

GOOD = {"date": "2026-06-15", "pain_load": 3}


def test_a_program_without_a_token_is_told_how_to_sign_in(home: Staff) -> None:
    answer = Program().read("me/")
    said = problem(answer, 401)
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert "Authorization: Bearer" in said["detail"]


def test_an_unknown_token_is_refused(home: Staff) -> None:
    stranger = Program()
    stranger.credentials(HTTP_AUTHORIZATION="Bearer nonsense")
    said = problem(stranger.read("me/"), 401)
    assert "token is not valid" in said["detail"]


def test_a_withdrawn_token_opens_nothing_at_once(home: Staff) -> None:
    token, secret = accounts.issue_token(user=home.surgeon.user, name="ward tablet")
    tablet = Program()
    tablet.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert tablet.read("me/").status_code == 200
    accounts.revoke_token(token=token)
    problem(tablet.read("me/"), 401)


def test_the_token_of_somebody_who_may_no_longer_sign_in_opens_nothing(home: Staff, surgeon: Program) -> None:
    home.surgeon.user.is_active = False
    home.surgeon.user.save()
    problem(surgeon.read("me/"), 401)


def test_a_browser_writes_with_its_session_and_the_form_token_alone(knee: Episode) -> None:
    browser = Program(enforce_csrf_checks=True)
    browser.force_login(scenes.patient(knee).user)
    path = f"episodes/{knee.pk}/check-ins/"
    assert browser.read(path).status_code == 200
    problem(browser.send(path, GOOD), 403)
    assert not CheckIn.objects.exists()
    browser.get("/accounts/login/")
    token = "t" * 32
    browser.cookies["csrf"] = token
    assert browser.send(path, GOOD, X_CSRFToken=token).status_code == 201


def test_a_program_with_a_token_needs_no_form_token(knee: Episode) -> None:
    _, secret = accounts.issue_token(user=scenes.patient(knee).user, name="phone")
    phone = Program(enforce_csrf_checks=True)
    phone.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert phone.send(f"episodes/{knee.pk}/check-ins/", GOOD).status_code == 201


def test_each_role_hears_who_it_is(home: Staff, knee: Episode, patient: Program, surgeon: Program) -> None:
    me = patient.read("me/").json()
    assert (me["role"], me["clinic"], me["episodes"]) == ("patient", home.clinic.name, [str(knee.pk)])
    me = surgeon.read("me/").json()
    assert (me["id"], me["name"], me["role"]) == (str(home.surgeon.user.pk), home.surgeon.user.name, "surgeon")


def test_somebody_whom_no_clinic_took_on_has_no_role(home: Staff) -> None:
    me = Program(scenes.user("Nobody")).read("me/").json()
    assert (me["role"], me["clinic"], me["episodes"]) == (None, None, [])
