from __future__ import annotations

import re

from tracker.clinical.sparkline import HEIGHT, WIDTH, sparkline


def test_a_day_without_an_answer_breaks_the_line() -> None:
    line = str(sparkline([(1, 5), (2, 4), (3, None), (4, 4), (5, 3)], [])["line"])
    assert line.count("M") == 2


def test_a_day_that_is_not_listed_breaks_the_line_as_well() -> None:
    assert str(sparkline([(1, 5), (2, 4), (5, 3), (6, 3)], [])["line"]).count("M") == 2


def test_pain_zero_is_drawn_and_no_answer_is_not() -> None:
    assert sparkline([(4, 0)], [])["line"] != ""
    assert sparkline([(4, None)], [])["line"] == ""
    assert sparkline([(4, None)], [])["last"] is None


def test_no_evidence_draws_no_band() -> None:
    assert sparkline([(1, 5)], [])["band"] == ""


def test_everything_stays_inside_the_box_whatever_the_day() -> None:
    spark = sparkline([(day, day % 11) for day in range(200)], [(day, 0.0, 10.0) for day in range(365)], day=199)
    corners = re.findall(r"[ML](\d+),(\d+)", str(spark["band"]))
    assert corners
    assert all(0 <= int(x) <= WIDTH and 0 <= int(y) <= HEIGHT for x, y in corners)
    x, y = spark["last"]
    assert 0 <= x <= WIDTH
    assert 0 <= y <= HEIGHT


def test_the_line_ends_at_the_last_point() -> None:
    spark = sparkline([(3, 5), (4, 7), (5, 7), (6, 2)], [])
    across, down = (int(part) for part in re.match(r"M(\d+),(\d+)", str(spark["line"])).groups())
    for step in re.findall(r"l(\d+),(-?\d+)|h(\d+)", str(spark["line"])):
        across, down = across + int(step[0] or step[2]), down + int(step[1] or 0)
    assert [across, down] == spark["last"]


def test_only_the_last_sixty_days_are_shown() -> None:
    early = sparkline([(day, 3) for day in range(10)], [], day=100)
    assert early == {"band": "", "line": "", "last": None}
