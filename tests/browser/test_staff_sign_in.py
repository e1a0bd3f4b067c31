"""Staff in a real browser: from a password to an app and to a passkey, in by the passkey alone, and a lock that keeps a draft."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from playwright.sync_api import CDPSession, Page, expect

from tests.browser import chromium
from tests.browser.conftest import Site
from tests.scenes import PASSWORD, Staff
from tracker.clock import StoppedClock
from tracker.models import Episode, User

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(site: Site) -> Iterator[Page]:
    """A computer in the clinic that can hold a passkey. A passkey needs a host with a name."""
    cache.clear()
    page = site.window(None, chromium.DESK)
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda line: wrong.append(line.text) if "Content Security Policy" in line.text else None)
    yield page
    assert not wrong


def key_holder(page: Page) -> tuple[CDPSession, str]:
    """A virtual authenticator that knows its owner, as a phone or a laptop does."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return devtools, str(made["authenticatorId"])


def at(site: Site, path: str) -> str:
    return site.url.replace("127.0.0.1", "localhost") + path


def by_password(page: Page, site: Site, user: User) -> None:
    page.goto(at(site, "/accounts/login/"))
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.wait_for_url("**/accounts/login/**")


def set_up_passkey(page: Page, site: Site, user: User) -> None:
    by_password(page, site, user)
    page.get_by_role("link", name="Set up a passkey").click()
    page.get_by_label("Name of this passkey").fill("Ward laptop")
    page.get_by_role("button", name="Set up the passkey").click()
    expect(page.get_by_role("heading", name="Keep these ten codes")).to_be_visible()


def test_from_a_password_to_an_app(site: Site, desk: Page, riverside: Staff, knee: Episode) -> None:
    who = riverside.physiotherapist.user
    by_password(desk, site, who)
    expect(desk.get_by_role("heading", name="One step before you start")).to_be_visible()
    desk.get_by_role("link", name="Set up an app").click()
    expect(desk.get_by_role("img", name="QR code for your authenticator app")).to_be_visible()
    desk.get_by_text("I cannot scan it").click()
    secret = desk.locator("code.secret").inner_text()
    desk.get_by_label("Code from the app").fill(code_of(secret))
    desk.get_by_role("button", name="Turn on").click()
    expect(desk.locator("[data-codes] li")).to_have_count(10)
    expect(desk.get_by_role("link", name="Download")).to_be_visible()
    desk.get_by_role("link", name="I have kept them: go on").click()
    expect(desk.get_by_role("heading", name="Who needs you today")).to_be_visible()
    sign_out(desk)
    cache.clear()
    by_password(desk, site, who)
    desk.get_by_label("Code from your app, or a recovery code").fill(code_of(secret))
    desk.get_by_role("button", name="Go on").click()
    expect(desk.get_by_role("heading", name="Who needs you today")).to_be_visible()


def test_from_a_password_to_a_passkey_and_then_in_by_the_passkey_alone(
    site: Site, desk: Page, riverside: Staff, knee: Episode
) -> None:
    key_holder(desk)
    set_up_passkey(desk, site, riverside.surgeon.user)
    desk.get_by_role("link", name="I have kept them: go on").click()
    expect(desk.get_by_role("heading", name="Who needs you today")).to_be_visible()
    sign_out(desk)
    desk.get_by_role("button", name="Sign in with a passkey").click()
    expect(desk.get_by_role("heading", name="Who needs you today")).to_be_visible()
    key = Authenticator.objects.get(type="webauthn")
    assert key.wrap().is_passwordless
    assert key.data["sign_count"] > 0
    sign_out(desk)
    by_password(desk, site, riverside.surgeon.user)
    desk.get_by_role("button", name="Use your passkey").click()
    expect(desk.get_by_role("heading", name="Who needs you today")).to_be_visible()


def test_a_page_that_nobody_uses_is_covered_and_opens_again_with_the_draft(
    site: Site, desk: Page, riverside: Staff, knee: Episode, clock: StoppedClock
) -> None:
    key_holder(desk)
    set_up_passkey(desk, site, riverside.surgeon.user)
    desk.clock.install()
    desk.goto(at(site, f"/episodes/{knee.pk}/check-ins/"))
    note = desk.locator("textarea").last
    note.evaluate(
        "field => { for (let part = field; part; part = part.parentElement) if (part.tagName === 'DETAILS') part.open = true }"
    )
    note.fill("A draft that nobody has sent.")
    clock.advance(minutes=13, seconds=30)
    desk.clock.fast_forward(13 * 60_000 + 30_000)
    expect(desk.get_by_text("Still there?")).to_be_visible()
    clock.advance(minutes=2)
    desk.clock.fast_forward(2 * 60_000)
    expect(desk.get_by_role("heading", name="Locked")).to_be_visible()
    assert desk.title() == "Locked · Recovery"
    assert knee.patient.family_name not in desk.locator("body").inner_text()
    expect(desk.get_by_role("button", name="Unlock with the password")).to_be_visible()
    desk.get_by_label("Password").fill("not it")
    desk.get_by_role("button", name="Unlock with the password").click()
    expect(desk.get_by_text("That did not fit")).to_be_visible()
    desk.get_by_role("button", name="Unlock with your passkey").click()
    expect(desk.get_by_role("heading", name="Locked")).to_have_count(0)
    expect(note).to_have_value("A draft that nobody has sent.")
    assert "Locked" not in desk.title()


def test_somebody_who_is_there_is_not_locked_out(
    site: Site, desk: Page, riverside: Staff, knee: Episode, clock: StoppedClock
) -> None:
    key_holder(desk)
    set_up_passkey(desk, site, riverside.surgeon.user)
    desk.clock.install()
    desk.goto(at(site, "/worklist/"))
    clock.advance(minutes=14)
    desk.clock.fast_forward(14 * 60_000)
    desk.get_by_role("button", name="I am here").click()
    expect(desk.get_by_text("Still there?")).to_have_count(0)
    clock.advance(minutes=14)
    assert desk.request.get(at(site, "/worklist/")).status == 200


def test_without_scripts_the_lock_asks_on_a_page_of_its_own(
    site: Site, riverside: Staff, knee: Episode, clock: StoppedClock
) -> None:
    page = site.window(riverside.physiotherapist.user, java_script_enabled=False)
    page.goto("/worklist/")
    clock.advance(minutes=16)
    page.goto(f"/episodes/{knee.pk}/")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text(knee.patient.family_name).first).to_be_visible()
