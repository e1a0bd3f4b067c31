"""From the mail of an invite to the first check-in, on a phone: with a passkey, and with a code by e-mail."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.db.models import Model
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django import Settings

from tests import scenes
from tests.browser.chromium import refused, too_wide
from tests.browser.conftest import Site
from tests.scenes import Staff
from tests.services.reminding import mails, run
from tracker.models import AuditEvent, CheckIn, Consent, Episode, Invite, OutboxMessage, Patient, User
from tracker.services import invites

pytestmark = pytest.mark.browser

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
TABLES: tuple[type[Model], ...] = (Invite, AuditEvent, Consent, User, Session, Patient, OutboxMessage)


@pytest.fixture
def letter(riverside: Staff, settings: Settings, tmp_path: Path, site: Site) -> str:
    """The text of the mail that the clinic's coordinator has sent to a new patient."""
    cache.clear()
    settings.MAIL_DIR, settings.SITE_URL = tmp_path, site.url
    patient = newcomer(scenes.knee(riverside))
    invites.invite_patient(by=riverside.coordinator, patient=patient)
    run()
    [found] = [each for each in mails(tmp_path) if "way into" in str(each["Subject"])]
    body = found.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def newcomer(knee: Episode) -> Patient:
    patient = knee.patient
    assert patient.user is not None
    nobody, patient.user = patient.user, None
    patient.consent_version, patient.consent_at = "", None
    patient.save()
    nobody.delete()
    return patient


def path_in(letter: str) -> str:
    found = re.search(r"https?://\S+/invites/\S+/", letter)
    assert found is not None
    return urlsplit(found.group()).path


def fits(page: Page) -> None:
    """Nothing sticks out, and the content policy refused nothing."""
    assert too_wide(page) == 0
    assert refused(page) == []


def go_in(page: Page, path: str) -> None:
    page.goto(path)
    fits(page)
    page.get_by_label("Day", exact=True).fill("4")
    page.get_by_label("Month").fill("5")
    page.get_by_label("Year").fill("1979")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name="Before you start")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="I agree", exact=True).click()
    expect(page.get_by_role("heading", name="Is this you?")).to_be_visible()
    fits(page)
    page.get_by_role("button", name="Yes, make my account").click()
    expect(page.get_by_role("heading", name="How will you sign in next time?")).to_be_visible()
    fits(page)


def check_in(page: Page) -> None:
    """The first one, from Today."""
    page.goto("/today/")
    page.get_by_role("link", name="Check in · 20 seconds").locator("visible=true").click()
    page.get_by_role("group", name="How much does it hurt when you put weight on the leg?").get_by_label(
        "3", exact=True
    ).check()
    page.get_by_label("None of these").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    row = CheckIn.objects.get()
    assert (row.role, row.pain_load, row.symptoms) == ("patient", 3, [])


def sign_out(page: Page) -> None:
    page.context.clear_cookies()


def counts() -> list[int]:
    return [table._default_manager.count() for table in TABLES]


def test_by_passkey_from_the_mail_to_the_first_check_in(site: Site, letter: str) -> None:
    page = site.window(None)
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    path = path_in(letter).replace("127.0.0.1", "localhost")
    page.goto(site.url.replace("127.0.0.1", "localhost") + path)
    go_in(page, page.url)
    page.get_by_role("link", name="Set up a passkey").click()
    page.get_by_role("button", name="Set up the passkey").click()
    page.wait_for_url(lambda url: "/webauthn/add" not in url)
    assert User.objects.get(patient__isnull=False).authenticator_set.filter(type="webauthn").count() == 1  # type: ignore[attr-defined]
    base = page.url.split("/accounts")[0]
    sign_out(page)
    page.goto(f"{base}/accounts/login/")
    page.get_by_role("button", name=re.compile("passkey", re.IGNORECASE)).click()
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto(f"{base}/today/")
    page.get_by_role("link", name="Check in · 20 seconds").locator("visible=true").click()
    page.get_by_label("None of these").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    assert CheckIn.objects.get().role == "patient"


def test_by_code_from_the_mail_to_the_first_check_in(site: Site, letter: str) -> None:
    page = site.window(None)
    go_in(page, path_in(letter))
    page.get_by_role("link", name="Just send me codes").click()
    expect(page).to_have_url(f"{site.url}/today/")
    sign_out(page)
    page.goto("/accounts/login/code/")
    page.get_by_label("E-mail").fill(User.objects.get(patient__isnull=False).email)
    page.get_by_role("button", name=re.compile("code", re.IGNORECASE)).first.click()
    expect(page.get_by_label(re.compile("code", re.IGNORECASE)).first).to_be_visible()
    page.get_by_label(re.compile("code", re.IGNORECASE)).first.fill(code_of_the_mail())
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(lambda url: "/login" not in url)
    check_in(page)


def code_of_the_mail() -> str:
    for letter in reversed(mail.outbox):
        found = re.search(r"^\s*([A-Z0-9]{3,6}-?[A-Z0-9]{3,6})\s*$", str(letter.body), re.MULTILINE)
        if found is not None:
            return found.group(1)
    raise AssertionError(f"no code in {[letter.body for letter in mail.outbox]}")


def test_a_scanner_may_look_as_often_as_it_likes(site: Site, letter: str) -> None:
    path, before = path_in(letter), counts()
    for _ in range(20):
        robot = Client()
        assert robot.head(path).status_code == 200
        assert robot.get(path).status_code == 200
        assert "session" not in robot.cookies
    page = site.window(None, java_script_enabled=False)
    page.goto(path)
    assert counts() == before
    assert [cookie["name"] for cookie in page.context.cookies() if "session" in str(cookie["name"])] == []
    go_in(page, path)
