"""The figures of a recovery in the words of the clinic: the patient's own figures, said of somebody else."""

from __future__ import annotations

from dataclasses import replace

from tracker import charts
from tracker.selectors import progress
from tracker.selectors.episodes import Case
from tracker.selectors.progress import Progress
from tracker.web import figures
from tracker.web.figures import Figure

SIZES = (("only-phone", charts.PHONE), ("only-wide", charts.WIDE))

SAID_OF_A_PATIENT = {
    "Your pain on load": "Pain on load, else at rest",
    "Expected for your operation": "Expected for this plan, 10th to 90th centile",
    "Planned steps": "This patient's plan",
    "Signed by your clinic": "Order in force",
    "What you reported": "Reported by the patient",
    "Clearly more than allowed": "More than 10 % of body weight over the order of that day",
    "Aim of your plan": "Target",
}


def of_case(case: Case) -> list[Figure]:
    """Load, pain and bend, the decision's figure first."""
    of = progress.of_case(case)
    return [_load(of), _pain(of), _staff(figures.bend(of, sizes=SIZES), "Bend")]


def _load(of: Progress) -> Figure:
    over, days = sum(1 for each in of.reported if each.over), len(of.reported)
    summary = f"Over the order on {over} of {days} days reported." if days else "No load reported yet."
    source = "A planned step opens only when its gate is cleared and signed."
    return replace(
        _staff(figures.load(of, sizes=SIZES), "Load: plan, order, and what was reported"),
        summary=summary,
        source=source,
    )


def _pain(of: Progress) -> Figure:
    found = _staff(figures.pain(of, sizes=SIZES), "Pain on load")
    gaps = "Gaps are days without an answer."
    baseline = of.case.history.baseline_pain
    rests = "" if baseline is None or not of.band else f" Shifted by this patient's pain before surgery, {baseline}."
    source = (
        f"{of.band[0].source}.{rests}" if of.band else "No published reference for this operation, so no band is drawn."
    )
    return replace(found, source=f"{source} {gaps}", reference="")


def _staff(figure: Figure, title: str) -> Figure:
    legend = [(mark, SAID_OF_A_PATIENT.get(meaning, meaning)) for mark, meaning in figure.legend]
    return replace(figure, title=title, legend=legend)
