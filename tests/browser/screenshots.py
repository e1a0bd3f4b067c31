"""Pictures of every page at 390 and 1440 px, light and dark: `python -m tests.browser.screenshots --out DIR`.

Works on a database of its own in a temporary directory, with made-up people.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

SIZES = {"390": {"width": 390, "height": 844}, "1440": {"width": 1440, "height": 900}}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", default="", help="part of a page's name")
    parser.add_argument("--size", choices=sorted(SIZES), help="only this width")
    parser.add_argument("--scheme", choices=["light", "dark"], help="only this theme")
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
    from tests.browser.chromium import chromium, sign_in, window

    scenes = _scenes()
    with served() as site, chromium() as browser:
        for size in [asked.size] if asked.size else SIZES:
            for scheme in [asked.scheme] if asked.scheme else ["light", "dark"]:
                for name, (path, session) in scenes.items():
                    if asked.only not in name:
                        continue
                    context = window(browser, SIZES[size], scheme)
                    if session:
                        sign_in(context, site, session)
                    page = context.new_page()
                    page.goto(site + path)
                    height = page.evaluate("document.documentElement.scrollHeight")
                    page.set_viewport_size(SIZES[size] | {"height": max(height, SIZES[size]["height"])})
                    page.screenshot(path=asked.out / f"{name}-{size}-{scheme}.png", full_page=True)
                    context.close()
                    print(f"{name}-{size}-{scheme}.png")


@contextmanager
def served() -> Iterator[str]:
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.core.wsgi import get_wsgi_application

    class Quiet(WSGIRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.set_app(get_wsgi_application())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def session_of(user: object) -> str:
    from django.test import Client

    client = Client()
    client.force_login(user)  # type: ignore[arg-type]
    return str(client.session.session_key)


def _scenes() -> dict[str, tuple[str, str]]:
    """Pages by name: path and session."""
    from tests import scenes

    riverside = scenes.clinic()
    usual = scenes.knee(riverside, given_name="Robin", family_name="Hale", day=34)
    pain = [6, 6, 5, 6, 5, 5, None, 5, 5, 4, 5, 4, 4, None, 5, 4, 4, 4, 3, 4, 3, 4, 4, 3]
    scenes.diary(riverside, usual, pain, reported_load="half", aids="two_crutches", exercises="all", pain_worst=5)
    scenes.check_in(usual, days_ago=5, by=riverside.physiotherapist, pain_load=4, reported_load="most", symptoms=[])
    _measured(riverside, usual)
    new = scenes.knee(riverside, given_name="Ines", family_name="Ferreira", day=2, signed=False)
    flagged = scenes.knee(riverside, given_name="Blessing", family_name="Okafor", day=9)
    alarm = scenes.check_in(flagged, pain_load=4, symptoms=["breathless", "calf_sore"])
    held = scenes.knee(riverside, given_name="Per", family_name="Lindqvist", day=30)
    fell = scenes.check_in(held, pain_load=7, fall="fall", can_load=False, symptoms=[])
    free = scenes.knee(
        riverside,
        given_name="Noor",
        family_name="Haddad",
        day=70,
        surgery_date=scenes.today(riverside.clinic) - timedelta(70),
    )
    scenes.diary(riverside, free, [3, 3, 2, 3, 2, 2, 1, 2, 2, 1], reported_load="full")
    scenes.clear(riverside, free, "G6", days_ago=26)
    done = scenes.check_in(free, pain_load=1, pain_worst=2, reported_load="full", symptoms=[])
    femur = scenes.knee(
        riverside, given_name="Yuki", family_name="Tanaka", day=38, procedure="LOWDFO", protocol="lowdfo_std"
    )
    scenes.diary(riverside, femur, [5, 4, 5, 4, 4])
    _post(usual, held, flagged, femur)
    _looked(riverside, usual)
    mine = {name: session_of(scenes.patient(episode).user) for name, episode in
            {"usual": usual, "new": new, "flagged": flagged, "held": held, "free": free, "femur": femur}.items()}  # fmt: skip
    physio, surgeon = session_of(riverside.physiotherapist.user), session_of(riverside.surgeon.user)
    return {
        "sign-in": ("/accounts/login/", ""),
        "today": ("/today/", mine["usual"]),
        "today-unsigned": ("/today/", mine["new"]),
        "today-emergency": ("/today/", mine["flagged"]),
        "today-held": ("/today/", mine["held"]),
        "today-full": ("/today/", mine["free"]),
        "today-femur": ("/today/", mine["femur"]),
        "check-in": ("/check-in/", mine["usual"]),
        "check-in-change": (f"/check-in/{done.pk}/", mine["free"]),
        "done": (f"/check-in/done/{done.pk}/", mine["free"]),
        "done-emergency": (f"/check-in/done/{alarm.pk}/", mine["flagged"]),
        "done-held": (f"/check-in/done/{fell.pk}/", mine["held"]),
        "progress": ("/progress/", mine["usual"]),
        "progress-compare": ("/progress/?compare=knee-replacement", mine["free"]),
        "progress-femur": ("/progress/", mine["femur"]),
        "plan": ("/plan/", mine["usual"]),
        "plan-full": ("/plan/", mine["free"]),
        "settings": ("/settings/", mine["usual"]),
        "reminders": ("/reminders/", mine["usual"]),
        "not-found": ("/nowhere/", mine["usual"]),
        "worklist": ("/worklist/", physio),
        "alerts": ("/alerts/", physio),
        "enrol": ("/episodes/new/", physio),
        "episode": (f"/episodes/{usual.pk}/", surgeon),
        "episode-week": (f"/episodes/{usual.pk}/?week=1", surgeon),
        "episode-held": (f"/episodes/{held.pk}/", physio),
        "patients": ("/patients/", physio),
        "protocols": ("/protocols/", physio),
        "operations": ("/operations/", physio),
        "calls": ("/calls/", physio),
        "trail": ("/trail/", session_of(riverside.auditor.user)),
        "who-looked": ("/who-looked/", mine["usual"]),
    }


def _looked(riverside: Any, knee: Any) -> None:
    """Looks at a record and at lists, one of them from another clinic in an emergency, and one that was refused."""
    from django.test import Client

    from tests import scenes
    from tracker import clock
    from tracker.models import EmergencyAccess
    from tracker.services import seals

    hillside, now = scenes.clinic("Hillside Clinic"), clock.now()
    helper = scenes.member(hillside.clinic, hillside.surgeon.role, "Dr Mei Lin")
    EmergencyAccess.objects.create(
        episode=knee, user=helper.user, clinic=hillside.clinic, role=helper.role, asked_at=now, started_at=now,
        expires_at=now + timedelta(hours=1),
    )  # fmt: skip
    for who, address in (
        (riverside.surgeon, f"/episodes/{knee.pk}/"),
        (riverside.physiotherapist, "/worklist/?need=all"),
        (riverside.physiotherapist, f"/episodes/{knee.pk}/"),
        (helper, f"/episodes/{knee.pk}/"),
        (riverside.coordinator, "/patients/"),
        (riverside.coordinator, "/worklist/"),
    ):
        browser = Client()
        browser.force_login(who.user)
        browser.get(address)
    seals.seal(now=clock.now())
    list(seals.check(str(riverside.clinic.pk), now=clock.now(), noted=[]))


def _post(usual: Any, held: Any, flagged: Any, femur: Any) -> None:
    """Messages that arrived and some that did not, and calls that wait."""
    from tests import post
    from tracker import clock
    from tracker.models import Actor, Kind, OutboxMessage, Role, User
    from tracker.services import calls, reach

    state = OutboxMessage.State
    post.alive()
    refused = "It was refused for good: the address may be wrong."
    unsure = "The line broke while it was being handed over. It may have arrived."
    gone = "550 5.1.1 <robin.hale@example.org>: Recipient address rejected: User unknown"
    post.ended(usual, state.FAILED, reason=refused, last_error=gone)
    post.ended(usual, state.FAILED, kind=Kind.MILESTONES, channel="sms", reason=refused, last_error="21211: not a number",
               ago=timedelta(days=1))  # fmt: skip
    post.ended(held, state.DEAD, reason="Given up after 8 tries.", attempts=8, last_error="connect: timed out")
    post.ended(held, state.UNCERTAIN, kind=Kind.NUDGE, reason=unsure, last_error="the answer did not come: timed out")
    post.entry(flagged, Kind.ALERT_CALL, ago=timedelta(minutes=20))
    silent = post.entry(femur, Kind.SILENCE, ago=timedelta(hours=3))
    reach.failed(patient=usual.patient, channel="email", detail=gone, now=clock.now())
    done = "You had already checked in for that day."
    for days, end, reason in (
        (1, state.SENT, ""),
        (1, state.CANCELLED, done),
        (2, state.SENT, ""),
        (3, state.CANCELLED, done),
    ):
        post.ended(usual, end, kind=Kind.NUDGE if reason else Kind.CHECK_IN, reason=reason, ago=timedelta(days=days))
    post.entry(usual, Kind.MILESTONES, channel="app", ago=timedelta(hours=2))
    colleague = User.objects.get(name="Jo Mbeki")
    by = Actor(colleague, Role(colleague.memberships.get().role), femur.clinic)
    calls.record(message=silent, by=by, outcome="no_answer", note="Mailbox. Will try again at noon.")


def _measured(staff: object, episode: object) -> None:
    from decimal import Decimal

    from tests import scenes
    from tracker.services import measurements

    today = scenes.today(staff.clinic)  # type: ignore[attr-defined]
    for ago, degrees in ((27, 60), (20, 78), (13, 90), (4, 104)):
        measurements.record(
            episode=episode, by=staff.physiotherapist, kind="flexion",  # type: ignore[attr-defined,arg-type]
            value=Decimal(degrees), measured_on=today - timedelta(days=ago),
        )  # fmt: skip


if __name__ == "__main__":
    main()
