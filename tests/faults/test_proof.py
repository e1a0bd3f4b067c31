"""The proof can tell: what it is to notice it does notice, and its points are where the product is."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from tests.faults import cells, journal, model, points, verdict
from tests.faults.journal import Mail
from tests.faults.model import Expected, Facts
from tests.faults.verdict import Books, Row

ANN, JO = "ann@example.org", "jo@example.org"
ANSWERED = [
    Mail(1, ANN, "Time for your check-in", "<1>", False),
    Mail(2, JO, "Urgent: please look now", "<2>", False),
]
EXPECTED = Expected(Counter({(ANN, "check_in"): 1, (JO, "urgent_alert"): 1}), Counter(), [])
BOOKS = Books([Row(ANN, "check_in", "sent", "", "<1>", False), Row(JO, "urgent_alert", "sent", "", "<2>", False)], [])


def judged(mails: list[Mail], books: Books = BOOKS) -> verdict.Verdict:
    return verdict.judge(EXPECTED, mails, books)


def test_nothing_is_wrong_where_everybody_was_told_once() -> None:
    assert judged(ANSWERED).holds


def test_a_mail_that_did_not_come_is_lost() -> None:
    assert judged(ANSWERED[1:]).lost == 1


def test_what_is_said_to_be_sent_and_did_not_come_is_told() -> None:
    assert any("said to be sent" in each for each in judged(ANSWERED[1:]).wrong)


@pytest.mark.parametrize(("state", "reason", "lost"), [("uncertain", "It may have.", 0), ("uncertain", "", 1)])
def test_what_did_not_come_needs_a_reason_that_can_be_seen(state: str, reason: str, lost: int) -> None:
    rows = [Row(ANN, "check_in", state, reason, "<1>", False), BOOKS.rows[1]]
    found = judged(ANSWERED[1:], Books(rows, []))
    assert found.lost == lost
    assert found.uncertain == 1


def test_a_second_copy_of_a_reminder_is_double_even_if_it_says_that_it_is_one() -> None:
    assert judged([*ANSWERED, ANSWERED[0]]).doubled == 1
    assert judged([*ANSWERED, replace(ANSWERED[0], repeat=True)]).doubled == 1


def test_a_second_message_about_the_same_is_double() -> None:
    assert judged([*ANSWERED, replace(ANSWERED[0], message_id="<3>")]).doubled == 1


def test_a_notice_may_come_again_if_it_says_so_under_its_own_name() -> None:
    again = replace(ANSWERED[1], subject="Again: Urgent: please look now", repeat=True)
    assert judged([*ANSWERED, again]).holds
    assert judged([*ANSWERED, replace(again, repeat=False)]).doubled == 1
    assert judged([*ANSWERED, replace(again, message_id="<4>")]).doubled == 1


def test_a_mail_that_nobody_expected_is_told() -> None:
    assert not judged([*ANSWERED, Mail(3, "eve@example.org", "Time for your check-in", "<5>", False)]).holds


def test_a_letter_counts_for_all_that_it_tells_of() -> None:
    letter = Mail(1, ANN, "Your appointment tomorrow", "<1>", False, links=("/check-in/", "/plan/"))
    assert letter.kinds == {"check_in", "review_tomorrow"}


def test_the_model_moves_a_skipped_hour_to_the_first_minute_after_it() -> None:
    since, until = datetime(2026, 3, 7, 12, tzinfo=UTC), datetime(2026, 3, 9, 12, tzinfo=UTC)
    found = dict(model.reminders("America/New_York", time(2, 30), since, until))
    assert found == {
        date(2026, 3, 8): datetime(2026, 3, 8, 7, 0, tzinfo=UTC),  # 03:00, since there is no 02:30
        date(2026, 3, 9): datetime(2026, 3, 9, 6, 30, tzinfo=UTC),
    }


def test_the_model_expects_a_reminder_of_whoever_has_not_checked_in() -> None:
    facts = Facts("UTC", datetime(2026, 6, 1, tzinfo=UTC), {ANN: time(9), JO: time(9)}, [], checked_in=[JO])
    found = model.expected(facts, datetime(2026, 6, 1, 10, tzinfo=UTC))
    assert (found.must, found.may) == (Counter({(ANN, "check_in"): 1}), Counter({(JO, "check_in"): 1}))
    assert [day for person, day in found.planned if person == ANN] == [date(2026, 6, day) for day in (1, 2, 3)]


def test_the_journal_gives_back_what_it_took(tmp_path: Path) -> None:
    content = b"Subject: Time for your check-in\r\nMessage-ID: <1>\r\n\r\nhttps://example.org/check-in/\r\n"
    file = tmp_path / "journal"
    file.write_text(journal.line(1, ANN, content))
    (mail,) = journal.read(file)
    assert (mail.to, mail.message_id, mail.kinds) == (ANN, "<1>", {"check_in"})
    assert json.loads(file.read_text())["headers"] == ["Subject", "Message-ID"]


@pytest.mark.parametrize("name", points.POINTS)
def test_every_point_is_a_function_of_the_product(name: str) -> None:
    owner, last = points.place(points.POINTS[name])
    assert callable(getattr(owner, last))


@pytest.mark.parametrize("cell", cells.CELLS)
def test_every_way_of_a_cell_is_played_in_fifteen_trials(cell: str) -> None:
    drawn = {id(cells.drawn(cell, number, "1").variant) for number in range(15)}
    assert len(drawn) == len(cells.CELLS[cell].variants)
