"""A headless Chromium, found on PATH, and what is watched while it drives the product."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}
PATH = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
ARGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]

LISTEN = """
window.refused = [];
addEventListener("securitypolicyviolation", (event) => window.refused.push(`${event.violatedDirective} ${event.blockedURI}`));
"""


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=PATH, args=ARGS)
        yield browser
        browser.close()


def window(browser: Browser, size: dict[str, int] = DESK, scheme: str = "light", **options: Any) -> BrowserContext:
    """A fresh window without cookies; every page of it notes what the content policy refused."""
    context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce", **options)  # type: ignore[arg-type]
    context.add_init_script(LISTEN)
    return context


def refused(page: Page) -> list[str]:
    """What the content policy refused on this page."""
    found: list[str] = page.evaluate("window.refused")
    return found


def sign_in(context: BrowserContext, site: str, session: str) -> None:
    """The window as somebody who is signed in; `session` is a session key."""
    context.add_cookies([{"name": "session", "value": session, "url": site}])


def too_wide(page: Page) -> int:
    """By how many pixels the page is wider than its window: 0 unless something sticks out."""
    wider: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return wider
