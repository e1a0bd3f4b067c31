"""The kinds of message as data: to whom, when, for how long, and how much a repeat would matter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from tracker.models import ChannelName, Kind, OutboxMessage
from tracker.selectors.episodes import local_date
from tracker.selectors.localtime import due_instant, end_of

Nature = OutboxMessage.Nature


class Audience(StrEnum):
    """Who is told, and with them whose clock counts: the patient's own, or the clinic's."""

    PATIENT = "patient"
    GATE_TEAM = "the surgeon of the knee and the physiotherapists on duty"
    ON_DUTY = "the clinicians on duty"
    EVERY_CLINICIAN = "every clinician of the clinic"
    CALL_LIST = "the clinic's call list"
    SECONDS = "the clinicians on duty who may agree with a colleague"
    COLLEAGUE = "the colleague who asked"
    OVERSIGHT = "the coordinators and auditors of the clinic"
    INVITED = "whoever is invited"


@dataclass(frozen=True, slots=True)
class Rule:
    """A reason to tell somebody something.

    A rule with `at`, its usual wall-clock time, is planned by the calendar, `ahead` of its time where it can be known;
    one without is told when it happens, or `after` that. One that goes `with_check_in` has the hour of the patient's
    check-in reminder, so that one message carries both. `path` is where the link leads. `evening` is the wall-clock
    time after which a message about that day must not go out any more; `lasts` is for how long after its time one
    still makes sense; without either it waits until it is sent. What is `optional` a patient may switch off and move.
    """

    kind: Kind
    audience: Audience
    subject: str
    path: str
    go: str = "Open"
    """What the button that leads there says."""
    short: str = ""
    """The whole of it in one line, for where every letter costs; left out, the subject."""
    nature: OutboxMessage.Nature = Nature.REMINDER
    at: time | None = None
    with_check_in: bool = False
    after: timedelta = timedelta(0)
    ahead: timedelta = timedelta(0)
    evening: time | None = None
    lasts: timedelta | None = None
    urgent: bool = False
    """Goes out first, alone, and through quiet hours."""
    optional: bool = False
    counted: bool = True
    """Whether it counts towards, and is stopped by, the most messages a day."""

    @property
    def template(self) -> str:
        """What a letter says of it, in plain text."""
        return f"messages/{self.kind}.txt"

    @property
    def foreseen(self) -> bool:
        """Whether it follows from the clock alone, so that also a day on which nothing ran gets one, to be seen."""
        return self.ahead >= HORIZON

    @property
    def line(self) -> str:
        return self.short or f"{self.subject}."

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


SOON = timedelta(minutes=10)
"""So long before the check-in's hour is looked for what goes with it, so that all of it waits when the hour comes."""
CHANNELS = (ChannelName.EMAIL, ChannelName.SMS, ChannelName.PUSH, ChannelName.APP)
"""By which a patient may choose to be told; `tracker.channels.installed()` says which of them this installation has."""
HORIZON = timedelta(hours=48)
USUAL_HOUR, EVENING, NOON = time(9), time(22), time(12)
MOST_A_DAY = 3
"""Messages that count, a patient and local day; a bundle is one. What is over stays in the list, with the reason."""

RULES: dict[str, Rule] = {
    rule.kind: rule
    for rule in (
        # --- To the patient -----------------------------------------------------------------------------------------
        Rule(
            kind=Kind.CHECK_IN,
            audience=Audience.PATIENT,
            subject="Time for your check-in",
            path="/check-in/",
            go="Check in",
            at=USUAL_HOUR,
            ahead=HORIZON,
            evening=EVENING,
            optional=True,
        ),
        Rule(
            kind=Kind.NUDGE,
            audience=Audience.PATIENT,
            subject="Your check-in is still open",
            path="/check-in/",
            go="Check in",
            at=time(18),
            ahead=HORIZON,
            evening=EVENING,
            optional=True,
        ),
        Rule(
            kind=Kind.NEXT_STEP,
            audience=Audience.PATIENT,
            subject="Your next step is coming up",
            path="/plan/",
            go="See my plan",
            at=USUAL_HOUR,
            with_check_in=True,
            ahead=SOON,
            evening=EVENING,
            optional=True,
        ),
        Rule(
            kind=Kind.REVIEW_TOMORROW,
            audience=Audience.PATIENT,
            subject="Your appointment tomorrow",
            path="/plan/",
            go="See my plan",
            short="You have an appointment tomorrow.",
            at=USUAL_HOUR,
            with_check_in=True,
            ahead=SOON,
            evening=EVENING,
            optional=True,
        ),
        Rule(
            kind=Kind.MILESTONES,
            audience=Audience.PATIENT,
            subject="Your goals this week",
            path="/progress/",
            go="See my goals",
            short="Your goals for this week are ready.",
            at=USUAL_HOUR,
            with_check_in=True,
            ahead=SOON,
            evening=EVENING,
            optional=True,
        ),
        Rule(
            kind=Kind.QUESTIONNAIRE,
            audience=Audience.PATIENT,
            subject="Your questionnaires",
            path="/progress/",
            go="See my goals",
            short="It is time for your clinic's questionnaires.",
            at=USUAL_HOUR,
            with_check_in=True,
            ahead=SOON,
            evening=EVENING,
            optional=True,
        ),
        Rule(
            kind=Kind.RESTRICTION_CHANGED,
            audience=Audience.PATIENT,
            subject="Your plan has changed",
            path="/today/",
            go="Read my plan",
            short="Your plan has changed. Please read it now.",
            counted=False,
        ),
        Rule(
            kind=Kind.TEST,
            audience=Audience.PATIENT,
            subject="This is a test",
            path="/reminders/",
            go="My reminders",
            lasts=timedelta(minutes=15),
            urgent=True,
            counted=False,
        ),
        Rule(
            kind=Kind.EMERGENCY_OPENED,
            audience=Audience.PATIENT,
            subject="Another clinic opened your record",
            path="/who-looked/",
            go="See who looked",
            nature=Nature.NOTICE,
            urgent=True,
            counted=False,
        ),
        Rule(
            kind=Kind.MOVED,
            audience=Audience.PATIENT,
            subject="Another clinic looks after you now",
            path="/today/",
            go="Read my plan",
            nature=Nature.NOTICE,
            counted=False,
        ),
        # --- To the staff -------------------------------------------------------------------------------------------
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
            go="See the alerts",
            nature=Nature.NOTICE,
            urgent=True,
        ),
        Rule(
            kind=Kind.ALERT_UNANSWERED,
            audience=Audience.EVERY_CLINICIAN,
            subject="Urgent: nobody has taken this on yet",
            path="/alerts/",
            go="See the alerts",
            nature=Nature.NOTICE,
            urgent=True,
        ),
        Rule(
            kind=Kind.EMERGENCY_NOTICE,
            audience=Audience.OVERSIGHT,
            subject="A record was opened in an emergency",
            path="/emergency-access/",
            go="See who, and why",
            nature=Nature.NOTICE,
            urgent=True,
        ),
        Rule(
            kind=Kind.TAKEN_OVER,
            audience=Audience.ON_DUTY,
            subject="A patient came to you from another clinic",
            path="/episodes/{episode}/",
            go="Open the record",
            nature=Nature.NOTICE,
            urgent=True,
        ),
        Rule(
            kind=Kind.PROPOSAL_WAITS,
            audience=Audience.SECONDS,
            subject="A colleague's proposal is waiting for you",
            path="/episodes/{episode}/#proposals",
            lasts=timedelta(days=7),
        ),
        Rule(
            kind=Kind.PROPOSAL_ANSWERED,
            audience=Audience.COLLEAGUE,
            subject="Your proposal was answered",
            path="/episodes/{episode}/#proposals",
            go="Read the answer",
            lasts=timedelta(days=7),
        ),
        Rule(
            kind=Kind.TRANSFER_OFFERED,
            audience=Audience.ON_DUTY,
            subject="A patient is offered to your clinic",
            path="/transfers/",
            go="See the offer",
            lasts=timedelta(days=7),
        ),
        Rule(
            kind=Kind.TRANSFER_ANSWERED,
            audience=Audience.COLLEAGUE,
            subject="Your offer of a patient was answered",
            path="/transfers/",
            go="See the answer",
            lasts=timedelta(days=7),
        ),
        Rule(
            kind=Kind.MORNING_LIST,
            audience=Audience.ON_DUTY,
            subject="Your list this morning",
            path="/worklist/",
            go="See the list",
            evening=NOON,
        ),
        # --- On the call list: a person phones, no more mail --------------------------------------------------------
        Rule(
            kind=Kind.SILENCE,
            audience=Audience.CALL_LIST,
            subject="Has not checked in for two days",
            path="/episodes/{episode}/",
            at=time(8),
        ),
        Rule(
            kind=Kind.UNSEEN,
            audience=Audience.CALL_LIST,
            subject="Has not seen the change of plan",
            path="/episodes/{episode}/",
        ),
        Rule(
            kind=Kind.ALERT_CALL,
            audience=Audience.CALL_LIST,
            subject="An urgent alert that nobody has taken on",
            path="/episodes/{episode}/",
            urgent=True,
        ),
        Rule(
            kind=Kind.UNREACHABLE,
            audience=Audience.CALL_LIST,
            subject="Messages do not reach this patient",
            path="/episodes/{episode}/",
        ),
        Rule(
            kind=Kind.RECORD_REQUEST,
            audience=Audience.CALL_LIST,
            subject="Asks that the record be deleted",
            path="/episodes/{episode}/",
        ),
        # --- To whom an invite lets in: it goes alone, as no other letter has the same reader -------------------------
        Rule(
            kind=Kind.PATIENT_INVITE,
            audience=Audience.INVITED,
            subject="Your way into Recovery",
            path="{invite}",
            go="Begin",
            lasts=timedelta(hours=72),
            urgent=True,
            counted=False,
        ),
        Rule(
            kind=Kind.CAREGIVER_INVITE,
            audience=Audience.INVITED,
            subject="You are asked to help somebody recover",
            path="{invite}",
            go="Begin",
            lasts=timedelta(hours=72),
            urgent=True,
            counted=False,
        ),
        Rule(
            kind=Kind.STAFF_INVITE,
            audience=Audience.INVITED,
            subject="Your way into your clinic's Recovery",
            path="{invite}",
            go="Begin",
            lasts=timedelta(hours=72),
            urgent=True,
            counted=False,
        ),
    )
}

ALERT_STEPS = (timedelta(minutes=30), timedelta(hours=2))
"""After so long without anybody taking an urgent alert on, every clinician hears of it again (reliability, A4)."""
ALERT_CALL_AFTER = timedelta(hours=3)
"""And after so long it is a phone call for whoever is in the clinic [est]."""
UNSEEN_LOOSENING, UNSEEN_TIGHTENING = timedelta(hours=24), timedelta(hours=4)
"""How long a patient may leave a change of plan unread before somebody calls (reliability, R8)."""

CALENDAR = {kind: rule for kind, rule in RULES.items() if rule.at is not None}
"""The rules that the planner looks after: each patient has a ReminderPlan for every one."""
OPTIONAL = {kind: rule for kind, rule in RULES.items() if rule.optional}
"""The rules that a patient may switch off, and those with an hour of their own, move."""
