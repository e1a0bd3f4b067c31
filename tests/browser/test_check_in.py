"""The check-in as a patient does it: by thumb, by keyboard, without scripts, without a connection."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests import scenes
from tests.browser.chromium import refused
from tracker.models import Alert, CheckIn, Episode

pytestmark = pytest.mark.browser

Phone = Callable[..., Page]


def choose(page: Page, question: str, answer: str) -> None:
    page.get_by_role("group", name=question).get_by_label(answer, exact=True).check()


def test_by_thumb_from_today_to_the_answer(phone: Phone, knee: Episode) -> None:
    page = phone(has_touch=True)
    page.goto("/today/")
    page.get_by_role("link", name="Check in · 20 seconds").locator("visible=true").tap()
    choose(page, "How much does it hurt when you put weight on the leg?", "3")
    choose(page, "How much weight went through the leg?", "Half")
    choose(page, "What did you walk with?", "Two crutches")
    page.get_by_label("None of these").check()
    page.get_by_role("button", name="Save").tap()
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    assert refused(page) == []
    row = CheckIn.objects.get(episode=knee)
    assert (row.pain_load, row.reported_load, row.aids, row.symptoms) == (3, "half", "two_crutches", [])
    page.get_by_role("link", name="Back to Today").click()
    expect(page.get_by_text("Checked in today").locator("visible=true")).to_be_visible()


def test_by_keyboard_alone(phone: Phone, knee: Episode) -> None:
    page = phone()
    page.goto("/check-in/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_label("Which day is this for?").focus()
    page.keyboard.press("Tab")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    row = CheckIn.objects.get(episode=knee)
    assert (row.pain_load, row.pain_worst) == (4, 0)


def test_without_scripts_it_is_saved_and_answered_all_the_same(phone: Phone, knee: Episode) -> None:
    page = phone(java_script_enabled=False)
    page.goto("/check-in/")
    choose(page, "How much does it hurt when you put weight on the leg?", "5")
    page.get_by_label("Fell", exact=True).check()
    choose(page, "Can you stand on the leg as you did before the fall?", "No")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Call your clinic now.")).to_be_visible()
    row = CheckIn.objects.get(episode=knee)
    assert (row.fall, row.can_load) == ("fall", False)


def test_the_emergency_number_shows_at_the_tick_with_no_connection_at_all(phone: Phone, knee: Episode) -> None:
    page = phone()
    page.goto("/check-in/")
    page.context.set_offline(True)
    number = page.get_by_role("link", name="Call 112")
    expect(number).to_be_hidden()
    page.get_by_label("Newly short of breath").check()
    expect(number).to_be_visible()
    page.get_by_label("Newly short of breath").uncheck()
    expect(number).to_be_hidden()
    page.get_by_label("Leg is rock-hard").check()
    expect(number).to_be_hidden()
    page.get_by_label("Toes are numb").check()
    expect(number).to_be_visible()
    assert not Alert.objects.exists()


def test_none_of_these_and_a_symptom_take_each_other_back(phone: Phone) -> None:
    page = phone()
    page.goto("/check-in/")
    none, fever = page.get_by_label("None of these"), page.get_by_label("Fever, 38 °C or more")
    none.check()
    fever.check()
    expect(none).not_to_be_checked()
    none.check()
    expect(fever).not_to_be_checked()


def test_what_was_entered_outlives_a_closed_page_but_not_the_saving(phone: Phone, knee: Episode) -> None:
    page = phone()
    page.goto("/check-in/")
    choose(page, "How much does it hurt when you put weight on the leg?", "6")
    page.get_by_text("More, if you like").click()
    page.get_by_label("Anything else your clinic should know?").fill("Slept badly.")
    page.reload()
    expect(page.get_by_role("group", name="How much does it hurt").get_by_label("6", exact=True)).to_be_checked()
    assert page.get_by_label("Anything else your clinic should know?").input_value() == "Slept badly."
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    for _ in range(50):  # the script comes after the words; a policy forbids to wait by a function made of text
        kept = page.evaluate("Object.keys(sessionStorage).filter((key) => key !== 'person').length")
        if not kept:
            break
        page.wait_for_timeout(100)
    assert kept == 0, "a saved check-in leaves a draft behind"
    page.goto("/check-in/")
    expect(page.locator("#check-in input:checked")).to_have_count(0)


def test_a_double_press_saves_once(phone: Phone, knee: Episode) -> None:
    page = phone()
    page.goto("/check-in/")
    choose(page, "How much does it hurt when you put weight on the leg?", "2")
    page.get_by_role("button", name="Save").dblclick()
    expect(page.get_by_role("heading", name="Saved")).to_be_visible()
    assert CheckIn.objects.filter(episode=knee).count() == 1


def test_a_refusal_leads_back_to_the_answer_that_it_is_about(phone: Phone) -> None:
    page = phone()
    page.goto("/check-in/")
    choose(page, "How much does it hurt when you put weight on the leg?", "2")
    page.get_by_text("More, if you like").click()
    page.get_by_label("If you used a scale").fill("lots")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#errors")).to_be_focused()
    page.get_by_role("link", name="Weight in kg").click()
    kilograms = page.get_by_label("If you used a scale")
    expect(kilograms).to_be_visible()
    assert kilograms.input_value() == "lots"
    expect(kilograms).to_have_attribute("aria-invalid", "true")


def test_after_signing_out_the_back_button_shows_nothing(phone: Phone, knee: Episode) -> None:
    page = phone()
    page.goto("/settings/")
    page.goto("/today/")
    page.goto("/settings/")
    page.get_by_role("button", name="Sign out").locator("visible=true").click()
    page.wait_for_url("**/accounts/login/")
    page.go_back()
    expect(page.get_by_text("42 kg")).to_have_count(0)
    assert scenes.PASSWORD not in page.content()
