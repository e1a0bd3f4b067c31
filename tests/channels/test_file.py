"""The demo's channel: one readable file a message."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.channels.test_email import LETTER
from tracker import channels
from tracker.channels import RefusedError
from tracker.channels.email import Email
from tracker.channels.file import File

PARAGRAPH = (
    "A line that is longer than mail likes its lines to be, with an ü and a — dash, and still it is left in one piece."
)


def test_a_message_becomes_one_file_that_a_person_can_read(tmp_path: Path) -> None:
    with File(tmp_path / "mail").open(replace(LETTER, text=PARAGRAPH)) as handover:
        handover.commit()
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name.startswith("20260615T080000Z-robin_example.org-")
    assert file.suffix == ".eml"
    assert PARAGRAPH in file.read_text(encoding="utf-8")
    assert message_from_bytes(file.read_bytes())["Subject"] == "Time for your check-in"


def test_what_is_not_committed_leaves_no_trace(tmp_path: Path) -> None:
    with File(tmp_path).open(LETTER):
        pass
    assert not list(tmp_path.iterdir())


def test_a_repeat_does_not_hide_the_first(tmp_path: Path) -> None:
    for letter in (LETTER, replace(LETTER, repeat=True)):
        with File(tmp_path).open(letter) as handover:
            handover.commit()
    assert len(list(tmp_path.glob("*.eml"))) == 2


def test_a_directory_that_cannot_be_written_is_tried_again_later(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("in the way")
    with pytest.raises(RefusedError) as refusal, File(tmp_path / "mail").open(LETTER):
        pass
    assert not refusal.value.permanent


def test_the_same_addresses_are_refused_as_by_mail(tmp_path: Path) -> None:
    with pytest.raises(RefusedError), File(tmp_path).open(replace(LETTER, to="robin@example.org\nBcc: x@example.org")):
        pass


def test_production_mails_and_everything_else_writes_files(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert isinstance(channels.named("email"), Email)
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    assert isinstance(channels.named("email"), File)


def test_a_channel_that_nobody_set_up_refuses_for_good() -> None:
    with pytest.raises(RefusedError) as refusal:
        channels.named("pigeon")
    assert refusal.value.permanent
