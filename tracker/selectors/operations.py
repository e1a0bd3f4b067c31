"""Whether reminders are going out: the facts in one statement, and what they mean in words with the remedy.

The banner of staff pages, `/operations/`, `/health/ready` and `doctor` all read from here, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, Min, QuerySet, Value
from django.db.models.functions import Cast

from tracker.models import Breaker, ChannelName, Heartbeat, OutboxMessage, Sending, walls
from tracker.selectors.standing import workable

State = OutboxMessage.State

SILENT = timedelta(seconds=75)
LATE = timedelta(minutes=5)
UNANSWERED = timedelta(minutes=2)
"""After how long a part counts as dead, a message as late, and a provider as gone (reliability 2.2, 7).

Each part gives a sign every 15 to 30 seconds, and whoever watches must see within 90 that one has died.
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A working part of the engine. Without a `vital` one nothing goes out."""

    name: str
    does: str
    longest: timedelta
    """Without a sign of life, it counts as dead after this."""
    vital: bool = False


PARTS = (
    Part("planner", "plans reminders", SILENT, vital=True),
    Part("dispatcher", "takes what is due", SILENT, vital=True),
    Part("sender", "hands messages over", SILENT, vital=True),
    Part("sweeper", "takes back what a dead sender held", timedelta(minutes=3)),
    Part("tick", "looks at every patient each day", timedelta(minutes=15)),
    Part("sealer", "seals the trail", timedelta(minutes=15)),
    Part("beat", "wakes the others by the clock", timedelta(minutes=3)),
)
FROM_THE_START = frozenset({"planner", "dispatcher", "sender", "sweeper"})
"""Parts that must have been heard of. The tick has time on its first day, and without Celery there is no beat."""

START = "Start one that needs nothing else: python3 manage.py send_due --forever. Or the Celery worker and beat."


@dataclass(frozen=True, slots=True)
class Broken:
    """A provider that does not answer: since when, and its own words."""

    channel: str
    since: datetime
    error: str


@dataclass(frozen=True, slots=True)
class Shut:
    """Nothing may be sent: since when, and why."""

    at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Pulse:
    """How the engine is doing at `now`. `heard_at` is when each part last finished a round."""

    now: datetime
    heard_at: dict[str, datetime]
    oldest_due: datetime | None
    broken: Sequence[Broken]
    shut: Shut | None
    calls: dict[UUID, int]
    """By clinic, how many patients wait on the call list."""

    def silence(self, part: Part) -> timedelta | None:
        """How long nothing was heard of it; None where it never was."""
        heard = self.heard_at.get(part.name)
        return None if heard is None else self.now - heard

    def is_silent(self, part: Part) -> bool:
        silence = self.silence(part)
        return part.name in FROM_THE_START if silence is None else silence > part.longest


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is missing or stuck, and what to do. With a `vital` one reminders do not go out as they should."""

    said: str
    remedy: str
    vital: bool = False


def pulse(*, now: datetime) -> Pulse:
    """The facts in one statement, whatever the number of patients and messages."""
    signs: dict[str, list[tuple[str, datetime, str]]] = {"part": [], "breaker": [], "shut": [], "due": [], "calls": []}
    with walls.outside(walls.Why.ENGINE):
        for what, name, at, words in _signs(now):
            signs[what].append((name, at, words))
    return Pulse(
        now=now,
        heard_at={name: at for name, at, _ in signs["part"]},
        oldest_due=next((at for _, at, _ in signs["due"]), None),
        broken=[Broken(channel, since or now, error) for channel, since, error in signs["breaker"]],
        shut=next((Shut(at, why) for _, at, why in signs["shut"]), None),
        calls={UUID(clinic): int(count) for clinic, _, count in signs["calls"] if clinic},
    )


def _signs(now: datetime) -> QuerySet[Any, tuple[Any, ...]]:
    """What is to be known, as one union of rows: which sign it is, a name, an instant, and words."""
    columns = ("what", "name", "at", "words")
    parts = Heartbeat.objects.annotate(what=Value("part"), words=Value(""))
    providers = Breaker.objects.filter(open_until__isnull=False).annotate(what=Value("breaker"))
    shut = Sending.objects.filter(shut_at__isnull=False).annotate(what=Value("shut"), name=Value(""))
    due = OutboxMessage.objects.filter(state=State.DUE, urgent__in=(False, True), due_at__lte=now)  # as its index is
    calls = (
        waiting_calls()
        .values("clinic")
        .annotate(name=Cast("clinic", CharField()), words=Cast(Count("pk"), CharField()))
    )
    return parts.values_list(*columns).union(
        providers.values_list("what", "channel", "since", "last_error"),
        shut.values_list("what", "name", "shut_at", "why"),
        due.values("state")
        .annotate(what=Value("due"), name=Value(""), at=Min("due_at"), words=Value(""))
        .values_list(*columns),
        calls.annotate(what=Value("calls"), at=Min("finished_at")).values_list(*columns),
        all=True,
    )


def waiting_calls() -> QuerySet[OutboxMessage]:
    """The entries of call lists that nobody has dealt with, of every clinic."""
    return OutboxMessage.objects.filter(workable(), state=State.SENT, settled_at=None, channel=ChannelName.CALLS)


# --- In words -------------------------------------------------------------------------------------------------------


def faults(pulse: Pulse) -> list[Fault]:
    """What is missing or stuck, the first reason first."""
    return [*_shut(pulse), *_silences(pulse), *_unanswered(pulse), *_late(pulse)]


def stuck(pulse: Pulse) -> list[Fault]:
    """What keeps reminders from going out as they should."""
    return [fault for fault in faults(pulse) if fault.vital]


def _shut(pulse: Pulse) -> Iterator[Fault]:
    if pulse.shut is not None:
        since = length(pulse.now - pulse.shut.at)
        why = f": {pulse.shut.why.rstrip('.')}" if pulse.shut.why else ""
        yield Fault(f"Sending has been shut for {since}{why}.", CONFIRM, vital=True)


CONFIRM = "Look at what fell due meanwhile, then open it on /operations/ or run: python3 manage.py resume_sending"


def _silences(pulse: Pulse) -> Iterator[Fault]:
    for part in PARTS:
        if pulse.is_silent(part):
            silence = pulse.silence(part)
            heard = "has never run" if silence is None else f"has not been heard of for {length(silence)}"
            yield Fault(f"The {part.name}, which {part.does}, {heard}.", START, vital=part.vital)


def _unanswered(pulse: Pulse) -> Iterator[Fault]:
    for broken in pulse.broken:
        silence = pulse.now - broken.since
        if silence > UNANSWERED:
            said = f"{channel_word(broken.channel)}: the provider has not taken anything for {length(silence)}."
            yield Fault(
                said, "Check its settings and its own status. Messages wait and leave once it answers.", vital=True
            )


def _late(pulse: Pulse) -> Iterator[Fault]:
    if pulse.oldest_due is not None and (late := pulse.now - pulse.oldest_due) > LATE:
        said = f"The oldest message that should have left is {length(late)} late."
        yield Fault(said, "See which part is silent, and whether the provider answers.", vital=True)


def channel_word(channel: str) -> str:
    """A channel as a reader calls it: "E-mail"."""
    return str(ChannelName(channel).label) if channel in ChannelName.values else channel


def length(time: timedelta) -> str:
    """In the largest unit that fits: 50 seconds, 3 minutes, 5 hours, 2 days."""
    seconds = max(0, int(time.total_seconds()))
    for unit, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= unit:
            return f"{seconds // unit} {name}{'s' if seconds // unit > 1 else ''}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"
