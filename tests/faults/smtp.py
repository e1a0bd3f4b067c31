"""A mail server that is dead, slow, rude or mad: what becomes of messages, senders and pages.

First every bad manner in `manners`, each on an installation of its own with a sender of its own, for a while; then the
server behaves again. Promises: nothing lost without a reason, nothing doubled, states as they must be, no sender busy
with one letter for more than 30 seconds; and an address with a line break or a name with markup gets no header or
markup into any mail.
Then the server is dead while reminders fall due. Promises: at most one call a second to it, all sent within five
minutes of its return. Goal: the slowest hundredth of check-ins takes no longer than before.
Dead for five minutes; --short: half a minute.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from tests.faults import ground, installation, manners, model, points, roles, sink, verdict, web, world

# isort: split
from django.conf import settings

from tests.benchmarks import figures
from tests.benchmarks.figures import Figures
from tests.benchmarks.load import Target
from tests.faults.installation import Installation
from tests.faults.manners import MANNERS
from tests.faults.sink import MailServer
from tests.faults.verdict import Books, State, Verdict
from tests.faults.world import World
from tracker.models import Clinic, Kind, Patient

PATIENTS = 8
FEW = 6
LONGEST = 30.0
"""Seconds for which one letter may keep a sender."""
BAD, BAD_SHORT = 60.0, 15.0
EVIL = "evil@example.org"
BROKEN_ADDRESS = f"eve@example.org\r\nBcc: {EVIL}"
DEAD, DEAD_SHORT = 300.0, 30.0
LARGE, SMALL = 600, 80
DUE, DUE_SHORT = [timedelta(minutes=each) for each in (-1, 1, 2, 3, 4)], [timedelta(minutes=-1)]
REQUESTS, REQUESTS_SHORT = 2000, 150
AT_ONCE, WARM_UP, TO_START = 2, 40, 5.0
WINDOW, SLOWER = 10, 1.5
RIGHT_WITHIN = 300.0
"""Seconds from good manners to rest: what was refused for the time being waits by the clock."""


def main() -> None:
    told = Figures("smtp", short=figures.options(__doc__).short)
    rude(told, BAD_SHORT if told.short else BAD)
    typed(told)
    dead(told, DEAD_SHORT if told.short else DEAD)
    told.end()


# --- Bad manners ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Stage:
    """One installation, the server it hands its mail to, and the way that one behaves."""

    name: str
    of: World
    mail: MailServer
    at: Installation

    @property
    def durations(self) -> list[float]:
        file = self.at.log.with_suffix(".seconds")
        return [float(line) for line in file.read_text().split()] if file.exists() else []


def rude(told: Figures, seconds: float) -> None:
    """Many manners at once, since senders mostly wait; as many as the database has connections for."""
    template, of = ground.make(partial(world.build, PATIENTS))
    names, longest = list(MANNERS), 0.0
    at_once = len(names) if ground.SETUP == "sqlite" else FEW
    for start in range(0, len(names), at_once):
        with ExitStack() as stack:
            stages = [stage(stack, name, template, of) for name in names[start : start + at_once]]
            play(told, stages, seconds)
            longest = max(longest, *(max(each.durations, default=0) for each in stages))
    told.promise("longest_letter", longest, longest <= LONGEST, f"<= {LONGEST:.0f} s in a sender's hands", "s")


def play(told: Figures, stages: Sequence[Stage], seconds: float) -> None:
    for each in stages:
        begin(each)
    time.sleep(seconds)
    for each in stages:
        each.mail.tell()
    for each in stages:
        judge(told, each)


def stage(stack: ExitStack, name: str, template: str, of: World) -> Stage:
    mail = stack.enter_context(sink.running(ground.OWN))
    return Stage(name, of, mail, stack.enter_context(of_usual_pace(template)))


def of_usual_pace(template: str) -> AbstractContextManager[Installation]:
    """Leases of seconds would end in the middle of a slow letter."""
    return installation.of(template, quick=False)


def begin(of: Stage) -> None:
    manner = MANNERS[of.name]
    of.mail.tell(answers=manner.answers, slow_at=manner.slowly)
    where = partial(setattr, settings, "EMAIL_PORT", of.mail.port)
    of.at.start(roles.send, where, partial(points.measure, "handing over", of.at.log.with_suffix(".seconds")))


def judge(told: Figures, of: Stage) -> None:
    took = of.at.settle(RIGHT_WITHIN)
    of.at.end()
    now, outcome = datetime.now(UTC), MANNERS[of.name].outcome
    books = of.at.ask(partial(verdict.open_the_books, now))
    wanted = model.expected(of.of.facts(), now)
    if outcome == manners.FAILS:  # who cannot be told makes the program tell every clinician
        wanted.may.update((reader, "alert_unanswered") for reader in of.of.clinicians)
    excuses = (State.UNCERTAIN, State.FAILED) if outcome == manners.FAILS else (State.UNCERTAIN,)
    found = verdict.judge(wanted, of.mail.taken(), books, excuses=excuses)
    found.wrong += unlike(outcome, found, books)
    if took >= RIGHT_WITHIN:
        found.wrong.append(f"not at rest after {took:.0f} s")
    longest = max(of.durations, default=0)
    told.say(
        f"  {of.name:<26} {outcome:<7} lost {found.lost} doubled {found.doubled} uncertain {found.uncertain} "
        f"mails {found.mails} repeats {found.repeats}  longest {longest:.1f} s  right after {took:.0f} s"
    )
    say(told, of.name.replace(" ", "_"), found, outcome)


def say(told: Figures, key: str, found: Verdict, wanted: str) -> None:
    for each in found.wrong:
        told.say(f"    {each}")
    told.promise(key, "ok" if found.holds else "wrong", found.holds, wanted)


def unlike(outcome: str, found: Verdict, books: Books) -> Sequence[str]:
    """In what the states differ from what they must be."""
    states = Counter(row.state for row in books.rows)
    wrong = []
    if (found.uncertain + found.repeats > 0) != (outcome == manners.UNSURE):
        wrong.append(f"{found.uncertain} uncertain, {found.repeats} repeats")
    if (states["failed"] > 0) != (outcome == manners.FAILS):
        wrong.append(f"{states['failed']} failed")
    return wrong


# --- What people type -----------------------------------------------------------------------------------------------


def typed(told: Figures) -> None:
    """An address with a line break reaches nobody, with a reason; a name with markup is a name."""
    template, of = ground.make(partial(world.build, PATIENTS))
    mark = ground.MAIL.mark()
    with of_usual_pace(template) as at:
        address, name = of.patients[1].email, of.patients[2].email
        at.ask(partial(spoil, address, name))
        at.start(roles.send)
        at.settle(RIGHT_WITHIN)
        at.end()
        rows = at.ask(partial(verdict.open_the_books, datetime.now(UTC))).rows
    mails = ground.MAIL.taken(mark)
    refused = [row for row in rows if row.to == BROKEN_ADDRESS and row.kind == Kind.CHECK_IN]
    told.promise(
        "broken_address",
        ", ".join(sorted({row.state for row in refused})),
        bool(refused) and all(row.state == "failed" and row.reason for row in refused),
        "its reminder failed, with a reason",
    )
    told.promise(
        "name_with_markup", sum(mail.to == name for mail in mails), name in {mail.to for mail in mails}, "told"
    )
    strange = [mail for mail in mails if mail.canaries or {"Bcc", "X-Evil"} & {*mail.headers} or mail.to == EVIL]
    told.promise("injected", len(strange), not strange, "no header, no markup, no reader that somebody typed")


def spoil(address: str, name: str) -> None:
    Patient.objects.filter(email=address).update(email=BROKEN_ADDRESS)
    Patient.objects.filter(email=name).update(given_name="<b>Eve</b>\r\nX-Evil: yes")
    Clinic.objects.update(name="<b>Eve</b>\r\nX-Evil: yes")


# --- Dead, and back -------------------------------------------------------------------------------------------------


def dead(told: Figures, seconds: float) -> None:
    """Reminders fall due and patients check in while the server hangs up on everybody."""
    size = SMALL if told.short else LARGE
    template, of = ground.make(partial(world.build, size, due=DUE_SHORT if told.short else DUE))
    busy, requests = of.patients[size // 2 :], REQUESTS_SHORT if told.short else REQUESTS
    mark = ground.MAIL.mark()
    with of_usual_pace(template) as at, web.pages(at) as server:
        check_in = Target("check-in", server, partial(web.in_turn, of, busy), 201)
        check_in.run(WARM_UP, keep=False)
        ground.MAIL.tell(dead=True)
        at.start(roles.send)
        at.start(roles.work_without_beat)
        begun = time.time()
        time.sleep(TO_START)
        during = check_in.run(requests, AT_ONCE)
        time.sleep(max(0.0, seconds - (time.time() - begun)))
        calls, back = ground.MAIL.calls(begun), time.time()
        ground.MAIL.tell()
        took = at.settle(RIGHT_WITHIN)
        before = check_in.run(requests, AT_ONCE)
        at.end()
        now = datetime.now(UTC)
        books = at.ask(partial(verdict.open_the_books, now))
    facts = of.facts()
    facts = replace(facts, checked_in=[*facts.checked_in, *(person.email for person in busy)])
    found = verdict.judge(model.expected(facts, now), ground.MAIL.taken(mark), books)
    told.say(
        f"  dead for {back - begun:.0f} s, {len(calls)} calls; {found.mails} mails within {took:.0f} s of its return"
    )
    most = busiest(calls)
    told.promise("calls_in_10_s", most, most <= WINDOW, f"at most {WINDOW}")
    told.promise("sent_after", took, took < RIGHT_WITHIN, f"<= {RIGHT_WITHIN:.0f} s after its return", "s")
    say(told, "outage", found, "nothing lost, nothing doubled")
    told.promise("outage_uncertain", found.uncertain, not found.uncertain, "none")
    ratio = during.percentile(0.99) / before.percentile(0.99)
    note = f"{during.percentile(0.99):.0f} ms beside {before.percentile(0.99):.0f}"
    told.goal("p99_to_usual", ratio, ratio <= SLOWER, f"<= {SLOWER:g} times the usual p99 of check-ins ({note})")


def busiest(calls: Sequence[float]) -> int:
    """The most calls in any stretch of WINDOW seconds."""
    return max((sum(at <= other < at + WINDOW for other in calls) for at in calls), default=0)


if __name__ == "__main__":
    main()
