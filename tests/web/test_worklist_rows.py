from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tracker.clinical.terms import Attention, Urgency
from tracker.selectors.worklist import Row, Unacknowledged
from tracker.web.worklist_rows import CHIPS, Look, rows_html

NOW = datetime(2026, 6, 15, 9, 0, tzinfo=UTC)
KNEE = UUID("11111111-2222-4333-8444-555555555555")
EVIL = """<script>alert("x")</script>' onload='y' & co"""

ROW = Row(
    episode=KNEE,
    side="left",
    procedure="MOWHTO",
    family_name="Hale",
    given_name="Robin",
    time_zone="Europe/London",
    attention=Attention.GATE_DUE,
    status="on_track",
    reason="6-week X-ray is in.",
    surgery_date=date(2026, 5, 4),
    phase=2,
    term="PWB",
    max_percent=50,
    max_kg=42,
    seen=True,
    open_alerts=0,
    sparkline={"band": "M0 0h9", "line": "M3 3l2 2", "last": [5, 5]},
    last_check_in=date(2026, 6, 15),
    last_check_in_at=datetime(2026, 6, 15, 6, 52, tzinfo=UTC),
    as_of=date(2026, 6, 15),
    looked_at=None,
    next_look_on=None,
)
LOOK = Look(NOW, ZoneInfo("Europe/London"), "need=all&", None, frozenset(), {})


class Tags(HTMLParser):
    """Every tag and attribute of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def html(row: Row = ROW, look: Look = LOOK) -> str:
    return str(rows_html([row], look, lambda _: "<tr><td>answer</td></tr>"))


def test_a_row_says_need_name_reason_day_level_whether_it_was_seen_and_the_last_check_in() -> None:
    row = html()
    for said in (
        "Gate due", "Hale, Robin", "L · opening tibial", "6-week X-ray is in.", "Day 42", "build",
        "<b>PWB</b> <span>≤ 42 kg</span>", "seen by patient", "today 07:52",
    ):  # fmt: skip
        assert said in row


@pytest.mark.parametrize("field", ["family_name", "given_name", "reason"])
def test_what_people_wrote_stays_text(field: str) -> None:
    evil: dict[str, Any] = {field: EVIL}
    row = html(ROW._replace(**evil))
    tags = Tags(row).found
    assert "script" not in [tag for tag, _ in tags]
    assert not [attrs for _, attrs in tags if "onload" in attrs]
    assert "<script" not in row


def test_what_stands_in_the_kept_drawing_cannot_leave_its_attribute() -> None:
    evil = {"band": '"/><script>', "line": '"><img src=x onerror=y>', "last": [1, 1]}
    tags = Tags(html(ROW._replace(sparkline=evil))).found
    assert {tag for tag, _ in tags}.isdisjoint({"script", "img"})


def test_what_was_searched_for_cannot_leave_the_link() -> None:
    row = html(look=replace(LOOK, query='q="><script>&'))
    assert "script" not in [tag for tag, _ in Tags(row).found]


def test_an_episode_that_was_never_assessed_is_shown_as_one_and_not_as_fine() -> None:
    nothing: dict[str, Any] = dict.fromkeys(Row._fields[6:-2])
    row = html(ROW._replace(**nothing))
    assert "Not evaluated" in row
    assert "judge for yourself" in row


def test_a_level_without_a_limit_shows_no_kilograms() -> None:
    row = html(ROW._replace(term="FWB", max_percent=100, max_kg=None))
    assert "<b>FWB</b><small>" in row


@pytest.mark.parametrize(("seen", "words"), [(True, "seen by patient"), (False, "not yet seen"), (None, "not signed")])
def test_seen_not_seen_and_not_signed_are_three_different_things(seen: bool | None, words: str) -> None:
    assert words in html(ROW._replace(seen=seen))


def test_an_assessment_older_than_today_says_so() -> None:
    assert "Assessed 14 Jun, not since" in html(ROW._replace(as_of=date(2026, 6, 14)))
    assert "not since" not in html()


def test_an_alert_that_nobody_took_up_is_named_with_its_time() -> None:
    alert = Unacknowledged(KNEE, KNEE, Urgency.R1, "Calf sore.", datetime(2026, 6, 15, 6, 40, tzinfo=UTC))
    assert "Alert today 07:40, not acknowledged" in html(look=replace(LOOK, alerts={KNEE: [alert]}))


@pytest.mark.parametrize(
    ("on", "words"),
    [
        (date(2026, 6, 14), "yesterday"),
        (date(2026, 6, 13), "Sat 13 Jun"),
        (date(2026, 6, 1), "1 Jun"),
        (None, "none yet"),
    ],
)
def test_the_last_check_in_is_told_as_people_near_it_say_it(on: date | None, words: str) -> None:
    assert f'<td class="last">{words}</td>' in html(ROW._replace(last_check_in=on))


def test_no_pain_answer_draws_no_line() -> None:
    assert "<svg" not in html(ROW._replace(sparkline={"band": "M0 0", "line": "", "last": None}))


def test_a_patient_on_the_other_side_of_the_date_line_counts_by_their_own_calendar() -> None:
    late = replace(LOOK, now=datetime(2026, 6, 15, 13, 0, tzinfo=UTC))
    assert "Day 43" in html(ROW._replace(time_zone="Pacific/Auckland"), late)
    assert "Day 42" in html(ROW, late)


def test_the_answer_stands_under_the_row_that_was_asked_for() -> None:
    assert "answer" not in html()
    assert html(look=replace(LOOK, at=KNEE)).endswith("<tr><td>answer</td></tr>")


def test_every_need_has_a_word_beside_its_colour() -> None:
    assert set(CHIPS) == set(Attention)
    assert len({word for _, word in CHIPS.values()}) == len(Attention)
