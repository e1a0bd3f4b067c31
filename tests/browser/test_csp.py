"""What a browser lets our pages do, and what it still holds of somebody who has left."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, Locator, Page, expect

from tests import scenes
from tests.browser import chromium
from tests.browser.chromium import refused
from tests.browser.conftest import Site
from tests.browser.test_every_page import pages
from tests.scenes import Staff
from tests.web.test_headers import routes
from tracker.models import Episode, User

pytestmark = pytest.mark.browser


# --- The content policy ---------------------------------------------------------------------------------------------


def everything(riverside: Staff, knee: Episode) -> list[tuple[User | None, str]]:
    """Every page that somebody of the cast can open: those with something on them, and each address without an id."""
    staff = (riverside.surgeon, riverside.physiotherapist, riverside.coordinator, riverside.auditor)
    people = [None, scenes.patient(knee).user, *(one.user for one in staff)]
    found = dict.fromkeys(pages(riverside, knee))
    for who in people:
        browser = Client(raise_request_exception=False)
        if who is not None:
            browser.force_login(who)
        for address in sorted(set(routes())):
            answer = browser.get(address)
            opened = answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
            if opened and address not in [path for _, path in found]:
                found[(who, address)] = None
    return list(found)


def test_no_page_asks_for_what_the_policy_forbids(site: Site, riverside: Staff, knee: Episode) -> None:
    wrong: dict[str, list[str]] = {}
    windows: dict[User | None, Page] = {}
    addresses = everything(riverside, knee)
    for who, address in addresses:
        said: list[str] = []
        page = windows.get(who) or windows.setdefault(who, site.window(who, chromium.DESK))
        page.on("console", lambda line, said=said: said.append(line.text) if "Content Security" in line.text else None)
        page.goto(address, wait_until="networkidle" if address == "/api/docs/" else "load")
        if found := refused(page) + said:
            wrong[address] = found
    assert wrong == {}
    assert len(addresses) > 50


SINKS = {
    "innerHTML": "div.innerHTML = markup",
    "outerHTML": "div.outerHTML = markup",
    "insertAdjacentHTML": "div.insertAdjacentHTML('beforeend', markup)",
    "shadow innerHTML": "document.createElement('div').attachShadow({ mode: 'open' }).innerHTML = markup",
    "setHTMLUnsafe": "div.setHTMLUnsafe(markup)",
    "parseHTMLUnsafe": "Document.parseHTMLUnsafe(markup)",
    "write": "document.write(markup)",
    "writeln": "document.writeln(markup)",
    "DOMParser": "new DOMParser().parseFromString(markup, 'text/html')",
    "createContextualFragment": "document.createRange().createContextualFragment(markup)",
    "srcdoc": "document.createElement('iframe').srcdoc = markup",
    "script text": "script.text = code",
    "script textContent": "script.textContent = code",
    "script innerText": "script.innerText = code",
    "script src": "script.src = 'data:text/javascript,' + code",
    "script setAttribute": "script.setAttribute('src', '/x.js')",
    "eval": "(0, eval)(code)",
    "Function": "new Function(code)()",
    "setTimeout": "setTimeout(code)",
    "setInterval": "setInterval(code, 1)",
    "Worker": "new Worker('/worker.js')",
    "SharedWorker": "new SharedWorker('/worker.js')",
    "service worker": "navigator.serviceWorker.register('/worker.js')",
    "execCommand": "document.execCommand('insertHTML', false, markup)",
    "a policy of its own": "trustedTypes.createPolicy('mine', { createHTML: (text) => text })",
    "a policy for all": "trustedTypes.createPolicy('default', { createHTML: (text) => text })",
}
TRY = """([name, act]) => new Promise((done) => {
  // From a timer, so that it runs as a script of the page would, and not with the rights of whoever drives the browser.
  setTimeout(async () => {
    const code = `window.ran = "${name}"`, markup = `<img src=x onerror='${code}'>`;
    const div = document.body.appendChild(document.createElement("div"));
    div.append("x");
    const script = document.body.appendChild(document.createElement("script"));
    try {
      await tries[name](div, script, code, markup);
      done("let through");
    } catch (error) {
      done(error.name);
    }
  });
})"""


def test_text_becomes_a_program_or_markup_by_no_way(site: Site, knee: Episode) -> None:
    page = site.window(scenes.patient(knee).user)
    ways = ",".join(f'"{name}": async (div, script, code, markup) => {act}' for name, act in SINKS.items())
    page.add_init_script(f"window.tries = {{{ways}}}")
    page.goto("/today/")
    let_through = {name for name, act in SINKS.items() if page.evaluate(TRY, [name, act]) == "let through"}
    page.wait_for_timeout(200)
    assert let_through == set()
    assert page.evaluate("window.ran ?? ''") == ""
    assert len(SINKS) >= 20


def test_the_one_policy_gives_the_one_worker_and_nothing_else(site: Site, knee: Episode) -> None:
    page = site.window(scenes.patient(knee).user)
    page.goto("/today/")
    page.evaluate("location.assign('javascript:window.ran=1')")
    page.wait_for_timeout(200)
    assert page.evaluate("window.ran ?? 0") == 0
    assert page.evaluate("typeof trustedTypes.createPolicy('recovery-worker', {}).name") == "string"
    with pytest.raises(Exception, match="disallowed"):
        page.evaluate("trustedTypes.createPolicy('another', {})")


# --- After somebody has left ----------------------------------------------------------------------------------------

KEPT = """async () => JSON.stringify([
  Object.entries(sessionStorage), Object.entries(localStorage).filter(([name]) => name !== "worklist-keys"),
  await caches.keys(), (await indexedDB.databases()).map(({ name }) => name),
])"""
NOTHING = "[[],[],[],[]]"
CANARY = "Wolpertinger"


@pytest.fixture
def keeping(chrome: Browser) -> Iterator[Browser]:
    """A browser that keeps pages in its memory to go back to, as people's browsers do and Playwright's does not."""
    browser = chrome.browser_type.launch(
        executable_path=chromium.PATH, args=chromium.ARGS, ignore_default_args=["--disable-back-forward-cache"]
    )
    yield browser
    browser.close()


def note(page: Page) -> Locator:
    """The free words of a check-in, unfolded."""
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true })")
    return page.locator("textarea[name=note]")


def leave(page: Page) -> None:
    page.get_by_role("button", name="Sign out").locator("visible=true").first.click()
    page.wait_for_url("**/accounts/login/**")


@pytest.mark.parametrize("path", ["/today/", "/check-in/", "/progress/", "/settings/"])
def test_going_back_after_signing_out_shows_nothing(site: Site, keeping: Browser, knee: Episode, path: str) -> None:
    at_home = Site(site.url, keeping, site.opened)
    page = at_home.window(scenes.patient(knee).user, chromium.DESK)
    page.goto(path)
    name = page.locator(".me span").first.inner_text()
    leave(page)
    for _ in range(3):
        page.go_back(wait_until="commit")
        page.wait_for_timeout(300)
        if page.url == "about:blank":
            break
        assert name not in page.locator("html").inner_text()
        expect(page).to_have_url(re.compile("/accounts/login/"))


def test_going_back_from_a_staff_page_shows_nothing(
    site: Site, keeping: Browser, riverside: Staff, knee: Episode
) -> None:
    at_work = Site(site.url, keeping, site.opened)
    page = at_work.window(riverside.surgeon.user, chromium.DESK)
    page.goto("/worklist/")
    page.goto(f"/episodes/{knee.pk}/")
    leave(page)
    for _ in range(2):
        page.go_back(wait_until="commit")
        page.wait_for_timeout(500)
        assert knee.patient.family_name not in page.locator("html").inner_text()


def test_without_a_connection_nothing_comes_back_either(site: Site, knee: Episode) -> None:
    page = site.window(scenes.patient(knee).user, chromium.DESK)
    page.goto("/today/")
    page.context.set_offline(True)
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        page.reload()
    assert "kg" not in page.locator("html").inner_text()


def test_what_was_typed_is_kept_in_this_tab_until_it_is_saved_or_its_owner_goes(site: Site, knee: Episode) -> None:
    page = site.window(scenes.patient(knee).user, chromium.DESK)
    page.goto("/check-in/")
    note(page).fill(CANARY)
    page.reload()
    expect(page.locator("textarea[name=note]")).to_have_value(CANARY)
    assert CANARY in page.evaluate(KEPT)
    page.goto("/today/")
    leave(page)
    assert page.evaluate(KEPT) == NOTHING


def test_other_windows_of_the_same_browser_leave_together(site: Site, knee: Episode) -> None:
    first = site.window(scenes.patient(knee).user, chromium.DESK)
    second = first.context.new_page()
    second.goto("/check-in/")
    note(second).fill(CANARY)
    first.goto("/today/")
    leave(first)
    second.wait_for_url("**/accounts/login/**")
    assert second.evaluate(KEPT) == NOTHING


def test_whoever_signs_in_next_finds_nothing_of_the_one_before(site: Site, riverside: Staff, knee: Episode) -> None:
    page = site.window(scenes.patient(knee).user)
    page.goto("/check-in/")
    note(page).fill(CANARY)
    assert CANARY in page.evaluate(KEPT)
    page.context.clear_cookies()  # the session ended by itself, so nobody pressed "Sign out"
    other = Client()
    other.force_login(scenes.patient(scenes.knee(riverside)).user)
    chromium.sign_in(page.context, site.url, str(other.session.session_key))
    page.goto("/check-in/")
    expect(page.locator("textarea[name=note]")).to_have_value("")
    assert CANARY not in page.evaluate(KEPT)
