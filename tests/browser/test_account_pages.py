"""Signing in and what belongs to it in a real browser: lawful, readable, and by keyboard and without scripts too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import LazySettings
from django.core import mail
from playwright.sync_api import Page, expect

from tests import scenes
from tests.browser.chromium import DESK, PHONE
from tests.browser.conftest import Site
from tests.browser.test_every_page import complaints
from tests.scenes import Staff
from tracker.models import Episode, User

pytestmark = pytest.mark.browser

OUTSIDE = (
    "/accounts/login/",
    "/accounts/login/code/",
    "/accounts/signup/",
    "/accounts/inactive/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-worn-out/",
    "/accounts/password/reset/key/done/",
    "/accounts/confirm-email/",
    "/accounts/confirm-email/worn-out/",
)
INSIDE = (
    "/accounts/logout/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/reauthenticate/?next=/plan/",
)


@pytest.fixture
def robin(knee: Episode) -> User:
    return scenes.patient(knee).user


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).first.click()


def states(page: Page, robin: User) -> Iterator[str]:
    """Each page that only comes of pressing something, and the refused forms."""
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill(robin.email)
    page.get_by_label("Password").fill("wrong")
    press(page, "Sign in")
    yield "login, refused"
    page.goto("/accounts/login/code/")
    press(page, "Send me a code")
    yield "code, refused"
    page.get_by_label("E-mail").fill(robin.email)
    press(page, "Send me a code")
    page.wait_for_url("**/confirm/")
    yield "code, sent"
    page.get_by_label("The code from the e-mail").fill("BBBB-BBBB")
    press(page, "Go on")
    yield "code, wrong"
    page.goto("/accounts/password/reset/")
    page.get_by_label("E-mail").fill(robin.email)
    press(page, "Send me the link")
    page.wait_for_url("**/done/")
    link = next(word for word in mail.outbox[-1].body.split() if "/reset/key/" in word)
    page.goto(urlsplit(link).path)
    yield "new password"
    page.get_by_label("New password", exact=True).fill("short")
    page.get_by_label("The new password once more").fill("shorter")
    press(page, "Save my new password")
    expect(page.get_by_text("Use at least 15 characters. This has 5.").first).to_be_visible()
    yield "new password, refused"


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")])
def test_no_page_about_an_account_breaks_its_policy_sticks_out_or_fails_axe(
    site: Site, riverside: Staff, robin: User, size: dict[str, int], scheme: str, tmp_path: Path
) -> None:
    wrong: dict[str, list[str]] = {}

    def look(page: Page, name: str) -> None:
        page.screenshot(
            path=tmp_path / f"{name.strip('/').replace('/', '_')}-{size['width']}-{scheme}.png", full_page=True
        )
        if found := complaints(page, axe=True):
            wrong[name] = found

    outside, inside = site.window(None, size, scheme), site.window(robin, size, scheme)
    for page, paths in ((outside, OUTSIDE), (inside, INSIDE)):
        for path in paths:
            page.goto(path)
            look(page, path.partition("?")[0])
    for name in states(site.window(None, size, scheme), robin):
        look(site.opened[-1].pages[0], name)
    assert wrong == {}


def test_a_patient_signs_in_by_code_with_the_keyboard_alone_and_without_scripts(site: Site, robin: User) -> None:
    page = site.window(None, PHONE, java_script_enabled=False)
    page.goto("/plan/")
    page.get_by_role("link", name="Get a code by e-mail").press("Enter")
    page.get_by_label("E-mail").fill(robin.email)
    page.get_by_label("E-mail").press("Enter")
    code = next(line for line in mail.outbox[-1].body.splitlines() if line.count("-") == 1 and line.isupper())
    page.get_by_label("The code from the e-mail").fill(code.lower())
    page.get_by_label("The code from the e-mail").press("Enter")
    expect(page).to_have_url(f"{site.url}/plan/")


def test_a_refused_form_leads_to_what_is_wrong(site: Site, robin: User) -> None:
    page = site.window(None, PHONE)
    page.goto("/accounts/login/")
    press(page, "Sign in")
    expect(page.locator("#errors")).to_be_focused()
    page.get_by_role("link", name="Password: Enter your password.").click()
    expect(page.get_by_label("Password")).to_be_focused()


def test_password_managers_find_their_fields(site: Site, robin: User) -> None:
    page, mine = site.window(None), site.window(robin)
    page.goto("/accounts/login/")
    expect(page.get_by_label("E-mail")).to_have_attribute("autocomplete", "username")
    expect(page.get_by_label("Password")).to_have_attribute("autocomplete", "current-password")
    mine.goto("/accounts/password/change/")
    for label, fits in (("Password as it is now", "current-password"), ("New password", "new-password")):
        expect(mine.get_by_label(label, exact=True)).to_have_attribute("autocomplete", fits)


def test_signing_out_wipes_what_the_browser_kept(site: Site, robin: User, settings: LazySettings) -> None:
    page = site.window(robin, DESK)
    page.goto("/today/")
    page.evaluate("localStorage.setItem('kept', 'something')")
    page.get_by_role("button", name="Sign out").locator("visible=true").first.click()
    page.wait_for_url("**/accounts/login/")
    assert page.evaluate("localStorage.length") == 0
    expect(page.get_by_text("You are signed out.")).to_be_visible()
