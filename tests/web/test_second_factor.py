"""Staff show a second thing before they see a patient; a weighty act asks again; what was typed is kept."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.core import mail
from django.core.cache import cache
from django.test import Client

from tests import scenes
from tests.scenes import PASSWORD, Staff
from tracker.clock import StoppedClock
from tracker.errors import Forbidden, NotFound
from tracker.models import Actor, AuditEvent, Episode, User
from tracker.services import accounts, second_factors

pytestmark = pytest.mark.django_db

CONFIRM = "/accounts/reauthenticate/"


@pytest.fixture(autouse=True)
def no_code_used_before() -> None:
    cache.clear()


def sign_in(browser: Client, user: User) -> Any:
    return browser.post("/accounts/login/", {"login": user.email, "password": PASSWORD})


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def set_up_app(browser: Client, run: Callable[..., Any]) -> str:
    """Through the page; answers the app's secret."""
    page = browser.get("/accounts/2fa/totp/activate/").content.decode()
    secret = re.search(r'class="secret">([A-Z2-7]+)<', page)
    assert secret, page
    with run(execute=True):
        browser.post("/accounts/2fa/totp/activate/", {"code": code_of(secret[1])})
    return secret[1]


def lines(action: str) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action=action))


def after_a_while(browser: Client) -> None:
    """As if the sign-in were an hour old: allauth stamps it by the real clock."""
    session = browser.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 200 * 24 * 3600  # the clock of tests stands months before
    session.save()


def test_a_password_alone_shows_staff_no_patient_and_leads_to_the_first_step(client: Client, riverside: Staff) -> None:
    sign_in(client, riverside.physiotherapist.user)
    answer = client.get("/worklist/", follow=True)
    text = answer.content.decode()
    assert answer.redirect_chain[-1][0] == "/accounts/2fa/"
    assert text.index("Set up a passkey") < text.index("authenticator app")
    refused = client.get("/api/v1/worklist/")
    assert (refused.status_code, refused.json()["code"]) == (403, "second_factor")


def test_whoever_has_set_up_an_app_has_shown_it_and_starts(
    committed: None, client: Client, riverside: Staff, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    sign_in(client, riverside.physiotherapist.user)
    set_up_app(client, django_capture_on_commit_callbacks)
    assert client.get("/worklist/").status_code == 200
    assert [line.detail["kind"] for line in lines("second_factor_added")] == ["totp", "recovery_codes"]
    assert [letter.subject for letter in mail.outbox] == ["Authenticator app turned on"]


def test_the_picture_for_the_app_stands_in_the_page_itself(client: Client, riverside: Staff) -> None:
    sign_in(client, riverside.surgeon.user)
    page = client.get("/accounts/2fa/totp/activate/").content.decode()
    assert '<svg class="qr"' in page
    assert "data:image" not in page
    assert "style=" not in page


def test_whoever_has_one_shows_it_at_each_sign_in(
    client: Client, riverside: Staff, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    who = riverside.physiotherapist.user
    sign_in(client, who)
    secret = set_up_app(client, django_capture_on_commit_callbacks)
    cache.clear()
    other = Client()
    assert sign_in(other, who)["Location"] == "/accounts/2fa/authenticate/"
    assert other.get("/worklist/").status_code == 302
    other.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert lines("second_factor_wrong")[0].outcome == AuditEvent.Outcome.REFUSED
    other.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert other.get("/worklist/").status_code == 200


def test_ten_recovery_codes_are_shown_once_and_each_opens_once(
    client: Client, riverside: Staff, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    who = riverside.physiotherapist.user
    sign_in(client, who)
    set_up_app(client, django_capture_on_commit_callbacks)
    codes = re.findall(r"<li><code>(\d+)</code>", client.get("/accounts/2fa/recovery-codes/").content.decode())
    assert len(codes) == 10
    assert codes[0] not in client.get("/accounts/2fa/recovery-codes/").content.decode()
    for status in (302, 200):
        other = Client()
        sign_in(other, who)
        assert other.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == status
    assert len(lines("recovery_code_used")) == 1


def test_without_any_left_what_was_shown_counts_no_longer(
    client: Client, riverside: Staff, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    sign_in(client, riverside.surgeon.user)
    set_up_app(client, django_capture_on_commit_callbacks)
    client.post("/accounts/2fa/totp/deactivate/")
    assert client.get("/worklist/")["Location"] == "/accounts/2fa/"
    assert lines("second_factor_removed")
    assert "Authenticator app turned off" in [letter.subject for letter in mail.outbox]


def test_nor_does_it_in_another_browser(
    client: Client, riverside: Staff, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    sign_in(client, riverside.surgeon.user)
    secret = set_up_app(client, django_capture_on_commit_callbacks)
    cache.clear()
    other = Client()
    sign_in(other, riverside.surgeon.user)
    other.post("/accounts/2fa/authenticate/", {"code": code_of(secret)})
    assert other.get("/worklist/").status_code == 200
    client.post("/accounts/2fa/totp/deactivate/")
    assert other.get("/worklist/")["Location"].startswith("/accounts/login/")


def test_what_an_app_or_the_codes_are_made_from_stands_enciphered_in_the_database(
    client: Client, riverside: Staff, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    sign_in(client, riverside.surgeon.user)
    secret = set_up_app(client, django_capture_on_commit_callbacks)
    kept = Authenticator.objects.get(type="totp").data["secret"]
    assert secret not in kept
    assert get_adapter().decrypt(kept) == secret


def test_what_changes_how_somebody_signs_in_asks_who_it_is(client: Client, riverside: Staff) -> None:
    sign_in(client, riverside.surgeon.user)
    after_a_while(client)
    for path in ("totp/activate/", "webauthn/add/"):
        assert client.get(f"/accounts/2fa/{path}")["Location"].startswith(CONFIRM)


def test_an_order_asks_again_and_then_stands_with_what_was_typed(
    surgeon: Client, knee: Episode, clock: StoppedClock
) -> None:
    clock.advance(minutes=6)
    typed = {
        "term": "PWB",
        "max_percent": "25",
        "starts_on": scenes.today(knee.clinic).isoformat(),
        "reason": "More swelling than before.",
        "revision": str(Episode.objects.get(pk=knee.pk).revision),
    }
    path = f"/episodes/{knee.pk}/restrictions/"
    asked = surgeon.post(f"{path}?from=worklist", typed)
    assert asked["Location"].startswith(CONFIRM)
    wrong = surgeon.post(CONFIRM, {"password": "not it", "next": path})
    assert wrong.status_code == 200
    surgeon.post(CONFIRM, {"password": PASSWORD, "next": path})
    assert knee.restrictions.filter(superseded_by=None, max_percent=25).exists()
    refused = browser_api(surgeon, knee, clock)
    assert (refused.status_code, refused.json()["code"]) == (403, "step_up")


def browser_api(browser: Client, knee: Episode, clock: StoppedClock) -> Any:
    after_a_while(browser)
    path = f"/api/v1/episodes/{knee.pk}/restrictions/"
    return browser.post(path, {"term": "PWB", "max_percent": 20}, content_type="application/json")


def test_a_patient_with_codes_alone_confirms_with_a_fresh_code(
    phone: Client, knee: Episode, clock: StoppedClock
) -> None:
    who = scenes.patient(knee).user
    who.set_unusable_password()
    who.save()
    scenes.sign_in_again(phone)
    clock.advance(minutes=6)
    typed = {"name": "My watch", "scopes": ["read"], "days": "30"}
    asked = phone.post("/account/tokens/", typed)
    assert asked["Location"] == "/account/confirm/?next=%2Faccount%2Ftokens%2F"
    phone.post("/account/confirm/", {"send": "yes", "next": "/account/tokens/"})
    letter = mail.outbox[-1]
    assert letter.to == [who.email]
    code = phone.session["confirm_code"]["code"]
    assert code in letter.body
    wrong = phone.post("/account/confirm/", {"code": "WRONG", "next": "/account/tokens/"})
    assert "This is not the code" in wrong.content.decode()
    done = phone.post("/account/confirm/", {"code": code, "next": "/account/tokens/"})
    assert "shown only now" in done.content.decode()
    assert who.tokens.get().name == "My watch"


def test_a_mailed_code_is_guessed_three_times_at_most_and_lasts_ten_minutes(
    phone: Client, knee: Episode, clock: StoppedClock
) -> None:
    who = scenes.patient(knee).user
    who.set_unusable_password()
    who.save()
    scenes.sign_in_again(phone)
    phone.post("/account/confirm/", {"send": "yes"})
    code = phone.session["confirm_code"]["code"]
    for _ in range(3):
        phone.post("/account/confirm/", {"code": "WRONG"})
    assert "too old" in phone.post("/account/confirm/", {"code": code}).content.decode()
    phone.post("/account/confirm/", {"send": "yes"})
    clock.advance(minutes=10)
    again = phone.post("/account/confirm/", {"code": phone.session["confirm_code"]["code"]})
    assert "too old" in again.content.decode()


def test_a_coordinator_resets_a_colleagues_lost_second_factor(
    riverside: Staff,
    physio: Client,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    who = riverside.physiotherapist.user
    TOTP.activate(who, "JBSWY3DPEHPK3PXP")
    with django_capture_on_commit_callbacks(execute=True):
        accounts.reset_second_factors(by=riverside.coordinator, user=who)
    assert not Authenticator.objects.filter(user=who).exists()
    assert physio.get("/account/").status_code == 302, "signed out"
    assert lines("second_factors_reset")[0].detail == {"of": str(who.pk)}
    assert [(letter.to, letter.subject) for letter in mail.outbox] == [([who.email], "Your second step was reset")]


def test_nobody_resets_their_own_nor_a_strangers(riverside: Staff) -> None:
    hillside = scenes.clinic("Hillside Clinic")
    with pytest.raises(Forbidden):
        accounts.reset_second_factors(by=riverside.coordinator, user=riverside.coordinator.user)
    with pytest.raises(Forbidden):
        accounts.reset_second_factors(by=riverside.surgeon, user=riverside.physiotherapist.user)
    with pytest.raises(NotFound):
        accounts.reset_second_factors(by=riverside.coordinator, user=hillside.surgeon.user)


def test_somebody_deactivated_opens_nothing_from_the_next_request_on(
    riverside: Staff, physio: Client, knee: Episode
) -> None:
    who = riverside.physiotherapist.user
    _, secret = accounts.issue_token(user=who, name="ward tablet")
    accounts.deactivate(by=riverside.coordinator.user, user=who)
    assert physio.get("/worklist/").status_code == 302
    assert physio.get(f"/api/v1/episodes/{knee.pk}/").status_code in (401, 403)
    assert Client().get("/api/v1/me/", headers={"Authorization": f"Bearer {secret}"}).status_code == 401
    with pytest.raises(Forbidden):
        accounts.deactivate(by=riverside.surgeon.user, user=riverside.surgeon.user)


def test_the_browsers_of_a_person_are_listed_and_can_be_ended(
    riverside: Staff, physio: Client, browser_of: Callable[[Actor], Client]
) -> None:
    other = browser_of(riverside.physiotherapist)
    page = physio.get("/account/").content.decode()
    assert page.count('name="browser"') == 2
    assert page.count("this one") == 1
    physio.post("/account/browsers/end-others/")
    assert other.get("/worklist/").status_code == 302
    assert physio.get("/worklist/").status_code == 200
    assert lines("sessions_ended")


def test_a_strangers_browser_cannot_be_ended(riverside: Staff, physio: Client, surgeon: Client) -> None:
    theirs = re.search(r'name="browser" value="(\d+)"', surgeon.get("/account/").content.decode())
    assert theirs
    physio.post("/account/browsers/end/", {"browser": theirs[1]})
    assert surgeon.get("/worklist/").status_code == 200


@pytest.mark.parametrize(("counts", "whole"), [((1, 2, 3), True), ((0, 0), True), ((5, 3), False), ((5, 5), False)])
def test_a_passkey_that_counts_backwards_is_in_the_trail(
    riverside: Staff,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    counts: tuple[int, ...],
    whole: bool,
) -> None:
    monkeypatch.setattr(WebAuthn, "authenticator_data", type("Data", (), {"counter": 0})())
    key = Authenticator.objects.create(user=riverside.surgeon.user, type="webauthn", data={"name": "Phone"})
    with caplog.at_level(logging.WARNING):
        said = [second_factors.signed(user=key.user, authenticator=key, count=count) for count in counts]
    assert all(said) is whole
    assert bool(lines("passkey_count_dropped")) is not whole


def test_a_weighty_act_says_beforehand_that_it_will_ask(surgeon: Client, knee: Episode, clock: StoppedClock) -> None:
    words = "You will be asked to show that it is you."
    assert words not in surgeon.get(f"/episodes/{knee.pk}/").content.decode()
    clock.advance(minutes=6)
    assert words in surgeon.get(f"/episodes/{knee.pk}/").content.decode()
