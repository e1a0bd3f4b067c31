"""Who guesses passwords is stopped, and locks out nobody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Barrier
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import LazySettings
from django.core import mail
from django.core.cache import cache
from django.db import connections
from django.http import HttpResponse
from django.test import Client

from tests import scenes
from tests.scenes import Staff
from tracker.models import AuditEvent, User

pytestmark = pytest.mark.django_db

STRANGER, CLINIC = "203.0.113.9", "192.0.2.7"


def enter(browser: Client, email: str, password: str = "wrong", address: str = CLINIC) -> HttpResponse:
    form = {"login": email, "password": password}
    return browser.post("/accounts/login/", form, REMOTE_ADDR=address)  # type: ignore[return-value]


@pytest.fixture
def jo(riverside: Staff) -> User:
    return riverside.physiotherapist.user


def let_in(answer: HttpResponse) -> bool:
    return answer.status_code == 302


def test_the_sixth_wrong_password_in_a_quarter_of_an_hour_is_told_how_long_to_wait(client: Client, jo: User) -> None:
    answers = [enter(client, jo.email, address=f"198.51.100.{number}") for number in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert 1 <= int(answers[5].headers["Retry-After"]) <= 15 * 60
    assert "Wait 15 minutes, then try again. A passkey works at once" in answers[5].content.decode()


def test_the_right_password_is_not_looked_at_either_from_where_nobody_knows_the_browser(
    client: Client, jo: User
) -> None:
    for _ in range(5):
        enter(client, jo.email)
    assert enter(client, jo.email, scenes.PASSWORD).status_code == 429


def test_an_address_that_nobody_has_is_counted_the_same(client: Client) -> None:
    assert [enter(client, "nobody@example.org").status_code for _ in range(6)] == [200] * 5 + [429]


def test_right_passwords_are_not_counted(client: Client, jo: User) -> None:
    assert all(let_in(enter(Client(), jo.email, scenes.PASSWORD)) for _ in range(25))


def test_a_stranger_who_types_a_colleagues_address_does_not_lock_them_out(jo: User) -> None:
    at_work = Client()
    enter(at_work, jo.email, scenes.PASSWORD)
    at_work.post("/accounts/logout/")
    for _ in range(8):
        last = enter(Client(), jo.email, address=STRANGER)
    assert last.status_code == 429
    assert let_in(enter(at_work, jo.email, scenes.PASSWORD))


def test_a_known_browser_has_five_tries_of_its_own_and_no_more(jo: User) -> None:
    at_work = Client()
    enter(at_work, jo.email, scenes.PASSWORD)
    at_work.post("/accounts/logout/")
    assert [enter(at_work, jo.email).status_code for _ in range(6)] == [200] * 5 + [429]


def test_a_browser_is_known_only_for_the_accounts_that_it_signed_in_to(jo: User, riverside: Staff) -> None:
    shared, other = Client(), riverside.surgeon.user
    enter(shared, jo.email, scenes.PASSWORD)
    shared.post("/accounts/logout/")
    for _ in range(5):
        enter(Client(), other.email, address=STRANGER)
    assert enter(shared, other.email, scenes.PASSWORD).status_code == 429


def test_a_made_up_cookie_makes_no_browser_known(jo: User) -> None:
    for number in range(6):
        forger = Client()
        forger.cookies["browser"] = f"eyJudW1iZXIiOiI{number}In0:1vN:forged"
        last = enter(forger, jo.email)
    assert last.status_code == 429


def test_the_cookie_is_for_no_script_and_names_nobody(client: Client, jo: User) -> None:
    cookie = enter(client, jo.email, scenes.PASSWORD).cookies["browser"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert jo.email not in cookie.value
    assert str(jo.pk) not in cookie.value


def test_an_address_has_twenty_wrong_tries_an_hour_whomever_it_guesses_at(riverside: Staff) -> None:
    answers = [enter(Client(), f"guess{number}@example.org", address=STRANGER) for number in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert int(answers[20].headers["Retry-After"]) > 15 * 60
    assert enter(Client(), "guess99@example.org", address=CLINIC).status_code == 200


def test_what_a_client_writes_about_its_address_counts_only_where_a_proxy_of_ours_wrote_it(
    riverside: Staff, settings: LazySettings
) -> None:
    guesses = count()

    def guess(forwarded: str, peer: str) -> int:
        form = {"login": f"guess{next(guesses)}@example.org", "password": "wrong"}
        sent = Client().post("/accounts/login/", form, headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR=peer)
        return sent.status_code

    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"wrong_password_of_address": "2/h/ip"}
    settings.PROXIES = 1
    assert [guess(f"198.51.100.{number}", STRANGER) for number in range(3)] == [200, 200, 429]
    assert [guess(f"203.0.113.1, 198.51.100.{number}", "10.0.0.2") for number in range(3)] == [200, 200, 200]
    assert [guess(f"203.0.113.{number}, 198.51.100.77", "10.0.0.2") for number in range(3)] == [200, 200, 429]


# --- Codes of an app ------------------------------------------------------------------------------------------------


@pytest.fixture
def secret(jo: User) -> str:
    """What Jo's app makes its codes of."""
    made = generate_totp_secret()
    TOTP.activate(jo, made)
    return made


def show(browser: Client, code: str) -> HttpResponse:
    return browser.post("/accounts/2fa/authenticate/", {"code": code})  # type: ignore[return-value]


def right(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def wrong(secret: str) -> str:
    return f"{(int(right(secret)) + 5000) % 10**6:06d}"


def test_whoever_has_the_password_guesses_at_the_codes_of_the_app_five_times_and_no_more(jo: User, secret: str) -> None:
    answers = []
    for _ in range(6):  # from the password on each time, which leads to a new session
        guesser = Client()
        enter(guesser, jo.email, scenes.PASSWORD)
        answers.append(show(guesser, wrong(secret)))
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert "Wait 15 minutes, then try again. A passkey works at once." in answers[5].content.decode()
    assert show(guesser, right(secret)).status_code == 429
    assert guesser.get("/worklist/").status_code == 302


def test_wrong_codes_elsewhere_hold_up_nobody_in_a_browser_of_their_own(jo: User, secret: str) -> None:
    at_work, guesser = Client(), Client()
    enter(at_work, jo.email, scenes.PASSWORD)
    assert let_in(show(at_work, right(secret)))
    at_work.post("/accounts/logout/")
    cache.delete(f"allauth.mfa.totp.used?user={jo.pk}&code={right(secret)}")
    enter(guesser, jo.email, scenes.PASSWORD)
    for _ in range(6):
        last = show(guesser, wrong(secret))
    assert last.status_code == 429
    enter(at_work, jo.email, scenes.PASSWORD)
    assert let_in(show(at_work, right(secret)))


def test_codes_that_open_a_locked_page_are_counted_as_well(jo: User, secret: str) -> None:
    browser = Client()
    browser.force_login(jo)
    answers = [browser.post("/account/unlock/", {"code": wrong(secret)}).status_code for _ in range(6)]
    assert answers == [400] * 5 + [429]


def test_a_mailed_code_does_not_wait_for_wrong_passwords(client: Client, riverside: Staff) -> None:
    robin = scenes.patient(scenes.knee(riverside)).user
    for _ in range(6):
        enter(client, robin.email)
    assert client.post("/accounts/login/code/", {"email": robin.email}).status_code == 302
    assert len(mail.outbox) == 1


def test_wrong_passwords_never_hold_up_a_passkey(client: Client, jo: User, settings: LazySettings) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login": "8/m/ip"}
    assert [enter(client, jo.email).status_code for _ in range(10)] == [200] * 5 + [429] * 5
    options = client.get("/accounts/2fa/webauthn/login/", headers={"X-Requested-With": "XMLHttpRequest"})
    assert options.status_code == 200
    assert client.post("/accounts/2fa/webauthn/login/", {"credential": "{}"}).status_code == 302


def test_codes_are_mailed_three_times_in_five_minutes_known_or_not(riverside: Staff) -> None:
    robin = scenes.patient(scenes.knee(riverside)).user
    for email in (robin.email, "nobody@example.org"):
        answers = [Client().post("/accounts/login/code/", {"email": email}) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [302] * 3 + [429]
        assert int(answers[3].headers["Retry-After"]) <= 5 * 60


def test_a_new_password_begins_a_new_count(client: Client, riverside: Staff, settings: LazySettings) -> None:
    robin = scenes.patient(scenes.knee(riverside)).user
    for _ in range(6):
        enter(client, robin.email)
    client.post("/accounts/password/reset/", {"email": robin.email})
    link = mail.outbox[0].body.split(settings.SITE_URL)[1].split()[0]
    new = {"password1": "copper lantern sings quietly", "password2": "copper lantern sings quietly"}
    client.post(client.get(link).headers["Location"], new)
    assert let_in(enter(client, robin.email, new["password1"]))


def test_whoever_asks_allauth_too_often_gets_our_page(client: Client, riverside: Staff, settings: LazySettings) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"reset_password": "1/h/ip"}
    client.post("/accounts/password/reset/", {"email": "a@example.org"})
    refused = client.post("/accounts/password/reset/", {"email": "a@example.org"})
    assert refused.status_code == 429
    assert refused.headers["Retry-After"]
    assert "tracker/app.css" in refused.content.decode()


@pytest.fixture
def somebody(committed: None) -> User:
    return scenes.clinic().physiotherapist.user


def test_of_fifty_tries_at_once_at_most_five_are_looked_at(somebody: User) -> None:
    at_once = Barrier(50)

    def guess(number: int) -> int:
        try:
            at_once.wait(timeout=30)
            return enter(Client(), somebody.email, f"guess {number}", address=f"198.51.100.{number}").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(50) as guessers:
        answers = list(guessers.map(guess, range(50)))
    assert set(answers) == {200, 429}
    assert answers.count(200) <= 5
    looked_at: Any = AuditEvent.objects.filter(user=somebody, action="sign_in_failed")
    assert looked_at.count() == answers.count(200)
