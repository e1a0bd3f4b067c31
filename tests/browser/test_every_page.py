"""Every page in a real browser, at both widths and in both themes: lawful, readable, nothing sticking out."""

from __future__ import annotations

from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests import post, scenes
from tests.browser.chromium import DESK, PHONE, refused, too_wide
from tests.browser.conftest import Site
from tests.scenes import Staff
from tests.services.reminding import message
from tracker import clock
from tracker.models import Episode, Kind, OutboxMessage, User
from tracker.services import measurements, reach, reminders

pytestmark = pytest.mark.browser
State = OutboxMessage.State

WINDOWS = [(PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")]

AXE = [(PHONE, "light"), (DESK, "dark")]
"""Each width and each theme once: axe takes a second a page."""


def pages(riverside: Staff, knee: Episode) -> list[tuple[User | None, str]]:
    """Who looks at what: every page that the product has."""
    mine, physio, surgeon = scenes.patient(knee).user, riverside.physiotherapist.user, riverside.surgeon.user
    scenes.diary(riverside, knee, [5, 6, None, 4, 4], reported_load="half")
    measurements.record(
        episode=knee,
        by=riverside.physiotherapist,
        kind="flexion",
        value=Decimal(95),
        measured_on=scenes.today(riverside.clinic),
    )
    row = scenes.check_in(knee, pain_load=4, reported_load="full", symptoms=[])
    flagged, unsigned = scenes.knee(riverside), scenes.knee(riverside, signed=False)
    alarm = scenes.check_in(flagged, symptoms=["breathless", "calf_sore"])
    lay_post(knee)
    return [
        (None, "/accounts/login/"),
        (None, f"/unsubscribe/{reminders.unsubscribe_token(message(knee))}/"),
        (None, "/unsubscribe/cut-off/"),
        (None, "/l/ended/"),
        *((mine, path) for path in ("/today/", "/check-in/", f"/check-in/{row.pk}/", f"/check-in/done/{row.pk}/")),
        *(
            (mine, path)
            for path in (
                "/progress/",
                "/progress/?compare=knee-replacement",
                "/plan/",
                "/settings/",
                "/reminders/",
                "/nowhere/",
            )
        ),
        (scenes.patient(flagged).user, "/today/"),
        (scenes.patient(flagged).user, f"/check-in/done/{alarm.pk}/"),
        (scenes.patient(unsigned).user, "/today/"),
        *((physio, path) for path in ("/worklist/", "/alerts/", "/patients/", "/episodes/new/", "/protocols/")),
        *((physio, path) for path in ("/calls/", "/operations/", "/operations/?state=uncertain")),
        (physio, f"/episodes/{flagged.pk}/"),
        (surgeon, f"/episodes/{knee.pk}/?week=1"),
        (surgeon, "/today/"),
    ]


def lay_post(knee: Episode) -> None:
    """Something of every sort on the pages about messages. No part of the engine runs, so every staff page says so."""
    for state in (State.SENT, State.FAILED, State.UNCERTAIN, State.CANCELLED):
        post.ended(knee, state, reason="A reason.", last_error="550 5.1.1 no such mailbox " + "x" * 80)
    post.entry(knee, Kind.MILESTONES, channel="app")
    post.entry(knee, Kind.SILENCE)
    reach.failed(patient=knee.patient, channel="email", detail="550 no such mailbox", now=clock.now())


def complaints(page: Page, *, axe: bool) -> list[str]:
    found = [f"policy: {each}" for each in refused(page)]
    if wider := too_wide(page):
        found.append(f"{wider} px wider than the window")
    for violation in Axe().run(page).response["violations"] if axe else ():
        targets = [" ".join(map(str, node["target"])) for node in violation["nodes"]][:3]
        found.append(f"axe {violation['id']}: {'; '.join(targets)}")
    return found


@pytest.mark.parametrize(("size", "scheme"), WINDOWS, ids=[f"{size['width']}-{scheme}" for size, scheme in WINDOWS])
def test_no_page_breaks_its_policy_sticks_out_or_fails_axe(
    site: Site, riverside: Staff, knee: Episode, size: dict[str, int], scheme: str
) -> None:
    wrong: dict[str, list[str]] = {}
    windows: dict[User | None, Page] = {}
    for who, path in pages(riverside, knee):
        page = windows.get(who) or windows.setdefault(who, site.window(who, size, scheme))
        errors: list[str] = []
        page.once("pageerror", lambda error, errors=errors: errors.append(f"script: {error}"))
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
        if found := complaints(page, axe=(size, scheme) in AXE) + errors:
            wrong[path] = found
    assert wrong == {}


def test_what_may_be_pressed_on_a_phone_is_large_enough(site: Site, riverside: Staff, knee: Episode) -> None:
    small: dict[str, list[str]] = {}
    everything = pages(riverside, knee)
    of_patients = everything[: [path for _, path in everything].index("/worklist/")]
    for who, path in of_patients:
        page = site.window(who)
        page.goto(path)
        found = page.evaluate(
            """() => [...document.querySelectorAll("a.button, button, summary, select, nav a, .choice, .scale label, .pictures label")]
            .filter((each) => each.getClientRects().length)
            .map((each) => [each.textContent.trim().slice(0, 30), each.getBoundingClientRect()])
            .filter(([, box]) => box.height < 43.5 || (box.width < 43.5 && box.height * box.width < 44 * 44))
            .map(([name, box]) => `${name} ${Math.round(box.width)}x${Math.round(box.height)}`)"""
        )
        if found:
            small[path] = found
    assert small == {}


def test_the_level_is_readable_at_320_px(site: Site, knee: Episode) -> None:
    page = site.window(scenes.patient(knee).user, {"width": 320, "height": 640})
    lay_post(knee)
    for path in ("/today/", "/check-in/", "/plan/", "/progress/", "/settings/", "/reminders/"):
        page.goto(path)
        assert too_wide(page) == 0, path


def test_on_paper_the_level_stays_and_the_buttons_go(site: Site, knee: Episode) -> None:
    page = site.window(scenes.patient(knee).user, DESK)
    page.goto("/today/")
    page.emulate_media(media="print")
    assert page.get_by_text("42 kg").first.is_visible()
    assert not page.get_by_role("navigation").is_visible()
    assert not page.get_by_role("link", name="Check in · 20 seconds").first.is_visible()
