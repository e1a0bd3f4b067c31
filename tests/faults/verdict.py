"""Whether what the mail server took is what had to come, and whether the database says the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from tests.faults import model
from tests.faults.journal import Mail
from tests.faults.model import Expected, Key
from tracker.models import Occurrence, OutboxMessage, ReminderPlan

State = OutboxMessage.State
NOT_SENT = (State.UNCERTAIN, State.FAILED, State.DEAD, State.EXPIRED, State.CANCELLED)
A_WHILE = timedelta(minutes=15)
"""Longer than any message is put off after a failure."""
ON_THE_WAY = (State.DUE, State.CLAIMED, State.SENDING)


@dataclass(frozen=True, slots=True)
class Row:
    """A message in the database, as far as the verdict goes."""

    to: str
    kind: str
    state: str
    reason: str
    message_id: str
    repeat: bool


@dataclass(frozen=True, slots=True)
class Books:
    """What the database says became of everything, and which check-in reminders are planned."""

    rows: list[Row]
    planned: list[tuple[str, date]]


@dataclass(slots=True)
class Verdict:
    """Figures of one trial; `wrong` says in words what else is not as it must be."""

    lost: int = 0
    doubled: int = 0
    uncertain: int = 0
    """Letters that may or may not have left."""
    repeats: int = 0
    mails: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not (self.lost or self.doubled or self.wrong)


def open_the_books(now: datetime) -> Books:
    """What is due by now or soon. To be asked of a process that is on the database in question."""
    rows = OutboxMessage.objects.filter(channel="email", due_at__lte=now + A_WHILE).select_related(
        "patient", "recipient"
    )
    planned = Occurrence.objects.filter(rule="check_in", state=Occurrence.State.PLANNED)
    return Books([_row(each) for each in rows], sorted(planned.values_list("patient__email", "local_date")))


def _row(message: OutboxMessage) -> Row:
    reader = message.recipient or message.patient
    to = reader.email if reader else ""
    return Row(to, message.kind, message.state, message.reason, message.message_id, message.repeat)


def doubts() -> list[str]:
    """What is known of each message that is uncertain, try by try. To be asked like `open_the_books`."""
    rows = OutboxMessage.objects.filter(state=State.UNCERTAIN).prefetch_related("tries")
    return [
        f"{row.kind} finished {row.finished_at:%T.%f} {row.last_error!r} "
        + ", ".join(f"try {one.fence} {one.started_at:%T.%f} {one.result} {one.detail}" for one in row.tries.all())
        for row in rows
    ]


def at_rest(now: datetime) -> bool:
    """Nothing is on its way, due or put off for a while, nor to be planned. To be asked like `open_the_books`."""
    waiting = OutboxMessage.objects.filter(state__in=ON_THE_WAY, due_at__lte=now + A_WHILE)
    return not waiting.exists() and not ReminderPlan.objects.filter(next_due_at__lte=now).exists()


def judge(
    expected: Expected, mails: Sequence[Mail], books: Books, *, excuses: Sequence[State] = (State.UNCERTAIN,)
) -> Verdict:
    """`excuses` are the states in which, with a reason that can be read, what had to come need not have come."""
    found = Verdict(mails=len(mails), repeats=sum(mail.repeat for mail in mails))
    got = count(mails)
    excused = Counter((row.to, row.kind) for row in books.rows if row.state in excuses and row.reason)
    missing = expected.must - got - excused
    found.lost = missing.total()
    found.doubled = _doubled(expected, mails)
    found.uncertain = len({row.message_id for row in books.rows if row.state == State.UNCERTAIN})
    found.wrong = [*_wrong(expected, got, books), *(f"lost: {key}" for key in missing)]
    return found


def count(mails: Iterable[Mail]) -> Counter[Key]:
    """What arrived, a message once however often it was repeated."""
    once = {(mail.to, kind, mail.message_id) for mail in mails for kind in mail.kinds}
    return Counter((to, kind) for to, kind, _ in once)


def _doubled(expected: Expected, mails: Sequence[Mail]) -> int:
    """Second copies under one Message-ID, but for repeats of notices that say so; and second messages of one thing."""
    copies = Counter(mail.message_id for mail in mails if not (mail.repeat and mail.kinds <= model.NOTICES))
    again = sum(number - 1 for number in copies.values() if number > 1)
    got = count(mails)
    known = expected.must + expected.may
    return again + sum(max(0, number - known[key]) for key, number in got.items() if key in known)


def _wrong(expected: Expected, got: Counter[Key], books: Books) -> Iterable[str]:
    for key in got.keys() - expected.must.keys() - expected.may.keys():
        yield f"nobody expected {key}"
    for row in books.rows:
        if row.state in NOT_SENT and not row.reason:
            yield f"{row.state} without a reason: {row.kind}"
        if row.state in ON_THE_WAY and (row.to, row.kind) in expected.must and (row.to, row.kind) not in got:
            yield f"still {row.state}: {row.kind}"
    said = Counter((row.to, row.kind) for row in books.rows if row.state == State.SENT)
    for key in said - got:
        yield f"said to be sent, and was not: {key}"
    if books.planned != expected.planned:
        yield f"planned {len(books.planned)} days, not {len(expected.planned)}"
