"""What one tick of the planner costs, by the number of patients: 500 plans are due, whoever else there is.

The due ones are of every kind, and lie anywhere in the table; all others come later. Each size is a database of its
own, and the sizes take turns, so that a busy machine hits all alike; what counts is the quickest tick of each.
Promises: the same statements and the same reminders made at 1,000, 10,000 and 100,000 patients; at the most patients at
most 1.5 times the time of the fewest, and of this process's CPU. Works on SQLite too.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from statistics import median

from django.core.management import call_command
from django.db import connection

from tests.benchmarks import crowds, figures, ground
from tests.benchmarks.figures import Figures
from tests.benchmarks.tick import Writes
from tracker import clock
from tracker.models import ReminderPlan
from tracker.services import reminders, wakeups
from tracker.services.kinds import CALENDAR

SIZES, SHORT = (1_000, 10_000, 100_000), (1_000, 10_000)
ROUNDS, SHORT_ROUNDS = 9, 5
DUE = 500
RATIO = 1.5
LATER, SECOND = timedelta(hours=47), timedelta(seconds=1)


@dataclass(slots=True)
class Size:
    """A database of so many patients, and what the ticks there took: seconds, and seconds of this process's CPU."""

    patients: int
    place: str
    took: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    statements: set[int] = field(default_factory=set)
    made: set[int] = field(default_factory=set)
    by_kind: Mapping[str, Sequence[int]] = field(default_factory=dict)

    def tick(self, now: datetime, number: int, *, keep: bool = True) -> None:
        use(self.place)
        make_due(self.by_kind, now, number)
        writes, begun, spent = Writes(), time.perf_counter(), time.process_time()
        with connection.execute_wrapper(writes):
            made = reminders.plan(now=now)
        took, cpu = time.perf_counter() - begun, time.process_time() - spent
        assert not ReminderPlan.objects.filter(next_due_at__lte=now).exists(), "some plans were left"
        if keep:
            self.took.append(took)
            self.cpu.append(cpu)
            self.statements.add(writes.statements)
            self.made.add(made)


def main() -> None:
    told = Figures("planner", short=figures.options(__doc__).short)
    wakeups.bell.ring = lambda: None  # type: ignore[method-assign]
    noon = clock.now().replace(hour=12, minute=0, second=0, microsecond=0)
    evening = noon.replace(hour=18, minute=30) + timedelta(days=1)
    with ExitStack() as places:
        sizes = [places.enter_context(place(patients)) for patients in (SHORT if told.short else SIZES)]
        for size in sizes:
            told.say(
                f"  {size.patients:>7,} patients on {connection.vendor}, seeded in {fill(size, noon, evening):.0f} s"
            )
        with clock.freeze(evening):
            for number in range((SHORT_ROUNDS if told.short else ROUNDS) + 1):
                for size in sizes:
                    size.tick(evening, number, keep=number > 0)
        connection.close()
    show(told, sizes)
    told.end()


def show(told: Figures, sizes: Sequence[Size]) -> None:
    told.say(f"  {'patients':>10} {'statements':>11} {'made':>5} {'ms':>7} {'median':>7} {'CPU ms':>7}   {DUE} due")
    for size in sizes:
        statements, made = listed(size.statements), listed(size.made)
        took, cpu = (1000 * min(each) for each in (size.took, size.cpu))
        told.say(
            f"  {size.patients:>10,} {statements:>11} {made:>5} {took:>7.0f} {1000 * median(size.took):>7.0f} {cpu:>7.0f}"
        )
    few, many = sizes[0], sizes[-1]
    for key in ("statements", "made"):
        found = set[int]().union(*(getattr(size, key) for size in sizes))
        told.promise(key, listed(found), len(found) == 1, "the same at each size")
    told.figure("ms", 1000 * min(many.took), note=f"of {many.patients:,} patients")
    for key, ratio in (("ratio", min(many.took) / min(few.took)), ("cpu_ratio", min(many.cpu) / min(few.cpu))):
        told.promise(key, ratio, ratio <= RATIO, f"<= {RATIO:g} of {few.patients:,} patients")


def listed(numbers: Iterable[int]) -> str:
    return ",".join(map(str, sorted(numbers)))


# --- The places -------------------------------------------------------------------------------------------------------


@contextmanager
def place(patients: int) -> Iterator[Size]:
    if not ground.SERVER:
        yield Size(patients, str(ground.DATA / f"{patients}.sqlite3"))
        return
    name = f"{ground.NAME}_{patients}"
    with ground.scratch(name):
        yield Size(patients, name)


def use(name: str) -> None:
    """From here on this process works on the database of that name."""
    if connection.settings_dict["NAME"] != name:
        connection.close()
        connection.settings_dict["NAME"] = name


def fill(size: Size, noon: datetime, evening: datetime) -> float:
    """Patients at `noon`, none of whose plans is due by `evening`. Returns the seconds it took."""
    begun = time.perf_counter()
    use(size.place)
    call_command("migrate", verbosity=0)
    crowds.made(size.patients, noon)
    crowds.spread_plans(evening, LATER)
    ground.analyze()
    size.by_kind = {kind: list(_plans(kind)) for kind in CALENDAR}
    return time.perf_counter() - begun


def make_due(by_kind: Mapping[str, Sequence[int]], now: datetime, number: int) -> None:
    """Lets 500 plans fall due that did not in another round: the kinds in turn, so that all batches are alike."""
    most = -(-DUE // len(by_kind))
    shuffled = [Random(len(plans)).sample(plans, len(plans)) for plans in by_kind.values()]
    turns = zip(*(plans[number * most : (number + 1) * most] for plans in shuffled), strict=True)
    chosen = [pk for turn in turns for pk in turn][:DUE]
    assert len(chosen) == DUE, "there are too few patients for so many rounds"
    due = [ReminderPlan(pk=pk, next_due_at=now - at * SECOND) for at, pk in enumerate(reversed(chosen))]
    ReminderPlan.objects.bulk_update(due, ["next_due_at"])


def _plans(kind: str) -> Iterator[int]:
    return ReminderPlan.objects.filter(kind=kind).order_by("pk").values_list("pk", flat=True).iterator()


if __name__ == "__main__":
    main()
