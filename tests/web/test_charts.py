from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.utils.safestring import SafeString

import tracker
from tracker import charts

STATIC = Path(tracker.__file__).parent / "static" / "tracker"
FRAME = charts.Frame(charts.PHONE, 84, 30, "Pain by day <0 to 10>", "Day 30: pain 3 & falling.")
BAND = [(day, 1.0, 6.0) for day in range(85)]


def polylines(drawing: str, colour: str) -> int:
    return len(re.findall(rf'<path[^>]*stroke="{charts.PALETTE[colour]}"', drawing))


def every_figure() -> list[str]:
    return [
        charts.pain(FRAME, [(1, 5), (2, 4), (4, 3)], BAND, [(0, 5), (84, 2)]),
        charts.load(
            FRAME,
            [(0, 20), (14, 50), (42, 100)],
            [(0, 20), (14, 50)],
            [(3, 25, False), (20, 75, True)],
            [(0, 100), (84, 100)],
        ),
        charts.bend(FRAME, [(3, 60), (20, 95)], [(14, 80), (21, 90)], [(14, 90), (42, 110)]),
    ]


@pytest.mark.parametrize("drawing", every_figure())
def test_a_figure_carries_nothing_that_a_strict_policy_refuses(drawing: str) -> None:
    root = ElementTree.fromstring(drawing)
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    names = {name for element in root.iter() for name in element.attrib}
    assert tags <= {"svg", "title", "desc", "g", "path", "line", "circle", "text", "tspan"}
    assert not names & {"style", "id", "class", "onload"} - {"class"}
    assert [name for element in root.iter() for name in element.attrib if name == "class"] == ["class"]


@pytest.mark.parametrize("drawing", every_figure())
def test_a_figure_says_in_words_what_it_shows(drawing: str) -> None:
    root = ElementTree.fromstring(drawing)
    assert root.get("role") == "img"
    assert [child.text for child in root][:2] == [FRAME.title, FRAME.desc]
    assert root.get("viewBox") == "0 0 340 180"
    assert root.get("width") is None


@pytest.mark.parametrize("drawing", every_figure())
def test_every_colour_is_one_that_the_style_sheet_maps_in_both_themes(drawing: str) -> None:
    known = {*charts.PALETTE.values(), "none", "#000000"}
    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', drawing)) <= known


def test_the_palette_is_the_light_theme_and_every_use_of_it_is_mapped() -> None:
    tokens, sheet = (STATIC / "tokens.css").read_text(), (STATIC / "app.css").read_text()
    for name, colour in charts.PALETTE.items():
        assert f"--{name}: light-dark({colour}," in tokens
    used = set(re.findall(r'((?:fill|stroke)="#[0-9a-f]{6}")', "".join(every_figure()))) - {'stroke="#000000"'}
    assert {use for use in used if f"[{use}]" not in sheet} == set()


def test_a_day_without_an_answer_is_never_bridged() -> None:
    whole = charts.pain(FRAME, [(1, 5), (2, 4), (3, 4), (4, 3)], [])
    broken = charts.pain(FRAME, [(1, 5), (2, 4), (4, 3), (5, 3)], [])
    assert (polylines(whole, "pain"), polylines(broken, "pain")) == (1, 2)


def test_without_evidence_no_band_is_drawn() -> None:
    assert f'fill="{charts.PALETTE["band"]}"' in charts.pain(FRAME, [(1, 5)], BAND)
    assert charts.PALETTE["band"] not in charts.pain(FRAME, [(1, 5)], [])


def test_a_load_over_the_limit_has_its_own_shape_as_well_as_its_colour() -> None:
    within, over = (charts.load(FRAME, [(0, 20)], [(0, 20)], [(3, 75, is_over)]) for is_over in (False, True))
    assert within.count("<circle") == 1
    assert over.count("<circle") == 0


def test_nothing_entered_yet_is_a_figure_without_marks_not_an_error() -> None:
    for drawing in (charts.pain(FRAME, [], BAND), charts.load(FRAME, [], [], []), charts.bend(FRAME, [], [])):
        assert "<circle" not in drawing


def test_a_kept_figure_is_drawn_once_for_its_key() -> None:
    drawn: list[int] = []

    def draw() -> SafeString:
        drawn.append(1)
        return SafeString("<svg/>")

    assert charts.kept(("once", 1), draw) == charts.kept(("once", 1), draw)
    charts.kept(("once", 2), draw)
    assert len(drawn) == 2
