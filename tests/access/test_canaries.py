"""A word that stands in one patient's record alone is met nowhere else: not in a letter, a copy of a record or a log."""

from __future__ import annotations

import json
import logging
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.access import judge
from tests.access.world import MARKS, World
from tests.services.reminding import mails, run, text_of
from tracker import clock as product_clock
from tracker.models import Note, Patient
from tracker.selectors import export, paper
from tracker.services import exports

pytestmark = pytest.mark.django_db

PEOPLE = {whose: mark for whose, mark in MARKS.items() if whose not in ("home", "there")}


def strange(text: str, *known: str) -> list[str]:
    return [mark for whose, mark in PEOPLE.items() if whose not in known and mark in text]


@pytest.mark.parametrize("actor", ["owner", "surgeon", "anonymous"])
def test_no_log_names_a_patient(seen: World, actor: str, caplog: pytest.LogCaptureFixture) -> None:
    client = seen.client(actor)
    with caplog.at_level(logging.DEBUG):
        for cell in judge.cells(actor):
            if cell.whose in ("here", "own"):
                judge.judged(seen, client, cell)
    assert caplog.records
    assert strange(caplog.text) == []


def test_letters_hold_a_first_name_at_most_and_only_their_readers(
    seen: World, tmp_path: Path, settings: Settings
) -> None:
    settings.MAIL_DIR = tmp_path
    for hours in (0, 8, 16):
        with product_clock.freeze(product_clock.now() + timedelta(hours=hours)):
            run()
    letters = mails(tmp_path)
    assert letters
    own = {patient.email: patient.given_name for patient in Patient.objects.exclude(email="")}
    for letter in letters:
        whole = f"{letter} {text_of(letter)}"
        known = [whose for whose, mark in PEOPLE.items() if own.get(str(letter["To"])) == mark]
        assert strange(whole, *known) == [], letter["Subject"]
        assert not [mark for mark in PEOPLE.values() if f"{mark}son" in whole], letter["Subject"]


def test_a_copy_of_a_record_names_nobody_elses_patient(seen: World) -> None:
    patient = seen.knee.patient
    found = exports.data(patient=patient)
    assert MARKS["owner"] in json.dumps(found, default=str)
    assert strange(json.dumps(found, default=str), "owner") == []
    assert strange(str(paper.paper(export.everything(patient, now=product_clock.now()))), "owner") == []


def test_nothing_of_who_was_erased_is_left_where_people_read(seen: World) -> None:
    gone = PEOPLE["erased"]
    assert not Patient.objects.filter(family_name__contains=gone).exists()
    assert not Note.objects.filter(text__contains=gone).exists()
