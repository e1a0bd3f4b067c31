"""The figures of a recovery with their captions and tables: for the patient's pages and the clinic's alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise

from django.utils.safestring import SafeString

from tracker import charts
from tracker.charts import Frame, Size
from tracker.clinical import bands
from tracker.clinical.explain.words import short_date
from tracker.selectors.progress import Progress

NO_ANSWER = "no answer"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: drawings for a phone and a wide screen, what it shows in words, its source, its data."""

    key: str
    title: str
    summary: str
    drawings: list[tuple[str, SafeString]]
    """CSS class and drawing of each size."""
    legend: list[tuple[str, str]]
    """Kind of mark and its meaning."""
    source: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    reference: str = ""
    """Where the expectation comes from, for whoever wants to look it up."""


def pain(of: Progress, *, sizes: Sequence[tuple[str, Size]]) -> Figure:
    """Pain by day against this plan's band; without a band it says so."""
    other = [(point.day, point.value) for point in of.other.pain] if of.other else []
    band = [(edge.day, edge.low, edge.high) for edge in of.band]
    summary = pain_in_words(of)
    marks = [
        ("line pain", "Your pain on load"),
        *([("area", "Expected for your operation")] if band else []),
        *_other_mark(of),
    ]
    return Figure(
        "pain",
        "Pain",
        summary,
        _drawings(
            of, "pain", sizes, "Pain by day, 0 to 10", summary, lambda frame: charts.pain(frame, of.pain, band, other)
        ),
        marks,
        _pain_source(of),
        ("Day", "Date", "Pain on load, 0 to 10", "Expected"),
        _pain_rows(of),
        bands.pain_source(of.case.plan) if of.band else "",
    )


def load(of: Progress, *, sizes: Sequence[tuple[str, Size]]) -> Figure:
    """Percent of body weight: planned steps, the order in force until today, and what was reported."""
    other = _held([(point.day, point.value) for point in of.other.load], of.until) if of.other else []
    planned = [(step.day, float(step.percent)) for step in of.planned]
    signed = [(order.day, float(order.percent)) for order in of.ordered if order.day <= of.day]
    reported = [(each.day, min(each.percent, 105.0), bool(each.over)) for each in of.reported]
    summary = load_in_words(of)

    def draw(frame: Frame) -> SafeString:
        return charts.load(frame, planned, signed, reported, other)

    return Figure(
        "load",
        "Weight on the leg",
        summary,
        _drawings(of, "load", sizes, "Weight on the leg by day, in percent of body weight", summary, draw),
        [("line plan", "Planned steps"), ("line accent", "Signed by your clinic"), ("dot", "What you reported"),
         ("triangle", "Clearly more than allowed"), *_other_mark(of)],
        "Steps of your own plan. A planned step opens only when your clinic says so.",
        ("Day", "Date", "Allowed", "Reported"),
        _load_rows(of),
    )  # fmt: skip


def bend(of: Progress, *, sizes: Sequence[tuple[str, Size]]) -> Figure:
    """Measured bend against the targets of the protocol; without either there is nothing to draw."""
    other = [(point.day, point.value) for point in of.other.flexion] if of.other else []
    targets = [(target.day, float(target.target_low)) for target in of.targets]
    summary = bend_in_words(of)
    return Figure(
        "bend",
        "How far the knee bends",
        summary,
        _drawings(
            of,
            "bend",
            sizes if of.bend or targets or other else (),
            "Bend by day, in degrees",
            summary,
            lambda frame: charts.bend(frame, of.bend, targets, other),
        ),
        [
            ("line accent", "Measured"),
            *([("line plan", "Aim of your plan")] if targets else []),
            *_other_mark(of, bool(other)),
        ],
        "Grey steps: the aim." if of.targets else f"{bands.NO_REFERENCE}.",
        ("Day", "Date", "Bend", "Aim by then"),
        _bend_rows(of),
        of.targets[0].source if of.targets else "",
    )


def _drawings(
    of: Progress,
    kind: str,
    sizes: Sequence[tuple[str, Size]],
    title: str,
    desc: str,
    draw: Callable[[Frame], SafeString],
) -> list[tuple[str, SafeString]]:
    made = []
    for name, size in sizes:
        frame = Frame(size, of.until, of.day, title, desc)
        made.append((name, charts.kept((kind, size.width, *_version(of)), lambda frame=frame: draw(frame))))  # type: ignore[misc]
    return made


def _version(of: Progress) -> tuple[object, ...]:
    """What a drawing rests on: another entry, order, decision or day makes another drawing."""
    history = of.case.history
    last = history.check_ins[-1].id if history.check_ins else ""
    counted = (len(history.check_ins), len(history.measurements), len(history.orders))
    return (of.case.episode.pk, of.case.episode.revision, last, *counted, of.day, of.other.key if of.other else "")


def _held(levels: list[tuple[int, float]], until: int) -> list[tuple[int, float]]:
    """Levels as the corners of a staircase up to a day."""
    corners = []
    for (day, level), (following, _) in pairwise([*levels, (until, 0.0)]):
        corners += [(day, level), (max(day, following), level)]
    return corners


def _other_mark(of: Progress, shown: bool = True) -> list[tuple[str, str]]:
    return [("line other", of.other.label)] if of.other and shown else []


def pain_in_words(of: Progress) -> str:
    """The last answer beside what is expected for its day."""
    if not of.pain:
        return "No pain answer yet."
    day, score = of.pain[-1]
    expected = next((edge for edge in of.band if edge.day == day), None)
    last = f"Day {day}: pain {score:g} of 10."
    if expected is None:
        return f"{last} {bands.NO_REFERENCE}, so there is no expected range to show."
    return f"{last} Expected on that day: {expected.low:.0f} to {expected.high:.0f}."


def load_in_words(of: Progress) -> str:
    over = sum(1 for each in of.reported if each.over)
    if not of.reported:
        return "You have not reported yet how much weight went through the leg."
    days = "1 day" if over == 1 else f"{over} days"
    return (
        f"Clearly more than allowed on {days} of {len(of.reported)} that you reported."
        if over
        else "Always within your level."
    )


def bend_in_words(of: Progress) -> str:
    if not of.bend:
        return "Not measured yet."
    day, degrees = of.bend[-1]
    aim = next((target for target in reversed(of.targets) if target.day <= of.day), None)
    return f"Last measured on day {day}: {degrees:g}°." + (f" The aim by now: {aim.target_low}°." if aim else "")


def _pain_source(of: Progress) -> str:
    if of.band:
        return "Expected range: 8 of 10 people with this operation, from your pain before surgery."
    return "There is no published reference for your operation, so no range is drawn. That says nothing about you."


def _pain_rows(of: Progress) -> list[tuple[str, ...]]:
    answers = dict(of.pain)
    expected = {edge.day: f"{edge.low:.1f} to {edge.high:.1f}" for edge in of.band}
    first = min(answers, default=of.day)
    return [
        (
            str(day),
            _date(of, day),
            f"{answers[day]:g}" if day in answers else NO_ANSWER,
            expected.get(day, "no reference"),
        )
        for day in range(of.day, first - 1, -1)
    ]


def _load_rows(of: Progress) -> list[tuple[str, ...]]:
    return [
        (
            str(each.day),
            _date(of, each.day),
            _allowed(of, each.day),
            f"{each.percent:.0f} %{' (more than allowed)' if each.over else ''}",
        )
        for each in reversed(of.reported)
    ]


def _allowed(of: Progress, day: int) -> str:
    order = next((order for order in reversed(of.ordered) if order.day <= day), None)
    return "not recorded" if order is None else f"{order.percent} %"


def _bend_rows(of: Progress) -> list[tuple[str, ...]]:
    aims = [(target.day, f"{target.target_low}°") for target in of.targets]
    return [
        (str(day), _date(of, day), f"{degrees:g}°", next((aim for at, aim in reversed(aims) if at <= day), "none yet"))
        for day, degrees in reversed(of.bend)
    ]


def _date(of: Progress, day: int) -> str:
    return short_date(date_of(of, day))


def date_of(of: Progress, day: int) -> date:
    return of.case.surgery_date + timedelta(days=day)
