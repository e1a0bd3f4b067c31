"""The pages about messages as they are worked with: without scripts, by key, where all is well."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page

from tests import post, scenes
from tests.browser.chromium import DESK, PHONE
from tests.browser.conftest import Site
from tests.browser.test_every_page import complaints
from tests.scenes import Staff
from tracker.models import Call, Episode, Kind, OutboxMessage, ReminderPlan

pytestmark = pytest.mark.browser
State = OutboxMessage.State


def test_a_patient_moves_the_hour_and_reads_the_list_without_scripts(phone: Callable[..., Page], knee: Episode) -> None:
    post.entry(knee, Kind.MILESTONES, channel="app")
    page = phone(java_script_enabled=False)
    page.goto("/today/")
    page.get_by_role("link", name="Read it").click()
    page.get_by_role("button", name="I have read this").click()
    assert page.get_by_role("heading", name="Your list").count() == 0
    page.get_by_label("When should we remind you to check in?").fill("07:15")
    page.get_by_label("A second one at 18:00").uncheck()
    page.get_by_role("button", name="Save").click()
    assert page.get_by_role("status").inner_text().startswith("Saved.")
    assert page.get_by_text("07:15").first.is_visible()
    plans = {plan.kind: plan for plan in ReminderPlan.objects.filter(patient=knee.patient)}
    assert (f"{plans[Kind.CHECK_IN].at:%H:%M}", plans[Kind.NUDGE].enabled) == ("07:15", False)


def test_a_mistake_is_told_on_top_with_the_way_to_it(phone: Callable[..., Page]) -> None:
    page = phone()
    page.goto("/reminders/")
    page.get_by_label("Quiet from").fill("21:00")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Quiet until: Say from when and until when, or leave both empty.").click()
    assert page.evaluate("document.activeElement.id") == "id_quiet_until"
    assert page.get_by_label("Quiet from").input_value() == "21:00"


def test_the_call_list_is_worked_through_by_key(site: Site, riverside: Staff, knee: Episode) -> None:
    other = scenes.knee(riverside, given_name="Ines", family_name="Ferreira")
    first = post.entry(knee, Kind.SILENCE, ago=timedelta(hours=3))
    post.entry(other, Kind.SILENCE)
    page = site.window(riverside.physiotherapist.user, DESK)
    page.goto("/calls/")
    page.get_by_label("Note").first.focus()
    page.keyboard.type("Forgot. All is well.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/calls/#c*")
    assert page.get_by_text("1 patient to phone").is_visible()
    assert page.get_by_role("link", name="Ferreira, Ines", exact=True).is_visible()
    assert Call.objects.get().message_id == first.pk


def test_a_message_that_was_refused_is_sent_again(site: Site, riverside: Staff, knee: Episode) -> None:
    post.alive()
    row = post.ended(knee, State.FAILED)
    page = site.window(riverside.coordinator.user, DESK)
    page.goto("/operations/")
    page.get_by_role("button", name="Send again").click()
    assert page.get_by_text("It is due again.").is_visible()
    assert OutboxMessage.objects.get(pk=row.pk).state == State.DUE


def test_the_banner_leads_to_what_can_be_done(site: Site, riverside: Staff) -> None:
    page = site.window(riverside.physiotherapist.user, PHONE)
    page.goto("/worklist/")
    page.get_by_role("complementary", name="Reminders").get_by_role("link", name="What to do").click()
    assert page.get_by_role("heading", name="Reminders are stuck").is_visible()


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "dark"), (DESK, "light")])
def test_where_all_is_well_the_pages_are_clean_too(
    site: Site, riverside: Staff, knee: Episode, size: dict[str, int], scheme: str
) -> None:
    post.alive()
    wrong = {}
    for who, path in (
        (riverside.physiotherapist.user, "/operations/"),
        (riverside.physiotherapist.user, "/calls/"),
        (riverside.coordinator.user, f"/episodes/{knee.pk}/"),
        (scenes.patient(knee).user, "/reminders/"),
    ):
        page = site.window(who, size, scheme)
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        if found := complaints(page, axe=True):
            wrong[path] = found
    assert wrong == {}
