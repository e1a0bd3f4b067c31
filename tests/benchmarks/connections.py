"""Whether requests open connections to the database, and what lists cost those who check in meanwhile.

Promise: no new session on the server in 1,000 requests of every kind after warming up.
Goal: with worklists asked for all the time, the slowest hundredth of check-ins takes at most 4 times as long as alone.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

from tests.benchmarks import checkins, figures, ground, people, seed, servers
from tests.benchmarks.figures import Figures
from tests.benchmarks.load import Run, Target

KNEES, DAYS = 200, 60
REQUESTS, SHORT = 1000, 100
AT_ONCE, ROUNDS = 4, 5
TAIL = 4.0
REPORTED_AFTER = 2.0
"""Seconds after which the database has counted what happened."""


def main() -> None:
    told = Figures("connections", short=figures.options(__doc__).short)
    ground.need_postgresql()
    with ground.database():
        staff = seed.clinic()
        knees = seed.knees(staff, number=KNEES, days=DAYS)
        ground.analyze()
        (physio,) = people.browsers([staff.physiotherapist.user])
        patients = people.browsers(people.patients(knees))
        post = checkins.by_page(knees, patients)
        with servers.product() as ours:
            worklist = Target("worklist", ours, lambda number: people.look("/worklist/?need=all", physio))
            check_in = Target("check-in", ours, post, 302)
            today = Target("today", ours, lambda number: people.look("/today/", patients[number % len(patients)]))
            api = Target("api", ours, checkins.by_api(knees, people.programs(people.patients(knees))), 201)
            sessions(told, [worklist, check_in, today, api], SHORT if told.short else REQUESTS)
            tail(told, check_in, worklist, 1 if told.short else ROUNDS, 40 if told.short else 400)
    told.end()


def sessions(told: Figures, targets: list[Target], requests: int) -> None:
    """Sessions that the database server has seen, before and after."""
    for each in targets:
        each.run(20, keep=False)
    before = counted()
    for each in targets:
        each.run(requests // len(targets), keep=False)
    new = counted() - before
    told.promise("new_sessions", new, new == 0, f"none in {requests} requests")


def counted() -> int:
    time.sleep(REPORTED_AFTER)
    row = ground.ask(f"SELECT sessions FROM pg_stat_database WHERE datname = '{ground.NAME}'")
    assert row is not None
    return int(str(row[0]))


def tail(told: Figures, check_in: Target, worklist: Target, rounds: int, requests: int) -> None:
    """Check-ins alone and beside worklists, in turn."""
    pairs = []
    for _ in range(rounds):
        alone = check_in.run(requests, AT_ONCE)
        with asked_for(worklist):
            pairs.append((alone, check_in.run(requests, AT_ONCE)))
    for name, runs in (("alone", [one for one, _ in pairs]), ("beside_worklists", [other for _, other in pairs])):
        told.figure(
            f"p99_{name}", median(map(p99, runs)), "ms", f"p50 {median(run.percentile(0.5) for run in runs):.1f} ms"
        )
    times = median(p99(other) / p99(one) for one, other in pairs)
    told.goal("p99_beside_to_alone", times, times <= TAIL, f"<= {TAIL:g}")


def p99(run: Run) -> float:
    return run.percentile(0.99)


@contextmanager
def asked_for(target: Target) -> Iterator[None]:
    """The target is asked for on one connection all the time."""
    enough = threading.Event()

    def ask() -> None:
        while not enough.is_set():
            target.run(1, 1, keep=False)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        enough.set()
        asking.join()


if __name__ == "__main__":
    main()
