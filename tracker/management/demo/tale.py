"""A recovery while it is being told: the person, their plan, what has been decided so far and what they will say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from functools import cached_property
from random import Random
from typing import Any

from tracker.clinical import openings
from tracker.clinical.history import Clearance, Limit
from tracker.clinical.openings import NEVER, Opening
from tracker.clinical.plan import Plan
from tracker.clinical.terms import Decision, Gate
from tracker.management.demo.deeds import Deed, Event
from tracker.management.demo.people import Person


class Tale:
    """Collects what happens. Nothing happens before the clinic took the patient on, nor after today."""

    def __init__(self, person: Person, plan: Plan, rng: Random) -> None:
        self.person, self.plan, self.rng = person, plan, rng
        self.today = person.day
        self.events: list[Event] = []
        self.diary: dict[int, dict[str, Any]] = {}
        self.pain: dict[int, int] = {}
        self.decisions: dict[Gate, tuple[int, Decision]] = {}
        self.reached: dict[str, int] = {}
        self.confirms_levels = True
        self.hour = rng.choice((7.2, 8.0, 9.1, 12.5, 17.6, 19.8))
        """When the patient usually checks in."""

    def do(self, day: int, hour: float, deed: Deed) -> None:
        if self.person.joined <= day <= self.today:
            self.events.append(Event(day, hour, deed))

    def say(self, day: int, **answers: Any) -> None:
        """Adds to the report of a day, or puts other answers in the place of what it said."""
        self.diary.setdefault(day, {"symptoms": []}).update(answers)

    def decide(self, gate: Gate, day: int, decision: Decision) -> None:
        """Keeps a decision in mind, so that the levels after it are known. Before the first question about levels."""
        self.decisions[gate] = day, decision

    @cached_property
    def opened(self) -> tuple[Opening, ...]:
        """The steps of the plan with the days on which they open in this tale."""
        return openings.openings(self.plan, [self._clearance(gate) for gate in self.decisions], ())

    def in_force(self, day: int) -> Opening:
        return openings.in_force(self.opened, day) or self.opened[0]

    def level(self, day: int) -> Limit:
        return self.in_force(day).step.limit

    def first(self, wanted: Callable[[Opening], bool]) -> int:
        """The day on which the first such step opens; NEVER where none does."""
        return min((opening.day for opening in self.opened if wanted(opening)), default=NEVER)

    def near(self, day: float, spread: int) -> int:
        """About that day."""
        return round(day) + self.rng.randint(-spread, spread)

    def _clearance(self, gate: Gate) -> Clearance:
        day, decision = self.decisions[gate]
        on = self.plan.date_of(day)
        return Clearance(gate, decision, on, datetime.combine(on, time(), UTC))
