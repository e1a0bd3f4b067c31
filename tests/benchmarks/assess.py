"""What it costs to assess one knee with 90 days of check-ins, by every shipped protocol, from facts in memory.

Promise: at most 1 ms, the median over all protocols, in CPU time, which a busy machine stretches least.
The limit beside it: reading the same facts once, as JSON.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from random import Random
from statistics import median

from tests.benchmarks import figures
from tests.benchmarks.figures import Figures
from tests.clinical import knees
from tracker.clinical import protocol
from tracker.clinical.assessment import assess
from tracker.clinical.history import History
from tracker.clinical.plan import Plan
from tracker.clinical.terms import Aids, ReportedLoad, Swelling

DAY = 90
MOST_MS = 1.0


def main() -> None:
    told = Figures("assess", short=figures.options(__doc__).short)
    times = 50 if told.short else 400
    spent, readings = [], []
    for key in protocol.shipped():
        plan = knees.a_plan(key)
        history = recovery(plan)
        each = milliseconds(partial(assess, history, plan, knees.on(DAY), knees.at(DAY, 10)), times)
        told.say(f"  {key:<28} {median(each):10.3f} ms     {len(history.check_ins)} check-ins")
        spent += each
        text = json.dumps(asdict(history), default=str)
        readings += milliseconds(partial(json.loads, text), times)
    told.promise("median_ms", median(spent), median(spent) <= MOST_MS, f"<= {MOST_MS:g} ms of CPU for {DAY} days")
    told.figure("p99_ms", sorted(spent)[int(0.99 * len(spent))])
    told.figure(
        "to_reading_json",
        median(spent) / median(readings),
        note=f"times the {median(readings):.2f} ms that reading the facts takes",
    )
    told.end()


def recovery(plan: Plan) -> History:
    """A check-in on each day, with what most people answer; gates cleared, goals reached, orders seen."""
    lot = Random(1)
    rows = [
        knees.report(
            day,
            pain_load=max(0, min(10, round(5 - day / 25) + lot.choice((-1, 0, 0, 1)))),
            pain_worst=min(10, 6 - day // 25),
            reported_load=ReportedLoad.HALF if day > 14 else ReportedLoad.TOUCH,
            limit_percent=plan.limit_on(day).percent,
            aids=Aids.TWO_CRUTCHES,
            swelling=Swelling.MILD,
        )
        for day in range(DAY + 1)
    ]
    bends = [knees.measured(day, "flexion", str(60 + day // 2)) for day in range(10, DAY, 14)]
    return knees.quiet(plan, DAY, *rows, measurements=tuple(bends))


def milliseconds(act: Callable[[], object], times: int) -> list[float]:
    """CPU of each of `times` calls, after a few that nobody counts."""
    for _ in range(5):
        act()
    return [_one(act) for _ in range(times)]


def _one(act: Callable[[], object]) -> float:
    begun = time.thread_time_ns()
    act()
    return (time.thread_time_ns() - begun) / 1e6


if __name__ == "__main__":
    main()
