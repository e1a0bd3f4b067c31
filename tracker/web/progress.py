"""Progress: pain, load and bend as figures, goals as a timeline, and on request another operation beside it."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from tracker import access, charts, clock
from tracker.access import Do
from tracker.clinical import bands
from tracker.clinical.explain.words import short_date
from tracker.clinical.milestones import MilestoneStatus
from tracker.clinical.terms import MilestoneState
from tracker.selectors import progress as selector
from tracker.selectors.progress import Progress
from tracker.web import figures, shell

COMPARE = {"knee-replacement": "tka", "partial-knee-replacement": "uka"}
"""What ?compare= may name."""

SIZES = (("only-phone", charts.PHONE), ("only-wide", charts.WIDE))


SOON = 21
"""Days ahead for which goals are shown at first."""


@dataclass(frozen=True, slots=True)
class Goal:
    """A milestone on the timeline, in percent of the figure's width."""

    name: str
    state: str
    when: str
    start: float
    width: float
    mark: float | None
    soon: bool
    """Reached, due, or usual within the next weeks."""


@require_safe
@login_required
def progress(request: HttpRequest) -> HttpResponse:
    door = access.own_episode(request.user, Do.READ)
    compare = COMPARE.get(request.GET.get("compare", ""), "")
    of = selector.progress(door.episode, now=clock.now(), compare=compare)
    if of is None:
        return shell.unreadable(request, door)
    found = goals(of)
    context = {
        "episode": door.episode,
        "of": of,
        "figures": [figures.pain(of, sizes=SIZES), figures.load(of, sizes=SIZES), figures.bend(of, sizes=SIZES)],
        "goals": [goal for goal in found if goal.soon],
        "later": [goal for goal in found if not goal.soon],
        "now_at": round(100 * of.day / horizon(of), 1),
        "compared": of.other,
        "compare_words": bands.comparison_words(compare, of.case.plan.protocol.family) if compare else (),
    }
    return shell.page(request, "tracker/progress/page.html", door.actor, context)


def horizon(of: Progress) -> int:
    """The last day of the timeline: that of the figures, at most a year."""
    return min(max(of.until, of.day + 28), 365)


def goals(of: Progress) -> list[Goal]:
    """Goals by their usual time; a personal one that is long past says nothing and is left out."""
    shown = [each for each in of.milestones if _wanted(each)]
    return [_goal(each, of) for each in sorted(shown, key=_by_time)]


def _wanted(each: MilestoneStatus) -> bool:
    return not (each.personal and each.state is MilestoneState.OVERDUE)


def _by_time(each: MilestoneStatus) -> tuple[int, int]:
    return each.typical, each.earliest


def _goal(each: MilestoneStatus, of: Progress) -> Goal:
    last = horizon(of)
    end = min(each.latest or each.typical, last)
    reached = None if each.reached_on is None else (each.reached_on - of.case.surgery_date).days
    return Goal(
        name=each.name[0].upper() + each.name[1:],
        state=each.state.value,
        when=_when(each, of),
        start=round(100 * min(each.earliest, last) / last, 1),
        width=max(1.0, round(100 * (end - each.earliest) / last, 1)),
        soon=each.state is MilestoneState.DONE or each.typical <= of.day + SOON,
        mark=None if reached is None else round(100 * min(max(reached, 0), last) / last, 1),
    )


def _when(each: MilestoneStatus, of: Progress) -> str:
    if each.reached_on is not None:
        said = "" if each.confirmed else " · your own word"
        return f"Reached {short_date(each.reached_on)}{said}"
    around = short_date(of.case.plan.date_of(each.typical))
    return {
        MilestoneState.UPCOMING: f"Usual around {around}",
        MilestoneState.OPEN: f"Possible now, usual around {around}",
        MilestoneState.DUE: "Its time is now",
        MilestoneState.OVERDUE: "Takes longer than usual: ask your physiotherapist",
        MilestoneState.NOT_RECORDED: "Not written down: it was before you began here",
    }[each.state]
