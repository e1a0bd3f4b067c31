"""Erased means gone: from every table, the file beneath them, the mail folder, copies made later and a backup that
comes back. Restricted means that nobody works with the record. Neither hides an urgent alert."""

from __future__ import annotations

import json
import logging
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as installation
from django.core.management import CommandError, call_command
from django.db import connection, models
from pytest_django import Settings

from tests import canaries, scenes
from tests.canaries import CANARY
from tests.scenes import Staff
from tracker.clock import StoppedClock
from tracker.errors import Conflict
from tracker.models import (
    Alert,
    AuditEvent,
    CheckIn,
    Episode,
    Erasure,
    Hold,
    IdempotencyKey,
    OutboxMessage,
    Patient,
    Restriction,
    User,
    walls,
)
from tracker.selectors import alerts, morning, patients, totals, worklist
from tracker.selectors import calls as call_list
from tracker.selectors.retention import SAID, ends_on
from tracker.services import (
    assessments,
    clearances,
    dispatch,
    erasure,
    exports,
    ledger,
    reminders,
    requests,
    retention,
    sending,
    triage,
)

ASKED = Erasure.Reason.ASKED


@pytest.fixture(autouse=True)
def beside(settings: Settings, tmp_path: Path) -> Path:
    """What stands beside the database."""
    settings.ERASURES = tmp_path / "data" / "erasures.jsonl"
    settings.MAIL_DIR = tmp_path / "mail"
    return tmp_path


@pytest.fixture
def home(db: None, clock: StoppedClock) -> Staff:
    return scenes.clinic()


@pytest.fixture
def committed_knee(committed: None, clock: StoppedClock, beside: Path) -> Episode:
    """Somebody whose every text is a canary, in a database where every write is committed."""
    return canaries.laid(scenes.clinic(), beside / "mail")


def output(command: str, *words: str) -> str:
    said = StringIO()
    call_command(command, *words, stdout=said)
    return said.getvalue()


# --- Nothing left ---------------------------------------------------------------------------------------------------


def test_the_canaries_sing_in_every_place_before(committed_knee: Episode, beside: Path) -> None:
    """So that finding none afterwards means something."""
    found = {column.partition(".")[0].removeprefix("tracker_") for column in canaries.in_tables()}
    assert found >= {
        "patient", "note", "episode", "review", "user", "reach", "outboxmessage", "attempt", "pushsubscription",
        "apitoken", "idempotencykey", "invite", "caregiverlink", "account_emailaddress", "mfa_authenticator",
        "usersessions_usersession", "django_session", "django_admin_log",
    }  # fmt: skip
    assert canaries.in_directory(beside / "mail") == 1


def test_after_an_erasure_nothing_anywhere_names_the_patient(
    committed_knee: Episode, beside: Path, caplog: pytest.LogCaptureFixture
) -> None:
    patient = committed_knee.patient
    with caplog.at_level(logging.DEBUG):
        erasure.erase(patient=patient, reason=ASKED)
    assert canaries.in_tables() == []
    if connection.vendor == "sqlite":
        assert canaries.in_file() == 0
    assert canaries.in_directory(beside / "mail") == 0
    assert (beside / "mail" / "20260615T090000Z-else-1.eml").exists()
    assert CANARY not in caplog.text.lower()
    later = json.dumps(exports.data(patient=Patient.objects.get(pk=patient.pk)))
    assert CANARY not in later.lower()
    assert CANARY not in settings_file(beside).read_text().lower()


def settings_file(beside: Path) -> Path:
    return beside / "data" / "erasures.jsonl"


def test_what_was_recorded_clinically_stays_under_a_name_that_means_nobody(committed_knee: Episode) -> None:
    reported, signed = CheckIn.objects.count(), Restriction.objects.count()
    erasure.erase(patient=committed_knee.patient, reason=ASKED)
    assert (CheckIn.objects.count(), Restriction.objects.count()) == (reported, signed)
    left = Patient.objects.get(pk=committed_knee.patient.pk)
    assert (left.given_name, left.family_name, left.salt, left.user, left.birth_date.year) == (
        "", "Erased record", "", None, 1900,
    )  # fmt: skip
    assert not User.objects.filter(email__contains="erased.invalid", is_active=True).exists()
    assert not any(user.has_usable_password() for user in User.objects.filter(email__contains="erased.invalid"))


def test_a_helper_who_works_in_the_clinic_keeps_the_login(home: Staff) -> None:
    knee = scenes.knee(home)
    nurse = home.physiotherapist.user
    knee.patient.user = nurse
    knee.patient.save()
    erasure.erase(patient=knee.patient, reason=ASKED)
    assert User.objects.get(pk=nurse.pk).name == "Jo Mbeki"


def test_answers_kept_for_others_stay(home: Staff, clock: StoppedClock) -> None:
    gone, kept = scenes.knee(home), scenes.knee(home)
    for knee in (gone, kept):
        IdempotencyKey.objects.create(
            user=home.surgeon.user, key=knee.pk, route=f"POST /api/v1/episodes/{knee.pk}/clearances/", body_hash="",
            status=201, answer="{}", created_at=clock.instant,
        )  # fmt: skip
    erasure.erase(patient=gone.patient, reason=ASKED)
    assert [row.key for row in IdempotencyKey.objects.all()] == [kept.pk]


# --- An urgent alert stays accounted for ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_nothing_is_erased_or_restricted_while_an_urgent_alert_is_open(home: Staff) -> None:
    knee = scenes.knee(home)
    scenes.check_in(knee, symptoms=["calf_sore"])
    for act in (erasure.erase, erasure.restrict):
        with pytest.raises(Conflict, match="Close it first"):
            act(patient=knee.patient, reason=ASKED, by=home.coordinator)
    assert ledger.entries() == []
    for alert in Alert.objects.filter(episode=knee):
        triage.close(alert=alert, by=home.surgeon, outcome="seen", note="Seen in person.")
    assert erasure.erase(patient=knee.patient, reason=ASKED, by=home.coordinator).kind == "erase"


@pytest.mark.django_db
def test_nobody_writes_in_a_restricted_record_as_nobody_would_read_it(home: Staff) -> None:
    knee = scenes.knee(home)
    erasure.restrict(patient=knee.patient, reason=ASKED)
    with pytest.raises(Conflict, match="restricted"):
        scenes.check_in(knee, symptoms=["chest_pain"])


# --- Restricted -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("act", [erasure.restrict, erasure.erase])
def test_it_stands_in_no_list_is_not_ticked_and_gets_no_message(home: Staff, clock: StoppedClock, act: object) -> None:
    knee, other = scenes.knee(home), scenes.knee(home)
    scenes.check_in(knee, pain_load=5)
    act(patient=knee.patient, reason=ASKED, by=home.coordinator)  # type: ignore[operator]
    clock.advance(days=3)
    now = clock.instant
    reminders.plan(now=now)
    while dispatch.deliver(now=now):
        pass
    assert [row.episode for row in worklist.every(home.physiotherapist)] == [other.pk]
    assert [row.episode for row in patients.patients(home.coordinator).rows] == [other.pk]
    assert {alert.episode for alert in alerts.alerts(home.physiotherapist).alerts} <= {other.pk}
    assert {entry.episode for entry in call_list.open_entries(home.clinic)} <= {other.pk}
    assert morning.waiting(home.clinic).silent + morning.waiting(home.clinic).behind <= 1
    assert totals.totals(now=now).without_plan == 0
    assert assessments.tick(clinic=home.clinic, now=now, anew=True).seen == 1
    assert not OutboxMessage.objects.filter(patient=knee.patient, state="sent").exists()


@pytest.mark.django_db
def test_a_lifted_record_is_worked_with_again(home: Staff) -> None:
    knee = scenes.knee(home)
    kept = erasure.restrict(patient=knee.patient, reason=ASKED, by=home.coordinator)
    assert kept.keep_until is not None
    assert kept.keep_until.year == scenes.today(home.clinic).year + home.clinic.retention_years
    erasure.lift(patient=knee.patient, reason=ASKED, by=home.coordinator)
    assert len(worklist.every(home.physiotherapist)) == 1
    assert scenes.check_in(Episode.objects.get(pk=knee.pk), pain_load=3)
    with pytest.raises(Conflict, match="not restricted"):
        erasure.lift(patient=knee.patient, reason=ASKED, by=home.coordinator)


@pytest.mark.django_db
def test_a_request_waits_on_the_call_list_until_the_coordinator_decides(home: Staff, clock: StoppedClock) -> None:
    knee = scenes.knee(home)
    first = requests.ask(episode=knee, by=scenes.patient(knee))
    assert requests.ask(episode=knee, by=scenes.patient(knee)) == first
    while dispatch.deliver(now=clock.instant):
        pass
    assert [entry.kind for entry in call_list.open_entries(home.clinic)] == ["record_request"]
    requests.decline(episode=knee, by=home.coordinator)
    assert call_list.open_entries(home.clinic) == []
    assert requests.ask(episode=knee, by=scenes.patient(knee)) != first


# --- The ledger -----------------------------------------------------------------------------------------------------


def test_a_backup_that_comes_back_is_brought_up_to_the_ledger(
    committed_knee: Episode, beside: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("the other databases have a drill of their own")
    patient = committed_knee.patient
    copy = beside / "backup.sqlite3"
    with closing(sqlite3.connect(copy)) as backup:
        connection.connection.backup(backup)
    erasure.erase(patient=patient, reason=ASKED)
    with closing(sqlite3.connect(copy)) as backup:
        backup.backup(connection.connection)
    assert canaries.in_tables()
    assert erasure.unfulfilled() == [patient.pk]
    with pytest.raises(SystemExit):
        call_command("doctor")
    assert "erase_patient --again" in capsys.readouterr().out
    assert f"Done again: {patient.pk}" in output("erase_patient", "--again")
    assert canaries.in_tables() == []
    assert canaries.in_file() == 0
    assert erasure.unfulfilled() == []
    assert Erasure.objects.filter(patient_id=patient.pk).count() == 1
    assert "Records put right: 0" in output("erase_patient", "--again")


@pytest.mark.servers
def test_a_dump_that_comes_back_is_brought_up_to_the_ledger(committed_knee: Episode, beside: Path) -> None:
    if connection.vendor != "postgresql" or not (shutil.which("pg_dump") and shutil.which("psql")):
        pytest.skip("needs PostgreSQL with pg_dump and psql; set DATABASE_URL")
    given = connection.settings_dict
    at = ["-h", given["HOST"] or "127.0.0.1", "-p", str(given["PORT"] or 5432), "-U", given["USER"]]
    dump, restored = beside / "dump.sql", f"{given['NAME']}_restored"
    tell = {"env": {**os.environ, "PGPASSWORD": given["PASSWORD"] or ""}, "check": True, "capture_output": True}
    subprocess.run(["pg_dump", *at, "-f", str(dump), given["NAME"]], **tell)
    erasure.erase(patient=committed_knee.patient, reason=ASKED)
    subprocess.run(["psql", *at, "-d", "postgres", "-c", f'CREATE DATABASE "{restored}"'], **tell)
    try:
        subprocess.run(["psql", *at, "-q", "-v", "ON_ERROR_STOP=1", "-d", restored, "-f", str(dump)], **tell)
        again(beside, f"postgres://{given['USER']}:{given['PASSWORD']}@{at[1]}:{at[3]}/{restored}")
        left = subprocess.run(["pg_dump", *at, restored], **tell).stdout
        assert CANARY.encode() not in left.lower()
    finally:
        subprocess.run(["psql", *at, "-d", "postgres", "-c", f'DROP DATABASE "{restored}" WITH (FORCE)'], **tell)


def again(beside: Path, database: str) -> None:
    """What an operator runs, in a process of its own that knows the restored database and the ledger beside it."""
    run = (
        "import os, django; os.environ['RECOVERY_MODE'] = 'test'; django.setup();"
        "from pathlib import Path; from django.conf import settings;"
        f"settings.ERASURES = Path({str(beside / 'data' / 'erasures.jsonl')!r});"
        "from django.core.management import call_command; call_command('erase_patient', '--again')"
    )
    environment = {**os.environ, "DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "recovery.settings"}
    subprocess.run([sys.executable, "-c", run], env=environment, cwd=installation.BASE_DIR, check=True)


@pytest.mark.django_db
def test_opening_sending_after_a_restore_does_the_ledger_first(home: Staff, clock: StoppedClock) -> None:
    knee = scenes.knee(home)
    erasure.restrict(patient=knee.patient, reason=ASKED)
    Patient.objects.filter(pk=knee.patient.pk).update(restricted_at=None)
    sending.shut(why="Restored.", now=clock.instant)
    assert "would be again: 1" in output("resume_sending")
    output("resume_sending", "--by", "Kit Lane")
    assert Patient.objects.get(pk=knee.patient.pk).restricted_at is not None


@pytest.mark.django_db
def test_an_alert_that_came_back_with_the_backup_does_not_keep_the_record(home: Staff) -> None:
    knee = scenes.knee(home)
    erasure.erase(patient=knee.patient, reason=ASKED)
    Patient.objects.filter(pk=knee.patient.pk).update(erased_at=None, family_name="Hale")
    Episode.objects.filter(pk=knee.pk).update(state="open")
    scenes.check_in(knee, by=home.physiotherapist, symptoms=["chest_pain"])
    assert erasure.again() == [knee.patient.pk]


@pytest.mark.django_db
def test_the_ledger_holds_ids_and_dates_alone_and_only_its_owner_may_read_it(home: Staff, beside: Path) -> None:
    knee = scenes.knee(home)
    erasure.erase(patient=knee.patient, reason=ASKED, by=home.coordinator)
    file = beside / "data" / "erasures.jsonl"
    assert set(json.loads(file.read_text())) == {"id", "patient_id", "kind", "reason", "at", "keep_until"}
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
def test_a_line_broken_off_by_a_power_cut_spoils_no_other(home: Staff, beside: Path) -> None:
    knee = scenes.knee(home)
    file = beside / "data" / "erasures.jsonl"
    file.parent.mkdir()
    file.write_text('{"id": "3b9a')
    erasure.erase(patient=knee.patient, reason=ASKED)
    assert [entry.patient_id for entry in ledger.entries()] == [knee.patient.pk]


@pytest.mark.django_db
def test_an_erasure_that_fails_half_way_stands_in_the_ledger_and_is_done_again(
    home: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Better a line too many, which doctor shows, than a name that comes back unseen."""
    knee = scenes.knee(home)
    with monkeypatch.context() as patched, pytest.raises(RuntimeError):
        patched.setattr("tracker.services.forgetting._person", broken)
        erasure.erase(patient=knee.patient, reason=ASKED)
    assert Patient.objects.get(pk=knee.patient.pk).erased_at is None
    assert erasure.unfulfilled() == [knee.patient.pk]
    assert erasure.again() == [knee.patient.pk]


def broken(*_: object) -> None:
    raise RuntimeError("the power is gone")


@pytest.mark.django_db
def test_the_command_is_safe_to_repeat_and_says_what_it_will_not_do(home: Staff) -> None:
    knee = scenes.knee(home)
    pk = str(knee.patient.pk)
    assert "Erased" in output("erase_patient", pk, "--reason", "asked")
    assert "nothing to do" in output("erase_patient", pk, "--reason", "asked")
    for words in ((), (pk,), (str(knee.pk), "--reason", "asked"), ("x", "--reason", "asked")):
        with pytest.raises(CommandError):
            call_command("erase_patient", *words)
    assert AuditEvent.objects.filter(action="record_decided").count() == 1


# --- Retention ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_closed_record_is_erased_when_the_years_of_its_clinic_are_over(home: Staff, clock: StoppedClock) -> None:
    old, again_open, open_still = scenes.knee(home), scenes.knee(home), scenes.knee(home)
    close(old)
    close(again_open)
    clock.advance(days=int(home.clinic.retention_years * 365.25) - 5)
    assert retention.due(now=clock.instant) == []
    clock.advance(days=10)
    scenes.knee(home, given_name=again_open.patient.given_name, family_name=again_open.patient.family_name)
    assert [patient.pk for patient in retention.due(now=clock.instant)] == [old.patient.pk]
    assert str(old.patient.pk) in output("apply_retention", "--dry-run")
    assert Patient.objects.get(pk=old.patient.pk).erased_at is None
    assert "erased: 1" in output("apply_retention")
    assert "erased: 0" in output("apply_retention")
    assert Erasure.objects.get().reason == "retention"
    assert Patient.objects.get(pk=open_still.patient.pk).erased_at is None


@pytest.mark.django_db
def test_the_years_count_from_whatever_was_recorded_last(home: Staff, clock: StoppedClock) -> None:
    knee = scenes.knee(home)
    scenes.check_in(knee, symptoms=["calf_sore"])
    for alert in Alert.objects.filter(episode=knee):
        triage.close(alert=alert, by=home.surgeon, outcome="seen", note="Seen in person.")
    clock.advance(days=400)
    clearances.release(hold=Hold.objects.get(episode=knee, code="calf_sore"), by=home.surgeon, basis="Scan clear.")
    close(knee)
    assert ends_on(knee.patient).year == clock.instant.year + home.clinic.retention_years


def test_every_time_at_which_somebody_records_something_counts() -> None:
    """A table with a time and a way to a patient is counted, or is the program's own doing or the patient's settings."""
    counted = {model for model, _, _ in SAID}
    timed = {model for model in apps.get_app_config("tracker").get_models() if any(map(_is_time, model._meta.fields))}
    assert {model.__name__ for model in timed & _about_patients() - counted} == {
        "Alert", "Assessment", "Attempt", "AuditEvent", "CaregiverLink", "Consent", "EmergencyAccess", "Erasure",
        "IdempotencyKey", "Invite", "Occurrence", "OutboxMessage", "Patient", "Reach", "ReminderPlan",
    }  # fmt: skip


def _is_time(field: Any) -> bool:
    return isinstance(field, models.DateField)


def _about_patients() -> set[Any]:
    return {model for model in apps.get_app_config("tracker").get_models() if model._meta.db_table in walls.guarded()}


@pytest.mark.django_db
def test_two_words_of_one_instant_count_in_their_order(home: Staff) -> None:
    knee = scenes.knee(home)
    for act in (erasure.restrict, erasure.lift):
        act(patient=Patient.objects.get(pk=knee.patient.pk), reason=ASKED)
    assert erasure.unfulfilled() == []


@pytest.mark.django_db
def test_a_round_of_retention_takes_at_most_twenty(home: Staff, clock: StoppedClock) -> None:
    for _ in range(3):
        close(scenes.knee(home, signed=False))
    clock.advance(days=365 * 11)
    assert retention.MOST == 20
    assert retention.apply(now=clock.instant, most=2) == 2
    assert retention.apply(now=clock.instant, most=2) == 1


@pytest.mark.django_db
def test_a_restricted_record_is_erased_on_its_day_though_its_recovery_was_never_closed(
    home: Staff, clock: StoppedClock
) -> None:
    knee = scenes.knee(home)
    erasure.restrict(patient=knee.patient, reason=ASKED)
    clock.advance(days=365 * 11)
    assert retention.apply(now=clock.instant) == 1


@pytest.mark.django_db
def test_a_record_whose_urgent_alert_is_open_outlives_its_time(home: Staff, clock: StoppedClock) -> None:
    knee = scenes.knee(home)
    scenes.check_in(knee, symptoms=["chest_pain"])
    close(knee)
    clock.advance(days=365 * 11)
    assert retention.apply(now=clock.instant) == 0


def close(knee: Episode) -> None:
    Episode.objects.filter(pk=knee.pk).update(state=Episode.State.CLOSED)
