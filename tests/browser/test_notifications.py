"""A patient's browser agrees to notifications: under the strict content policy, and shown as they were sent."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings

from tests.browser.chromium import refused
from tests.browser.conftest import Site
from tracker.channels import webpush
from tracker.models import Episode, PushSubscription

pytestmark = pytest.mark.browser

PRIVATE, PUBLIC = webpush.new_keys()
_, BROWSERS_KEY = webpush.new_keys()
ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc"

# The push service itself is out in the world; what it would give the browser is put in its place.
NO_SERVICE = (
    """
const octets = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0)).buffer;
window.asked = [];
PushManager.prototype.getSubscription = async () => null;
PushManager.prototype.subscribe = async (options) => {
  window.asked.push(options.userVisibleOnly, options.applicationServerKey.length);
  return { endpoint: "ENDPOINT", getKey: (name) => octets(name === "auth" ? "AUTH" : "KEY") };
};
Notification.requestPermission = async () => "granted";
""".replace("ENDPOINT", ENDPOINT)
    .replace("AUTH", webpush.written(bytes(16)))
    .replace("KEY", BROWSERS_KEY)
)

Phone = Callable[..., Page]
BUTTON = "Show messages on this device"


@pytest.fixture(autouse=True)
def keys(settings: Settings) -> None:
    settings.VAPID_PRIVATE_KEY, settings.VAPID_PUBLIC_KEY = PRIVATE, PUBLIC


def test_one_press_and_the_browser_is_known(phone: Phone, knee: Episode) -> None:
    page = phone()
    page.add_init_script(NO_SERVICE)
    page.goto("/reminders/")
    page.get_by_role("button", name=BUTTON).click()
    expect(page.get_by_text("now shows your messages")).to_be_visible()
    assert refused(page) == []
    kept = PushSubscription.objects.get()
    assert (kept.user, kept.endpoint, kept.p256dh) == (knee.patient.user, ENDPOINT, BROWSERS_KEY)
    assert webpush.are_keys(kept.p256dh, kept.auth)


def test_whoever_says_no_is_told_where_to_change_it(phone: Phone) -> None:
    page = phone()
    page.add_init_script(NO_SERVICE + 'Notification.requestPermission = async () => "denied";')
    page.goto("/reminders/")
    page.get_by_role("button", name=BUTTON).click()
    expect(page.get_by_text("This browser does not let us.")).to_be_visible()
    assert not PushSubscription.objects.exists()


def test_a_browser_that_cannot_is_offered_nothing(phone: Phone) -> None:
    page = phone(java_script_enabled=False)
    page.goto("/reminders/")
    expect(page.get_by_role("button", name=BUTTON)).to_have_count(0)


def test_what_arrives_is_shown_as_it_was_sent(phone: Phone, site: Site) -> None:
    page = phone(permissions=["notifications"], bypass_csp=True)  # which lets only the page's own script register one
    page.goto("/reminders/")
    page.evaluate(
        "navigator.serviceWorker.register('/worker.js', {scope: '/'}).then(() => navigator.serviceWorker.ready)"
    )
    protocol = page.context.new_cdp_session(page)
    workers: list[dict[str, str]] = []
    protocol.on("ServiceWorker.workerRegistrationUpdated", lambda told: workers.extend(told["registrations"]))
    protocol.send("ServiceWorker.enable")
    page.wait_for_timeout(300)
    told = {"title": "Recovery", "body": "Time for your check-in.", "link": f"{site.url}/check-in/", "tag": "one"}
    for _ in range(2):
        told_in = {"origin": site.url, "registrationId": workers[0]["registrationId"], "data": json.dumps(told)}
        protocol.send("ServiceWorker.deliverPushMessage", told_in)
    shown = page.evaluate(
        """async () => {
          const worker = await navigator.serviceWorker.ready;
          let shown = [];
          for (let tries = 0; tries < 50 && !shown.length; tries++) {
            await new Promise((go) => setTimeout(go, 100));
            shown = await worker.getNotifications();
          }
          return shown.map(({ title, body, tag, data }) => ({ title, body, tag, data }));
        }"""
    )
    assert shown == [
        {"title": "Recovery", "body": told["body"], "tag": "one", "data": {"link": told["link"]}},
    ]
    assert refused(page) == []
