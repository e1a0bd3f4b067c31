"""Every line of the trail has its place in a chain, and whatever is done to it afterwards is named."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from tests import scenes
from tests.conftest import A_MONDAY_MORNING as NOW
from tests.scenes import Staff
from tracker.clock import StoppedClock
from tracker.models import AuditEvent, AuditHead, AuditSeal, AuditSweep, User, triggers
from tracker.selectors import chains
from tracker.services import audit, rounds, seals

WRITERS, ROWS, SEALERS = 50, 20, 4


@pytest.fixture
def chain(home: Staff) -> str:
    """Ten sealed lines of the clinic's."""
    for number in range(10):
        audit.note(home.surgeon, "order signed", row_id=str(number), gate=f"G{number}")
    seals.seal(now=NOW)
    return str(home.clinic.pk)


def number_of(chain: str, number: int) -> AuditSeal:
    return AuditSeal.objects.select_related("event").get(chain=chain, number=number)


def named(chain: str, **which: Any) -> list[int]:
    return [fault.number for fault in chains.faults(chain, **which)]


def verified(*arguments: object) -> tuple[int, str]:
    said = StringIO()
    try:
        call_command("verify_audit", *map(str, arguments), stdout=said)
    except SystemExit as end:
        return int(str(end.code)), said.getvalue()
    return 0, said.getvalue()


# --- Sealing --------------------------------------------------------------------------------------------------------


def test_every_event_gets_the_next_number_in_the_chain_of_its_clinic(chain: str, home: Staff) -> None:
    hillside = scenes.clinic("Hillside Clinic")
    audit.note(hillside.surgeon, "order signed")
    audit.note_of_user(home.surgeon.user, "sign_in")
    assert seals.seal(now=NOW) == 2
    assert list(AuditSeal.objects.filter(chain=chain).order_by("number").values_list("number", flat=True)) == [
        *range(1, 11)
    ]
    assert number_of(str(hillside.clinic.pk), 1).event.clinic == hillside.clinic
    assert number_of(chains.INSTALLATION, 1).event.action == "sign_in"
    assert all(named(each) == [] for each in chains.names())


def test_what_is_sealed_stays_as_it_is_when_sealed_again(chain: str) -> None:
    before = list(AuditSeal.objects.order_by("pk").values_list("pk", "hash"))
    assert seals.seal(now=NOW) == 0
    assert list(AuditSeal.objects.order_by("pk").values_list("pk", "hash")) == before


def test_an_event_that_was_committed_after_later_ones_is_sealed_after_them(chain: str, home: Staff) -> None:
    """A database gives ids out before they are committed."""
    audit.note(home.surgeon, "late")
    late = AuditEvent.objects.latest("pk")
    with triggers.lifted():
        AuditEvent.objects.filter(pk=late.pk).delete()
    audit.note(home.surgeon, "order signed")
    seals.seal(now=NOW)
    AuditEvent.objects.bulk_create([late])
    assert seals.seal(now=NOW) == 1
    assert number_of(chain, 12).event_id == late.pk < number_of(chain, 11).event_id
    assert named(chain) == []


def test_one_that_was_committed_a_day_late_is_sealed_all_the_same(chain: str, home: Staff) -> None:
    audit.note(home.surgeon, "late")
    late = AuditEvent.objects.latest("pk")
    with triggers.lifted():
        AuditEvent.objects.filter(pk=late.pk).delete()
    audit.note(home.surgeon, "order signed")
    seals.seal(now=NOW)
    seals.seal(now=NOW + timedelta(hours=2))
    assert AuditSweep.objects.get().settled > late.pk
    AuditEvent.objects.bulk_create([late])
    assert seals.seal(now=NOW + timedelta(hours=3)) == 0
    assert seals.seal(now=NOW + timedelta(hours=25)) == 1


def test_the_regular_round_seals(home: Staff) -> None:
    audit.note(home.surgeon, "order signed")
    rounds.seal(now=NOW)
    assert not AuditEvent.objects.filter(seal=None).exists()


def test_writing_an_event_never_waits_for_a_chain(home: Staff, django_assert_num_queries: Callable[..., Any]) -> None:
    with django_assert_num_queries(1):
        audit.note(home.surgeon, "order signed")


@pytest.mark.usefixtures("committed")
def test_fifty_writers_and_several_sealers_leave_a_whole_chain() -> None:
    staff, stop = scenes.clinic(), threading.Event()

    def write() -> None:
        for number in range(ROWS):
            with transaction.atomic():
                audit.note(staff.surgeon, "written", row_id=str(number))

    def seal() -> None:
        while not stop.wait(0.02):
            seals.seal(now=NOW)

    with ThreadPoolExecutor(WRITERS + SEALERS) as threads:
        sealing = [threads.submit(alone, seal) for _ in range(SEALERS)]
        writing = [threads.submit(alone, write) for _ in range(WRITERS)]
        trouble = [each.exception() for each in writing]
        stop.set()
        trouble += [each.exception() for each in sealing]
    seals.seal(now=NOW)
    assert trouble == [None] * (WRITERS + SEALERS)
    assert AuditEvent.objects.filter(action="written").count() == WRITERS * ROWS
    assert AuditHead.objects.get(chain=staff.clinic.pk).number == WRITERS * ROWS
    assert not AuditEvent.objects.filter(seal=None).exists()
    assert named(str(staff.clinic.pk)) == []


def alone(part: Callable[[], None]) -> None:
    try:
        part()
    finally:
        connection.close()


# --- What is done to it afterwards ----------------------------------------------------------------------------------

CHANGES = [
    {"at": NOW + timedelta(microseconds=1)},
    {"role": "surgeom"},
    {"action": "order signee"},
    {"outcome": "seen"},
    {"object_id": "5"},
    {"detail": {"gate": "G6"}},
    {"via": "browses"},
    {"address": "192.0.2.8"},
    {"request_id": "0"},
    {"user": None},
    {"clinic": None},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_one_changed_letter_in_any_column_is_named_and_no_other_line(chain: str, change: dict[str, Any]) -> None:
    with triggers.lifted():
        AuditEvent.objects.filter(pk=number_of(chain, 5).event_id).update(**change)
    assert named(chain) == [5]


def test_every_column_of_an_event_is_sealed() -> None:
    assert set(chains.COLUMNS) == {field.attname for field in AuditEvent._meta.concrete_fields}


def test_a_deleted_line_is_named_by_its_number(chain: str) -> None:
    gone = number_of(chain, 5)
    with triggers.lifted():
        AuditSeal.objects.filter(pk=gone.pk).delete()
        AuditEvent.objects.filter(pk=gone.event_id).delete()
    assert named(chain) == [5]


def test_the_last_line_cannot_be_cut_off(chain: str) -> None:
    gone = number_of(chain, 10)
    with triggers.lifted():
        AuditSeal.objects.filter(pk=gone.pk).delete()
        AuditEvent.objects.filter(pk=gone.event_id).delete()
    assert named(chain) == [10]


def test_two_swapped_lines_are_both_named(chain: str) -> None:
    one, other = number_of(chain, 4), number_of(chain, 7)
    with triggers.lifted():
        for seal, event in ((one, other.event), (other, one.event)):
            columns = {name: getattr(event, name) for name in chains.COLUMNS if name != "id"}
            AuditEvent.objects.filter(pk=seal.event_id).update(**columns)
    assert named(chain) == [4, 7]


def test_a_changed_seal_is_named_with_the_one_that_rests_on_it(chain: str) -> None:
    with triggers.lifted():
        AuditSeal.objects.filter(chain=chain, number=5).update(hash="f" * 64)
    assert named(chain) == [5, 6]


def test_each_of_several_faults_is_named(chain: str) -> None:
    with triggers.lifted():
        AuditEvent.objects.filter(pk__in=[number_of(chain, 2).event_id, number_of(chain, 9).event_id]).update(via="x")
    assert named(chain) == [2, 9]


def test_a_line_that_cannot_even_be_read_is_named(chain: str) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL keeps no such value")
    with triggers.lifted(), connection.cursor() as cursor:
        cursor.execute("PRAGMA ignore_check_constraints = ON")
        cursor.execute("UPDATE tracker_auditevent SET at = 'x' WHERE id = %s", [number_of(chain, 3).event_id])
        cursor.execute("UPDATE tracker_auditevent SET detail = '{' WHERE id = %s", [number_of(chain, 6).event_id])
        cursor.execute("PRAGMA ignore_check_constraints = OFF")
    assert named(chain) == [3, 6]


def test_the_database_refuses_to_change_or_delete_a_seal(chain: str) -> None:
    for change in (lambda rows: rows.update(hash="f" * 64), lambda rows: rows.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change(AuditSeal.objects.filter(chain=chain))


# --- The command ----------------------------------------------------------------------------------------------------


def test_of_a_whole_trail_the_command_says_so_and_ends_with_the_heads(chain: str) -> None:
    code, said = verified()
    assert code == 0
    assert "The trail is whole" in said
    assert f"head {chain} 10 {AuditHead.objects.get(chain=chain).hash}" in said
    assert AuditHead.objects.get(chain=chain).checked_at == NOW


def test_of_a_broken_one_it_names_the_lines_and_ends_with_one(chain: str) -> None:
    event = number_of(chain, 5).event_id
    with triggers.lifted():
        AuditEvent.objects.filter(pk=event).update(via="x")
    code, said = verified("--clinic", chain)
    assert code == 1
    assert f"number 5: event {event} or its seal was changed" in said
    assert "BROKEN" in said
    assert AuditHead.objects.get(chain=chain).faults == 1


def test_an_event_that_stays_unsealed_for_more_than_five_minutes_is_a_fault(home: Staff, clock: StoppedClock) -> None:
    audit.note(home.surgeon, "order signed")
    clock.advance(minutes=5)
    assert verified()[0] == 0
    clock.advance(seconds=1)
    code, said = verified()
    assert code == 1
    assert f"event {AuditEvent.objects.get(action='order signed').pk}" in said
    assert "has no seal" in said


@pytest.fixture
def noted(chain: str, tmp_path: Path) -> Path:
    """What an operator kept outside."""
    file = tmp_path / "heads.txt"
    file.write_text(verified()[1])
    return file


def test_a_chain_that_was_made_anew_from_the_first_line_is_found_by_the_heads_noted_outside(
    chain: str, noted: Path, home: Staff
) -> None:
    with triggers.lifted():
        AuditEvent.objects.filter(pk=number_of(chain, 5).event_id).update(action="something else")
        AuditSeal.objects.all().delete()
        AuditHead.objects.all().delete()
        AuditSweep.objects.all().delete()
    seals.seal(now=NOW)
    assert verified()[0] == 0
    code, said = verified("--heads", noted)
    assert code == 1
    assert "number 10: another hash was noted outside" in said


def test_a_chain_that_is_gone_is_found_by_them_too(chain: str, noted: Path) -> None:
    with triggers.lifted():
        AuditSeal.objects.all().delete()
        AuditHead.objects.all().delete()
        AuditEvent.objects.all().delete()
    assert verified()[0] == 0
    assert verified("--heads", noted)[0] == 1


def test_a_clinic_that_has_records_has_lines_about_them(home: Staff) -> None:
    """So that a trail of which nothing is left is not called whole."""
    scenes.knee(home)
    connection.check_constraints()  # what is still to be checked of the new rows, before their rules are lifted
    with triggers.lifted():
        for model in (AuditSeal, AuditHead, AuditEvent):
            model.objects.all().delete()
    code, said = verified()
    assert code == 1
    assert f"chain {home.clinic.pk}: the clinic has records, but no line of its trail is left." in said
    assert verified("--clinic", home.clinic.pk)[0] == 1
    assert verified("--clinic", "installation")[0] == 0


def test_the_heads_noted_earlier_still_hold_when_the_chain_has_grown(chain: str, noted: Path, home: Staff) -> None:
    audit.note(home.surgeon, "order signed")
    seals.seal(now=NOW)
    assert verified("--heads", noted)[0] == 0


def test_a_file_without_heads_is_no_proof(tmp_path: Path, home: Staff) -> None:
    file = tmp_path / "heads.txt"
    file.write_text("nothing")
    with pytest.raises(CommandError, match="holds no line"):
        verified("--heads", file)


def doctored() -> str:
    said = StringIO()
    with suppress(SystemExit):
        call_command("doctor", stdout=said)
    return said.getvalue()


def test_doctor_tells_of_events_without_a_seal_and_of_chains_found_broken(
    chain: str, home: Staff, clock: StoppedClock
) -> None:
    assert "trail" not in doctored()
    audit.note(home.surgeon, "order signed")
    clock.advance(minutes=6)
    assert "Lines of the trail without a seal: 1, the oldest for 6 minutes." in doctored()
    seals.seal(now=clock.instant)
    with triggers.lifted():
        AuditEvent.objects.filter(pk=number_of(chain, 5).event_id).update(via="x")
    verified()
    assert "Chains of the trail that are broken: 1." in doctored()


# --- The outside anchor ---------------------------------------------------------------------------------------------


@pytest.fixture
def operator(home: Staff) -> User:
    return User.objects.create_superuser("operator@example.org", scenes.PASSWORD, name="Olu Bright")


def test_once_a_day_the_heads_are_told_outside(chain: str, operator: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    for hours in (0, 1):
        rounds.seal(now=NOW + timedelta(hours=hours))
    head = f"head {chain} 10 {AuditHead.objects.get(chain=chain).hash}"
    assert [head in letter.body for letter in mail.outbox] == [True]
    assert (mail.outbox[0].to, "is whole" in mail.outbox[0].subject) == ([operator.email], True)
    assert sum(head in line for line in caplog.messages) == 1
    rounds.seal(now=NOW + timedelta(days=1))
    assert len(mail.outbox) == 2


def test_a_broken_trail_is_told_with_its_lines(chain: str, operator: User, caplog: pytest.LogCaptureFixture) -> None:
    with triggers.lifted():
        AuditEvent.objects.filter(pk=number_of(chain, 5).event_id).update(via="x")
    rounds.seal(now=NOW)
    assert "BROKEN" in mail.outbox[0].subject
    assert "number 5" in mail.outbox[0].body
    assert [line for line in caplog.messages if "number 5" in line]
