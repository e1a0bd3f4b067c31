"""Coming in and going out, as people and strangers meet it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.utils import encrypt
from django.conf import LazySettings
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests import scenes
from tests.scenes import Staff
from tracker.clock import StoppedClock
from tracker.models import Episode, User
from tracker.web import accounts

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "copper lantern sings quietly"


def enter(browser: Client, email: str, password: str = scenes.PASSWORD, **more: str) -> HttpResponse:
    return browser.post("/accounts/login/", {"login": email, "password": password, **more})  # type: ignore[return-value]


def ask_for_code(browser: Client, email: str) -> HttpResponse:
    return browser.post("/accounts/login/code/", {"email": email})  # type: ignore[return-value]


def code_of(letter: str) -> str:
    found = re.search(r"^[A-Z]{4}-[A-Z]{4}$", letter, re.MULTILINE)
    assert found is not None, letter
    return found[0]


@pytest.fixture
def robin(knee: Episode) -> User:
    return scenes.patient(knee).user


# --- By password ------------------------------------------------------------------------------------------------------


def test_a_patient_signs_in_by_password_and_out_again(client: Client, robin: User) -> None:
    assert enter(client, robin.email.upper()).headers["Location"] == "/"
    assert client.get("/today/").status_code == 200
    assert "Sign out?" in client.get("/accounts/logout/").content.decode()
    assert client.get("/today/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/today/").status_code == 302


def test_whoever_wanted_a_page_lands_there(client: Client, robin: User) -> None:
    wanted = client.get("/plan/").headers["Location"]
    form = client.get(wanted).content.decode()
    assert 'name="next" value="/plan/"' in form
    assert enter(client, robin.email, next="/plan/").headers["Location"] == "/plan/"


def test_nobody_is_led_to_another_site(client: Client, robin: User) -> None:
    assert enter(client, robin.email, next="https://evil.example/today/").headers["Location"] == "/"


def test_what_somebody_searched_for_goes_into_no_other_address(client: Client, riverside: Staff) -> None:
    answer = client.get("/worklist/?q=Hale&need=all")
    assert answer.headers["Location"] == "/accounts/login/?next=%2Fworklist%2F"


def test_a_wrong_password_and_an_unknown_address_look_alike(client: Client, robin: User) -> None:
    answers = [enter(client, email, "wrong") for email in (robin.email, "nobody@example.org")]
    assert {answer.status_code for answer in answers} == {200}
    pages = [
        re.sub(r'(name="csrfmiddlewaretoken" value=)"\w+"', r"\1", answer.content.decode()).replace(email, "")
        for answer, email in zip(answers, (robin.email, "nobody@example.org"), strict=True)
    ]
    assert pages[0] == pages[1]
    assert "This e-mail and password do not fit together." in pages[0]


def test_an_empty_form_says_what_to_do(client: Client) -> None:
    said = enter(client, "", "").content.decode()
    assert "Enter your e-mail address." in said
    assert "Enter your password." in said


def test_a_closed_account_is_told_only_to_whoever_knows_the_password(client: Client, robin: User) -> None:
    robin.is_active = False
    robin.save()
    assert "do not fit together" in enter(client, robin.email, "wrong").content.decode()
    assert enter(client, robin.email).headers["Location"] == "/accounts/inactive/"
    assert "call your clinic" in client.get("/accounts/inactive/").content.decode()
    assert client.get("/today/").status_code == 302


def test_nobody_registers(client: Client) -> None:
    for answer in (client.get("/accounts/signup/"), client.post("/accounts/signup/", {"email": "a@example.org"})):
        assert "Ask your clinic for an invite" in answer.content.decode()
    assert not User.objects.exists()


# --- By a code in a mail ----------------------------------------------------------------------------------------------


def test_a_patient_signs_in_with_a_mailed_code_in_the_browser_that_asked(client: Client, robin: User) -> None:
    assert ask_for_code(client, robin.email).headers["Location"] == "/accounts/login/code/confirm/"
    code = code_of(mail.outbox[0].body)
    other = Client()
    assert other.post("/accounts/login/code/confirm/", {"code": code}).headers["Location"] == "/accounts/login/code/"
    answer = client.post("/accounts/login/code/confirm/", {"code": code.lower().replace("-", "")})
    assert answer.headers["Location"] == "/"
    assert client.get("/today/").status_code == 200


def test_a_code_works_once_and_for_three_tries(client: Client, robin: User) -> None:
    ask_for_code(client, robin.email)
    code = code_of(mail.outbox[0].body)
    for _ in range(3):
        client.post("/accounts/login/code/confirm/", {"code": "AAAA-AAAA"})
    client.post("/accounts/login/code/confirm/", {"code": code})
    assert client.get("/today/").status_code == 302


@pytest.mark.parametrize("who", ["nobody", "physiotherapist", "coordinator", "operator", "closed"])
def test_no_code_is_mailed_to_staff_and_they_look_like_nobody(
    client: Client, riverside: Staff, robin: User, who: str
) -> None:
    emails = {
        "nobody": "nobody@example.org",
        "physiotherapist": riverside.physiotherapist.user.email,
        "coordinator": riverside.coordinator.user.email,
        "operator": User.objects.create_superuser("operator@example.org", scenes.PASSWORD, name="Op").email,
        "closed": "closed@example.org",
    }
    User.objects.create_user("closed@example.org", None, name="Was Here", is_active=False)
    refused, allowed = Client(), client
    answers = [ask_for_code(refused, emails[who]), ask_for_code(allowed, robin.email)]
    assert [letter.to for letter in mail.outbox] == [[robin.email]]
    assert answers[0].status_code == answers[1].status_code
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    pages = [
        re.sub(
            r'(name="csrfmiddlewaretoken" value=)"\w+"',
            r"\1",
            page.get(answers[0].headers["Location"]).content.decode(),
        )
        for page in (refused, allowed)
    ]
    assert pages[0].replace(emails[who], "x") == pages[1].replace(robin.email, "x")
    assert refused.post("/accounts/login/code/confirm/", {"code": ""}).status_code == 200
    assert refused.post("/accounts/login/code/confirm/", {"code": "BBBB-BBBB"}).status_code == 200
    assert refused.get("/today/").status_code == 302


# --- A new password ---------------------------------------------------------------------------------------------------


def link_in(letter: str, site: str) -> str:
    found = re.search(rf"^{re.escape(site)}(/accounts/\S+)$", letter, re.MULTILINE)
    assert found is not None, letter
    return found[1]


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(
    client: Client, robin: User, settings: LazySettings
) -> None:
    settings.SITE_URL = "https://recovery.example.org"
    known = client.post("/accounts/password/reset/", {"email": robin.email}, headers={"host": "localhost"})
    link = link_in(mail.outbox[0].body, settings.SITE_URL)
    assert "localhost" not in mail.outbox[0].body
    form = client.get(link).headers["Location"]
    assert link.rpartition("-")[2].strip("/") not in form
    new = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert client.post(form, new).headers["Location"] == "/accounts/password/reset/key/done/"
    assert enter(Client(), robin.email).status_code == 200
    assert enter(Client(), robin.email, NEW_PASSWORD).status_code == 302
    assert "works no more" in Client().get(link).content.decode()
    assert known.headers["Location"] == "/accounts/password/reset/done/"


def test_a_new_password_leaves_the_second_factor_as_it_is(
    client: Client, riverside: Staff, settings: LazySettings
) -> None:
    surgeon = riverside.surgeon.user
    app = Authenticator.objects.create(
        user=surgeon, type=Authenticator.Type.TOTP, data={"secret": encrypt(generate_totp_secret())}
    )
    client.post("/accounts/password/reset/", {"email": surgeon.email})
    form = client.get(link_in(mail.outbox[0].body, settings.SITE_URL)).headers["Location"]
    client.post(form, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    assert Authenticator.objects.get(user=surgeon) == app
    assert enter(client, surgeon.email, NEW_PASSWORD).headers["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/worklist/").status_code == 302


def test_nobody_reads_off_the_page_whether_an_address_is_known(client: Client, robin: User) -> None:
    answers = [client.post("/accounts/password/reset/", {"email": email}) for email in (robin.email, "no@example.org")]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert [letter.to for letter in mail.outbox] == [[robin.email]]


def test_a_new_password_ends_every_other_browser(client: Client, robin: User) -> None:
    here, there = client, Client()
    enter(here, robin.email)
    enter(there, robin.email)
    changed = {"oldpassword": scenes.PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert here.post("/accounts/password/change/", changed).headers["Location"] == "/account/"
    assert here.get("/today/").status_code == 200
    assert there.get("/today/").status_code == 302


def test_the_old_password_is_asked_for(client: Client, robin: User) -> None:
    enter(client, robin.email)
    changed = {"oldpassword": "wrong", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert "This is not your password." in client.post("/accounts/password/change/", changed).content.decode()


# --- Another address --------------------------------------------------------------------------------------------------


def test_an_address_changes_once_its_owner_has_pressed_the_link(
    client: Client, robin: User, settings: LazySettings
) -> None:
    old = robin.email
    enter(client, old)
    mail.outbox.clear()
    client.post("/accounts/email/", {"email": "new@example.org", "action_add": ""})
    assert User.objects.get(pk=robin.pk).email == old
    link = link_in(mail.outbox[0].body, settings.SITE_URL)
    assert "new@example.org" in client.get(link).content.decode()
    assert User.objects.get(pk=robin.pk).email == old
    client.post(link)
    assert User.objects.get(pk=robin.pk).email == "new@example.org"
    assert [letter.to for letter in mail.outbox] == [["new@example.org"], [old]]
    assert "was changed" in mail.outbox[1].body


def test_an_address_that_somebody_signs_in_with_becomes_nobody_elses(
    client: Client, robin: User, riverside: Staff, settings: LazySettings
) -> None:
    mine, theirs = robin.email, riverside.surgeon.user.email
    enter(client, mine)
    mail.outbox.clear()
    client.post("/accounts/email/", {"email": theirs.upper(), "action_add": ""})
    assert client.post(link_in(mail.outbox[0].body, settings.SITE_URL)).status_code in (200, 302)
    assert not EmailAddress.objects.filter(email=theirs, verified=True).exists()
    assert User.objects.get(pk=robin.pk).email == mine


# --- Going out --------------------------------------------------------------------------------------------------------


def test_signing_out_ends_the_session_and_wipes_the_browser_but_for_its_cookies(client: Client, robin: User) -> None:
    enter(client, robin.email)
    stolen = client.cookies["session"].value
    answer = client.post("/accounts/logout/")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    thief = Client()
    thief.cookies["session"] = stolen
    assert thief.get("/today/").status_code == 302


# --- The demo ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def demo_logins(riverside: Staff, robin: User, settings: LazySettings, tmp_path: Path) -> list[dict[str, str]]:
    people = [
        {"role": role, "clinic": "Riverside", "name": user.name, "email": user.email, "password": scenes.PASSWORD,
         "token": "t"}
        for role, user in (("patient", robin), ("surgeon", riverside.surgeon.user))
    ]  # fmt: skip
    (tmp_path / "logins.json").write_text(json.dumps(people))
    settings.DATA_DIR = tmp_path
    return people


def test_one_tap_logins_stand_on_the_page_of_a_demo_alone(
    client: Client, demo_logins: list[dict[str, str]], settings: LazySettings
) -> None:
    assert "Look around as" not in client.get("/accounts/login/").content.decode()
    settings.DEMO = True
    page = client.get("/accounts/login/").content.decode()
    assert [person.role for person in accounts.demo_logins()] == ["surgeon", "patient"]
    assert all(person["name"] in page for person in demo_logins)
    assert "Every person here is made up" in page
    assert enter(client, demo_logins[0]["email"], demo_logins[0]["password"]).status_code == 302


@pytest.mark.parametrize("peer", ["192.0.2.7", "10.0.0.2", "2001:db8::7", "no address"])
def test_a_demo_is_for_its_own_machine_whatever_host_somebody_says_they_want(
    client: Client, settings: LazySettings, peer: str
) -> None:
    settings.DEMO = True
    for path in ("/accounts/login/", "/demo/mail/", "/api/v1/me/"):
        assert client.get(path, REMOTE_ADDR=peer, headers={"Host": "127.0.0.1"}).status_code == 403
    assert client.get("/accounts/login/", REMOTE_ADDR="::1").status_code == 200


def test_in_the_demo_a_weighty_step_is_confirmed_with_one_tap(
    client: Client, demo_logins: list[dict[str, str]], settings: LazySettings
) -> None:
    enter(client, demo_logins[0]["email"])
    page = "/accounts/reauthenticate/?next=/plan/"
    assert scenes.PASSWORD not in client.get(page).content.decode()
    settings.DEMO = True
    text = client.get(page).content.decode()
    assert "Yes, it is me" in text
    assert f'name="password" value="{scenes.PASSWORD}"' in text
    tapped = {"password": scenes.PASSWORD, "next": "/plan/"}
    assert client.post("/accounts/reauthenticate/", tapped).headers["Location"] == "/plan/"


# --- Every page -------------------------------------------------------------------------------------------------------

OUTSIDE = (
    "account_login",
    "account_request_login_code",
    "account_signup",
    "account_inactive",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key_done",
    "account_email_verification_sent",
)
INSIDE = ("account_logout", "account_email", "account_change_password", "account_reauthenticate")


@pytest.mark.parametrize("name", OUTSIDE + INSIDE)
def test_each_page_stands_in_our_frame_and_is_kept_by_no_cache(client: Client, robin: User, name: str) -> None:
    if name in INSIDE:
        enter(client, robin.email)
    answer = client.get(reverse(name))
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    assert "tracker/app.css" in text
    assert text.count("<h1>") == 1
    assert not re.findall(r'\sstyle="|<style|\son[a-z]+="|javascript:', text)
    assert re.findall(r"<script(?![^>]*\ssrc=)", text) == []
    assert ("Sign out" in text) is (name in INSIDE)


def test_the_browsers_are_listed_on_one_page_alone(client: Client, robin: User) -> None:
    assert client.get("/accounts/sessions/")["Location"].startswith("/accounts/login/")
    enter(client, robin.email)
    assert client.get("/accounts/sessions/")["Location"] == "/account/"
    assert client.get("/account/").status_code == 200


def test_no_page_of_allauth_is_left_in_its_own_words(client: Client, clock: StoppedClock) -> None:
    """A page of theirs that nobody wrote anew would name itself in capitals, as its headings do."""
    ours = Path("templates")
    theirs = Path(__import__("allauth").__file__).parent / "templates"
    needless = {
        "account/email.html", "account/signup.html", "account/signup_by_passkey.html", "account/phone_change.html",
        "account/verified_email_required.html", "account/base_manage_phone.html",
        "account/confirm_email_verification_code.html", "account/confirm_password_reset_code.html",
        "usersessions/base_manage.html", "usersessions/usersession_list.html",
        "account/confirm_phone_verification_code.html",
    }  # fmt: skip
    pages = {
        str(page.relative_to(theirs))
        for folder in ("account", "usersessions")
        for page in (theirs / folder).glob("*.html")
    }
    missing = {page for page in pages - needless if not (ours / page).exists()}
    assert missing == set()
