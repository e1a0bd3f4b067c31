"""The clinic's pages as they are worked with: by key, by click without scripts, refused, on paper."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page

from tests import scenes
from tests.browser.chromium import DESK, PHONE
from tests.browser.conftest import Site
from tests.browser.test_every_page import complaints
from tests.scenes import Staff
from tracker.clinical.terms import Ending
from tracker.clock import StoppedClock
from tracker.models import Alert, AlertEvent, Clearance, Episode, StaffLook
from tracker.services import closings

pytestmark = pytest.mark.browser

ENROLMENT = {
    "Family name": "Ferreira",
    "Given name": "Inês",
    "Date of birth": "1979-05-04",
    "Date of surgery": "2026-06-01",
    "Body weight, kg": "84",
}


@pytest.fixture
def flagged(riverside: Staff, knee: Episode) -> list[Episode]:
    """Two knees that need somebody the same day, and one that does not."""
    return [_flag(scenes.knee(riverside, day=day)) for day in (10, 20)]


def _flag(knee: Episode) -> Episode:
    scenes.check_in(knee, symptoms=["calf_sore"])
    return knee


def focused_row(page: Page) -> str:
    row: str = page.evaluate("document.activeElement.closest('tr[id]')?.id ?? ''")
    return row


def wait_for_focus(page: Page, selector: str) -> None:
    page.wait_for_function("(selector) => document.activeElement.closest(selector)", arg=selector)


def open_everything(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")


def test_the_worklist_is_worked_by_key_without_losing_the_place(
    site: Site, riverside: Staff, flagged: list[Episode]
) -> None:
    page = site.window(riverside.physiotherapist.user, DESK)
    page.goto("/worklist/")
    first, second = (f"e{knee.pk}" for knee in flagged)
    for key, row in (("j", first), ("j", second), ("k", first), ("k", first), ("j", second)):
        page.keyboard.press(key)
        assert focused_row(page) == row
    page.keyboard.press("a")
    wait_for_focus(page, "textarea[name=note]")
    page.keyboard.type("Calling now.")
    page.get_by_role("button", name="Acknowledge").click()
    page.wait_for_url("**/worklist/#e*")
    assert AlertEvent.objects.get().alert.episode_id == flagged[1].pk
    wait_for_focus(page, f"#{second}")
    page.keyboard.press("n")
    wait_for_focus(page, "input[name=next_look_on]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/worklist/#e*")
    assert StaffLook.objects.get().episode_id == flagged[1].pk
    wait_for_focus(page, f"#{second}")
    page.keyboard.press("o")
    page.wait_for_url(f"**/episodes/{flagged[1].pk}/")


def test_the_keys_can_be_switched_off_and_never_fire_while_somebody_types(
    site: Site, riverside: Staff, flagged: list[Episode]
) -> None:
    page = site.window(riverside.physiotherapist.user, DESK)
    page.goto("/worklist/")
    page.get_by_label("Find a patient by name").type("jo")
    assert page.get_by_label("Find a patient by name").input_value() == "jo"
    page.get_by_role("button", name="Keys on").click()
    page.keyboard.press("j")
    assert focused_row(page) == ""
    page.reload()
    assert page.get_by_role("button", name="Keys off").is_visible()


def test_everything_on_the_worklist_is_reached_by_tab(site: Site, riverside: Staff, flagged: list[Episode]) -> None:
    page = site.window(riverside.physiotherapist.user, DESK)
    page.goto("/worklist/")
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.textContent.trim() + (document.activeElement.ariaLabel ?? '')")
        )
    names = {knee.patient.family_name for knee in flagged}
    for name in names:
        assert f"OpenOpen {name}, Robin" in reached
        assert f"RespondRespond: {name}, Robin" in reached


def test_an_alert_is_acknowledged_and_a_gate_cleared_without_any_script(
    site: Site, riverside: Staff, knee: Episode, clock: StoppedClock
) -> None:
    clock.advance(timedelta(days=21))
    scenes.check_in(knee, pain_load=2, symptoms=["low_mood"])
    page = site.window(riverside.surgeon.user, DESK, java_script_enabled=False)
    page.goto("/worklist/")
    page.get_by_role("link", name="Respond:").click()
    page.get_by_label("What you are doing about it").fill("I will call.")
    page.get_by_role("button", name="Acknowledge").click()
    assert Alert.objects.get().events.count() == 1
    page.get_by_role("link", name="Open ").click()
    page.get_by_text("Clear…").click()
    page.get_by_role("button", name="Sign: clear the gate").click()
    assert page.get_by_text("Say what the decision rests on").first.is_visible()
    page.get_by_label("What you base it on").first.fill("Film seen, in place.")
    page.get_by_role("button", name="Sign: clear the gate").click()
    assert Clearance.objects.get().decision == "cleared"
    assert page.locator("#allowed .figure-now").inner_text() == "WBAT"


def test_enrolment_shows_the_plan_and_keeps_what_was_typed(site: Site, riverside: Staff) -> None:
    page = site.window(riverside.coordinator.user, PHONE)
    page.goto("/episodes/new/")
    for label, value in ENROLMENT.items():
        page.get_by_label(label, exact=True).fill(value)
    for label, value in (("Sex", "female"), ("Procedure", "MOWHTO"), ("Knee", "left"), ("Protocol", "mowhto_std")):
        page.get_by_label(label, exact=True).select_option(value)
    page.get_by_text("Smoker").click()
    page.get_by_role("button", name="Show the plan").click()
    assert page.get_by_role("heading", name="The plan this leads to").is_visible()
    assert "G12" in page.locator("#plan").inner_text()
    assert complaints(page, axe=True) == []
    page.get_by_role("button", name="Save the enrolment").first.click()
    page.wait_for_url("**/episodes/*/")
    assert Episode.objects.get().patient.given_name == "Inês"


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESK, "light")])
def test_no_state_of_a_staff_page_sticks_out_or_fails_axe(
    site: Site, riverside: Staff, knee: Episode, clock: StoppedClock, size: dict[str, int], scheme: str
) -> None:
    clock.advance(timedelta(days=21))
    scenes.check_in(knee, pain_load=6, symptoms=["calf_sore"], note="A note.")
    unsigned = scenes.knee(riverside, signed=False)
    closed, spoilt = scenes.knee(riverside), scenes.spoil(riverside, scenes.knee(riverside))
    closings.close(episode=closed, by=riverside.surgeon, outcome=Ending.MOVED, note="Follows in another town.")
    alert = Alert.objects.get(episode=knee)
    surgeon, physio, coordinator = (
        site.window(who.user, size, scheme)
        for who in (riverside.surgeon, riverside.physiotherapist, riverside.coordinator)
    )
    wrong = {}
    for page, path in (
        (physio, f"/worklist/?need=all&at={knee.pk}"),
        (physio, "/worklist/?q=nobody"),
        (physio, f"/alerts/?at={alert.pk}"),
        (physio, f"/episodes/{knee.pk}/?at=XRAY_6W"),
        (physio, f"/episodes/{knee.pk}/check-ins/"),
        (physio, "/protocols/mowhto_acc/"),
        (surgeon, f"/episodes/{knee.pk}/?history=all"),
        (surgeon, f"/episodes/{unsigned.pk}/"),
        (surgeon, f"/episodes/{closed.pk}/"),
        (surgeon, f"/episodes/{spoilt.pk}/"),
        (site.window(scenes.patient(closed).user, size, scheme), "/today/"),
        (site.window(scenes.patient(spoilt).user, size, scheme), "/today/"),
        (coordinator, f"/episodes/{knee.pk}/?at=XRAY_6W"),
        (coordinator, "/patients/"),
    ):
        page.goto(path)
        open_everything(page)
        if found := complaints(page, axe=True):
            wrong[path] = found
    surgeon.goto(f"/episodes/{knee.pk}/")
    open_everything(surgeon)
    surgeon.get_by_role("button", name="Sign the restriction").click()
    surgeon.wait_for_selector(".error-summary")
    open_everything(surgeon)
    wrong |= {"refused": found} if (found := complaints(surgeon, axe=True)) else {}
    assert wrong == {}


def test_on_paper_the_decision_and_its_facts_stay_and_the_forms_go(
    site: Site, riverside: Staff, knee: Episode, clock: StoppedClock
) -> None:
    clock.advance(timedelta(days=21))
    page = site.window(riverside.surgeon.user, DESK)
    page.goto(f"/episodes/{knee.pk}/")
    page.emulate_media(media="print")
    for stays in (
        "Does the 6-week film allow",
        "Load against order",
        "Pain on load at most 4 of 10",
        "Allowed today",
        "What happened",
    ):
        assert page.get_by_text(stays).first.is_visible(), stays
    for goes in ("Clear…", "Change restriction…", "Name and contact"):
        assert not page.get_by_text(goes).first.is_visible(), goes
