"""How an installation starts: what it refuses, where its secrets come from, what it tells the browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from recovery import middleware
from recovery import settings as recovery_settings

ROOT = Path(__file__).parents[2]
PRODUCTION = {
    "SECRET_KEY": "fifty characters at least, and more than five different ones",
    "ALLOWED_HOSTS": "recovery.example.org",
    "DATABASE_URL": "sqlite:////nowhere/recovery.sqlite3",
    "CELERY_BROKER_URL": "amqp://broker.example.org/",
    "EMAIL_URL": "smtp+tls://mail.example.org:587",
}


def run(*words: str, data: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {"PATH": os.environ["PATH"], "RECOVERY_DATA": str(data), "DJANGO_SETTINGS_MODULE": "recovery.settings"}
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, env={**own, **environment}, capture_output=True, text=True, timeout=60
    )


def loaded(*names: str, data: Path, **environment: str) -> dict[str, Any]:
    """Settings as a fresh process with this environment reads them."""
    script = (
        f"import json, recovery.settings as s; print(json.dumps({{n: getattr(s, n) for n in {names!r}}}, default=str))"
    )
    process = run("-c", script, data=data, **environment)
    assert process.returncode == 0, process.stderr
    found: dict[str, Any] = json.loads(process.stdout)
    return found


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ALLOWED_HOSTS"])
def test_production_refuses_to_start_and_says_what_is_missing(missing: str, tmp_path: Path) -> None:
    rest = {name: value for name, value in PRODUCTION.items() if name != missing}
    refused = run("manage.py", "check", data=tmp_path, **rest)
    assert refused.returncode == 1
    assert f"Recovery cannot start. {missing} is not set." in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_deployment_check_is_clean(tmp_path: Path) -> None:
    checked = run("manage.py", "check", "--deploy", "--fail-level", "INFO", data=tmp_path, **PRODUCTION)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(("gone", "code"), [("CELERY_BROKER_URL", "tracker.E001"), ("EMAIL_URL", "tracker.W001")])
def test_the_deployment_check_misses_what_reminders_need(gone: str, code: str, tmp_path: Path) -> None:
    rest = {**PRODUCTION, gone: "consolemail://" if gone == "EMAIL_URL" else ""}
    assert code in run("manage.py", "check", "--deploy", data=tmp_path, **rest).stderr


def test_a_secret_may_come_as_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(PRODUCTION["SECRET_KEY"] + "\n")
    (tmp_path / "database").write_text("postgres://who:what@db.example.org/recovery\n")
    files = {"SECRET_KEY_FILE": str(tmp_path / "key"), "DATABASE_URL_FILE": str(tmp_path / "database")}
    rest = {name: value for name, value in PRODUCTION.items() if name not in ("SECRET_KEY", "DATABASE_URL")}
    found = loaded("SECRET_KEY", "DATABASES", data=tmp_path, **rest, **files)
    assert found["SECRET_KEY"] == PRODUCTION["SECRET_KEY"]
    assert found["DATABASES"]["default"]["HOST"] == "db.example.org"


def test_connections_to_a_database_server_are_kept(tmp_path: Path) -> None:
    url = "postgres://who:what@db.example.org/recovery"
    entry = loaded("DATABASES", data=tmp_path, **{**PRODUCTION, "DATABASE_URL": url})["DATABASES"]["default"]
    assert (entry["CONN_MAX_AGE"], entry["CONN_HEALTH_CHECKS"]) == (None, True)


@pytest.mark.parametrize(("address", "prepares"), [("", True), ("?server_side_binding=false", False)])
def test_a_pooler_that_keeps_no_prepared_statements_is_told_apart(address: str, prepares: bool) -> None:
    entry = recovery_settings.database(f"postgres://recovery@db.example.org/recovery{address}")
    assert entry["OPTIONS"]["server_side_binding"] is prepares


def test_the_demo_never_reaches_the_clinics_servers(tmp_path: Path) -> None:
    names = ("DATABASES", "CELERY_BROKER_URL", "EMAIL_BACKEND", "ALLOWED_HOSTS")
    found = loaded(*names, data=tmp_path, RECOVERY_MODE="demo", **PRODUCTION)
    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "recovery.sqlite3")
    assert found["CELERY_BROKER_URL"].startswith("memory:")
    assert found["EMAIL_BACKEND"].endswith("filebased.EmailBackend")
    assert "recovery.example.org" not in found["ALLOWED_HOSTS"]


def test_the_demo_makes_its_own_key_once_and_keeps_it_to_itself(tmp_path: Path) -> None:
    first, second = (loaded("SECRET_KEY", data=tmp_path, RECOVERY_MODE="demo") for _ in range(2))
    assert first == second
    assert len(first["SECRET_KEY"]) >= 64
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_cookies_are_bound_to_the_host_and_to_tls(tmp_path: Path) -> None:
    names = ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE")
    assert list(loaded(*names, data=tmp_path, **PRODUCTION).values()) == ["__Host-session", "__Host-csrf", True, True]


def test_no_page_may_run_or_show_anything_from_elsewhere(client: Client) -> None:
    policy = client.get("/health/live").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_a_body_over_a_mebibyte_is_refused_before_it_is_read(client: Client) -> None:
    note = json.dumps({"note": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE})
    refused = client.post("/api/v1/me/", note, content_type="application/json")
    assert refused.status_code == 413
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.json()["detail"] == middleware.TOO_LARGE


def test_a_page_that_is_sent_too_much_answers_in_words(rf: RequestFactory) -> None:
    def never(request: object) -> Any:
        raise AssertionError("the body must not reach a view")

    request = rf.post("/check-in/", {"note": "x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE})
    answer = middleware.BodyLimit(never)(request)
    assert answer.status_code == 413
    assert middleware.TOO_LARGE in answer.content.decode()


@pytest.mark.django_db
def test_ready_for_pages_means_migrated_and_guarded(client: Client) -> None:
    assert client.get("/health/pages").json() == {"ready": True, "problems": []}


def test_jobs_carry_json_alone() -> None:
    assert (settings.CELERY_ACCEPT_CONTENT, settings.CELERY_TASK_SERIALIZER) == (["json"], "json")


@pytest.mark.parametrize("mode", ["demo", "production"])
def test_no_mode_shows_a_visitor_how_the_program_works(mode: str, tmp_path: Path) -> None:
    assert loaded("DEBUG", data=tmp_path, **PRODUCTION, RECOVERY_MODE=mode) == {"DEBUG": False}


@pytest.mark.parametrize("url", ["locmemcache://", "filecache:///tmp/x", "dummycache://"])
def test_production_keeps_no_counts_where_other_processes_do_not_see_them(url: str, tmp_path: Path) -> None:
    refused = run("manage.py", "check", data=tmp_path, **PRODUCTION, CACHE_URL=url)
    assert refused.returncode == 1
    assert "CACHE_URL must be redis://" in refused.stderr


def test_without_further_ado_counts_stand_in_the_database_and_pictures_do_not(tmp_path: Path) -> None:
    caches = loaded("CACHES", data=tmp_path, **PRODUCTION)["CACHES"]
    assert caches["default"]["BACKEND"].endswith("DatabaseCache")
    assert caches["pictures"]["BACKEND"].endswith("LocMemCache")


def test_a_rate_is_changed_by_the_environment(tmp_path: Path) -> None:
    limits = loaded("LIMITS", data=tmp_path, **PRODUCTION, LIMIT_CHECK_IN="5/m/user")["LIMITS"]
    assert limits["check-in"] == "5/m/user"
    assert limits["export"] == settings.LIMITS["export"]


def test_one_migrate_makes_the_table_of_counts_and_another_leaves_it_alone(tmp_path: Path) -> None:
    database = {**PRODUCTION, "DATABASE_URL": f"sqlite:///{tmp_path / 'clinic.sqlite3'}"}
    for _ in range(2):
        made = run("manage.py", "migrate", "--verbosity=0", data=tmp_path, **database)
        assert made.returncode == 0, made.stderr
    counted = (
        "import django; django.setup(); from django.core.cache import cache; cache.set('a', 1); print(cache.get('a'))"
    )
    assert run("-c", counted, data=tmp_path, **database).stdout.strip() == "1"
