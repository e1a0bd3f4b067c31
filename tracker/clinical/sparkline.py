"""The small picture of sixty days of pain on a worklist row, worked out once and kept as two SVG paths."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

WIDTH, HEIGHT, EDGE = 132, 40, 3
"""The box in SVG units; `EDGE` keeps the last point's dot inside it."""

WINDOW = 60
"""Days shown."""

HIGHEST_PAIN = 10


def sparkline(
    points: Sequence[tuple[int, float | None]], band: Sequence[tuple[int, float, float]], day: int | None = None
) -> dict[str, object]:
    """Pain by post-operative day over the last 60 days, as `{"band": path, "line": path, "last": [x, y]}`.

    `points` are (day, score 0-10 or None for no answer), `band` (day, low, high). The window ends at `day`, else at
    the last point, and is never shorter than 60 days. A day without an answer breaks the line; an empty path or None
    stands for what is not known.
    """
    answered = [(at, score) for at, score in points if score is not None]
    end = day if day is not None else max((at for at, _ in answered), default=0)
    start = max(0, end - WINDOW)
    shown = [(at, score) for at, score in answered if start <= at <= end]
    inside = [edge for edge in band if start <= edge[0] <= start + WINDOW]
    return {
        "band": _band(inside, start),
        "line": " ".join(_line(run, start) for run in _runs(shown)),
        "last": [_x(shown[-1][0], start), _y(shown[-1][1])] if shown else None,
    }


def _runs(points: Sequence[tuple[int, float]]) -> Iterable[list[tuple[int, float]]]:
    """Stretches of days without a gap."""
    numbered = enumerate(points)
    for _, run in groupby(numbered, key=lambda pair: pair[1][0] - pair[0]):
        yield [point for _, point in run]


def _line(run: Sequence[tuple[int, float]], start: int) -> str:
    """A lone day is drawn as a dash of no length, which a round line cap makes a dot."""
    drawn = run if len(run) > 1 else [run[0], run[0]]
    return "M" + "L".join(f"{_x(day, start):g},{_y(score):g}" for day, score in drawn)


def _band(band: Sequence[tuple[int, float, float]], start: int) -> str:
    if not band:
        return ""
    upper = [f"{_x(day, start):g},{_y(high):g}" for day, _, high in band]
    lower = [f"{_x(day, start):g},{_y(low):g}" for day, low, _ in reversed(band)]
    return "M" + "L".join(upper + lower) + "Z"


def _x(day: int, start: int) -> float:
    return round(EDGE + (WIDTH - 2 * EDGE) * (day - start) / WINDOW, 1)


def _y(score: float) -> float:
    return round(EDGE + (HEIGHT - 2 * EDGE) * (1 - score / HIGHEST_PAIN), 1)
