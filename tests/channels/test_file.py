"""The demo's channels: one readable file a message, and the lists of the product's own."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.channels.letters import LETTER
from tracker.channels import RefusedError
from tracker.channels.file import File, TextFile
from tracker.channels.listed import List

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


def test_a_text_message_becomes_a_file_with_what_the_telephone_would_show(tmp_path: Path) -> None:
    with TextFile(tmp_path).open(replace(LETTER, to="+44 7700 900123")) as handover:
        handover.commit()
    (file,) = tmp_path.glob("*.txt")
    assert file.read_text() == f"To: +447700900123\n\nTime for your check-in. {LETTER.link}\n"


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
    assert (refusal.value.provider, refusal.value.permanent) == (True, False)


def test_the_same_addresses_are_refused_as_by_mail(tmp_path: Path) -> None:
    with pytest.raises(RefusedError), File(tmp_path).open(replace(LETTER, to="robin@example.org\nBcc: x@example.org")):
        pass


def test_the_same_numbers_are_refused_as_by_telephone(tmp_path: Path) -> None:
    with pytest.raises(RefusedError) as refusal, TextFile(tmp_path).open(replace(LETTER, to="07700 900123")):
        pass
    assert refusal.value.permanent


def test_what_stands_in_a_list_of_our_own_has_arrived() -> None:
    with List().open(replace(LETTER, to="")) as handover:
        assert handover.commit() == "in the list"
        assert handover.gone == ()
