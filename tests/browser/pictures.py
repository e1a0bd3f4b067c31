"""The two pictures of the README, from the demo's own clinic: `python -m tests.browser.pictures`."""

from __future__ import annotations

import io
import json
import os
import tempfile
from pathlib import Path

PICTURES = Path(__file__).parent / "pictures"
SEED = 1
SHOTS = {
    "today.png": ("patient", "/today/", {"width": 390, "height": 844}),
    "worklist.png": ("physiotherapist", "/worklist/", {"width": 1440, "height": 900}),
}


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        os.environ.update(RECOVERY_MODE="demo", RECOVERY_DATA=directory, DJANGO_SETTINGS_MODULE="recovery.settings")
        _take(Path(directory))


def _take(data: Path) -> None:
    import django

    django.setup()
    from django.core.management import call_command

    from tests.browser.chromium import chromium, sign_in, window
    from tests.browser.served import served
    from tracker import clock
    from tracker.services import rounds

    call_command("demo", load_only=True, seed=SEED, stdout=io.StringIO())
    rounds.once(now=clock.now())
    call_command("collectstatic", interactive=False, verbosity=0)
    sessions = {role: _session(data, role) for role, _, _ in SHOTS.values()}
    with served() as site, chromium() as browser:
        for name, (role, path, size) in SHOTS.items():
            context = window(browser, size, "light")
            sign_in(context, site, sessions[role])
            page = context.new_page()
            page.goto(site + path)
            page.screenshot(path=PICTURES / name)
            context.close()
            print(PICTURES / name)


def _session(data: Path, role: str) -> str:
    """A session of the first login of that role."""
    from tests.browser.served import session_of
    from tracker.models import User

    logins = json.loads((data / "logins.json").read_text())
    email = next(login["email"] for login in logins if login["role"] == role)
    return session_of(User.objects.get(email=email))


if __name__ == "__main__":
    main()
