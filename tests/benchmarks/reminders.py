"""10,000 reminders that fall due in one minute, handed to a mail server by one sender, on PostgreSQL.

The sender is `send_due --forever`, a process as a clinic runs it; the mail server one more, which writes a journal to
the disk before it answers. Meanwhile patients raise red flags.
Promises: all within 5 minutes, none lost, none doubled; each clinician on duty hears of each flag within a minute.
Measured beside it, before and after: the bare claims without mail, and the mail without a database.
Goal: half of the lower of the two.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.db import connection
from django.db.models import Q

from tests import scenes
from tests.benchmarks import ceilings, crowds, figures, ground, seed, servers
from tests.benchmarks.figures import Figures
from tests.faults import sink
from tests.faults.journal import Mail
from tests.faults.sink import MailServer
from tracker import clock
from tracker.channels import Letter
from tracker.models import Episode, Kind, OutboxMessage
from tracker.services import outbox, reminders, wakeups

ROOT = Path(__file__).parents[2]
NUMBER, SHORT = 10_000, 500
TRIAL, SHORT_TRIAL = 1_000, 200
"""Messages for each measurement of a ceiling."""
SECOND, MINUTE, WITHIN = timedelta(seconds=1), timedelta(minutes=1), timedelta(minutes=5)
PATIENCE = timedelta(minutes=5)
"""So long the sender may take beyond what is promised, to be measured all the same."""
SHARE = 0.5
FLAGS, SHORT_FLAGS, FLAG_EVERY = 20, 3, 2.0
"""How many red flags, and the seconds from one to the next."""

State = OutboxMessage.State


@dataclass(slots=True)
class Ceilings:
    claims: list[float] = field(default_factory=list)
    mails: list[float] = field(default_factory=list)

    def measure(self, mail: MailServer, letter: Letter, number: int) -> None:
        self.mails.append(ceilings.mails_a_second(mail.port, letter, number))
        crowds.take_back()
        crowds.make_due(clock.now() - MINUTE, most=number)
        self.claims.append(ceilings.claims_a_second())
        crowds.take_back()


def main() -> None:
    told = Figures("reminders", short=figures.options(__doc__).short)
    ground.need_postgresql()
    wakeups.bell.ring = lambda: None  # type: ignore[method-assign]
    number, trial = (SHORT, SHORT_TRIAL) if told.short else (NUMBER, TRIAL)
    with tempfile.TemporaryDirectory() as own, sink.running(Path(own)) as mail, ground.database():
        began = time.perf_counter()
        crowds.made(number, clock.now())
        crowds.spread_plans(clock.now() + timedelta(days=1), timedelta(hours=47))
        crowds.only_check_in_waits()
        ground.analyze()
        told.say(f"  {number:,} patients, seeded in {time.perf_counter() - began:.0f} s")
        best, letter = Ceilings(), a_letter()
        best.measure(mail, letter, trial)
        rate = send(told, mail, number, flagging(SHORT_FLAGS if told.short else FLAGS))
        best.measure(mail, letter, trial)
        compare(told, rate, best)
    told.end()


def a_letter() -> Letter:
    """As the product writes it to one of them."""
    message = OutboxMessage.objects.filter(state=State.DUE).select_related("patient", "clinic", "occurrence").first()
    assert message is not None
    return reminders.letter([message], now=clock.now())


def flagging(number: int) -> list[Episode]:
    """Patients who are about to tell of something urgent."""
    knees = [scenes.knee(staff) for staff in [seed.clinic()] for _ in range(number)]
    outbox.expire(before=clock.now() + SECOND, now=clock.now())
    return knees


def send(told: Figures, mail: MailServer, number: int, flagging: list[Episode]) -> float:
    """Lets all fall due and one sender begin; how many a second arrived from the first to the last."""
    mark, due = mail.mark(), clock.now()
    crowds.make_due(due, over=MINUTE if number == NUMBER else SECOND)
    command = [sys.executable, "manage.py", "send_due", "--forever"]
    sender = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "EMAIL_URL": mail.url}, stdout=subprocess.DEVNULL)
    try:
        wait(mail, mark, number, flagging, until=due + WITHIN + PATIENCE)
        cpu = servers._cpu(sender.pid)
    finally:
        sender.terminate()
        sender.wait(60)
    mails = mail.taken(mark)
    judge(told, mails, number)
    judge_flags(told, mails)
    last = max(each.at for each in mails)
    seconds = last - due.timestamp()
    told.promise("seconds", seconds, seconds <= WITHIN.total_seconds(), "<= 300 from the first due on", "s")
    told.figure("sender_cpu", 1000 * cpu / number, "ms", "of the sender, a letter")
    return slowing(told, sorted(each.at for each in mails))


def slowing(told: Figures, times: Sequence[float]) -> float:
    """How many a second, in all; told is the last quarter beside the first, as rows pile up that are done with."""
    quarter = len(times) // 4
    first, last = times[quarter] - times[0], times[-1] - times[-1 - quarter]
    told.figure("last_to_first", first / last, note="rate of the last quarter to that of the first")
    return len(times) / (times[-1] - times[0])


def wait(mail: MailServer, mark: int, number: int, flagging: list[Episode], until: datetime) -> None:
    """Until so many have come and nothing is on its way; meanwhile one after the other tells of something urgent."""
    came, turn = 0, time.monotonic()
    while clock.now() < until and (came < number or on_the_way()):
        if flagging and time.monotonic() >= turn:
            scenes.check_in(flagging.pop(), pain_load=3, symptoms=["calf_sore"])
            turn += FLAG_EVERY
        time.sleep(0.5)
        with mail.path.open("rb") as file:
            file.seek(mark)
            came = sum(1 for _ in file)
    connection.close()


def on_the_way() -> bool:
    held = Q(state__in=(State.CLAIMED, State.SENDING))
    return OutboxMessage.objects.filter(held | Q(state=State.DUE, due_at__lte=clock.now())).exists()


def judge(told: Figures, mails: Sequence[Mail], number: int) -> None:
    """Each patient has one message; what did not come must say why."""
    reminded = [each for each in mails if Kind.CHECK_IN in each.kinds]
    readers, copies = Counter(each.to for each in reminded), Counter(each.message_id for each in mails)
    doubled = sum(times - 1 for times in (*readers.values(), *copies.values()) if times > 1)
    rows = OutboxMessage.objects.filter(kind=Kind.CHECK_IN, attempts__gt=0)
    told.figure("uncertain", rows.filter(state=State.UNCERTAIN).count())
    lost, known = number - len(readers), rows.filter(state=State.SENT).count()
    told.promise("lost", lost, lost == 0 and known == number, "none, and all known to be sent")
    told.promise("doubled", doubled, doubled == 0, "none")


def judge_flags(told: Figures, mails: Sequence[Mail]) -> None:
    """What became of each notice, from the moment it was written to the mail server's disk."""
    arrived = {each.message_id: each.at for each in mails}
    notices = OutboxMessage.objects.filter(kind=Kind.URGENT_ALERT).values_list("message_id", "created_at")
    waits = [arrived[known] - written.timestamp() for known, written in notices if known in arrived]
    told.figure("notices", len(waits), note="of red flags, meanwhile")
    longest = max(waits, default=0.0)
    kept = len(waits) == len(notices) and longest <= MINUTE.total_seconds()
    told.promise("longest_notice", longest, kept, "all of them, <= 60", "s")


def compare(told: Figures, rate: float, best: Ceilings) -> None:
    claims, mails = (sum(each) / len(each) for each in (best.claims, best.mails))
    told.figure("rate", rate, "/s", "letters that arrived")
    told.figure("claims", claims, "/s", f"claim, begin, sent alone; {listed(best.claims)}")
    told.figure("mails", mails, "/s", f"the mail alone; {listed(best.mails)}")
    ratio = rate / min(claims, mails)
    told.goal("ratio", ratio, ratio >= SHARE, f">= {SHARE:g} of the lower")


def listed(rates: Sequence[float]) -> str:
    return " before and ".join(f"{rate:.0f}" for rate in rates) + " after"


if __name__ == "__main__":
    main()
