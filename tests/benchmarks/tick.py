"""The daily tick over many knees in one process: how many a second, what it writes, what it remembers.

Promise: a second tick on the same day writes nothing; made to look at every knee again, only its line in the trail.
Goal: less than 300 MiB. The limit measured beside it: assessing knees from facts in memory, without a database.
Works on SQLite too.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from tests.benchmarks import figures, ground, seed
from tests.benchmarks.figures import Figures
from tracker import clock
from tracker.clinical import assessment
from tracker.models import Episode
from tracker.selectors import episodes as cases
from tracker.services import ticks
from tracker.services.assessments import Ticked

KNEES, SHORT, DAYS = 10_000, 300, 60
SAMPLE = 200
MOST_MIB = 300


@dataclass(slots=True)
class Writes:
    """Statements, and rows that they inserted, changed or deleted."""

    statements: int = 0
    rows: int = 0

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Mapping[str, Any]
    ) -> Any:
        done = execute(sql, params, many, context)
        self.statements += 1
        if sql.lstrip().startswith(("INSERT", "UPDATE", "DELETE")):
            self.rows += max(0, context["cursor"].rowcount)
        return done


def main() -> None:
    told = Figures("tick", short=figures.options(__doc__).short)
    number = SHORT if told.short else KNEES
    with ground.database():
        now = clock.now()
        begun = time.perf_counter()
        with clock.freeze(now - timedelta(days=1)):
            knees = seed.knees(seed.clinic(), number=number, days=DAYS)
        ground.analyze()
        told.say(
            f"  {number} knees, {DAYS} days each, {connection.vendor}; seeded in {time.perf_counter() - begun:.0f} s"
        )
        limit = assessed_a_second(knees[:SAMPLE], now)
        rate, _ = run(told, "first", number, lambda: ticks.daily(now=now))
        told.figure(
            "of_the_limit", rate / limit, note=f"of the {limit:,.0f} a second that assessing from memory reaches"
        )
        _, rows = run(told, "second", number, lambda: ticks.daily(now=now))
        _, again = run(told, "second, every knee", number, lambda: ticks.reassess(now=now + timedelta(seconds=1)))
        told.promise(
            "second_writes", rows + again, rows == 0 and again == 1, "nothing but its line in the trail", "rows"
        )
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        told.goal("memory", used, used < MOST_MIB, f"< {MOST_MIB} MiB at the most", "MiB")
    told.end()


def run(told: Figures, name: str, number: int, act: Callable[[], Mapping[str, Ticked | None]]) -> tuple[float, int]:
    """One tick: knees a second and rows written."""
    begun, spent, writes = time.perf_counter(), time.process_time(), Writes()
    with connection.execute_wrapper(writes):
        done = act()
    seconds, cpu = time.perf_counter() - begun, time.process_time() - spent
    failed = sum(each.failed if each else number for each in done.values())
    seen = sum(each.seen for each in done.values() if each)
    told.say(
        f"  {name:<20} {seen:>6} knees in {seconds:6.1f} s, {1000 * cpu / number:5.2f} ms of CPU, "
        f"{writes.statements / number:.1f} statements and {writes.rows / number:.1f} rows written a knee"
    )
    assert not failed, f"{failed} knees could not be evaluated"
    key = name.split(",")[0] + ("_all" if "," in name else "")
    if seen:
        told.figure(f"{key}_a_second", seen / seconds)
    return seen / seconds, writes.rows


def assessed_a_second(knees: Sequence[Episode], now: datetime) -> float:
    """The pure core alone, on what is already in memory."""
    read = [cases.case(knee, now=now) for knee in knees]
    begun = time.perf_counter()
    for case in read:
        assessment.assess(case.history, case.plan, case.clinic_date, now)
    return len(read) / (time.perf_counter() - begun)


if __name__ == "__main__":
    main()
