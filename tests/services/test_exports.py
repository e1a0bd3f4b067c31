"""A copy holds everything that is kept about a patient, says missing as null, and can be read on paper."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import models
from jsonschema import Draft202012Validator
from pytest_django import Settings

from tests import canaries, scenes
from tests.canaries import CANARY
from tests.scenes import Staff
from tracker.clock import StoppedClock
from tracker.models import AuditEvent, Episode, Opening, Patient, Presence, User
from tracker.selectors import export, paper
from tracker.selectors.export_rules import LEFT_OUT, every
from tracker.services import audit, exports, papers

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(db: None, clock: StoppedClock) -> Staff:
    return scenes.clinic()


@pytest.fixture
def knee(home: Staff) -> Episode:
    return scenes.knee(home)


def data(knee: Episode) -> dict[str, Any]:
    return exports.data(patient=Patient.objects.get(pk=knee.patient.pk))


# --- Complete -------------------------------------------------------------------------------------------------------


def leads_to_a_patient() -> set[type[models.Model]]:
    """Every table with a path to a patient or an episode, and what belongs to a login alone."""
    found: set[type[models.Model]] = {Patient, Episode}
    grew = True
    while grew:
        grew = False
        for model in set(apps.get_models()) - found:
            fields = [field for field in model._meta.get_fields() if field.concrete and field.is_relation]
            if any(field.related_model in found or _owned(field) for field in fields):
                found.add(model)
                grew = True
    return found


def _owned(field: Any) -> bool:
    """A login's own row goes with it; staff rows are those of people who work here."""
    gone = getattr(field.remote_field, "on_delete", None) is models.CASCADE
    return field.related_model is User and gone and field.name == "user"


OF_STAFF = {"Membership", "LogEntry"}
"""They hang on a login that works in a clinic, which a patient's does not."""


def test_every_table_about_a_patient_has_a_rule() -> None:
    known = {section.model for section in every()} | set(LEFT_OUT)
    missing = {model.__name__ for model in leads_to_a_patient() - known} - OF_STAFF
    assert missing == set()
    assert all(LEFT_OUT.values())


def test_every_column_of_a_table_is_exported_or_named_here() -> None:
    """A new column with something about the patient is not forgotten silently either."""
    forgotten = {}
    for section in every():
        taken = {column.source.partition("__")[0].removesuffix("_id") for column in export.columns(section)}
        names = {field.name for field in section.model._meta.concrete_fields}
        left = names - taken - {"id", "pk", section.to.partition("__")[0]} - NOT_TOLD.get(section.model.__name__, set())
        if left:
            forgotten[section.model.__name__] = left
    assert forgotten == {}


NOT_TOLD: dict[str, set[str]] = {
    # secrets, keys of the machine, and what another section says
    "Patient": {"user", "salt", "erased_at"},
    "Episode": {"patient", "revision"},
    "Restriction": {"full", "origin", "signature"},
    "Hold": {"put_back"},
    "Assessment": {
        "clinic", "fingerprint", "attention", "surgery_date", "phase", "term", "max_percent", "max_kg", "next_step",
        "seen", "open_alerts", "sparkline", "last_check_in", "last_check_in_at",
    },
    "CaregiverLink": {"user"},
    "Invite": {"clinic", "caregiver", "role", "nonce", "tries", "used_by"},
    "OutboxMessage": {
        "dedupe_key", "nature", "urgent", "clinic", "episode", "invite", "occurrence", "expires_at", "attempts",
        "lease_until", "holder", "fence", "message_id", "repeat", "last_error", "created_at", "settled_at",
    },
    "ApiToken": {"clinic", "hash", "last_used_on"},
    "PushSubscription": {"endpoint", "p256dh", "auth"},
    "Authenticator": {"data"},
    "UserSession": {"session_key", "data"},
    "AuditEvent": {"object_id", "via", "address", "request_id", "detail"},
    "Proposal": set(),
}  # fmt: skip


def test_everything_that_was_written_about_somebody_is_in_the_copy(home: Staff, tmp_path: Path) -> None:
    found = json.dumps(data(canaries.laid(home, tmp_path)))
    said = "given family number plate graft note urgent amended helped closed released fact withdrawn goal result call moved"
    for each in said.split():
        assert f"{CANARY}-{each}" in found, each
    assert canaries.address("mail") in found
    assert "taken on" in found


def test_the_copy_has_the_documented_shape(home: Staff, tmp_path: Path) -> None:
    found = data(canaries.laid(home, tmp_path))
    assert found["schema_version"] == 1
    Draft202012Validator(export.shape()).validate(json.loads(json.dumps(found)))


def test_missing_is_null_and_no_answer_is_not_zero(knee: Episode) -> None:
    scenes.check_in(knee, days_ago=1, pain_load=0, symptoms=[])
    scenes.check_in(knee, pain_rest=2)
    nought, silent = data(knee)["episodes"][0]["check_ins"]
    assert (nought["pain_load_0_10"], nought["symptoms"]) == (0, [])
    assert (silent["pain_load_0_10"], silent["symptoms"], silent["note"], silent["aids"]) == (None, None, None, None)


def test_nothing_of_another_patient_is_in_it(home: Staff, knee: Episode) -> None:
    other = scenes.knee(home, given_name="Ottoline", family_name="Stranger", email="ottoline@example.org")
    scenes.check_in(other, pain_load=3, note="only Ottoline's")
    text = json.dumps(data(knee))
    assert "Ottoline" not in text
    assert str(other.pk) not in text


def test_no_secret_is_in_it(home: Staff, tmp_path: Path) -> None:
    knee = canaries.laid(home, tmp_path)
    user = knee.patient.user
    assert user is not None
    text = json.dumps(data(knee))
    for secret in (user.tokens.get().hash, user.password, knee.patient.salt, "p256dh", "nonce"):
        assert secret not in text


def test_who_looked_is_in_it_also_by_a_list_and_the_next_copy_tells_of_this_one(home: Staff, knee: Episode) -> None:
    physio = home.physiotherapist.user
    presence = Presence(at=knee.created_at, clinic_id=home.clinic.pk, route="worklist", listed=[knee.pk])
    physio.presence = presence
    presence.openings.append(opening(home.clinic.pk))
    audit.keep(user=physio, presence=presence, shown=True)
    physio.presence = None
    exports.data(patient=knee.patient, by=home.surgeon)
    lines = [(row["who"], row["did"], row["page"]) for row in data(knee)["looked"]]
    assert ("Jo Mbeki", "worklist", "worklist") in lines
    assert ("Dr A. Osei", "exported", None) in lines


def opening(clinic: UUID) -> Any:
    return Opening("worklist", clinic_id=clinic, role="physiotherapist")


# --- On paper -------------------------------------------------------------------------------------------------------


def test_the_paper_begins_with_the_restrictions_in_the_order_of_their_days(home: Staff, knee: Episode) -> None:
    scenes.clear(home, knee, "G6")
    parts = paper.paper(data(knee))["knees"][0]["parts"]
    assert [part["title"] for part in parts[:3]] == ["Restrictions, day by day", "Check-ins", "Milestones"]
    starts = [row["starts_on"] for row in data(knee)["episodes"][0]["restrictions"]]
    assert starts == sorted(starts)
    assert len(starts) > 1


def test_the_pdf_is_tagged_for_screen_readers_and_names_its_title(knee: Episode) -> None:
    scenes.check_in(knee, pain_load=3, note="slept well")
    made = exports.file(patient=knee.patient, kind="pdf").content
    assert made.startswith(b"%PDF-1.7")
    assert b"/StructTreeRoot" in made or b"StructTreeRoot" in inflated(made)
    assert b"pdfuaid" in made + inflated(made)


def inflated(pdf: bytes) -> bytes:
    """What stands in the compressed parts of a PDF."""
    found = b""
    for part in pdf.split(b"stream\n")[1:]:
        try:
            found += zlib.decompressobj().decompress(part)
        except zlib.error:
            continue
    return found


@pytest.mark.parametrize(
    "typed",
    ['#import "x": *', "$ x^2 $ *bold* _it_ `raw`", "#read(\"/etc/passwd\")", "<label> @ref [x] // /* \\ #{panic()}", "😀 李 \u202eturned"],
)  # fmt: skip
def test_what_people_typed_is_never_taken_for_markup(home: Staff, typed: str) -> None:
    knee = scenes.knee(home, given_name=typed[:80], family_name=typed[:80])
    scenes.check_in(knee, pain_load=3, note=typed)
    assert exports.file(patient=knee.patient, kind="pdf").content.startswith(b"%PDF")


def test_the_template_cannot_read_a_file(tmp_path: Path) -> None:
    """It is compiled from bytes, and no text that it is given is ever evaluated."""
    assert b"eval(" not in papers._template()
    assert b'mode: "markup"' not in papers._template()


# --- The command ----------------------------------------------------------------------------------------------------


def test_the_command_writes_both_files_for_its_caller_alone(knee: Episode, tmp_path: Path, settings: Settings) -> None:
    target = tmp_path / "copies"
    for _ in range(2):
        call_command("export_patient", str(knee.patient.pk), "--to", str(target))
    files = sorted(target.iterdir())
    assert [file.suffix for file in files] == [".json", ".pdf"]
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    assert all(file.name.isascii() and " " not in file.name for file in files)
    assert json.loads(files[0].read_text())["patient"]["id"] == str(knee.patient.pk)
    assert AuditEvent.objects.filter(action="exported").count() == 2
    with pytest.raises(CommandError, match="There is no record"):
        call_command("export_patient", "nobody", "--to", str(target))
