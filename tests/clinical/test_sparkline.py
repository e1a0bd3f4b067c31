from __future__ import annotations

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
    points = [(day, day % 11) for day in range(200)]
    spark = sparkline(points, [(day, 0.0, 10.0) for day in range(365)], day=199)
    drawn = f"{spark['line']} {spark['band']}".replace("M", " ").replace("L", " ").replace("Z", " ")
    for pair in drawn.split():
        x, y = (float(part) for part in pair.split(","))
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT


def test_only_the_last_sixty_days_are_shown() -> None:
    early = sparkline([(day, 3) for day in range(10)], [], day=100)
    assert early == {"band": "", "line": "", "last": None}
