"""The small picture of sixty days of pain on a worklist row, worked out once and kept as two SVG paths."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise

from tracker.clinical.bands import LAST_DAY

DAY, POINT, EDGE = 2, 3, 3
"""SVG units a day, a point of pain, and round the edge. Whole numbers and relative steps keep 200 rows small."""

WINDOW = 60
"""Days shown."""

HIGHEST_PAIN = 10
WIDTH, HEIGHT = WINDOW * DAY + 2 * EDGE, HIGHEST_PAIN * POINT + 2 * EDGE
"""The box: viewBox="0 0 126 36"."""

BAND_EVERY = 10
"""Days between the corners of the band, which bends too little to need more."""


def sparkline(
    points: Sequence[tuple[int, float | None]], band: Sequence[tuple[int, float, float]], day: int | None = None
) -> dict[str, object]:
    """Pain by post-operative day over the last 60 days, as `{"band": path, "line": path, "last": [x, y]}`.

    `points` are (day, score 0-10 or None for no answer), `band` (day, low, high). The window ends at `day`, else at
    the last point, and is never shorter than 60 days. A day without an answer breaks the line; an empty path or None
    stands for what is not known. `corners` says on which days a band needs an edge.
    """
    answered = [(at, score) for at, score in points if score is not None]
    end = day if day is not None else max((at for at, _ in answered), default=0)
    start = _start(end)
    shown = [(at, score) for at, score in answered if start <= at <= end]
    inside = [edge for edge in band if start <= edge[0] <= start + WINDOW]
    return {
        "band": _band(inside, start),
        "line": " ".join(_line(run, start) for run in _runs(shown)),
        "last": [_x(shown[-1][0], start), _y(shown[-1][1])] if shown else None,
    }


def corners(day: int) -> list[int]:
    """The days whose edges are enough to draw the band of the window that ends at `day`."""
    start = _start(day)
    return sorted({min(at, LAST_DAY) for at in range(start, start + WINDOW + 1, BAND_EVERY)})


def _start(end: int) -> int:
    return max(0, end - WINDOW)


def _runs(points: Sequence[tuple[int, float]]) -> Iterable[list[tuple[int, float]]]:
    """Stretches of days without a gap."""
    numbered = enumerate(points)
    for _, run in groupby(numbered, key=lambda pair: pair[1][0] - pair[0]):
        yield [point for _, point in run]


def _line(run: Sequence[tuple[int, float]], start: int) -> str:
    """A lone day is drawn as a step of no length, which a round line cap makes a dot."""
    drawn = [(_x(day, start), _y(score)) for day, score in run]
    steps = [_step(one, other) for one, other in pairwise(drawn)] or ["h0"]
    return f"M{drawn[0][0]},{drawn[0][1]}" + "".join(steps)


def _step(one: tuple[int, int], other: tuple[int, int]) -> str:
    across, down = other[0] - one[0], other[1] - one[1]
    return f"l{across},{down}" if down else f"h{across}"


def _band(band: Sequence[tuple[int, float, float]], start: int) -> str:
    if not band:
        return ""
    upper = [f"{_x(day, start)},{_y(high)}" for day, _, high in band]
    lower = [f"{_x(day, start)},{_y(low)}" for day, low, _ in reversed(band)]
    return "M" + "L".join(upper + lower) + "Z"


def _x(day: int, start: int) -> int:
    return EDGE + DAY * (day - start)


def _y(score: float) -> int:
    return EDGE + round(POINT * (HIGHEST_PAIN - score))
