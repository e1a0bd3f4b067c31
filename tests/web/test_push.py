"""A patient's browser agrees to notifications, and is forgotten again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from pytest_django import Settings

from tests import scenes
from tests.scenes import Staff
from tracker import channels
from tracker.channels import webpush
from tracker.clock import StoppedClock
from tracker.errors import Invalid
from tracker.models import Actor, Episode, PushSubscription
from tracker.services import devices
from tracker.web import push

PRIVATE, PUBLIC = webpush.new_keys()
_, BROWSERS_KEY = webpush.new_keys()
KEYS = {"p256dh": BROWSERS_KEY, "auth": webpush.written(bytes(16))}
ENDPOINT = "https://updates.push.services.mozilla.com/wpush/v2/gAAAA"
FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


def agree(browser: Client, endpoint: str = ENDPOINT, **keys: str) -> int:
    sent = {"endpoint": endpoint, **KEYS, **keys}
    return browser.post("/push/", sent, headers={"User-Agent": FIREFOX}).status_code


def test_a_browser_that_agreed_is_kept_for_whoever_is_signed_in(phone: Client, knee: Episode) -> None:
    assert agree(phone) == 302
    kept = PushSubscription.objects.get()
    assert (kept.user, kept.endpoint, kept.p256dh, kept.auth) == (knee.patient.user, ENDPOINT, *KEYS.values())
    assert kept.device == "Firefox on Android"


def test_agreeing_again_keeps_one_browser_with_its_new_keys(phone: Client) -> None:
    _, later = webpush.new_keys()
    agree(phone)
    agree(phone, p256dh=later)
    assert PushSubscription.objects.get().p256dh == later


def test_a_browser_shared_by_two_people_belongs_to_who_is_signed_in_there(
    phone: Client, riverside: Staff, browser_of: Callable[[Actor], Client]
) -> None:
    other = scenes.knee(riverside)
    agree(phone)
    agree(browser_of(scenes.patient(other)))
    assert PushSubscription.objects.get().user == other.patient.user


def test_of_many_browsers_the_newest_are_kept(phone: Client, clock: StoppedClock) -> None:
    for number in range(devices.MOST + 2):
        clock.advance(minutes=1)
        agree(phone, f"{ENDPOINT}{number}")
    kept = PushSubscription.objects.order_by("created_at").values_list("endpoint", flat=True)
    assert list(kept) == [f"{ENDPOINT}{number}" for number in range(2, devices.MOST + 2)]


@pytest.mark.parametrize(
    "endpoint", ["", "https://evil.example/x", "http://127.0.0.1:6379/", "https://fcm.googleapis.com@evil.example/"]
)
def test_the_server_is_never_made_to_send_anywhere_else(phone: Client, endpoint: str) -> None:
    assert agree(phone, endpoint) == 400
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize("keys", [{"p256dh": ""}, {"auth": "short"}, {"p256dh": "ü" * 87}, {"auth": "\0"}])
def test_a_browser_without_the_right_keys_is_told_to_try_again(phone: Client, keys: dict[str, str]) -> None:
    assert agree(phone, **keys) == 400
    assert not PushSubscription.objects.exists()


def test_an_endpoint_longer_than_any_is_refused_in_words(knee: Episode, clock: StoppedClock) -> None:
    with pytest.raises(Invalid):
        devices.subscribe(user=scenes.patient(knee).user, endpoint=ENDPOINT + "x" * 500, now=clock.instant, **KEYS)


def test_another_page_cannot_make_a_browser_agree(knee: Episode) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(scenes.patient(knee).user)
    assert agree(browser) == 403
    assert not PushSubscription.objects.exists()


def test_notifications_are_for_patients(physio: Client) -> None:
    assert agree(physio) == 403


def test_a_browser_is_forgotten_by_its_owner_and_by_nobody_else(
    phone: Client, physio: Client, riverside: Staff, browser_of: Callable[[Actor], Client]
) -> None:
    agree(phone)
    path = f"/push/{PushSubscription.objects.get().pk}/forget/"
    mate = browser_of(scenes.patient(scenes.knee(riverside)))
    assert [who.post(path).status_code for who in (mate, physio)] == [404, 404]
    assert PushSubscription.objects.exists()
    assert phone.post(path).status_code == 302
    assert not PushSubscription.objects.exists()
    assert phone.post(f"/push/{uuid4()}/forget/").status_code == 404


def test_browsers_that_their_service_no_longer_knows_are_forgotten(phone: Client) -> None:
    agree(phone)
    agree(phone, f"{ENDPOINT}2")
    assert devices.gone(endpoints=[ENDPOINT, "https://fcm.googleapis.com/unknown"]) == 1
    assert PushSubscription.objects.get().endpoint == f"{ENDPOINT}2"


def test_what_runs_in_the_browser_comes_from_the_root_and_is_asked_for_anew_each_time(client: Client) -> None:
    script = client.get("/worker.js")
    assert script.status_code == 200
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert script.headers["Cache-Control"] == "no-cache"
    assert "showNotification" in script.content.decode()
    assert "{%" not in script.content.decode()


# --- The button -------------------------------------------------------------------------------------------------------


def button(knee: Episode) -> str:
    request = RequestFactory().get("/reminders/")
    return render_to_string("tracker/push/_button.html", push.context(scenes.patient(knee).user), request)


def test_without_keys_there_is_no_button(knee: Episode) -> None:
    assert button(knee).strip() == ""


def test_the_button_is_hidden_until_the_script_has_seen_that_the_browser_can(knee: Episode, settings: Settings) -> None:
    settings.VAPID_PRIVATE_KEY, settings.VAPID_PUBLIC_KEY = PRIVATE, PUBLIC
    page = button(knee)
    assert f'data-push="{PUBLIC}"' in page
    assert 'data-worker="/worker.js" hidden>' in page
    assert "csrfmiddlewaretoken" in page
    assert "onclick" not in page
    assert "<script" not in page


def test_the_button_stands_beside_the_browsers_that_agreed(phone: Client, knee: Episode, settings: Settings) -> None:
    settings.VAPID_PRIVATE_KEY, settings.VAPID_PUBLIC_KEY = PRIVATE, PUBLIC
    agree(phone)
    assert "Firefox on Android" in button(knee)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/149 Safari/537 Edg/149", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605 Version/19 Safari/605", "Safari on Mac"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537 Chrome/149 Safari/537", "Chrome on Linux"),
        ("", "A browser"),
        ("<script>" * 100, "A browser"),
    ],
)
def test_a_browser_is_named_so_that_its_owner_knows_it_again(agent: str, words: str) -> None:
    assert push.described(agent) == words


# --- The keys ---------------------------------------------------------------------------------------------------------


def made() -> str:
    said = StringIO()
    call_command("make_push_keys", stdout=said)
    return said.getvalue()


def test_the_command_prints_keys_that_work_and_new_ones_each_time(settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Recovery <it@clinic.example>"
    first, second = (dict(line.split("=", 1) for line in made().split()) for _ in range(2))
    assert list(first) == ["VAPID_PRIVATE_KEY", "VAPID_PUBLIC_KEY", "VAPID_CONTACT"]
    assert webpush.public_key(first["VAPID_PRIVATE_KEY"]) == first["VAPID_PUBLIC_KEY"]
    assert first["VAPID_CONTACT"] == "mailto:it@clinic.example"
    assert first["VAPID_PRIVATE_KEY"] != second["VAPID_PRIVATE_KEY"]
    settings.VAPID_PRIVATE_KEY = first["VAPID_PRIVATE_KEY"]
    assert "push" in channels.installed()


def test_the_command_makes_no_second_key_beside_one_in_use(settings: Settings) -> None:
    settings.VAPID_PRIVATE_KEY = PRIVATE
    with pytest.raises(CommandError, match="agree anew"):
        made()


def test_without_the_extra_the_command_names_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> tuple[str, str]:
        raise ImportError("cryptography")

    monkeypatch.setattr(devices, "new_keys", missing)
    with pytest.raises(CommandError, match="`push`"):
        made()


def test_the_time_a_browser_agreed_is_the_products_own(phone: Client, clock: StoppedClock) -> None:
    clock.advance(timedelta(hours=1))
    agree(phone)
    assert PushSubscription.objects.get().created_at == clock.instant
