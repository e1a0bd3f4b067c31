"""What the trail keeps of signing in and out, and what the person is told by mail."""

from __future__ import annotations

import pytest
from django.conf import LazySettings
from django.core import mail
from django.test import Client

from tests import scenes
from tests.scenes import Staff
from tests.web.test_sign_in import NEW_PASSWORD, ask_for_code, code_of, enter, link_in
from tracker.models import AuditEvent, Episode, User

pytestmark = pytest.mark.django_db

ADDRESS = "192.0.2.7"


@pytest.fixture
def robin(knee: Episode) -> User:
    return scenes.patient(knee).user


@pytest.fixture
def home(robin: User) -> Client:
    """A browser in which the patient has signed in before."""
    browser = Client(REMOTE_ADDR=ADDRESS)
    enter(browser, robin.email)
    mail.outbox.clear()
    return browser


def lines(*actions: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action__in=actions).order_by("pk"))


def test_a_sign_in_is_kept_with_way_person_and_address(home: Client, robin: User) -> None:
    (line,) = lines("sign_in")
    assert (line.user, line.detail, line.address) == (robin, {"way": "password"}, ADDRESS)
    assert (line.via, line.outcome) == ("browser", AuditEvent.Outcome.DONE)


def test_a_sign_in_by_code_says_so(client: Client, robin: User) -> None:
    ask_for_code(client, robin.email)
    client.post("/accounts/login/code/confirm/", {"code": code_of(mail.outbox[0].body)})
    assert [line.detail for line in lines("sign_in")] == [{"way": "code"}]


def test_failures_are_kept_for_known_and_unknown_addresses(robin: User) -> None:
    browser = Client(REMOTE_ADDR=ADDRESS)
    enter(browser, robin.email, "wrong")
    enter(browser, "nobody@example.org", "wrong")
    kept = [(line.user, line.detail, line.address, line.outcome) for line in lines("sign_in_failed")]
    assert kept == [
        (robin, {"way": "password"}, ADDRESS, AuditEvent.Outcome.REFUSED),
        (None, {"way": "password"}, ADDRESS, AuditEvent.Outcome.REFUSED),
    ]


@pytest.mark.parametrize("known", [True, False])
def test_a_wrong_code_is_kept(client: Client, robin: User, known: bool) -> None:
    ask_for_code(client, robin.email if known else "nobody@example.org")
    client.post("/accounts/login/code/confirm/", {"code": "BBBB-BBBB"})
    assert [(line.user, line.detail) for line in lines("sign_in_failed")] == [
        (robin if known else None, {"way": "code"})
    ]


def test_a_wrong_password_where_somebody_confirms_is_another_thing(home: Client, robin: User) -> None:
    home.post("/accounts/reauthenticate/", {"password": "wrong"})
    assert [line.user for line in lines("confirm_failed")] == [robin]
    assert lines("sign_in_failed") == []


def test_signing_out_is_kept(home: Client, robin: User) -> None:
    home.post("/accounts/logout/")
    assert [(line.user, line.address) for line in lines("sign_out")] == [(robin, ADDRESS)]


def test_each_change_of_a_password_is_kept_and_told(
    client: Client, home: Client, robin: User, settings: LazySettings
) -> None:
    changed = {"oldpassword": scenes.PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    home.post("/accounts/password/change/", changed)
    client.post("/accounts/password/reset/", {"email": robin.email})
    form = client.get(link_in(mail.outbox[-1].body, settings.SITE_URL)).headers["Location"]
    again = "seven otters fold the morning paper"
    client.post(form, {"password1": again, "password2": again})
    assert [line.action for line in lines("password_changed", "password_reset")] == [
        "password_changed",
        "password_reset",
    ]
    told = [letter for letter in mail.outbox if letter.subject == "Your password was changed"]
    assert [letter.to for letter in told] == [[robin.email], [robin.email]]
    assert all("Was it not you?" in letter.body for letter in told)
    assert all("on 15 June 2026 at 09:00 UTC" in letter.body for letter in told)


def test_no_line_holds_an_address_of_mail(home: Client, client: Client, robin: User, riverside: Staff) -> None:
    home.post("/accounts/email/", {"email": "new@example.org", "action_add": ""})
    enter(client, "my password typed in the wrong field", "wrong")
    enter(client, "nobody@example.org", "wrong")
    enter(client, riverside.surgeon.user.email, "wrong")
    home.post("/accounts/logout/")
    for line in AuditEvent.objects.all():
        assert "@" not in f"{line.detail}{line.object_id}{line.action}{line.via}"


# --- What is told by mail ---------------------------------------------------------------------------------------------


def test_a_browser_not_seen_before_is_told_and_a_known_one_is_not(home: Client, robin: User) -> None:
    home.post("/accounts/logout/")
    enter(home, robin.email)
    assert mail.outbox == []
    enter(Client(), robin.email)
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == ([robin.email], "A new browser signed in")


def test_the_very_first_sign_in_is_no_news(client: Client, robin: User) -> None:
    enter(client, robin.email)
    assert mail.outbox == []


def test_mails_say_nothing_of_the_person_and_lead_to_this_installation_alone(
    home: Client, client: Client, robin: User, knee: Episode, settings: LazySettings
) -> None:
    settings.SITE_URL = "https://recovery.example.org"
    settings.ALLOWED_HOSTS = ["elsewhere.example"]
    there = {"headers": {"host": "elsewhere.example"}}
    Client().post("/accounts/login/", {"login": robin.email, "password": scenes.PASSWORD}, **there)
    Client().post("/accounts/login/code/", {"email": robin.email}, **there)
    Client().post("/accounts/password/reset/", {"email": robin.email}, **there)
    home.post("/accounts/email/", {"email": "new@example.org", "action_add": ""}, **there)
    assert len(mail.outbox) == 4
    for letter in mail.outbox:
        assert "elsewhere.example" not in letter.body
        assert settings.SITE_URL in letter.body
        text = f"{letter.subject} {letter.body}".lower()
        for word in (knee.patient.given_name, knee.patient.family_name, knee.clinic.name, "knee", "osteotomy", "pain"):
            assert word.lower() not in text
        assert len(letter.subject) < 40
