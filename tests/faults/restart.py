"""Workers and senders killed at random, sixty times in five minutes; and many of each at once.

First two workers with a beat each, and a sender that needs none, carry out 2,000 messages by a slow mail server; every
few seconds one of the three is killed and another takes its place. Then three beats, three planners, four dispatchers
and a worker fall upon the same rows without a pause. Then one message kills every sender that comes to it.
Promise: nothing lost, nothing doubled but urgent notices that say so, and all is right 90 seconds after the last kill.
--short: twelve kills in half a minute, with leases of seconds instead of the product's own.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from random import Random

from tests.faults import children, ground, installation, model, points, roles, verdict, world

# isort: split
from tests.benchmarks import figures
from tests.benchmarks.figures import Figures
from tests.faults.children import Child
from tests.faults.installation import Installation
from tests.faults.verdict import Verdict
from tests.faults.world import PATIENTS, World

ROLES = (roles.work_alone, roles.work_alone, roles.send)
AT_REST_WITHIN = 90.0
GIVEN_UP_WITHIN = 180.0
CROWD = [roles.beat_alone] * 3 + [roles.plan_on] * 3 + [roles.deliver_on] * 4 + [roles.work_alone]


@dataclass(frozen=True, slots=True)
class Size:
    """`slowly` is how many seconds the mail server takes for each answer, so that senders are mostly in the middle."""

    patients: int
    flags: int
    kills: int
    seconds: float
    slowly: float
    crowd: int


FULL, SHORT = Size(1_940, 30, 60, 300, 0.06, 1_000), Size(220, 8, 12, 30, 0.06, 200)


def main() -> None:
    told = Figures("restart", short=figures.options(__doc__).short)
    size = SHORT if told.short else FULL
    killed(told, size)
    crowded(told, size)
    poisoned(told)
    told.end()


def killed(told: Figures, size: Size) -> None:
    template, of = ground.make(partial(world.build, size.patients, flags=size.flags))
    mark = ground.MAIL.mark()
    ground.MAIL.tell(slowly=size.slowly)
    with installation.of(template, quick=told.short) as at:
        busy = kill_at_random(at, size)
        ground.MAIL.tell()
        took = at.settle(AT_REST_WITHIN)
        found = judged(at, of, mark)
    told.say(
        f"  {size.patients} patients, {size.kills} kills in {size.seconds:.0f} s, {busy} of them while much waited"
    )
    say(told, "restart", found)
    told.figure("kills", size.kills)
    told.promise("at_rest_after", took, took < AT_REST_WITHIN, f"< {AT_REST_WITHIN:.0f} s after the last kill", "s")
    told.promise("uncertain", found.uncertain, found.uncertain <= size.kills, "at most one a kill")


def kill_at_random(at: Installation, size: Size) -> int:
    """One of them every few seconds; how often messages were still waiting then."""
    lot = Random(size.kills)
    running = [at.start(role) for role in ROLES]
    busy = 0
    for _ in range(size.kills):
        time.sleep(lot.uniform(0.2, 1.8) * size.seconds / size.kills)
        which = lot.randrange(len(ROLES))
        running[which].kill()
        busy += not at.ask(at_rest)
        running[which] = at.start(ROLES[which])
    return busy


def at_rest() -> bool:
    return verdict.at_rest(datetime.now(UTC))


def crowded(told: Figures, size: Size) -> None:
    template, of = ground.make(partial(world.build, size.crowd, flags=size.flags))
    mark = ground.MAIL.mark()
    with installation.of(template) as at:
        for role in CROWD:
            at.start(role)
        took = at.settle(AT_REST_WITHIN)
        time.sleep(1)  # whoever holds something that it should not, let it send
        found = judged(at, of, mark)
    told.say(f"  {size.crowd} patients, {len(CROWD)} at once, at rest after {took:.1f} s")
    say(told, "crowd", found)
    told.promise("crowd_uncertain", found.uncertain, found.uncertain == 0, "none, as nobody died")


def poisoned(told: Figures) -> None:
    """One message is the death of every sender that comes to it: it is given up, and no other with it."""
    template, of = ground.make(world.build)
    mark, reader = ground.MAIL.mark(), of.patients[PATIENTS // 2].email
    dies = partial(points.arm, "accepted", points.kill, to=reader)
    with installation.of(template) as at:
        begun, deaths = time.monotonic(), 0
        while not at.ask(at_rest) and time.monotonic() - begun < GIVEN_UP_WITHIN:
            deaths += dies_of_it(at, at.start(roles.work_alone, dies))
        at.end()
        now = datetime.now(UTC)
        books = at.ask(partial(verdict.open_the_books, now))
    wanted = model.expected(of.facts(), now)
    wanted.may.update({key: wanted.must.pop(key) for key in list(wanted.must) if key[0] == reader})
    found = verdict.judge(wanted, ground.MAIL.taken(mark), books)
    given_up = [row for row in books.rows if row.state == verdict.State.DEAD]
    told.say(
        f"  {deaths} senders died of one message in {time.monotonic() - begun:.0f} s; {len(given_up)} were given up"
    )
    told.promise("given_up", len(given_up), {row.to for row in given_up} == {reader}, "the one message alone")
    say(told, "poison", found)


def dies_of_it(at: Installation, sender: Child) -> bool:
    """Whether it died before all was done."""
    children.until(lambda: sender.poll() is not None or at.ask(at_rest), GIVEN_UP_WITHIN, step=0.3)
    return sender.poll() is not None


def judged(at: Installation, of: World, mark: int) -> Verdict:
    at.end()
    now = datetime.now(UTC)
    books = at.ask(partial(verdict.open_the_books, now))
    return verdict.judge(model.expected(of.facts(), now), ground.MAIL.taken(mark), books)


def say(told: Figures, what: str, found: Verdict) -> None:
    for each in found.wrong[:5]:
        told.say(f"  {each}")
    told.figure(f"{what}_mails", found.mails, note=f"{found.repeats} of them marked as repeats")
    told.promise(f"{what}_lost", found.lost, not found.lost, "none")
    told.promise(f"{what}_doubled", found.doubled, not found.doubled, "none")
    told.promise(f"{what}_wrong", len(found.wrong), not found.wrong, "the database tells the same")


if __name__ == "__main__":
    main()
