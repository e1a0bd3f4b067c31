"""The kinds of message as data: to whom, when, for how long, and how much a repeat would matter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from tracker.models import Kind, OutboxMessage
from tracker.selectors.episodes import local_date
from tracker.selectors.localtime import due_instant, end_of

Nature = OutboxMessage.Nature


class Audience(StrEnum):
    """Who is told, and with them whose clock counts: the patient's own, or the clinic's."""

    PATIENT = "patient"
    GATE_TEAM = "the surgeon of the knee and the physiotherapists on duty"
    ON_DUTY = "the clinicians on duty"


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason to tell somebody something.

    A rule with `at`, its usual wall-clock time, is planned by the calendar, `ahead` of its time where it can be known;
    one without is told when it happens. `path` is where the link leads. `evening` is the wall-clock time after which
    a message about that day must not go out any more; `lasts` is for how long after its time one still makes sense;
    without either it waits until it is sent. What is `optional` a patient may switch off.
    """

    kind: Kind
    audience: Audience
    subject: str
    path: str
    nature: OutboxMessage.Nature = Nature.REMINDER
    at: time | None = None
    ahead: timedelta = timedelta(0)
    evening: time | None = None
    lasts: timedelta | None = None
    urgent: bool = False
    optional: bool = False

    @property
    def template(self) -> str:
        return f"messages/{self.kind}"

    def expires(self, due_at: datetime, zone: str) -> datetime | None:
        """When a message that falls due at `due_at` has become pointless."""
        if self.lasts is not None:
            return due_at + self.lasts
        return None if self.evening is None else _evening(due_at, self.evening, zone)


def _evening(due_at: datetime, evening: time, zone: str) -> datetime:
    """That evening; for whoever wants to be told later than that, the end of the day."""
    day = local_date(due_at, zone)
    ends = due_instant(day, evening, zone)
    return ends if ends is not None and ends > due_at else end_of(day, zone)


CHANNELS = ("email",)
"""By which a message may leave; `tracker.channels` knows how."""
HORIZON = timedelta(hours=48)
USUAL_HOUR, EVENING = time(9), time(22)

RULES: dict[str, Rule] = {
    rule.kind: rule
    for rule in (
        Rule(
            kind=Kind.CHECK_IN,
            audience=Audience.PATIENT,
            subject="Time for your check-in",
            path="/check-in/",
            at=USUAL_HOUR,
            ahead=HORIZON,
            evening=EVENING,
            optional=True,
        ),
        Rule(
            kind=Kind.SILENCE,
            audience=Audience.PATIENT,
            subject="We have not heard from you",
            path="/check-in/",
            at=time(18),
            evening=EVENING,
            optional=True,
        ),
        Rule(
            kind=Kind.MILESTONE_DUE,
            audience=Audience.PATIENT,
            subject="A goal on your plan",
            path="/progress/",
            at=time(10),
            evening=EVENING,
            optional=True,
        ),
        Rule(
            kind=Kind.RESTRICTION_CHANGED,
            audience=Audience.PATIENT,
            subject="Your plan has changed",
            path="/today/",
        ),
        Rule(
            kind=Kind.GATE_DUE,
            audience=Audience.GATE_TEAM,
            subject="A decision is waiting for you",
            path="/episodes/{episode}/",
            at=time(8),
            lasts=timedelta(days=7),
        ),
        Rule(
            kind=Kind.URGENT_ALERT,
            audience=Audience.ON_DUTY,
            subject="Urgent: please look now",
            path="/alerts/",
            nature=Nature.NOTICE,
            urgent=True,
        ),
    )
}

CALENDAR = {kind: rule for kind, rule in RULES.items() if rule.at is not None}
"""The rules that the planner looks after: each patient has a ReminderPlan for every one."""
OPTIONAL = {kind: rule for kind, rule in RULES.items() if rule.optional}
"""The rules that a patient may move to another hour or switch off."""
