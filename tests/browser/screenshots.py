"""Pictures of every page at 390 and 1440 px, light and dark: `python -m tests.browser.screenshots --out DIR`.

Works on a database of its own in a temporary directory, with made-up people.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from playwright.sync_api import BrowserContext

from tests.browser.chromium import DESK, PHONE, chromium, sign_in, window

SIZES = {"390": PHONE, "1440": DESK}
SCHEMES = ("light", "dark")


@dataclass(frozen=True, slots=True)
class Scene:
    """A page as `who` sees it: a patient or a role of `pictured`, nobody if empty. Its path may hold their ids."""

    name: str
    who: str
    path: str


SCENES = (
    Scene("sign-in", "", "/accounts/login/"),
    Scene("today", "usual", "/today/"),
    Scene("today-unsigned", "new", "/today/"),
    Scene("today-emergency", "flagged", "/today/"),
    Scene("today-held", "held", "/today/"),
    Scene("today-full", "free", "/today/"),
    Scene("today-femur", "femur", "/today/"),
    Scene("check-in", "usual", "/check-in/"),
    Scene("check-in-change", "free", "/check-in/{done}/"),
    Scene("done", "free", "/check-in/done/{done}/"),
    Scene("done-emergency", "flagged", "/check-in/done/{alarm}/"),
    Scene("done-held", "held", "/check-in/done/{fell}/"),
    Scene("progress", "usual", "/progress/"),
    Scene("progress-compare", "free", "/progress/?compare=knee-replacement"),
    Scene("progress-femur", "femur", "/progress/"),
    Scene("plan", "usual", "/plan/"),
    Scene("plan-full", "free", "/plan/"),
    Scene("settings", "usual", "/settings/"),
    Scene("reminders", "usual", "/reminders/"),
    Scene("not-found", "usual", "/nowhere/"),
    Scene("worklist", "physiotherapist", "/worklist/"),
    Scene("alerts", "physiotherapist", "/alerts/"),
    Scene("enrol", "physiotherapist", "/episodes/new/"),
    Scene("episode", "surgeon", "/episodes/{usual}/"),
    Scene("episode-week", "surgeon", "/episodes/{usual}/?week=1"),
    Scene("episode-held", "physiotherapist", "/episodes/{held}/"),
    Scene("patients", "physiotherapist", "/patients/"),
    Scene("protocols", "physiotherapist", "/protocols/"),
    Scene("operations", "physiotherapist", "/operations/"),
    Scene("calls", "physiotherapist", "/calls/"),
    Scene("trail", "auditor", "/trail/"),
    Scene("who-looked", "usual", "/who-looked/"),
    Scene("today-closed", "closed", "/today/"),
    Scene("today-spoilt", "spoilt", "/today/"),
    Scene("check-in-closed", "closed", "/check-in/"),
    Scene("helper-today", "helper", "/today/"),
    Scene("helper-check-in", "helper", "/check-in/"),
    Scene("account", "usual", "/account/"),
    Scene("helpers", "usual", "/settings/caregivers/"),
    Scene("own-record", "usual", "/settings/record/"),
    Scene("staff-account", "surgeon", "/account/"),
    Scene("second-factors", "surgeon", "/accounts/2fa/"),
    Scene("episode-closed", "surgeon", "/episodes/{closed}/"),
    Scene("episode-spoilt", "surgeon", "/episodes/{spoilt}/"),
    Scene("episode-proposed", "physiotherapist", "/episodes/{proposed}/"),
    Scene("check-in-by-phone", "physiotherapist", "/episodes/{usual}/check-ins/"),
    Scene("proposals", "physiotherapist", "/proposals/"),
    Scene("transfers", "surgeon", "/transfers/"),
    Scene("transfer", "surgeon", "/episodes/{usual}/transfer/"),
    Scene("emergency", "surgeon", "/emergency-access/"),
    Scene("record", "surgeon", "/patients/{patient}/record/"),
    Scene("contact", "coordinator", "/episodes/{usual}/"),
    Scene("team", "coordinator", "/team/"),
    Scene("team-settings", "coordinator", "/team/settings/"),
    Scene("about", "", "/about/"),
    Scene("about-security", "", "/about/security/"),
    Scene("about-safety", "", "/about/safety/"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="", help="part of a page's name")
    parser.add_argument("--size", choices=sorted(SIZES), help="only this width")
    parser.add_argument("--scheme", choices=SCHEMES, help="only this theme")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        os.environ.update(RECOVERY_MODE="test", RECOVERY_DATA=directory, DJANGO_SETTINGS_MODULE="recovery.settings")
        os.environ.pop("DATABASE_URL", None)
        _take(asked)


def _take(asked: argparse.Namespace) -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from tests import conftest  # noqa: F401 - whoever is signed in here has shown a passkey
    from tests.browser import pictured
    from tests.browser.served import served

    seen = pictured.clinic()
    sizes, schemes = [asked.size] if asked.size else SIZES, [asked.scheme] if asked.scheme else SCHEMES
    with served() as site, chromium() as browser:
        for size, scheme, scene in product(sizes, schemes, SCENES):
            if asked.only in scene.name:
                context = window(browser, SIZES[size], scheme)
                if scene.who:
                    sign_in(context, site, seen.sessions[scene.who])
                file = asked.out / f"{scene.name}-{size}-{scheme}.png"
                _picture(context, site + scene.path.format(**seen.ids), file)
                context.close()
                print(file.name)


def _picture(context: BrowserContext, address: str, file: Path) -> None:
    """Of the whole page, in a window as tall as it is, so that what sticks to an edge stands where it belongs."""
    page = context.new_page()
    page.goto(address)
    width, height = page.evaluate("[innerWidth, Math.max(innerHeight, document.documentElement.scrollHeight)]")
    page.set_viewport_size({"width": width, "height": height})
    page.screenshot(path=file, full_page=True)


if __name__ == "__main__":
    main()
