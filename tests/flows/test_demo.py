"""The demo: one command, a believable clinic, and logins that work. Most of it runs as a newcomer would run it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.management import call_command

from tracker.clinical import plan as plans
from tracker.clinical import protocol as protocols
from tracker.clinical.plan import Plan
from tracker.clinical.terms import Attention, Modifier, Procedure, Status
from tracker.management.demo import clinic, people, story
from tracker.management.demo.deeds import Event, Report
from tracker.management.demo.people import RIVERSIDE, Person
from tracker.models import Alert, AlertEvent, Assessment, OutboxMessage

ROOT = Path(__file__).parents[2]
CAST = sum(1 for person in RIVERSIDE.patients if person.plot or person.login)
SEED = "7"

REASONS = {
    "breathless": (Attention.EMERGENCY, "breathless"),
    "fell": (Attention.SAME_DAY, "fall"),
    "rising": (Attention.SOON, "sustained_rise"),
    "film_in": (Attention.GATE_DUE, "gate_due"),
    "no_film": (Attention.GATE_DUE, "gate_due"),
    "day_11": (Attention.GATE_DUE, "gate_due"),
    "refused": (Attention.GATE_DUE, "gate_refused"),
    "unsigned": (Attention.GATE_DUE, "unsigned"),
    "held": (Attention.GATE_DUE, "held"),
    "cheerful": (Attention.OVER_LOADING, "over_loading"),
    "tightened": (Attention.UNSEEN, "unseen_tightening"),
    "late_pain": (Attention.THIS_WEEK, "late_load_pain"),
    "sore": (Attention.BEHIND, "pain_above_band"),
    "stiff": (Attention.BEHIND, "milestone_overdue"),
    "silent": (Attention.SILENT, "silence"),
    "unbooked": (Attention.ROUTINE, "gate_soon"),
    "plate": (Attention.ROUTINE, "plate_sore"),
}
"""What the worklist must say of whom: the place, and the finding that put them there."""

LOOK_INSIDE = """
import django, json; django.setup()
from tracker.models import AlertEvent, Assessment, AuditEvent, Call, CheckIn, Hold, OutboxMessage, User
rows = Assessment.objects.select_related("episode__patient")
print(json.dumps({
    "counts": {model.__name__: model.objects.count() for model in (AuditEvent, CheckIn, Hold, User)},
    "rows": {
        f"{row.episode.patient.given_name} {row.episode.patient.family_name}": {
            "status": row.status, "attention": row.attention, "reason": row.reason,
            "codes": [found["code"] for found in row.findings],
        } for row in rows
    },
    "waiting": [message.due_at.isoformat() for message in OutboxMessage.objects.filter(state="due")],
    "post": sorted(set(OutboxMessage.objects.values_list("state", flat=True))),
    "calls": OutboxMessage.objects.filter(channel="calls", state="sent", settled_at=None).count(),
    "tries": Call.objects.filter(outcome="no_answer").count(),
}))
"""


# --- As a newcomer runs it --------------------------------------------------------------------------------------------


def demo(directory: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "demo", "--data", str(directory), *words]
    return subprocess.run(command, cwd=ROOT, env=bare() | environment, capture_output=True, text=True, timeout=240)


def bare() -> dict[str, str]:
    """The environment of somebody who has set nothing."""
    ours = ("RECOVERY_", "DJANGO_", "DATABASE_URL", "SITE_URL")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def inside(directory: Path) -> dict[str, Any]:
    """What stands in the demo's database."""
    settings = {
        "RECOVERY_MODE": "demo",
        "RECOVERY_DATA": str(directory),
        "DJANGO_SETTINGS_MODULE": "recovery.settings",
    }
    found = subprocess.run(
        [sys.executable, "-c", LOOK_INSIDE], cwd=ROOT, env=bare() | settings, capture_output=True, text=True, check=True
    )
    told: dict[str, Any] = json.loads(found.stdout)
    return told


def logins(directory: Path) -> list[dict[str, str]]:
    known: list[dict[str, str]] = json.loads((directory / "logins.json").read_text())
    return known


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the whole clinic in it, made by the command. Whoever changes it works on a copy."""
    directory = tmp_path_factory.mktemp("demo") / "data"
    other = directory.with_name("clinic.sqlite3")
    done = demo(directory, "--load-only", "--seed", SEED, DATABASE_URL=f"sqlite:///{other}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not other.exists(), "the demo must not look at the database that the environment names"
    return directory


@pytest.fixture(scope="module")
def worklist(made: Path) -> dict[str, Any]:
    rows: dict[str, Any] = inside(made)["rows"]
    return rows


def test_the_worklist_has_somebody_for_every_reason(worklist: dict[str, Any]) -> None:
    for person in RIVERSIDE.patients:
        if person.plot in REASONS:
            attention, code = REASONS[person.plot]
            row = worklist[person.name]
            assert (row["attention"], code in row["codes"]) == (attention, True), (person.name, row)


def test_the_others_and_they_are_the_majority_are_on_track(worklist: dict[str, Any]) -> None:
    calm = [person for person in RIVERSIDE.patients if person.plot not in REASONS]
    off = {
        person.name: worklist[person.name]
        for person in calm
        if worklist[person.name]["status"] != Status.ON_TRACK
        or worklist[person.name]["attention"] not in (Attention.ON_TRACK, Attention.ROUTINE)
    }
    assert not off
    assert len(calm) > len(RIVERSIDE.patients) / 2


def test_every_procedure_protocol_and_modifier_is_there() -> None:
    patients = RIVERSIDE.patients
    assert {person.protocol for person in patients} == set(protocols.shipped())
    assert {person.procedure for person in patients} == set(Procedure)
    assert {modifier for person in patients for modifier in person.modifiers} == set(Modifier)


def test_nothing_that_fell_due_before_today_waits_to_be_sent(made: Path) -> None:
    waiting = [datetime.fromisoformat(at) for at in inside(made)["waiting"]]
    assert waiting
    assert min(waiting) > datetime.now(UTC) - timedelta(hours=26)


def test_the_last_days_messages_went_out_with_the_mishaps_that_a_clinic_has(made: Path) -> None:
    found = inside(made)
    assert found["post"] == ["cancelled", "dead", "due", "failed", "sent", "uncertain"]
    assert found["calls"] >= 2
    assert found["tries"] >= 2
    assert len(list((made / "mail").glob("*.eml"))) > 50
    assert any("http://127.0.0.1:8000/" in file.read_text() for file in (made / "mail").glob("*.eml"))


def test_the_logins_are_for_their_owner_alone_and_name_everybody_once(made: Path) -> None:
    assert stat.S_IMODE((made / "logins.json").stat().st_mode) == 0o600
    known = logins(made)
    assert [login["role"] for login in known] == [
        "patient", "patient", "physiotherapist", "surgeon", "coordinator", "auditor", "caregiver", "physiotherapist",
    ]  # fmt: skip
    assert {login["clinic"] for login in known} == {"Riverside Knee Clinic", "Hillside Orthopaedics"}
    assert known[-1]["clinic"] == "Hillside Orthopaedics"
    assert len({login["password"] for login in known}) == len({login["token"] for login in known}) == len(known)


def test_started_again_it_keeps_everything_and_adds_nothing(made: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(made, tmp_path / "copy")
    again = demo(copy, "--load-only", "--patients", "3")
    assert again.returncode == 0, again.stderr
    assert "kept as it was made" in again.stdout
    assert inside(copy)["counts"] == inside(made)["counts"]
    assert logins(copy) == logins(made)


def test_broken_off_half_way_it_goes_on_where_it_was(made: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(made, tmp_path / "copy")
    marker = json.loads((copy / "demo.json").read_text())
    (copy / "demo.json").write_text(json.dumps(marker | {"patients": 41, "whole": False}))
    assert demo(copy, "--load-only").returncode == 0
    after = inside(copy)
    assert after["counts"]["User"] == inside(made)["counts"]["User"] + 1
    assert json.loads((copy / "demo.json").read_text())["whole"]


def test_the_same_seed_makes_the_same_clinic_and_a_smaller_one_is_its_beginning(
    worklist: dict[str, Any], tmp_path: Path
) -> None:
    assert demo(tmp_path, "--load-only", "--seed", SEED, "--patients", "12").returncode == 0
    smaller = inside(tmp_path)["rows"]
    assert {name: row["reason"] for name, row in smaller.items()} == {
        name: worklist[name]["reason"] for name in smaller
    }
    assert len(smaller) == 12 + len(people.HILLSIDE.patients)


def test_lost_logins_are_made_anew(made: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(made, tmp_path / "copy")
    lost = logins(copy)
    (copy / "logins.json").write_text("not json")
    assert demo(copy, "--load-only").returncode == 0
    found = logins(copy)
    assert [login["email"] for login in found] == [login["email"] for login in lost]
    assert all(new["password"] != old["password"] for new, old in zip(found, lost, strict=True))


# --- Serving ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the running demo. Stopping it must be clean."""
    port, copy = free_port(), shutil.copytree(made, tmp_path_factory.mktemp("served") / "data")
    command = [sys.executable, "manage.py", "demo", "--data", str(copy), "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, env=bare(), stdout=subprocess.PIPE, text=True) as process:
        try:
            yield address_once_ready(process)
        finally:
            process.send_signal(signal.SIGTERM)
            rest = process.communicate(timeout=30)[0]
    assert (process.returncode, rest.strip().splitlines()[-1]) == (0, "Stopped.")


def address_once_ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Ready: "):
            return line.removeprefix("Ready: ").strip()
    raise AssertionError("the demo ended before it was ready")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def ask(url: str, token: str = "") -> dict[str, Any]:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request, timeout=20) as answer:
        body: dict[str, Any] = json.load(answer)
        return body


def test_every_token_opens_the_api_as_its_owner(made: Path, served: str) -> None:
    for login in logins(made):
        me = ask(f"{served}api/v1/me/", login["token"])
        assert (me["name"], me["role"], me["clinic"]) == (login["name"], login["role"], login["clinic"])


def test_every_password_signs_its_owner_in_and_leads_to_their_screen(made: Path, served: str) -> None:
    for login in logins(made):
        landed = sign_in(served, login["email"], login["password"])
        assert landed.startswith(served)
        assert "/accounts/login" not in landed, login["role"]


def sign_in(address: str, email: str, password: str) -> str:
    """Signs in as a browser does and returns where it ends up."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    page = f"{address}accounts/login/"
    form = browser.open(page, timeout=20).read().decode()
    token = form.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    names = {"csrfmiddlewaretoken": token, "login": email, "password": password}
    body = urllib.parse.urlencode(names).encode()
    answer = browser.open(urllib.request.Request(page, body, {"Referer": page}), timeout=30)
    assert answer.status == 200
    url: str = answer.url
    return url


def test_the_first_patient_reads_half_her_weight_and_has_not_checked_in_today(made: Path, served: str) -> None:
    token = logins(made)[0]["token"]
    episode = ask(f"{served}api/v1/me/", token)["episodes"][0]
    today = ask(f"{served}api/v1/episodes/{episode}/today/", token)
    assert (today["side"], today["term"], today["max_percent"], today["max_kg"]) == ("left", "PWB", 50, 42)
    assert (today["post_op_day"], today["aids"], today["next_step"]["gate"]) == (21, "two_crutches", "G6")
    newest = ask(f"{served}api/v1/episodes/{episode}/check-ins/", token)["results"]
    assert today["date"] not in [row["date"] for row in newest]


def test_the_stranger_finds_nobody_of_the_other_clinic(made: Path, served: str) -> None:
    known = logins(made)
    episode = ask(f"{served}api/v1/me/", known[0]["token"])["episodes"][0]
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(f"{served}api/v1/episodes/{episode}/", known[-1]["token"])
    assert refused.value.code == 404


def test_a_taken_port_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = demo(tmp_path, "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} is taken" in done.stderr
    assert not (tmp_path / "recovery.sqlite3").exists()


# --- What it refuses --------------------------------------------------------------------------------------------------


def test_outside_the_demo_it_makes_nothing() -> None:
    with pytest.raises(SystemExit, match="Demo logins exist in the demo alone"):
        call_command("demo", "--load-only")


def test_a_database_it_did_not_make_is_left_alone(tmp_path: Path) -> None:
    database = tmp_path / "recovery.sqlite3"
    database.write_bytes(b"somebody's patients")
    done = demo(tmp_path, "--load-only")
    assert done.returncode == 1
    assert "was not made by the demo" in done.stderr
    assert database.read_bytes() == b"somebody's patients"


@pytest.mark.parametrize("inside_it", ["", "data"])
def test_a_data_directory_that_is_a_file_gets_a_sentence(tmp_path: Path, inside_it: str) -> None:
    file = tmp_path / "file"
    file.write_text("")
    done = demo(file / inside_it, "--load-only")
    assert done.returncode == 1
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_broken_database_gets_a_sentence(made: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(made, tmp_path / "copy")
    (copy / "recovery.sqlite3").write_bytes(b"not a database at all" * 100)
    done = demo(copy, "--load-only")
    assert done.returncode == 1
    assert "cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("--port", "0"), ("--port", "many"), ("--patients", "0"), ("--patients", "-3")])
def test_a_number_that_cannot_be_is_refused_by_name(tmp_path: Path, words: tuple[str, str]) -> None:
    done = demo(tmp_path, *words)
    assert done.returncode == 2
    assert f"argument {words[0]}: give a whole number" in done.stderr


# --- The stories ------------------------------------------------------------------------------------------------------


def plan_of(person: Person) -> Plan:
    protocol = protocols.shipped()[person.protocol]
    return plans.build(protocol, person.modifiers, Decimal(person.kg), date(2026, 3, 2))


def tell(person: Person, seed: int = 1) -> list[Event]:
    return story.tell(person, plan_of(person), seed)


@pytest.mark.parametrize("person", RIVERSIDE.patients, ids=lambda person: person.name)
def test_a_story_is_the_same_for_the_same_seed_and_ends_today(person: Person) -> None:
    told = tell(person)
    assert told == tell(person)
    assert [event.deed for event in told] == [event.deed for event in tell(person)]
    assert all(person.joined <= event.day <= person.day for event in told)


def test_another_seed_tells_another_story() -> None:
    person = RIVERSIDE.patients[0]
    assert [event.deed for event in tell(person, 1)] != [event.deed for event in tell(person, 2)]


def test_days_without_a_report_stay_missing() -> None:
    for person in RIVERSIDE.patients[18:]:
        if person.day > 20:
            reported = {event.day for event in tell(person) if isinstance(event.deed, Report)}
            assert 0 < len(reported) < person.day - person.joined, person.name


def test_no_two_people_share_a_name_or_an_address() -> None:
    everybody = people.patients(RIVERSIDE, 200, seed=3)
    workers = [worker.email for place in (RIVERSIDE, people.HILLSIDE) for worker in place.workers]
    emails = [person.email for person in everybody] + workers
    assert len(set(emails)) == len(emails)
    assert all(email.endswith("@example.org") for email in emails)


# --- At odd hours -----------------------------------------------------------------------------------------------------

JUST_AFTER_MIDNIGHT = datetime(2026, 10, 25, 0, 4, tzinfo=UTC) - timedelta(hours=1)  # the night the clocks go back


@pytest.mark.django_db
def test_made_just_after_midnight_it_says_the_same(settings: LazySettings, tmp_path: Path) -> None:
    settings.MAIL_DIR = tmp_path
    progress: list[str] = []
    clinic.make(now=JUST_AFTER_MIDNIGHT, count=CAST, seed=int(SEED), tell=progress.append)
    rows = {row.episode.patient.email: row for row in Assessment.objects.select_related("episode__patient")}
    for person in RIVERSIDE.patients:
        if person.plot in REASONS:
            attention, code = REASONS[person.plot]
            row = rows[person.email]
            assert row.attention == attention, (person.name, row.reason)
            assert code in [found["code"] for found in row.findings]
    old = Alert.objects.filter(
        opened_at__lt=JUST_AFTER_MIDNIGHT - timedelta(days=1), episode__clinic__name=RIVERSIDE.name
    )
    assert old.exists()
    assert not old.exclude(events__kind=AlertEvent.Kind.CLOSED).exists()
    assert Alert.objects.filter(opened_at__gt=JUST_AFTER_MIDNIGHT).count() == 0
    assert not OutboxMessage.objects.filter(state="due", due_at__lt=JUST_AFTER_MIDNIGHT - timedelta(minutes=5)).exists()
