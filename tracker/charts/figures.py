"""Each figure by lets-plot, which is heavy and so is imported where it draws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.core.cache import caches
from django.utils.safestring import SafeString

from tracker.charts.svg import cleaned

PALETTE = {
    "band": "#cfe3ea",
    "pain": "#8a3b12",
    "plan": "#9fb4be",
    "other": "#6b5b95",
    "accent": "#0a6670",
    "tint": "#e0f0f1",
    "ink": "#13202a",
    "soft": "#51606c",
    "line": "#d9e1e5",
    "r1": "#a83a0c",
}
"""The light theme's values of tokens.css, by the token's name."""

KEPT_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Size:
    """The drawing's box in SVG units, of which 11 are the height of a letter on an axis."""

    width: int
    height: int
    labels: int
    """The most labels that fit under the x axis."""


PHONE = Size(340, 180, 4)
MIDDLE = Size(500, 220, 6)
WIDE = Size(880, 250, 14)

Points = Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Frame:
    """What every figure over the course of a recovery has: its size, its last day, today, its words."""

    size: Size
    until: int
    today: int
    title: str
    desc: str


def kept(key: tuple[object, ...], draw: Callable[[], SafeString]) -> SafeString:
    """The figure of this key, drawn once: name the episode, its revision, its last entry, the day and the kind."""
    name = "chart:" + ":".join(str(part).replace(" ", "") for part in key)
    pictures = caches["pictures"]
    found: str | None = pictures.get(name)
    if found is None:
        found = str(draw())
        pictures.set(name, found, KEPT_SECONDS)
    return SafeString(found)  # our own drawing; the words in it were escaped by ElementTree


def pain(frame: Frame, points: Points, band: Sequence[tuple[int, float, float]], other: Points = ()) -> SafeString:
    """Pain 0-10 by day over the expected band (day, low, high); `other` is another operation's mean."""
    from lets_plot import geom_point, scale_y_continuous

    inside = [(day, score) for day, score in points if day <= frame.until]
    layers = _ribbon([edge for edge in band if edge[0] <= frame.until]) + _other(frame, other)
    layers += _lines(inside, "pain", 0.9)
    if inside:
        layers.append(geom_point(**_xy(inside), color=PALETTE["pain"], size=1.9, tooltips="none"))
    layers.append(scale_y_continuous(limits=[0, 11], breaks=[0, 2, 4, 6, 8, 10], expand=[0.02, 0]))
    return _drawn(frame, layers, 11)


def load(
    frame: Frame, planned: Points, signed: Points, reported: Sequence[tuple[int, float, bool]], other: Points = ()
) -> SafeString:
    """Percent of body weight by day: the planned steps, the order in force, and reports (day, percent, over).

    `planned` and `signed` are the days on which a level begins; `signed` ends today.
    """
    from lets_plot import geom_area, geom_line, geom_point, scale_y_continuous

    layers = _other(frame, other)
    if planned:
        stairs = _stairs(planned, frame.until)
        layers.append(geom_line(**_xy(stairs), color=PALETTE["plan"], size=1.1, tooltips="none"))
    if signed:
        stairs = _stairs(signed, frame.today)
        layers.append(
            geom_area(**_xy(stairs), fill=PALETTE["tint"], color=PALETTE["tint"], alpha=1, size=0, tooltips="none")
        )
        layers.append(geom_line(**_xy(stairs), color=PALETTE["accent"], size=1.5, tooltips="none"))
    for over, colour, shape, size in ((False, "ink", 16, 1.9), (True, "r1", 17, 3.2)):
        dots = [(day, percent) for day, percent, is_over in reported if is_over is over and day <= frame.until]
        if dots:
            layers.append(geom_point(**_xy(dots), color=PALETTE[colour], shape=shape, size=size, tooltips="none"))
    labels = ["none", "touch", "half", "75%", "full"]
    layers.append(scale_y_continuous(limits=[0, 110], breaks=[0, 20, 50, 75, 100], labels=labels, expand=[0.04, 0]))
    return _drawn(frame, layers, 110)


def bend(frame: Frame, points: Points, targets: Points, other: Points = ()) -> SafeString:
    """Degrees of bend by day against the targets, each of which stands until the next."""
    from lets_plot import geom_line, geom_point, scale_y_continuous

    layers = _other(frame, other)
    aimed = [(day, degrees) for day, degrees in targets if day <= frame.until]
    if aimed:
        layers.append(geom_line(**_xy(_stairs(aimed, frame.until)), color=PALETTE["plan"], size=1.1, tooltips="none"))
    inside = [(day, degrees) for day, degrees in points if day <= frame.until]
    if len(inside) > 1:
        layers.append(geom_line(**_xy(inside), color=PALETTE["accent"], size=0.9, tooltips="none"))
    if inside:
        layers.append(geom_point(**_xy(inside), color=PALETTE["accent"], size=2.4, tooltips="none"))
    breaks = [0, 30, 60, 90, 120, 150]
    labels = [f"{degrees}°" for degrees in breaks]
    layers.append(scale_y_continuous(limits=[0, 160], breaks=breaks, labels=labels, expand=[0.02, 0]))
    return _drawn(frame, layers, 160)


def _ribbon(band: Sequence[tuple[int, float, float]]) -> list[Any]:
    from lets_plot import aes, geom_ribbon

    if not band:
        return []
    data = {"x": [day for day, _, _ in band], "low": [low for _, low, _ in band], "high": [high for _, _, high in band]}
    shape = aes("x", ymin="low", ymax="high")
    return [
        geom_ribbon(shape, data=data, fill=PALETTE["band"], color=PALETTE["band"], alpha=1, size=0, tooltips="none")
    ]


def _other(frame: Frame, points: Points) -> list[Any]:
    from lets_plot import geom_line

    inside = [(day, value) for day, value in points if day <= frame.until]
    if len(inside) < 2:
        return []
    return [geom_line(**_xy(inside), color=PALETTE["other"], size=0.9, linetype="dashed", tooltips="none")]


def _lines(points: Points, colour: str, size: float) -> list[Any]:
    """One line a stretch of days without a gap: a day without an answer is never bridged."""
    from lets_plot import geom_line

    runs = [[point for _, point in run] for _, run in groupby(enumerate(points), key=lambda pair: pair[1][0] - pair[0])]
    return [geom_line(**_xy(run), color=PALETTE[colour], size=size, tooltips="none") for run in runs if len(run) > 1]


def _xy(points: Points) -> dict[str, Any]:
    from lets_plot import aes

    return {"mapping": aes("x", "y"), "data": {"x": [x for x, _ in points], "y": [float(y) for _, y in points]}}


def _stairs(levels: Points, until: int) -> list[tuple[int, float]]:
    """The corners of a level that holds until the next begins."""
    corners: list[tuple[int, float]] = []
    for at, (day, value) in enumerate(levels):
        if day > until:
            break
        end = min(levels[at + 1][0], until) if at + 1 < len(levels) else until
        corners += [(day, value), (end, value)]
    return corners


def _drawn(frame: Frame, layers: Sequence[Any], top: float) -> SafeString:
    """The layers over the days of a recovery; `top` is where the word "today" stands, in units of the y axis."""
    from lets_plot import element_line, element_text, ggplot, ggsize, scale_x_continuous, theme, theme_minimal

    weeks = _weeks(frame)
    plot = ggplot() + theme_minimal() + ggsize(frame.size.width, frame.size.height)
    plot += theme(
        axis_title="blank", axis_text=element_text(size=11, color=PALETTE["soft"], margin=[4, 3, 0, 0]), axis_ticks="blank", axis_line="blank",
        panel_grid_minor="blank", panel_grid_major_x="blank", panel_grid_major_y=element_line(color=PALETTE["line"], size=0.6),
        legend_position="none", plot_margin=[2, 6, 0, 0], plot_inset=[0, 0, 0, 0],
    )  # fmt: skip
    for layer in [*layers, *_today(frame, top)]:
        plot += layer
    labels = ["surgery", *(f"wk {day // 7}" for day in weeks[1:])]
    plot += scale_x_continuous(limits=[0, frame.until], breaks=weeks, expand=[0.025, 0], labels=labels)
    return cleaned(plot.to_svg(), frame.title, frame.desc)


def _today(frame: Frame, top: float) -> list[Any]:
    from lets_plot import geom_text, geom_vline

    if not 0 <= frame.today <= frame.until:
        return []
    late = frame.today > frame.until * 0.8
    name = {"label": "today\u00a0", "hjust": 1} if late else {"label": "\u00a0today", "hjust": 0}
    return [
        geom_vline(xintercept=frame.today, color=PALETTE["ink"], linetype="dotted", size=0.6, tooltips="none"),
        geom_text(x=frame.today, y=top, color=PALETTE["ink"], size=5.2, tooltips="none", vjust=1, **name),
    ]


def _weeks(frame: Frame) -> list[int]:
    """Days to label, at most as many as fit: every second week, or every fourth, sixth ..."""
    fortnights = frame.until // 14
    every = -(-fortnights // frame.size.labels)
    return list(range(0, frame.until + 1, 14 * every))
