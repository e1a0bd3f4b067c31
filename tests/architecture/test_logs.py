"""No name, no note and no token reaches a log, whoever writes it and whatever went wrong."""

from __future__ import annotations

import ast
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeGuard
from uuid import UUID

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client

from recovery import logs
from tests import scenes
from tests.canaries import CANARY, address, word
from tests.scenes import Staff
from tracker import tasks
from tracker.clock import StoppedClock
from tracker.models import Clinic, Episode, Kind, Patient, User
from tracker.services import accounts, invites, ticks

ID = "7c9e6679-7425-40de-944b-e07fc1f90ae7"
LOGGED = ("debug", "info", "warning", "error", "exception", "critical", "log")


class Kept(logging.Handler):
    """Everything that is logged, as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []
        self.setFormatter(logging.Formatter("{levelname} {name} {message}", style="{"))

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record) + repr(vars(record).get("msg")) + repr(record.args))


@pytest.fixture
def kept() -> Iterator[Kept]:
    """With every logger as talkative as it can be."""
    handler, root = Kept(), logging.getLogger()
    names = ("", "django", "django.request", "django.server", "django.db.backends", "celery", "kombu", "allauth")
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def line(message: object, *values: object, name: str = "tracker.services.x") -> str:
    made = logging.getLogger(name).makeRecord(name, logging.INFO, "", 0, message, values, None)
    return made.getMessage()


# --- What a line may hold -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (5, "5"),
        (UUID(ID), ID),
        (ID, ID),
        (datetime(2026, 6, 15, 9, 0, tzinfo=UTC), "2026-06-15 09:00:00+00:00"),
        (Kind.CHECK_IN, "check_in"),
        ([ID, 7], f"['{ID}', 7]"),
        ("Not Found", "Not Found"),
        ("planning", "planning"),
        ("tracker.tasks.daily_tick", "tracker.tasks.daily_tick"),
        ("127.0.0.1:8000", "127.0.0.1:8000"),
        ("Ada Quist", "(withheld)"),
        ("ada", "(withheld)"),
        ("020 7946 0001", "(withheld)"),
        ("07946000111", "(withheld)"),
        ({"note": "Ada"}, "(dict)"),
        (User(name="Ada"), "(User)"),
        (ValueError("Ada Quist"), "ValueError"),
        (f"/episodes/{ID}/?q=ada", f"/episodes/{ID}/"),
        ("/episodes/Ada%20Quist/", "/episodes/<str:episode>/"),
        ("/invites/eyJhbGciOiJIUzI1NiJ9/", "/invites/<str:token>/"),
        ("/l/Xy12ab/", "/l/<slug:code>/"),
        ("/unsubscribe/abc:def/", "/unsubscribe/<str:token>/"),
        ("/nobody/knows/Ada", "/(no page)"),
        ("GET /worklist/?q=Ada+Quist HTTP/1.1", "GET /worklist/ HTTP/1.1"),
        (f"POST /api/v1/episodes/{ID}/check-ins/", f"POST /api/v1/episodes/{ID}/check-ins/"),
    ],
)
def test_of_what_is_put_into_a_line_only_the_harmless_is_shown(said: object, shown: str) -> None:
    assert line("It was %s", said) == f"It was {shown}"


def test_a_line_that_others_put_together_before_is_withheld() -> None:
    assert line("Invalid HTTP_HOST header: 'Ada'", name="django.security.DisallowedHost") == "(withheld)"
    assert line("Invalid request from ip=1: Ada=/x", name="gunicorn.error") == "(withheld)"
    assert line("Worker exiting", name="gunicorn.error") == "Worker exiting"
    assert line("it is still shown", name="tracker.services.rounds") == "it is still shown"


def test_a_value_of_the_wrong_kind_spoils_no_line() -> None:
    assert line("%d of %s", "Ada", 3) == "(withheld) of (withheld)"
    assert line("task %(name)s: %(exc)s", {"name": "tracker.tasks.daily_tick", "exc": "KeyError('Ada')"}) == (
        "task tracker.tasks.daily_tick: (withheld)"
    )


def test_no_value_can_end_a_line_and_begin_another() -> None:
    forged = line("It was %s\nand\r\x1b[31m\u2028\u202eso", "x\n2026-06-15 ERROR nothing happened")
    assert forged.isprintable()
    assert forged.startswith("It was (withheld)\\nand\\r\\x1b")


@pytest.mark.parametrize(
    "error", [ValidationError("Ada"), IntegrityError("Key (email)=(ada@x) exists"), KeyError("Ada")]
)
def test_an_exception_tells_its_kind_and_place_and_quotes_nothing(error: Exception) -> None:
    try:
        raise RuntimeError("about Ada") from error
    except RuntimeError:
        made = logging.getLogger("x").makeRecord("x", logging.ERROR, "", 0, "broken", (), sys.exc_info())
    told = logging.Formatter().format(made)
    assert type(error).__name__ in told
    assert "RuntimeError at" in told
    assert "test_logs.py:" in told
    assert "ada" not in told.lower()


@pytest.mark.django_db
def test_a_broken_rule_of_the_database_is_named_without_the_row() -> None:
    try:
        with transaction.atomic():
            Clinic.objects.create(name=word("clinic"), phone="1")
            Clinic.objects.create(name=word("clinic"), phone="2")
    except IntegrityError as error:
        told = logs.trouble(error)
    assert "UNIQUE constraint failed: tracker_clinic.name" in told or "23505 tracker_clinic_name" in told
    assert CANARY not in told


# --- What is written ------------------------------------------------------------------------------------------------


@pytest.fixture
def home(db: None, clock: StoppedClock) -> Staff:
    return scenes.clinic()


@pytest.fixture
def knee(home: Staff) -> Episode:
    return scenes.knee(home, given_name=word("given"), family_name=word("family"), email=address("mail"))


def test_no_request_and_no_refusal_writes_a_canary(home: Staff, knee: Episode, kept: Kept) -> None:
    phone, desk = Client(raise_request_exception=False), Client(raise_request_exception=False)
    phone.force_login(scenes.patient(knee).user)
    desk.force_login(home.physiotherapist.user)
    phone.post("/check-in/", {"pain_load": word("pain"), "note": word("note")})
    phone.post("/settings/", {"time_zone": word("zone")})
    for path in (
        "/worklist/?q={}",
        "/{}/",
        "/episodes/{}/",
        "/invites/{}/",
        "/l/{}/",
        "/unsubscribe/{}/",
        "/api/v1/{}/",
    ):
        desk.get(path.format(word("path")))
        desk.post(path.format(word("path")), {"reason": word("reason")})
    desk.get("/worklist/", headers={"host": f"{CANARY}.example"})
    desk.post("/api/v1/episodes/", f'{{"patient": "{word("json")}"', content_type="application/json")
    desk.post("/accounts/login/", {"login": address("login"), "password": word("password")})
    Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": address("login")}, headers={"referer": CANARY})
    assert kept.lines
    assert [each for each in kept.lines if CANARY in each.lower()] == []


def test_no_token_of_an_invite_or_a_program_is_written(home: Staff, knee: Episode, kept: Kept) -> None:
    _, secret = accounts.issue_token(user=home.surgeon.user, name=word("program"))
    Client().get("/api/v1/me/", headers={"authorization": f"Bearer {secret}"})
    Client().get(f"/unsubscribe/{secret}/")
    Client().get(f"/l/{secret}/")
    Client().get(f"/invites/{secret}/")
    assert invites
    assert [each for each in kept.lines if secret in each] == []


def test_no_failure_writes_a_canary(
    home: Staff, knee: Episode, kept: Kept, monkeypatch: pytest.MonkeyPatch, clock: StoppedClock
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError(f"cannot read {word('value')}")

    desk = Client(raise_request_exception=False)
    desk.force_login(home.physiotherapist.user)
    monkeypatch.setattr("tracker.selectors.worklist.worklist", broken)
    assert desk.get("/worklist/", {"q": word("query")}).status_code == 500
    monkeypatch.setattr("tracker.clinical.assessment.assess", broken)
    scenes.check_in(knee, pain_load=3, note=word("note"))
    monkeypatch.setattr("tracker.services.assessments.tick", broken)
    clock.advance(days=1)
    ticks.daily(now=clock.instant)
    with pytest.raises(IntegrityError), transaction.atomic():
        Patient.objects.create(pk=knee.patient.pk, clinic=home.clinic, family_name=word("twice"))
    assert any("ValueError at" in each for each in kept.lines)
    assert [each for each in kept.lines if CANARY in each.lower()] == []


def test_no_job_writes_a_canary(home: Staff, knee: Episode, kept: Kept, clock: StoppedClock, tmp_path: Path) -> None:
    settings.MAIL_DIR = tmp_path
    clock.advance(days=2)
    for job in (tasks.plan_reminders, tasks.deliver_messages, tasks.sweep_messages, tasks.daily_tick):
        job.apply(args=[word("argument")], throw=False)
        job.apply()
    assert connection.queries is not None
    assert [each for each in kept.lines if CANARY in each.lower()] == []


def test_whatever_our_own_code_logs_has_fixed_words() -> None:
    """What varies is an argument, so that it passes through the sieve."""
    files = [file for room in ("tracker", "recovery") for file in (Path(settings.BASE_DIR) / room).rglob("*.py")]
    calls = [(file, call) for file in files for call in ast.walk(ast.parse(file.read_text())) if _logs(call)]
    assert [f"{file}:{call.lineno}" for file, call in calls if not _is_fixed(call)] == []


def _logs(node: ast.AST) -> TypeGuard[ast.Call]:
    called = node.func if isinstance(node, ast.Call) else None
    written_by = isinstance(called, ast.Attribute) and called.attr in LOGGED and isinstance(called.value, ast.Name)
    return written_by and called.value.id in ("log", "logger", "logging")  # type: ignore[attr-defined]


def _is_fixed(call: ast.Call) -> bool:
    words = call.args[1:] if isinstance(call.func, ast.Attribute) and call.func.attr == "log" else call.args
    return bool(words) and isinstance(words[0], ast.Constant) and isinstance(words[0].value, str)
