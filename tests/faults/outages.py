"""What `broker` does to one kind of broker; which, FAULTS_SETUP says."""

from __future__ import annotations

from tests.faults.own_broker import BROKER, KIND

# isort: split
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median

from tests.faults import children, ground, installation, model, roles, verdict, web, world

# isort: split
from tests.benchmarks import figures
from tests.benchmarks.figures import Figures
from tests.faults.installation import Installation
from tests.faults.journal import Mail
from tests.faults.verdict import Verdict
from tests.faults.web import Visitors
from tests.faults.world import World
from tracker import clock
from tracker.models import Heartbeat

CONSUMES_WITHIN = 60.0
KEPT = 2.0
"""Seconds in which workers deal with what a broker had kept while it was gone."""
AT_REST_WITHIN = 90.0
WARM_UP, USUAL = 6, 6
"""Check-ins while all is well: some that nobody counts, and some to compare with."""
WAITS = 1.0
"""Seconds more than usual that a request would take, at the least, that waited for a broker."""
NOTICE_WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Size:
    patients: int
    stops: int
    each_time: int
    """Check-ins while the broker is gone."""
    dead: float
    due: Sequence[timedelta]
    """When reminders fall due while it is dead."""
    pause: float
    """Seconds between check-ins while it is dead."""


FULL = Size(400, 10, 12, 600, [timedelta(minutes=each) for each in (-1, 2, 4, 6, 8)], 3)
SHORT = Size(80, 2, 6, 30, [timedelta(minutes=-1)], 1.5)


def main() -> None:
    told = Figures(f"broker {KIND}", short=figures.options(__doc__).short)
    told.say(f"  {BROKER.what}")
    size = SHORT if told.short else FULL
    flapping(told, size)
    dead(told, size)
    told.end()


# --- It comes and goes ----------------------------------------------------------------------------------------------


def flapping(told: Figures, size: Size) -> None:
    template, of = ground.make(partial(world.build, size.patients))
    mark = ground.MAIL.mark()
    with installation.of(template) as at, web.pages(at, BROKER.url) as server:
        for _ in range(2):
            at.start(roles.work_alone)
        visitors = Visitors(of, server.port, of.patients[1 : -world.VISITS])
        back = [gone_for_a_while(at, visitors, size) for _ in range(size.stops)]
        vexed = list(vex(at, visitors, size))
        took = at.settle(AT_REST_WITHIN)
        found = judged(at, of, visitors, mark)
    told.say(f"  {size.stops} stops, {', '.join(vexed) or 'nothing else'}; {len(visitors.seen)} check-ins meanwhile")
    told.promise("consumes_after", max(back), max(back) <= CONSUMES_WITHIN, f"<= {CONSUMES_WITHIN:.0f} s", "s")
    tell(told, "stops", found, visitors, took)


def of_today(of: World, port: int) -> Visitors:
    """Patients who have not checked in today, and how long it takes them while all is well."""
    visitors = Visitors(of, port, of.patients[1 : -world.VISITS])
    visitors.come(WARM_UP)
    visitors.seconds.clear()
    visitors.come(USUAL)
    return visitors


def gone_for_a_while(at: Installation, visitors: Visitors, size: Size) -> float:
    BROKER.stop()
    visitors.come(size.each_time)
    BROKER.start()
    return seconds_to_work(at)


def vex(at: Installation, visitors: Visitors, size: Size) -> list[str]:
    """Whatever else can be done to it, until it can do no more."""
    done: list[str] = []
    while what := BROKER.vex(len(done)):
        visitors.come(size.each_time)
        BROKER.soothe()
        done.append(f"{what}, back after {seconds_to_work(at):.1f} s")
    return done


def seconds_to_work(at: Installation) -> float:
    """Until a worker has done a job that was asked for from now on, not one that the broker had kept."""
    begun = time.monotonic()
    time.sleep(KEPT)
    now = clock.now()
    children.until(lambda: at.ask(partial(worked_since, now)), CONSUMES_WITHIN * 2, step=0.2)
    return time.monotonic() - begun


def worked_since(moment: datetime) -> bool:
    return Heartbeat.objects.filter(name="beat", at__gt=moment).exists()


# --- It is dead -----------------------------------------------------------------------------------------------------


def dead(told: Figures, size: Size) -> None:
    """A worker that waits for its broker, and a sender that needs none."""
    template, of = ground.make(partial(world.build, size.patients, due=size.due))
    mark = ground.MAIL.mark()
    with installation.of(template) as at, web.pages(at, BROKER.url) as server:
        at.start(roles.work_alone)
        at.start(roles.send)
        visitors = Visitors(of, server.port, of.patients[1 : -world.VISITS], every=5)
        BROKER.stop()
        begun = time.monotonic()
        while time.monotonic() - begun < size.dead and visitors.waiting:
            visitors.come()
            time.sleep(size.pause)
        took = at.settle(AT_REST_WITHIN)
        found = judged(at, of, visitors, mark)
        BROKER.start()
        back = seconds_to_work(at)
    late = max(lateness(visitors, ground.MAIL.taken(mark), of))
    told.say(f"  dead for {size.dead:.0f} s, {len(visitors.seen)} check-ins, {len(visitors.flagged)} urgent alerts")
    told.promise("notice_after", late, late <= NOTICE_WITHIN, f"<= {NOTICE_WITHIN:.0f} s without a broker", "s")
    told.promise("works_after", back, back <= CONSUMES_WITHIN, f"<= {CONSUMES_WITHIN:.0f} s after it came back", "s")
    tell(told, "dead", found, visitors, took)


def lateness(visitors: Visitors, mails: Sequence[Mail], of: World) -> list[float]:
    """Seconds from each alert to its notice, reader by reader; the first notice is of the world's own alert."""
    came: dict[str, list[float]] = defaultdict(list)
    for mail in mails:
        if "urgent_alert" in mail.kinds and not mail.repeat:
            came[mail.to].append(mail.at)
    raised = sorted(visitors.flagged.values())
    return [
        at - begun
        for reader in of.clinicians
        for at, begun in zip(sorted(came[reader])[len(of.flagged) :], raised, strict=False)
    ] or [float("inf")]


# --- Both -----------------------------------------------------------------------------------------------------------


def judged(at: Installation, of: World, visitors: Visitors, mark: int) -> Verdict:
    now = datetime.now(UTC)
    facts = of.facts()
    alerts = [*facts.alerts, *visitors.flagged]
    wanted = model.expected(replace(facts, alerts=alerts, checked_in=[*facts.checked_in, *visitors.seen]), now)
    return verdict.judge(wanted, ground.MAIL.taken(mark), at.ask(partial(verdict.open_the_books, now)))


def tell(told: Figures, key: str, found: Verdict, visitors: Visitors, took: float) -> None:
    for each in [*found.wrong, *visitors.failures][:5]:
        told.say(f"    {each}")
    usual, gone = median(visitors.seconds[:USUAL]), median(visitors.seconds[USUAL:])
    told.promise(f"{key}_failed", len(visitors.failures), not visitors.failures, "no request")
    note = f"usually {usual:.2f} s; no request waits, which would take {WAITS:g} s more; slowest {max(visitors.seconds):.1f} s"
    told.promise(f"{key}_median", gone, gone < usual + WAITS, note, "s")
    told.promise(f"{key}_lost", found.lost, not found.lost, "none")
    told.promise(f"{key}_doubled", found.doubled, not found.doubled, "none")
    told.promise(f"{key}_wrong", len(found.wrong), not found.wrong, "the database tells the same")
    told.promise(f"{key}_at_rest", took, took < AT_REST_WITHIN, f"< {AT_REST_WITHIN:.0f} s", "s")


if __name__ == "__main__":
    main()
