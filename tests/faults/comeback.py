"""A clinic's database is restored from a backup in one of several ways, on one set-up; a line of JSON each. By `restore`.

Ten patients are reminded at nine, two of them at half past eight, on a Monday and a Tuesday of June. The backup is made
at half past eight, while a dead sender still holds what it had taken. All of Monday's reminders leave; at noon the
database comes back. Two senders are at it until three, when somebody lets it send again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from datetime import time as hour
from functools import partial
from pathlib import Path

from tests.faults import backups, ground, installation, points

# isort: split
from django.conf import settings
from django.core.management import call_command

from tests.benchmarks import seed
from tests.faults import world
from tests.faults.installation import Installation
from tests.faults.journal import Mail
from tests.scenes import clinic
from tests.services.reminding import MONDAY, TUESDAY, at
from tracker import clock
from tracker.models import Kind, OutboxMessage, Patient
from tracker.selectors import reminders as told
from tracker.services import reminders, sending, wakeups

PATIENTS, EARLY = 10, 2
NINE, HALF_PAST_EIGHT = hour(9), hour(8, 30)
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
BY = "Jo Mbeki"
EXPECTED = {Kind.CHECK_IN, Kind.MORNING_LIST}
ENDS_WITHIN = 300.0
FOREVER_FOR = 4.0
"""Seconds for which a sender goes on and on over a database that is shut: all of its parts have had a round."""

ANOTHER, IN_PLACE, CUT_OFF = "another", "in place", "in place, cut off"
WHY = {ANOTHER: sending.ANOTHER, IN_PLACE: sending.GONE_BACK, CUT_OFF: sending.GONE_BACK}
"""By the way back, the sign that must tell it. `cut off`: the last sender died in its first batch after the backup."""


@dataclass(slots=True)
class Verdict:
    way: str
    mails_while_shut: int = 0
    expired: int = 0
    lost: int = 0
    doubled: int = 0
    next_day: int = 0
    seconds: float = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not (self.mails_while_shut or self.lost or self.doubled or self.wrong)


@dataclass(frozen=True, slots=True)
class Machine:
    """A computer that sends: what it keeps beside the database tells it that the database has gone back."""

    at: Installation
    seen: Path

    def send(self, stops: Sequence[datetime], *armed: Callable[[], None]) -> installation.Child:
        return self.at.start(partial(send, self.seen, stops), *armed)

    def keep_sending(self, now: datetime) -> installation.Child:
        return self.at.start(partial(keep_sending, self.seen, now))


# --- In processes of their own ----------------------------------------------------------------------------------------


def build() -> list[str]:
    """The patients' addresses."""
    wakeups.bell.ring = lambda: None  # type: ignore[method-assign]
    with clock.freeze(at(MONDAY, 7)):
        seed.crowd(clinic(), number=PATIENTS)
        world.wish(NINE, clock.now())
        for patient in Patient.objects.order_by("email")[:EARLY]:
            reminders.change(patient=patient, kind=Kind.CHECK_IN, at=HALF_PAST_EIGHT, now=clock.now())
    return list(Patient.objects.order_by("email").values_list("email", flat=True))


def send(seen: Path, stops: Sequence[datetime]) -> None:
    """The command at each of the stops."""
    settings.SENDING_SEEN = seen
    wakeups.bell.ring = lambda: None  # type: ignore[method-assign]
    with clock.freeze(stops[0]) as stopped:
        for stop in stops:
            stopped.set(stop)
            call_command("send_due")


def keep_sending(seen: Path, now: datetime) -> None:
    settings.SENDING_SEEN = seen
    with clock.freeze(now):
        call_command("send_due", forever=True)


def why_shut() -> str:
    shut = sending.why_shut()
    return "" if shut is None else shut.why


def resume(seen: Path, now: datetime, by: str) -> None:
    settings.SENDING_SEEN = seen
    with clock.freeze(now):
        call_command("resume_sending", by=by)


def listed() -> dict[str, list[str]]:
    """By address the reasons of what each patient sees as expired."""
    now, expired = clock.now(), OutboxMessage.State.EXPIRED
    return {
        patient.email: [f"{row.kind}: {row.reason}" for row in told.history(patient, now=now) if row.state == expired]
        for patient in Patient.objects.all()
    }


# --- One restore ------------------------------------------------------------------------------------------------------


def play(way: str, template: str, patients: Sequence[str]) -> Verdict:
    begun, found = time.monotonic(), Verdict(way)
    with installation.of(template, quick=False) as before:
        machine = Machine(before, before.log.with_suffix(".seen"))
        until_the_backup(found, machine)
        backup = backups.take(before.database)
        mark = ground.MAIL.mark()
        until_noon(found, machine, cut_off=way == CUT_OFF)
        monday = ground.MAIL.taken(mark)
        with back(way, backup, machine) as again:
            shut(found, again)
            open_again(found, again, patients, mark)
    if way != CUT_OFF and sorted(mail.to for mail in monday) != sorted(patients):
        found.wrong.append(f"{len(monday)} left on Monday, which were to be {len(patients)}")
    found.seconds = time.monotonic() - begun
    return found


def until_the_backup(found: Verdict, machine: Machine) -> None:
    must_end(found, machine.send(hourly(at(MONDAY, 7, 5), at(MONDAY, 8, 15))))
    dies = partial(points.arm, "claimed", points.kill)
    must_end(found, machine.send([at(MONDAY, 8, 30)], dies), -points.signal.SIGKILL)


def until_noon(found: Verdict, machine: Machine, *, cut_off: bool) -> None:
    """Time goes on after the backup; all of it, or only as far as the middle of the first letters that leave."""
    if cut_off:
        dies = partial(points.arm, "taken", points.kill, skip=EARLY)
        must_end(found, machine.send([at(MONDAY, 9, 5)], dies), -points.signal.SIGKILL)
    else:
        must_end(found, machine.send([at(MONDAY, 8, 45), *hourly(at(MONDAY, 9, 5), at(MONDAY, 12))]))


@contextmanager
def back(way: str, backup: Path, machine: Machine) -> Iterator[Machine]:
    """The restored database, and who sends from it: the same computer, or for another database a new one."""
    if way != ANOTHER:
        backups.in_place(backup, machine.at.database)
        yield machine
        return
    with backups.elsewhere(backup) as database:
        at = Installation(database, machine.at.queue, machine.at.log, quick=False)
        try:
            yield Machine(at, machine.seen.with_suffix(".new"))
        finally:
            at.end()


def shut(found: Verdict, machine: Machine) -> None:
    """Two senders on it, one round after round; nothing leaves, and it says why. Asking what would happen opens nothing."""
    mark = ground.MAIL.mark()
    one, other = machine.send(hourly(at(MONDAY, 12, 5), at(MONDAY, 15))), machine.keep_sending(at(MONDAY, 12, 5))
    must_end(found, one)
    time.sleep(FOREVER_FOR)
    if other.poll() is not None:
        found.wrong.append(f"the sender that was to go on ended: {machine.at.said()}")
    other.kill()
    machine.at.ask(partial(resume, machine.seen, at(MONDAY, 15), ""))
    must_end(found, machine.send([at(MONDAY, 15)]))
    found.mails_while_shut = len(ground.MAIL.taken(mark))
    if (why := machine.at.ask(why_shut)) != WHY[found.way]:
        found.wrong.append(f"it is shut for this reason: {why or 'it is open'}")


def open_again(found: Verdict, machine: Machine, patients: Sequence[str], backup: int) -> None:
    """What fell due in between is listed; from then on each reminder comes once. `backup`: the journal's mark then."""
    mark = ground.MAIL.mark()
    machine.at.ask(partial(resume, machine.seen, at(MONDAY, 15), BY))
    lists = machine.at.ask(listed)
    wanted = [f"{Kind.CHECK_IN}: {sending.WHILE_RESTORED}"]
    found.expired = sum(reasons == wanted for reasons in lists.values())
    found.wrong += [f"{who} sees as expired: {lists[who]}" for who in patients if lists[who] != wanted]
    must_end(found, machine.send(hourly(at(MONDAY, 15, 5), at(TUESDAY, 12))))
    judge(found, patients, ground.MAIL.taken(backup), ground.MAIL.taken(mark))


def judge(found: Verdict, patients: Sequence[str], mails: Sequence[Mail], after: Sequence[Mail]) -> None:
    """Of all that left since the backup nothing is there twice; `after` it was opened again Tuesday's came, and no other."""
    tuesday = Counter(mail.to for mail in after if mail.kinds == {Kind.CHECK_IN})
    found.next_day = tuesday.total()
    found.lost = sum(not tuesday[who] for who in patients)
    again = Counter(mail.message_id for mail in mails)
    found.doubled = sum(number - 1 for number in (*again.values(), *tuesday.values()) if number > 1)
    found.wrong += [f"nobody expected: {mail.subject}" for mail in after if not mail.kinds <= EXPECTED]


def hourly(first: datetime, last: datetime) -> list[datetime]:
    return [first + number * HOUR for number in range(int((last - first) / HOUR) + 1)]


def must_end(found: Verdict, child: installation.Child, code: int = 0) -> None:
    if (ended := child.wait(ENDS_WITHIN)) != code:
        found.wrong.append(f"a sender ended with {ended}, not {code}: {child.log.read_text()[-2000:]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ways", default=":".join(WHY))
    asked = parser.parse_args()
    template, patients = ground.make(build)
    for way in asked.ways.split(":"):
        found = play(way, template, patients)
        print(json.dumps(asdict(found) | {"holds": found.holds, "setup": ground.SETUP}), flush=True)


if __name__ == "__main__":
    main()
