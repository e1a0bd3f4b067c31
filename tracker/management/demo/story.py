"""How a recovery goes, from the day of surgery to today: one list of events, the same for the same seed."""

from __future__ import annotations

from random import Random

from tracker.clinical.plan import Plan
from tracker.clinical.terms import Gate
from tracker.management.demo import diary, plots, steady
from tracker.management.demo.deeds import Event, Report
from tracker.management.demo.people import Person
from tracker.management.demo.tale import Tale

CHECKED_IN_TODAY = 0.55
"""Share of the patients who have already checked in when the demo is opened."""


def tell(person: Person, plan: Plan, seed: int) -> list[Event]:
    """Everything that happens to one knee, in order."""
    tale = Tale(person, plan, Random(f"{seed}/{person.name}"))  # noqa: S311 - made-up people, no secret
    steady.begin(tale)
    steady.gates(tale, leave=plots.LEFT_OPEN.get(person.plot), refuse=plots.REFUSED.get(person.plot))
    for part in (steady.films, steady.wound, steady.visits, steady.milestones, steady.confirmations):
        part(tale)
    diary.write(tale, plots.PAIN.get(person.plot))
    _before_the_day_11_check(tale)
    _not_yet_today(tale)
    for plot in filter(None, (person.past, person.plot)):
        plots.PLOTS[plot](tale)
    return sorted([*tale.events, *_reports(tale)])


def _before_the_day_11_check(tale: Tale) -> None:
    """Whose physiotherapist clears the check has said that the pain is low."""
    if Gate.W11 in tale.decisions:
        for day in (10, 11):
            tale.say(day, pain_load=min(3, tale.pain.get(day, 3)), pain_worst=4)


def _not_yet_today(tale: Tale) -> None:
    if tale.person.login or tale.rng.random() > CHECKED_IN_TODAY:
        tale.diary.pop(tale.today, None)


def _reports(tale: Tale) -> list[Event]:
    return [
        Event(day, tale.hour + tale.rng.uniform(-0.4, 0.4), Report(answers))
        for day, answers in sorted(tale.diary.items())
        if day >= tale.person.joined
    ]
